"""Backtests: which forecasts are made, of what, and what reaches the estimators."""

import pickle

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from sklearn import config_context
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import FitFailedWarning, UnsetMetadataPassedError
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import GroupKFold, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklstm import NaiveForecaster, PurgedTimeSeriesSplit, backtest, make_windows
from sklstm.metrics import MASEScorer

SERIES = np.random.default_rng(0).normal(size=60).cumsum()
X, Y, ORIGINS = make_windows(SERIES, lookback=6, horizon=3, return_origins=True)
X = X[:, :, 0]
MODELS = {"ridge": Ridge(), "naive": NaiveForecaster(), "drift": NaiveForecaster("drift")}


class MeanOfTraining(RegressorMixin, BaseEstimator):
    """The weighted mean of the training targets; refuses training parts of some size."""

    def __init__(self, refused=None):
        self.refused = refused

    def fit(self, X, y, sample_weight=None):
        if len(X) == self.refused:
            raise RuntimeError("refused")
        self.mean_ = np.average(y, axis=0, weights=sample_weight)
        return self

    def predict(self, X):
        return np.repeat(self.mean_[np.newaxis], len(X), axis=0)


def test_forecasts_are_those_of_the_models_refitted_in_each_fold():
    cv = PurgedTimeSeriesSplit(3)
    result = backtest(MODELS, X, Y, cv=cv, return_estimator=True)
    folds = list(cv.split(X, Y))
    assert len(folds) == len(result.folds) == 3
    for fold, (train, test) in enumerate(folds):
        np.testing.assert_array_equal(result.folds[fold][1], test)
        expected = Ridge().fit(X[train], Y[train])
        np.testing.assert_array_equal(result.forecasts["ridge"][fold], expected.predict(X[test]))
        np.testing.assert_array_equal(result.estimators["ridge"][fold].coef_, expected.coef_)
        np.testing.assert_array_equal(result.forecasts["naive"][fold], X[test][:, [-1] * 3])
    scores = -cross_val_score(Ridge(), X, Y, cv=cv, scoring="neg_mean_absolute_error")
    np.testing.assert_allclose(result.scores().loc["ridge", "mean_absolute_error"], scores)
    assert not hasattr(MODELS["ridge"], "coef_")
    with pytest.raises(ValueError, match="only works for partitions"):
        cross_val_predict(Ridge(), X, Y, cv=cv)


def test_estimators_and_folds_come_in_several_forms():
    with parallel_config(backend="threading"):
        pair = backtest(list(MODELS.items())[:2], X, Y, cv=2, n_jobs=2)
    assert list(pair.forecasts) == ["ridge", "naive"] and pair.estimators["ridge"] == [None, None]
    # an int stands for folds that keep the horizon of Y free
    np.testing.assert_array_equal(
        pair.folds[1][0], list(PurgedTimeSeriesSplit(2, horizon=3).split(X))[1][0]
    )
    assert repr(pair) == (
        "BacktestResult(estimators=['ridge', 'naive'], n_folds=2, scores=['mean_absolute_error'])"
    )
    alone = backtest(make_pipeline(StandardScaler(), Ridge()), X, Y[:, 0], cv=iter(pair.folds))
    assert list(alone.forecasts) == ["pipeline"] and alone.forecasts["pipeline"][0].shape[1] == 1
    copy = pickle.loads(pickle.dumps(pair))
    pd.testing.assert_frame_equal(copy.to_frame(), pair.to_frame())


@pytest.mark.parametrize(
    ("scoring", "names", "expected"),
    [
        # windows [0, 2] and [2, 6]: naive errors 4 and 6; their own changes are 2 and 4
        ("mean_squared_error", ["mean_squared_error"], [(16 + 36) / 2]),
        (["mean_squared_error", "neg_mean_absolute_error"],
         ["mean_squared_error", "neg_mean_absolute_error"], [26, -5]),
        ({"mase": MASEScorer(), "largest": lambda y, p: np.max(y - p)},
         ["mase", "largest"], [-(4 / 2 + 6 / 4) / 2, 6]),
    ],
)  # fmt: skip
def test_scores_by_hand(scoring, names, expected):
    windows, targets = [[0.0, 2.0], [2.0, 6.0], [6.0, 12.0]], [6.0, 12.0, 20.0]
    result = backtest(NaiveForecaster(), windows, targets, cv=[([2], [0, 1])], scoring=scoring)
    scores = result.scores()
    assert list(scores.columns) == [*names, "fit_time"]
    np.testing.assert_allclose(scores.iloc[0, : len(names)], expected)


def test_groups_reach_the_splitter():
    groups = np.arange(len(X)) % 4
    result = backtest(NaiveForecaster(), X, Y, cv=GroupKFold(4), groups=groups)
    assert all(len(set(groups[test])) == 1 for _, test in result.folds)
    np.testing.assert_array_equal(result.to_frame()["group"], result.to_frame()["window"] % 4)


def test_weights_reach_the_estimators_fold_by_fold():
    weight = np.zeros(len(X))
    weight[[2, 30]] = 1, 3
    folds = [(np.arange(10), [40]), (np.arange(40), [50])]
    models = {"mean": MeanOfTraining(), "naive": NaiveForecaster()}
    result = backtest(models, X, Y, cv=folds, params={"sample_weight": weight})
    np.testing.assert_allclose(result.forecasts["mean"][0], Y[[2]])
    np.testing.assert_allclose(result.forecasts["mean"][1], (Y[[2]] + 3 * Y[[30]]) / 4)


def test_metadata_is_routed():
    weight = np.r_[1.0, np.zeros(len(X) - 1)]
    origins = np.arange(len(X))[::-1]  # the latest first
    with config_context(enable_metadata_routing=True):
        # a name that is also a word of the router
        models = {"splitter": MeanOfTraining().set_fit_request(sample_weight=True),
                  "plain": MeanOfTraining().set_fit_request(sample_weight=False)}  # fmt: skip
        scoring = {"mase": MASEScorer().set_score_request(sample_weight=True)}
        params = {"sample_weight": np.where(weight[::-1] > 0, 1, 0.5), "groups": origins}
        cv = PurgedTimeSeriesSplit(2)
        result = backtest(models, X, Y, cv=cv, params=params, scoring=scoring)
        (train, test), _ = result.folds
        assert origins[train].max() < origins[test].min()
        expected = np.average(Y[train], axis=0, weights=params["sample_weight"][train])
        np.testing.assert_allclose(result.forecasts["splitter"][0][0], expected)
        np.testing.assert_allclose(result.forecasts["plain"][0][0], Y[train].mean(axis=0))
        with pytest.raises(UnsetMetadataPassedError, match="backtest"):
            backtest(MeanOfTraining(), X, Y, cv=cv, params=params)
        with pytest.raises(ValueError, match="pass `groups` alongside other metadata"):
            backtest(models, X, Y, cv=cv, groups=origins)


def test_failures_are_raised_or_scored():
    folds = [(np.arange(10), [40, 41]), (np.arange(20), [50, 51])]
    models = {"mean": MeanOfTraining(refused=20), "naive": NaiveForecaster()}
    with pytest.raises(RuntimeError, match="refused"):
        backtest(models, X, Y, cv=folds)
    with pytest.warns(FitFailedWarning, match=r"1 fits failed out of a total of 4[\s\S]*refused"):
        result = backtest(models, X, Y, cv=folds, error_score=np.nan)
    assert np.isnan(result.forecasts["mean"][1]).all()
    scores = result.scores()["mean_absolute_error"]
    assert np.isnan(scores["mean", 1]) and scores.notna().sum() == 3
    assert np.isnan(result.scores_per_step().loc["mean", 1]).all()
    # a model that fails in a fold has no mean, and comes last
    assert result.summary().index.tolist() == ["naive", "mean"]
    assert np.isnan(result.summary().loc["mean", "mean_absolute_error"])
    assert np.isnan(result.compare("naive").loc["mean", "mean"])
    with pytest.raises(ValueError, match="All the 2 fits failed"):
        backtest(MeanOfTraining(refused=10), X, Y, cv=folds[:1] * 2, error_score=0)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (dict(estimators={}), ValueError, "estimators is empty"),
        (dict(estimators={"scaler": StandardScaler()}), TypeError, "'scaler' is of type Standard"),
        (dict(estimators=[("a", Ridge()), ("a", Ridge())]), ValueError, "holds a name twice"),
        (dict(Y=Y[:-1]), ValueError, "inconsistent numbers of samples"),
        (dict(Y=Y[:, :, None]), ValueError, r"Y must have the shape.*\(52, 3, 1\)"),
        (dict(origins=ORIGINS[1:]), ValueError, "row of the last step of each of the 52 windows"),
        (dict(origins=ORIGINS / 1), ValueError, "dtype float64.*return_origins=True"),
        (dict(index=range(60)), ValueError, "origins=None does not tell"),
        (dict(origins=ORIGINS, index=range(59)), ValueError, "59 labels.*at least 60 rows"),
        (dict(target_names=["a", "b"]), ValueError, "3 column.*no multiple of 2"),
        (dict(scoring="mse"), ValueError, "'mse' is the name of no metric"),
        (dict(scoring=["r2", "r2"]), ValueError, "holds a name twice"),
        (dict(scoring={}), ValueError, "must name what is scored"),
        (dict(cv="no"), ValueError, "'cv' parameter"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        backtest(**{"estimators": MODELS, "X": X, "Y": Y, "cv": 2, **arguments})


def test_forecasts_of_another_shape_are_refused():
    class OneColumn(LinearRegression):
        def predict(self, X):
            return super().predict(X)[:, 0]

    with pytest.raises(ValueError, match=r"shape \(17,\) for true values of shape \(17, 3\)"):
        backtest(OneColumn(), X, Y, cv=2)
