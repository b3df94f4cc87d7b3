"""What the two estimators share: life cycle, weights, randomness, failures."""

import copy
import pickle

import joblib
import numpy as np
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from sklstm import (
    ARCHITECTURES,
    LSTMClassifier,
    LSTMRegressor,
    SlidingWindow,
    TimeDistributedTransformer,
    make_windows,
)
from sklstm._kernels._tensorflow import keras

ESTIMATORS = [LSTMRegressor, LSTMClassifier]
ALL = [(estimator, arch) for estimator in ESTIMATORS for arch in ARCHITECTURES]
# Each architecture once, and for the classifier one of either kind of batches.
EACH = [
    *((LSTMRegressor, arch) for arch in ARCHITECTURES),
    *((LSTMClassifier, arch) for arch in ("vanilla", "lstm_fcn")),
]
SMALL = dict(units=3, filters=4, fcn_filters=(4, 3, 4), epochs=2, random_state=0)
IN_PARTS = dict(learning_rate_schedule="constant")  # as where training is continued

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 8, 2))
TARGETS = {
    LSTMRegressor: X[:, -1, 0] + 2 * X[:, 0, 1],
    LSTMClassifier: np.array(["low", "mid", "high"])[np.digitize(X[:, -1, 0], [-0.5, 0.5])],
}


def fitted(estimator, **arguments):
    return estimator(**{**SMALL, **arguments}).fit(X, TARGETS[estimator])


def outputs(model, X=X):
    return model.predict_proba(X) if is_classifier(model) else model.predict(X)


def public_state(model):
    return {k: v for k, v in vars(model).items() if not k.startswith("__")}


# --- life cycle --------------------------------------------------------------------------------


def test_kinds():
    assert is_regressor(LSTMRegressor()) and not is_classifier(LSTMRegressor())
    assert is_classifier(LSTMClassifier()) and not is_regressor(LSTMClassifier())


@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        *((LSTMRegressor, name) for name in ("adamw", "rmsprop", "SGD", "nadam", "adagrad")),
        *((LSTMClassifier, name) for name in ("ftrl", "lion")),
    ],
)
def test_optimizers(estimator, name):
    model = fitted(estimator, optimizer=name, epochs=3)
    assert len(model.loss_curve_) == 3
    # the slot that was used begins anew
    np.testing.assert_array_equal(
        outputs(model), outputs(fitted(estimator, optimizer=name, epochs=3))
    )


@pytest.mark.parametrize(("estimator", "arch"), EACH)
def test_every_argument_works_in_every_architecture(estimator, arch):
    shorter = dict(n_iter_no_change=2, tol=0.5, validation_fraction=0.2)
    model = fitted(
        estimator, arch=arch, units=4, activation="softsign", dropout=0.2, readout="max", filters=3,
        kernel_size=2, pool_size=2, subsequences=2, optimizer="rmsprop", learning_rate=0.01,
        metrics=["mse"], epochs=30, batch_size=7, shuffle=False, early_stopping=True,
        callbacks=[keras.callbacks.ReduceLROnPlateau(patience=1)], **shorter,
    )  # fmt: skip
    names = {"loss", "mean_squared_error", "val_loss", "val_mean_squared_error", "learning_rate"}
    assert set(model.history_) == names
    assert model.n_iter_ == len(model.loss_curve_) < 30
    assert 1 <= model.best_epoch_ <= model.n_iter_
    assert model.history_["val_loss"][model.best_epoch_ - 1] == min(model.history_["val_loss"])
    assert np.isfinite(outputs(model)).all()


@pytest.mark.parametrize(("estimator", "arch"), ALL)
def test_learns_with_default_arguments(estimator, arch, sine_windows, slopes):
    if estimator is LSTMRegressor:
        X, y, least = sine_windows[0][::4, -10:], sine_windows[1][::4], 0.99
    else:
        X, y, least = *slopes, 0.95
    cut = min(len(X) * 3 // 4, 99)  # from 100 on, a trial of how many epochs takes as long again
    narrow = {"fcn_filters": (16, 32, 16)} if arch == "lstm_fcn" else {}  # a tenth of the time
    model = estimator(arch, **narrow, random_state=0).fit(X[:cut], y[:cut])
    assert model.score(X[cut:], y[cut:]) > least


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_before_fit(estimator):
    model = estimator()
    for ask in (
        model.predict,
        lambda X: model.score(X, TARGETS[estimator]),
        lambda X: model.model_,
    ):
        with pytest.raises(NotFittedError):
            ask(X)
    assert not any(
        hasattr(model, name) for name in ("model_", "history_", "n_features_in_", "classes_")
    )


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_fitted_attributes(estimator):
    model = fitted(estimator)
    assert (model.n_features_in_, model.n_timesteps_in_, model.n_outputs_) == (2, 8, 1)
    assert model.loss_curve_ == model.history_["loss"]
    assert (model.n_iter_, model.best_epoch_) == (2, 2)
    univariate = estimator(**SMALL).fit(X[:, :, 0], TARGETS[estimator])
    assert (univariate.n_features_in_, univariate.n_timesteps_in_) == (8, 8)
    three_d = estimator(**SMALL).fit(X[:, :, :1], TARGETS[estimator])
    np.testing.assert_array_equal(outputs(univariate, X[:, :, 0]), outputs(three_d, X[:, :, :1]))
    np.testing.assert_array_equal(outputs(univariate, X[:, :, :1]), outputs(three_d, X[:, :, 0]))


@pytest.mark.parametrize(("estimator", "arch"), ALL)
def test_the_keras_model_gives_the_predictions(estimator, arch):
    model = fitted(estimator, arch=arch)
    by_keras = model.model_.predict(X.astype("f4"), verbose=0).astype("f8")
    if estimator is LSTMRegressor:
        y = TARGETS[estimator]
        by_keras = by_keras[:, 0] * y.std() + y.mean()
    np.testing.assert_allclose(outputs(model), by_keras, rtol=1e-5, atol=1e-6)
    assert model.model_ is model.model_


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_arguments_set_after_fit_wait_for_the_next(estimator):
    model = fitted(estimator)
    before = outputs(model)
    model.set_params(arch="cnn_lstm", units=7, loss="mean_absolute_error")
    np.testing.assert_array_equal(outputs(model), before)


# --- warm start and partial_fit ----------------------------------------------------------------


@pytest.mark.parametrize(("estimator", "arch"), ALL)
def test_warm_start_goes_on(estimator, arch):
    y = TARGETS[estimator]
    whole = fitted(estimator, arch=arch, epochs=4, **IN_PARTS)
    warm = estimator(arch, **{**SMALL, "epochs": 1}, warm_start=True).fit(X, y)
    warm.set_params(epochs=3).fit(X, y)
    np.testing.assert_array_equal(outputs(warm), outputs(whole))
    assert warm.loss_curve_ == whole.loss_curve_
    assert (warm.n_iter_, warm.best_epoch_) == (4, 4)
    cold = clone(warm).set_params(warm_start=False).fit(X, y).fit(X, y)
    assert cold.n_iter_ == 3


def test_warm_start_refuses_another_network():
    warm = fitted(LSTMRegressor, warm_start=True)
    before = outputs(warm)
    with pytest.raises(
        ValueError, match=r"warm_start continues .*: units was \(3,\) and is \(5,\)\. Set"
    ):
        warm.set_params(units=5).fit(X, TARGETS[LSTMRegressor])
    with pytest.raises(ValueError, match=r"8 time steps of 2 feature"):
        warm.set_params(units=3).fit(X[:, :6], TARGETS[LSTMRegressor])
    np.testing.assert_array_equal(outputs(warm), before)


def test_warm_start_refuses_other_classes():
    model = LSTMClassifier(**SMALL, warm_start=True).fit(X, TARGETS[LSTMClassifier])
    with pytest.raises(ValueError, match=r"labels that are not in the classes.*sideways"):
        model.fit(X, np.where(X[:, 0, 0] > 0, "sideways", "down"))


def test_warm_start_refuses_other_feature_names():
    pd = pytest.importorskip("pandas")  # an optional dependency
    table = pd.DataFrame(X[:, :6, 0], columns=list("abcdef"))
    model = LSTMRegressor(**SMALL, warm_start=True).fit(table, TARGETS[LSTMRegressor])
    with pytest.raises(ValueError, match="feature names should match"):
        model.fit(table.rename(columns={"a": "z"}), TARGETS[LSTMRegressor])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"optimizer": "adam"}, {"optimizer": "sgd"}),
        # the shapes of their states are the same
        ({"optimizer": "adam"}, {"optimizer": "adamax"}),
        ({"optimizer": "rmsprop"}, {"optimizer": "sgd", "optimizer__momentum": 0.9}),
    ],
)
def test_warm_start_refuses_another_optimizer(before, after):
    model = fitted(LSTMRegressor, warm_start=True, **before)
    predicted = outputs(model)
    model = pickle.loads(pickle.dumps(model.set_params(**after)))
    for resume in (model.fit, model.partial_fit):
        with pytest.raises(ValueError, match=r"begun with another optimizer than .*warm_start"):
            resume(X, TARGETS[LSTMRegressor])
    np.testing.assert_array_equal(outputs(model), predicted)


def trending_windows(n_windows):
    """Windows of a year's cycle on a trend, with the month that follows each."""
    t = np.arange(n_windows + 24)
    X, Y = make_windows(100 + 1.5 * t + 20 * np.sin(2 * np.pi * t / 12), lookback=24)
    return X, Y[:, 0]


LSTM_TO_CONTINUE = LSTMRegressor(
    units=16, epochs=150, learning_rate=0.01, warm_start=True, random_state=0,
    optimizer__global_clipnorm=None,  # two epochs shall move the weights far
)  # fmt: skip
SCALER_OF_WINDOWS = TimeDistributedTransformer(StandardScaler())


@pytest.mark.parametrize("n_windows", [60, 90])
def test_a_scaler_fitted_anew_before_a_warm_start_is_told(n_windows):
    """Standardized for themselves, windows of another level look the same and mean more."""
    first, both = trending_windows(n_windows), trending_windows(120)
    ruined = make_pipeline(SCALER_OF_WINDOWS, clone(LSTM_TO_CONTINUE)).fit(*first)
    with pytest.warns(UserWarning, match="standardized separately") as told:
        ruined.set_params(lstmregressor__epochs=2).fit(*both)
    for remedy in ("TimeDistributedTransformer(scaler, warm_start=True)", "FrozenEstimator(scal"):
        assert all(remedy in str(warning.message) for warning in told)
    safe = [clone(SCALER_OF_WINDOWS).set_params(warm_start=True)]
    safe.append(FrozenEstimator(clone(SCALER_OF_WINDOWS).fit(first[0])))
    for scaler in safe:
        pipe = make_pipeline(scaler, clone(LSTM_TO_CONTINUE)).fit(*first)
        pipe.set_params(lstmregressor__epochs=2).fit(*both)  # warnings are errors
        X, y = both
        errors = [np.abs(model.predict(X) - y).mean() for model in (pipe, ruined)]
        assert errors[0] < 0.6 * errors[1]


def test_a_scaler_of_rows_fitted_anew_is_told():
    """In a pipeline on rows, the last steps of the windows are the rows that were standardized."""
    rows = np.random.default_rng(0).normal(5, 3, size=(60, 2))
    pipe = make_pipeline(StandardScaler(), SlidingWindow(4), clone(LSTM_TO_CONTINUE))
    pipe.set_params(lstmregressor__epochs=2).fit(rows[:40], rows[:40, 0])
    with pytest.warns(UserWarning, match="standardized separately"):
        pipe.fit(rows, rows[:, 0])


def test_more_epochs_on_the_same_standardized_data_are_fine():
    X, y = trending_windows(60)
    pipe = make_pipeline(SCALER_OF_WINDOWS, clone(LSTM_TO_CONTINUE))
    pipe.set_params(lstmregressor__epochs=2).fit(X, y)
    again = pickle.loads(pickle.dumps(pipe))
    assert again.fit(X, y)[-1].n_iter_ == pipe.fit(X, y)[-1].n_iter_ == 4


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_partial_fit_trains_an_epoch_a_call(estimator):
    y = TARGETS[estimator]
    model = estimator(**SMALL)
    classes = {} if estimator is LSTMRegressor else {"classes": np.unique(y)}
    model.partial_fit(X, y, **classes).partial_fit(X, y)
    np.testing.assert_array_equal(outputs(model), outputs(fitted(estimator, **IN_PARTS)))
    assert model.n_iter_ == 2
    resumed = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(
        outputs(resumed.partial_fit(X, y)), outputs(model.partial_fit(X, y))
    )
    with pytest.raises(ValueError, match="partial_fit does not support early_stopping"):
        model.set_params(early_stopping=True).partial_fit(X, y)


# --- sample weights, and few of something ------------------------------------------------------


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_weight_zero_equals_absence(estimator):
    y, weight = TARGETS[estimator], np.tile([1, 0, 2, 1], 10)
    kept = weight > 0
    weighted = estimator(**SMALL).fit(X, y, sample_weight=weight)
    without = estimator(**SMALL).fit(X[kept], y[kept], sample_weight=weight[kept])
    np.testing.assert_array_equal(outputs(weighted), outputs(without))


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_weight_two_pulls_like_a_repetition(estimator):
    """With full batches, and an optimizer that divides out the scale of the loss."""
    y = TARGETS[estimator]
    weight = np.resize([1, 2], 40)
    arguments = dict(
        SMALL, epochs=20, batch_size=100, shuffle=False, learning_rate=0.02, optimizer="adam"
    )
    weighted = estimator(**arguments).fit(X, y, sample_weight=weight)
    repeated = estimator(**arguments).fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))
    plain = estimator(**arguments).fit(X, y)
    np.testing.assert_allclose(outputs(weighted), outputs(repeated), rtol=1e-3, atol=1e-4)
    assert np.abs(outputs(plain) - outputs(repeated)).max() > 1e-2


@pytest.mark.parametrize("weight", [[-1.0] * 40, [0.0] * 40, [1.0] * 39, [[1.0]] * 40])
def test_bad_weights_are_refused(weight):
    with pytest.raises(ValueError, match=r"(?i)sample.weight"):
        LSTMRegressor(**SMALL).fit(X, TARGETS[LSTMRegressor], sample_weight=weight)


def test_the_callers_weights_are_not_touched():
    weight = np.arange(40)
    LSTMClassifier(**SMALL, class_weight="balanced").fit(X, TARGETS[LSTMClassifier], weight)
    np.testing.assert_array_equal(weight, np.arange(40))


def test_one_sample():
    model = LSTMRegressor(**SMALL).fit(X[:1], [3.0])
    assert abs(model.predict(X[:1])[0] - 3.0) < 1.0
    with pytest.raises(ValueError, match="only one class"):
        LSTMClassifier(**SMALL).fit(X[:1], ["up"])


@pytest.mark.parametrize("arch", ["vanilla", "lstm_fcn"])
def test_a_class_of_one_sample(arch):
    y = np.array(["common"] * 39 + ["rare"])
    probabilities = LSTMClassifier(arch, **SMALL).fit(X, y).predict_proba(X)
    assert probabilities.shape == (40, 2) and np.isfinite(probabilities).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)


def test_a_class_that_only_has_weight_zero_is_absent():
    y = np.array(["a", "b", "c", "a"] * 10)
    weight = (y != "c").astype(float)
    model = LSTMClassifier(**SMALL).fit(X, y, sample_weight=weight)
    np.testing.assert_array_equal(model.classes_, ["a", "b"])


# --- randomness --------------------------------------------------------------------------------


@pytest.mark.parametrize(("estimator", "arch"), EACH)
def test_random_state_decides(estimator, arch):
    arguments = dict(arch=arch, dropout=0.3, early_stopping=True)
    one, same = fitted(estimator, **arguments), fitted(estimator, **arguments)
    other = fitted(estimator, **{**arguments, "random_state": 1})
    np.testing.assert_array_equal(outputs(one), outputs(same))
    assert not np.array_equal(outputs(one), outputs(other))


def test_kinds_of_random_state():
    def predictions(random_state):
        return outputs(fitted(LSTMRegressor, random_state=random_state))

    np.testing.assert_array_equal(predictions(3), predictions(np.int64(3)))
    np.testing.assert_array_equal(
        predictions(np.random.RandomState(5)), predictions(np.random.RandomState(5))
    )
    state = np.random.RandomState(5)
    results = [predictions(state) for _ in range(4)] + [predictions(None), predictions(None)]
    assert len({r.tobytes() for r in results}) == 6


def test_the_same_in_another_process(fresh_tensorflow):
    code = """
import numpy as np
from sklstm import ARCHITECTURES, LSTMRegressor
X = np.random.default_rng(0).normal(size=(40, 8, 2))
for arch in ARCHITECTURES:
    model = LSTMRegressor(arch, units=3, epochs=2, random_state=0).fit(X, X[:, -1, 0])
    print(model.predict(X).tobytes().hex())
"""
    here = [
        LSTMRegressor(arch, units=3, epochs=2, random_state=0).fit(X, X[:, -1, 0]).predict(X)
        for arch in ARCHITECTURES
    ]
    assert fresh_tensorflow(code).stdout.split() == [r.tobytes().hex() for r in here]


def test_global_state_is_as_before(fresh_tensorflow):
    """After fits that succeed, fail, and are interrupted; seeded and unseeded."""
    fresh_tensorflow("""
import os
import random
import numpy as np
import tensorflow as tf
from keras.callbacks import LambdaCallback
from tensorflow.python.eager import context
from tensorflow.python.framework.config import is_op_determinism_enabled
from sklstm import ARCHITECTURES, LSTMClassifier, LSTMRegressor

def global_state():
    numpy_state = np.random.get_state()[1].tolist()
    return random.getstate(), numpy_state, context.global_seed(), dict(os.environ)

def interrupt(epoch, logs):
    raise KeyboardInterrupt

X = np.random.default_rng(0).normal(size=(40, 8, 2))
tf.random.set_seed(3)
expected = tf.random.normal([4]).numpy(), tf.random.normal([4]).numpy()
for random_state in (0, None):
    tf.random.set_seed(3)
    first = tf.random.normal([4]).numpy()
    before = global_state()
    for arch in ARCHITECTURES:
        arguments = dict(units=3, epochs=1, random_state=random_state, dropout=0.2)
        LSTMRegressor(arch, **arguments).fit(X, X[:, 0, 0]).predict(X)
        LSTMClassifier(arch, **arguments, early_stopping=True).fit(X, X[:, 0, 0] > 0)
        for error, trouble in [
            (KeyboardInterrupt, dict(callbacks=[LambdaCallback(on_epoch_end=interrupt)])),
            (ValueError, dict(normalize_y=False, learning_rate=1e30, optimizer="sgd")),
        ]:
            try:
                LSTMRegressor(arch, **arguments, **trouble).fit(X, 1e15 * X[:, 0, 0])
            except error:
                continue
            raise AssertionError(trouble)
    assert global_state() == before
    assert not is_op_determinism_enabled()
    second = tf.random.normal([4]).numpy()
    assert np.array_equal(first, expected[0]) and np.array_equal(second, expected[1])
""")


# --- copies and other processes ----------------------------------------------------------------


def test_joblib_in_a_fresh_process(tmp_path, fresh_tensorflow):
    """Alone, and inside a fitted search over a pipeline."""
    models = [fitted(estimator, arch=arch) for estimator, arch in ALL]
    for estimator in ESTIMATORS:
        pipe = Pipeline(
            [
                ("scale", TimeDistributedTransformer(StandardScaler())),
                ("window", SlidingWindow()),
                ("lstm", estimator(**SMALL)),
            ]
        )
        search = GridSearchCV(pipe, {"window__lookback": [6, 8]}, cv=2, error_score="raise")
        models.append(search.fit(X, TARGETS[estimator]))
    joblib.dump((X, models), tmp_path / "models.joblib")
    printed = fresh_tensorflow(f"""
import joblib
X, models = joblib.load({str(tmp_path / "models.joblib")!r})
for model in models:
    print(getattr(model, "predict_proba", model.predict)(X).tobytes().hex())
""").stdout.split()
    assert printed == [outputs(model).tobytes().hex() for model in models]


@pytest.mark.parametrize("copier", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_share_nothing(copier):
    model = fitted(LSTMRegressor, warm_start=True)
    copied, before = copier(model), outputs(model)
    np.testing.assert_array_equal(outputs(copied), before)
    copied.fit(X, TARGETS[LSTMRegressor])
    assert not np.array_equal(outputs(copied), before)
    np.testing.assert_array_equal(outputs(model), before)


# --- early stopping ----------------------------------------------------------------------------


def test_the_regressors_validation_part_lies_apart():
    """Of 40 samples the last 4 validate, and the 2 before share targets with them."""
    targets = np.arange(120.0).reshape(40, 3)
    training, validation = LSTMRegressor()._hold_out(targets, seed=0)
    assert list(range(40))[training] == list(range(34))
    assert list(range(40))[validation] == [36, 37, 38, 39]
    stopped_early = LSTMRegressor(**SMALL, early_stopping=True)
    with pytest.raises(ValueError, match=r"early_stopping leaves no sample.*the 9 before"):
        stopped_early.fit(X[:10], np.zeros((10, 10)))


def test_the_scale_of_targets_is_that_of_the_training_part():
    y = np.r_[np.zeros(18), np.ones(18), np.full(4, 1e6)]
    with pytest.warns(UserWarning, match="lie 2e.06 standard deviations"):
        model = LSTMRegressor(**SMALL, early_stopping=True).fit(X, y)
    assert (model.target_encoder_.mean_, model.target_encoder_.scale_) == (0.5, 0.5)


def test_the_classifiers_validation_part_is_stratified():
    y = np.repeat(["a", "b"], [30, 10])  # sorted
    training, validation = LSTMClassifier()._hold_out(y, seed=0)
    assert sorted([*training, *validation]) == list(range(40))
    assert (y[validation] == "b").sum() == 1 and len(validation) == 4
    with pytest.raises(ValueError, match="least populated class"):
        LSTMClassifier(**SMALL, early_stopping=True).fit(X, ["a"] * 39 + ["b"])


# --- failures and interruptions ----------------------------------------------------------------


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_failed_fit_changes_nothing(estimator):
    class Fails(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise KeyboardInterrupt

    model = fitted(estimator)
    before, state = outputs(model), public_state(model)
    model.set_params(callbacks=[Fails()])
    with pytest.raises(KeyboardInterrupt):
        model.fit(X[:20, :6], TARGETS[estimator][:20])
    model.set_params(callbacks=None)
    assert public_state(model) == state
    np.testing.assert_array_equal(outputs(model), before)
    fresh = estimator(**SMALL, callbacks=[Fails()])
    with pytest.raises(KeyboardInterrupt):
        fresh.fit(X, TARGETS[estimator])
    with pytest.raises(NotFittedError):
        fresh.predict(X)


class Breaks(keras.callbacks.Callback):
    """Raises an error at a moment of training."""

    def __init__(self, moment, error):
        super().__init__()
        self.moment, self.error = moment, error

    def _at(self, moment):
        if moment == self.moment:
            raise self.error

    def on_train_begin(self, logs=None):
        self._at("beginning")

    def on_train_batch_end(self, batch, logs=None):
        self._at(f"batch {batch}")

    def on_epoch_end(self, epoch, logs=None):
        self._at("epoch end")

    def on_train_end(self, logs=None):
        self._at("end")


@pytest.mark.parametrize("moment", ["beginning", "batch 0", "batch 3", "epoch end", "end"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, RuntimeError])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_broken_refit_leaves_the_old_state_whole(estimator, error, moment):
    y = TARGETS[estimator]
    model = estimator(**SMALL, batch_size=8).fit(X, y)
    model.set_params(callbacks=[Breaks(moment, error)], warm_start=True)
    before, state = outputs(model), dict(vars(model))
    weights = [w.copy() for w in model._state.weights]
    for refit in (model.fit, model.partial_fit):
        with pytest.raises(error):
            refit(X[::-1], y)
        assert vars(model) == state
        assert all(np.array_equal(a, b) for a, b in zip(weights, model._state.weights, strict=True))
        np.testing.assert_array_equal(outputs(model), before)
