"""The models: our networks with default arguments, and references on the same numbers."""

import numpy as np
from scipy.stats import norm
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from sklearn.linear_model import RidgeClassifierCV, RidgeCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from quality.task import Classification
from sklstm import (
    ARCHITECTURES,
    Forecaster,
    LSTMClassifier,
    LSTMRegressor,
    TimeDistributedTransformer,
)

ALPHAS = np.logspace(-3, 3, 13)
FEWEST_STEPS = 9  # that MiniRocket reads
COMPILED = ("minirocket",)
CROSS_VALIDATED = ("classification", "series")
# How the network that a `Forecaster` makes itself is trained.
FORECASTING = {"loss": "mean_absolute_error", "epochs": 10}
N_MEMBERS = {"backtest": 1, "competition": 3, "interval": 1}
CALIBRATED = {"interval": {"calibration_fraction": 0.2}}


def models_of(kind):
    """Names of the networks and references for sets of one kind."""
    return *ARCHITECTURES, *REFERENCES[kind]


def is_random(model):
    """Whether another seed gives another result."""
    return model in ARCHITECTURES or model == "minirocket"


def make(model, task, seed, params=None):
    """Return an unfitted model. `params` go to our networks only."""
    if model in ARCHITECTURES and task.kind in N_MEMBERS:
        return forecaster(model, task, seed, params)
    if model in ARCHITECTURES:
        estimator = LSTMClassifier if isinstance(task, Classification) else LSTMRegressor
        return standardized(estimator(model, random_state=seed, **(params or {})))
    return REFERENCES[task.kind][model](task, seed)


def forecaster(model, task, seed, params=None):
    """A `Forecaster` with its defaults; its network may have another architecture."""
    network = LSTMRegressor(model, **FORECASTING | (params or {}))
    return corrected(network, task, n_members=N_MEMBERS[task.kind], random_state=seed)


def corrected(regressor, task, **options):
    return Forecaster(regressor, season=task.period, **options, **CALIBRATED.get(task.kind, {}))


def standardized(*steps):
    """What a user does who thinks of nothing but the scale of the data."""
    return make_pipeline(TimeDistributedTransformer(StandardScaler()), *steps)


def flatten(X):
    return X.reshape(len(X), -1)


def ridge_classifier(task, seed):
    return standardized(FunctionTransformer(flatten), RidgeClassifierCV(ALPHAS))


def ridge(task, seed):
    return standardized(FunctionTransformer(flatten), RidgeCV(ALPHAS))


def nearest(task, seed):
    return make_pipeline(FunctionTransformer(flatten), KNeighborsClassifier(1))


def minirocket(task, seed):
    return MiniRocket(random_state=seed)


def ridge_by_mean(task, seed):
    return InUnitsOfMean(ridge(task, seed))


def corrected_ridge(task, seed):
    return corrected(RidgeCV(ALPHAS), task)


def gaussian(task, seed):
    return GaussianIntervals(ridge(task, seed))


def naive(task, seed):
    return SeasonalNaive(task.steps, task.period)


class InUnitsOfMean(RegressorMixin, BaseEstimator):
    """Divide each window, and what follows it, by the mean of the window."""

    def __init__(self, regressor):
        self.regressor = regressor

    def fit(self, X, y):
        mean = self._means(X)
        self.regressor_ = clone(self.regressor).fit(X / mean[:, np.newaxis], y / mean)
        return self

    def predict(self, X):
        mean = self._means(X)
        return self.regressor_.predict(X / mean[:, np.newaxis]) * mean

    def _means(self, X):
        return X.mean(axis=1)


class GaussianIntervals(BaseEstimator):
    """Intervals of normal errors, as wide as training errors are in units of a window's mean."""

    def __init__(self, regressor):
        self.regressor = regressor

    def fit(self, X, y, groups=None):
        self.regressor_ = InUnitsOfMean(self.regressor).fit(X, y)
        errors = (self.regressor_.predict(X) - y) / X.mean(axis=1)
        self.deviation_ = errors.std(axis=0)
        return self

    def predict_interval(self, X, coverage):
        margins = np.outer(norm.ppf(0.5 + np.divide(coverage, 2)), self.deviation_).T
        margins = margins * X.mean(axis=1)[:, :, np.newaxis]
        forecast = self.regressor_.predict(X)[:, :, np.newaxis]
        return np.stack([forecast - margins, forecast + margins], axis=-1)


class MiniRocket(ClassifierMixin, BaseEstimator):
    """aeon's MiniRocket, on sequences (n, time, features); short ones are stretched."""

    def __init__(self, random_state=None):
        self.random_state = random_state

    def fit(self, X, y):
        from aeon.classification.convolution_based import MiniRocketClassifier

        self.model_ = MiniRocketClassifier(random_state=self.random_state)
        self.model_.fit(self._channels_first(X), y)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X):
        return self.model_.predict(self._channels_first(X))

    def _channels_first(self, X):
        stretch = -(-FEWEST_STEPS // X.shape[1])
        return np.repeat(X, stretch, axis=1).swapaxes(1, 2).astype(np.float64)


class SeasonalNaive(RegressorMixin, BaseEstimator):
    """Forecast what was a period earlier, for each of the `steps` after a window."""

    def __init__(self, steps, period):
        self.steps = steps
        self.period = period

    def fit(self, X, y):
        self.n_outputs_ = np.ndim(y)
        return self

    def predict(self, X):
        places = X.shape[1] - self.period + (np.asarray(self.steps) - 1) % self.period
        forecast = X[:, places, 0]
        return forecast[:, 0] if self.n_outputs_ == 1 else forecast


FORECASTS = {"Forecaster(ridge)": corrected_ridge, "ridge": ridge, "naive": naive}
REFERENCES = {
    "classification": {
        "ridge": ridge_classifier,
        "1-NN": nearest,
        "minirocket": minirocket,
    },
    "unequal": {},
    "series": {"ridge": ridge, "naive": naive},
    "backtest": FORECASTS,
    "competition": FORECASTS | {"ridge": ridge_by_mean},
    "interval": {"Forecaster(ridge)": corrected_ridge, "ridge, Gaussian": gaussian},
}
