"""Everything in scikit-learn that takes an estimator takes ours: one real fit each."""

import re

import numpy as np
import optuna
import pandas as pd
import pytest
import sklearn
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import BaggingClassifier, StackingRegressor, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.frozen import FrozenEstimator
from sklearn.inspection import PartialDependenceDisplay, permutation_importance
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    StratifiedKFold,
    TimeSeriesSplit,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    validation_curve,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils import estimator_html_repr

from sklstm import (
    LSTMClassifier,
    LSTMRegressor,
    SlidingWindow,
    TimeDistributedTransformer,
)

RNG = np.random.default_rng(0)
# 60 univariate sequences of 5 steps; the sum of the last two is the target, its sign the label
X = RNG.normal(size=(60, 5))
Y = X[:, -1] + X[:, -2]
LABELS = np.where(Y > 0, "up", "down")
QUICK = dict(
    units=6, epochs=25, learning_rate=0.03, learning_rate_schedule="constant", random_state=0
)


def regressor(**changes):
    return LSTMRegressor(**{**QUICK, **changes})


def classifier(**changes):
    return LSTMClassifier(**{**QUICK, **changes})


def windows_pipeline(model):
    return Pipeline(
        [
            ("scale", TimeDistributedTransformer(StandardScaler())),
            ("window", SlidingWindow()),
            ("lstm", model),
        ]
    )


def test_pipeline_and_grid_search():
    pipe = windows_pipeline(regressor())
    grid = {"window__lookback": [1, 4], "lstm__arch": ["vanilla", "bidirectional"]}
    search = GridSearchCV(pipe, grid, cv=3, error_score="raise").fit(X[:, :, np.newaxis], Y)
    # the target needs two steps; a window of one cannot know it
    assert search.best_params_["window__lookback"] == 4
    assert search.best_score_ > 0.8


def test_randomized_search():
    space = {"units": [3, 6], "learning_rate": [1e-5, 0.03]}
    search = RandomizedSearchCV(
        regressor(), space, n_iter=4, cv=2, random_state=0, error_score="raise"
    ).fit(X, Y)
    assert search.best_params_["learning_rate"] == 0.03


def test_halving_search_with_epochs_as_its_resource():
    search = HalvingGridSearchCV(
        regressor(), {"learning_rate": [1e-5, 1e-4, 0.01, 0.03]}, resource="epochs",
        min_resources=5, max_resources=20, factor=2, cv=2, error_score="raise",
    ).fit(X, Y)  # fmt: skip
    assert search.n_resources_ == [5, 10, 20]
    assert search.best_estimator_.n_iter_ == 20
    assert search.best_params_["learning_rate"] in (0.01, 0.03)


def test_cross_validate_with_several_scorers():
    scores = cross_validate(
        classifier(), X, LABELS, cv=2, scoring=["accuracy", "roc_auc", "neg_log_loss"],
        return_estimator=True, return_train_score=True, error_score="raise",
    )  # fmt: skip
    assert scores["test_accuracy"].min() > 0.7 and scores["test_roc_auc"].min() > 0.8
    assert all(estimator.n_iter_ == 25 for estimator in scores["estimator"])


def test_cross_val_predict():
    predicted = cross_val_predict(regressor(), X, Y, cv=3)
    assert np.corrcoef(predicted, Y)[0, 1] > 0.9
    probabilities = cross_val_predict(classifier(), X, LABELS, cv=3, method="predict_proba")
    assert probabilities.shape == (60, 2)
    assert ((probabilities[:, 1] > 0.5) == (LABELS == "up")).mean() > 0.85


def test_learning_and_validation_curves():
    sizes, _, test = learning_curve(regressor(), X, Y, train_sizes=[10, 40], cv=3)
    assert list(sizes) == [10, 40] and test[1].mean() > test[0].mean()
    _, test = validation_curve(
        regressor(), X, Y, param_name="epochs", param_range=[1, 25], cv=3, error_score="raise"
    )
    assert test[1].mean() > test[0].mean() + 0.3


def test_transformed_target():
    model = TransformedTargetRegressor(regressor(), func=np.sinh, inverse_func=np.arcsinh)
    assert model.fit(X, Y).score(X, Y) > 0.6
    np.testing.assert_allclose(
        np.sinh(model.predict(X)), regressor().fit(X, np.sinh(Y)).predict(X), rtol=1e-6
    )


def test_voting_softly():
    lstm, linear = classifier(), LogisticRegression()
    vote = VotingClassifier([("lstm", lstm), ("linear", linear)], voting="soft").fit(X, LABELS)
    mean = (
        classifier().fit(X, LABELS).predict_proba(X)
        + LogisticRegression().fit(X, LABELS).predict_proba(X)
    ) / 2
    np.testing.assert_allclose(vote.predict_proba(X), mean, atol=1e-6)


def test_stacking():
    stack = StackingRegressor([("lstm", regressor()), ("ridge", Ridge())], cv=2).fit(X, Y)
    assert stack.score(X, Y) > 0.95
    assert len(stack.final_estimator_.coef_) == 2


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibration(method):
    model = CalibratedClassifierCV(classifier(), method=method, cv=2).fit(X, LABELS)
    assert len(model.calibrated_classifiers_) == 2
    assert model.score(X, LABELS) > 0.85


def test_bagging():
    bag = BaggingClassifier(classifier(), n_estimators=3, random_state=0).fit(X, LABELS)
    assert bag.score(X, LABELS) > 0.85
    first, second, _ = (e.predict_proba(X) for e in bag.estimators_)
    assert not np.array_equal(first, second)


def test_one_versus_rest():
    three = np.digitize(Y, [-0.7, 0.7])
    model = OneVsRestClassifier(classifier()).fit(X, three)
    assert len(model.estimators_) == 3 and model.score(X, three) > 0.7


def test_frozen():
    model = classifier().fit(X, LABELS)
    frozen = FrozenEstimator(model).fit(X, LABELS[::-1])
    np.testing.assert_array_equal(frozen.predict(X), model.predict(X))
    calibrated = CalibratedClassifierCV(frozen).fit(X, LABELS)
    assert calibrated.score(X, LABELS) > 0.85


def test_inspection():
    model = regressor().fit(X, Y)
    importance = permutation_importance(model, X, Y, n_repeats=3, random_state=0)
    assert set(np.argsort(importance.importances_mean)[-2:]) == {3, 4}
    display = PartialDependenceDisplay.from_estimator(model, X, [4], grid_resolution=5)
    curve = display.pd_results[0]["average"][0]
    assert (np.diff(curve) > 0).all()  # the target grows with its last step


def test_metadata_routing_of_sample_weight():
    weight = np.where(np.arange(60) < 30, 0.0, 1.0)
    kept = weight > 0
    with sklearn.config_context(enable_metadata_routing=True):
        asks = regressor().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        pipe = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), asks)
        pipe[0].fit(X)
        fitted = pipe.fit(X, Y, sample_weight=weight)
        scaled = pipe[0].transform(X)
        alone = regressor().fit(scaled[kept], Y[kept])
        np.testing.assert_array_equal(fitted.predict(X), alone.predict(scaled))
        search = GridSearchCV(asks, {"epochs": [1, 5]}, cv=2, error_score="raise")
        search.fit(X, Y, sample_weight=np.ones(60))
        assert search.best_params_ == {"epochs": 5}


def test_set_output_does_no_harm():
    table = pd.DataFrame({"a": Y, "b": X[:, 0]})
    plain = make_pipeline(StandardScaler(), SlidingWindow(3), regressor(epochs=2))
    pandas = make_pipeline(StandardScaler(), SlidingWindow(3), regressor(epochs=2))
    pandas.set_output(transform="pandas")
    np.testing.assert_array_equal(
        pandas.fit(table, Y).predict(table), plain.fit(table, Y).predict(table)
    )
    with sklearn.config_context(transform_output="pandas"):
        np.testing.assert_array_equal(plain.fit(table, Y).predict(table), pandas.predict(table))


def test_unions_and_column_transformers_before_the_window():
    table = pd.DataFrame({"a": Y, "b": X[:, 0], "kind": np.resize(["x", "y"], 60)})
    columns = ColumnTransformer(
        [("numbers", StandardScaler(), ["a"]), ("rest", "passthrough", ["b"])]
    )
    union = FeatureUnion([("columns", columns), ("b", FunctionTransformer(lambda t: t[["b"]]))])
    pipe = make_pipeline(union, SlidingWindow(4), regressor())
    # y is a step ago's a: known from the window
    target = np.r_[0, Y[:-1]]
    assert pipe.fit(table, target).score(table, target) > 0.8
    assert pipe[-1].model_.input_shape == (None, 4, 3)


def test_rows_with_cross_val_score_and_time_series_split():
    t = np.arange(300)
    series = np.sin(2 * np.pi * t / 20)[:, np.newaxis]
    pipe = make_pipeline(StandardScaler(), SlidingWindow(10), regressor())
    scores = cross_val_score(pipe, series[:-1], series[1:, 0], cv=TimeSeriesSplit(3))
    assert scores[-1] > 0.95


def test_array_api_dispatch_off():
    with sklearn.config_context(array_api_dispatch=False):
        assert regressor().fit(X, Y).score(X, Y) > 0.8


def test_html_and_repr_show_what_was_changed():
    pipe = windows_pipeline(LSTMClassifier("stacked", dropout=0.2))
    assert "LSTMClassifier(arch='stacked', dropout=0.2)" in re.sub(r"\s+", " ", repr(pipe))
    html = estimator_html_repr(pipe)
    assert "LSTMClassifier" in html and "SlidingWindow" in html


def test_optuna():
    optuna.logging.set_verbosity(optuna.logging.WARNING)

    def objective(trial):
        rate = trial.suggest_categorical("learning_rate", [1e-5, 0.03])
        cv = StratifiedKFold(2)
        return cross_val_score(classifier(learning_rate=rate), X, LABELS, cv=cv).mean()

    sampler = optuna.samplers.GridSampler({"learning_rate": [1e-5, 0.03]})
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(objective, n_trials=2)
    assert study.best_params == {"learning_rate": 0.03}
