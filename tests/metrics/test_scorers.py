"""Scorers, alone, in cross-validation and through pipelines and searches."""

import pickle

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import GridSearchCV, KFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklstm.forecasting import NaiveForecaster
from sklstm.metrics import (
    CoverageScorer,
    IntervalScorer,
    MASEScorer,
    smape_scorer,
    symmetric_mean_absolute_percentage_error,
    wape_scorer,
    weighted_absolute_percentage_error,
)

# The last values are 3, 40 and 7; the mean changes from step to step are 1, 15 and 2.
X = np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 40.0], [5.0, 5.0, 9.0]])
Y = np.array([[3.0, 5.0], [10.0, 40.0], [9.0, 11.0]])
ERROR = (0 + 2 / 1 + 30 / 15 + 0 + 0 + 2 / 2) / 6


class WithIntervals(RegressorMixin, BaseEstimator):
    """The mean of the window, plus and minus ten times the coverage."""

    def __init__(self, shift=0.0):
        self.shift = shift

    def fit(self, X, y):
        self.n_outputs_ = np.atleast_2d(np.transpose(y)).shape[0]
        return self

    def predict(self, X):
        return np.repeat(np.mean(X, axis=1, keepdims=True) + self.shift, self.n_outputs_, axis=1)

    def predict_interval(self, X, coverage):
        return self.predict(X)[:, :, np.newaxis] + np.array([-10, 10]) * coverage


def test_each_window_is_scaled_by_its_own_past():
    forecaster = NaiveForecaster().fit(X, Y)
    assert MASEScorer()(forecaster, X, Y) == pytest.approx(-ERROR)
    assert MASEScorer()(forecaster, X[:, :, None], Y) == pytest.approx(-ERROR)
    weighted = MASEScorer()(forecaster, X, Y, sample_weight=[1, 0, 3])
    assert weighted == pytest.approx(-(2 + 3 * 1) / 8)
    # one season apart: changes of 2, 30 and 4
    assert MASEScorer(season=2)(forecaster, X, Y) == pytest.approx(-ERROR / 2)
    with pytest.raises(ValueError, match="season=3 needs a past of at least 4"):
        MASEScorer(season=3)(forecaster, X, Y)


def test_each_target_is_scaled_by_its_own_past():
    windows = np.stack([X, 100 * X, X[::-1]], axis=2)
    targets = np.hstack([Y[::-1], 100 * Y])
    forecaster = NaiveForecaster(target=[2, 1]).fit(windows, targets)
    assert MASEScorer(target=[2, 1])(forecaster, windows, targets) == pytest.approx(-ERROR)
    with pytest.raises(ValueError, match="no multiple of the 3 features"):
        MASEScorer(target=[0, 1, 2])(forecaster, windows, targets)


def test_windows_that_scale_no_error_are_left_out():
    windows, targets = np.vstack([X, np.ones((1, 3))]), np.vstack([Y, [[5.0, 5.0]]])
    forecaster = NaiveForecaster().fit(windows, targets)
    with pytest.warns(UndefinedMetricWarning, match="1 of 4 windows do not change"):
        score = MASEScorer()(forecaster, windows, targets, sample_weight=[1, 0, 3, 9])
    assert score == pytest.approx(-(2 + 3 * 1) / 8)
    with pytest.raises(ValueError, match="positive and finite, but 2 of 2"):
        MASEScorer()(forecaster, windows[3:], targets[3:])


def test_percentage_errors_are_negated():
    forecaster = NaiveForecaster().fit(X, Y)
    predicted = forecaster.predict(X)
    for scorer, metric in (
        (smape_scorer, symmetric_mean_absolute_percentage_error),
        (wape_scorer, weighted_absolute_percentage_error),
    ):
        assert scorer(forecaster, X, Y) == -metric(Y, predicted)
        assert pickle.loads(pickle.dumps(scorer))(forecaster, X, Y) == -metric(Y, predicted)


def test_intervals_are_scored():
    """By hand: means 2, 70 / 3 and 19 / 3, and intervals 5 wide on each side."""
    model = WithIntervals().fit(X, Y)
    # distances outside: 13 1/3 - 5 = 8 1/3, 16 2/3 - 5 = 11 2/3
    assert CoverageScorer(0.5)(model, X, Y) == pytest.approx(4 / 6)
    assert IntervalScorer(0.5)(model, X, Y) == pytest.approx(-(10 + 4 * 20 / 6))
    assert CoverageScorer(0.5)(model, X, Y, sample_weight=[0, 1, 0]) == 0.0
    column = WithIntervals().fit(X, Y[:, 0])
    assert CoverageScorer(0.5)(column, X, Y[:, 0]) == pytest.approx(2 / 3)
    with pytest.raises(TypeError, match="LinearRegression has no method predict_interval"):
        CoverageScorer()(LinearRegression().fit(X, Y), X, Y)


def test_intervals_are_found_in_pipelines_and_searches():
    double = FunctionTransformer(lambda X: 2 * X)
    alone = WithIntervals().fit(2 * X, Y)
    expected = IntervalScorer(0.5)(alone, 2 * X, Y)
    pipeline = make_pipeline(double, WithIntervals()).fit(X, Y)
    assert IntervalScorer(0.5)(pipeline, X, Y) == expected
    search = GridSearchCV(pipeline, {"withintervals__shift": [-9.0, 0.0]}, cv=3,
                          scoring=IntervalScorer(0.5)).fit(X, Y)  # fmt: skip
    best = WithIntervals(**{"shift": search.best_params_["withintervals__shift"]}).fit(X, Y)
    assert CoverageScorer(0.5)(search, X, Y) == CoverageScorer(0.5)(best, 2 * X, Y)
    assert search.best_params_ == {"withintervals__shift": -9.0}
    with pytest.raises(TypeError, match="LinearRegression has no method"):
        CoverageScorer()(make_pipeline(StandardScaler(), LinearRegression()).fit(X, Y), X, Y)


@pytest.mark.parametrize(
    ("scorer", "text"),
    [
        (MASEScorer(12, target=1), "MASEScorer(season=12, target=1)"),
        (IntervalScorer(0.9), "IntervalScorer(coverage=0.9)"),
        (CoverageScorer(0.9), "CoverageScorer(coverage=0.9)"),
    ],
)
def test_scorers_are_objects_like_estimators(scorer, text):
    for copy in (clone(scorer), pickle.loads(pickle.dumps(scorer))):
        assert repr(copy) == repr(scorer) == text
        assert copy.get_params() == scorer.get_params()


def test_several_scores_in_one_cross_validation():
    scoring = {
        "mae": "neg_mean_absolute_error",
        "smape": smape_scorer,
        "mase": MASEScorer(),
        "interval": IntervalScorer(0.5),
        "coverage": CoverageScorer(0.5),
    }
    results = cross_validate(WithIntervals(), X, Y, cv=KFold(3), scoring=scoring)
    np.testing.assert_allclose(results["test_coverage"], [1, 0, 1])
    np.testing.assert_allclose(results["test_interval"], [-10, -10 - 4 * 10, -10])
    expected = [-mean_absolute_error(Y[[i]], WithIntervals().fit(X, Y).predict(X[[i]])) / scale
                for i, scale in enumerate([1, 15, 2])]  # fmt: skip
    np.testing.assert_allclose(results["test_mase"], expected)
    with pytest.raises(ValueError, match="'season' parameter of MASEScorer"):
        MASEScorer(0)(NaiveForecaster().fit(X, Y), X, Y)


def test_sample_weight_is_routed_to_scorers():
    with config_context(enable_metadata_routing=True):
        scorers = {
            "mase": MASEScorer().set_score_request(sample_weight=True),
            "coverage": clone(CoverageScorer(0.5).set_score_request(sample_weight=True)),
        }
        results = cross_validate(
            WithIntervals(), X, Y, cv=[([0], [0, 1, 2])], scoring=scorers,
            params={"sample_weight": [1.0, 0.0, 0.0]},
        )  # fmt: skip
    np.testing.assert_allclose(results["test_coverage"], 1)
    np.testing.assert_allclose(results["test_mase"], -(1 + 3) / 2)
