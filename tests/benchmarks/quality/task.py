"""What a model is given and how it is scored: the same for networks and references."""

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import StratifiedKFold

from quality.scores import mase, smape
from sklstm.forecasting import backtest
from sklstm.metrics import interval_coverage, interval_score
from sklstm.model_selection import PurgedTimeSeriesSplit

FOLDS = 3
COVERAGES = 0.8, 0.95


@dataclass(frozen=True)
class Tested:
    """What is fitted on one part and scored on another."""

    name: str
    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray

    def fit(self, estimator):
        return estimator.fit(self.X, self.y)

    def score_of(self, fitted):
        return self.score(fitted.predict(self.X_test))


@dataclass(frozen=True)
class Classification(Tested):
    """Sequences (n, time, features) with labels, and an official test part."""

    kind = "classification"
    measure = "accuracy"
    higher_is_better = True
    scoring = "accuracy"  # of the cross-validation

    def score(self, predicted):
        return {"accuracy": accuracy_score(self.y_test, predicted)}

    def split(self):
        """Indices of stratified folds of the training part; the same for every model."""
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
        return list(folds.split(self.X, self.y))


@dataclass(frozen=True)
class Unequal(Classification):
    """Sequences of unequal length, in a list, or as arrays that make them equal."""

    kind = "unequal"


@dataclass(frozen=True)
class Series(Tested):
    """Windows (n, time, 1) of one series; the latest are the test part.

    `steps` says which steps after the window are the targets, `period` is that of the seasonal
    naive forecast, and `origins` are the times of the windows' last steps.
    """

    steps: np.ndarray
    period: int
    origins: np.ndarray

    kind = "series"
    measure = "r2"
    higher_is_better = True
    scoring = "r2"

    def score(self, predicted):
        return {"r2": r2_score(self.y_test, predicted)}

    def split(self):
        """Indices of folds that go forward in time, with no target in both parts."""
        folds = PurgedTimeSeriesSplit(FOLDS, horizon=int(self.steps[-1]))
        return list(folds.split(self.X, self.y, groups=self.origins))


@dataclass(frozen=True)
class Backtest:
    """Windows (n, time, 1) of one series, with all steps after them, to be forecast in folds."""

    name: str
    X: np.ndarray
    y: np.ndarray
    period: int

    kind = "backtest"
    measure = "mae"
    higher_is_better = False

    @property
    def steps(self):
        return np.arange(1, self.y.shape[1] + 1)

    def fit(self, estimator):
        return backtest(estimator, self.X, self.y, cv=PurgedTimeSeriesSplit(FOLDS))

    def score_of(self, result):
        errors = result.scores()["mean_absolute_error"].to_numpy()
        return {"mae": errors.mean()} | {
            f"fold {number}": error for number, error in enumerate(errors, start=1)
        }


@dataclass(frozen=True)
class Competition(Tested):
    """Windows of all series of a competition together, in the units of each series.

    The test part has one window for each series, its last one, and asks for the whole horizon.
    """

    steps: np.ndarray
    period: int
    naive_error: np.ndarray

    kind = "competition"
    measure = "mase"
    higher_is_better = False

    def score(self, predicted):
        return {
            "mase": mase(self.y_test, predicted, self.naive_error).mean(),
            "smape": smape(self.y_test, predicted).mean(),
        }


@dataclass(frozen=True)
class Intervals(Tested):
    """Windows whose forecasts come with intervals.

    `origins` are the times of the windows' last steps; `scale`, of shape (n_windows, 1), is the
    unit of each test window.
    """

    steps: np.ndarray
    period: int
    origins: np.ndarray
    scale: np.ndarray

    kind = "interval"
    measure = "score"
    higher_is_better = False

    def fit(self, estimator):
        return estimator.fit(self.X, self.y, groups=self.origins)

    def score_of(self, fitted):
        bounds = fitted.predict_interval(self.X_test, COVERAGES) / self.scale[:, :, None, None]
        future = self.y_test / self.scale
        narrow, wide = np.moveaxis(bounds, (2, 3), (0, 1))
        return {
            "score": interval_score(future, *narrow, coverage=COVERAGES[0]),
            "coverage of 80 %": interval_coverage(future, *narrow),
            "coverage of 95 %": interval_coverage(future, *wide),
        }
