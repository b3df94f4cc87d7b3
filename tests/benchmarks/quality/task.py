"""What a model is given and how it is scored: the same for networks and references."""

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import StratifiedKFold

from quality.scores import mase, smape
from sklstm.model_selection import PurgedTimeSeriesSplit

FOLDS = 3


@dataclass(frozen=True)
class Classification:
    """Sequences (n, time, features) with labels, and an official test part."""

    name: str
    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray

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
class Series:
    """Windows (n, time, 1) of one series; the latest are the test part.

    `steps` says which steps after the window are the targets, `period` is that of the seasonal
    naive forecast, and `origins` are the times of the windows' last steps.
    """

    name: str
    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    steps: np.ndarray
    period: int
    origins: np.ndarray

    kind = "series"
    measure = "r2"
    higher_is_better = True
    scoring = "r2"

    def score(self, predicted):
        return {"r2": r2_score(self.y_test, predicted)}

    def split(self, test_size=None):
        """Indices of folds that go forward in time, with no target in both parts."""
        folds = PurgedTimeSeriesSplit(FOLDS, horizon=int(self.steps[-1]), test_size=test_size)
        return list(folds.split(self.X, self.y, groups=self.origins))


@dataclass(frozen=True)
class Competition(Series):
    """Windows of all series of a competition together, each in units of its own `level`.

    The test part has one window for each series, its last one, and asks for the whole horizon.
    `y_test` is in the units of the series, and so are the scores.
    """

    level: np.ndarray
    naive_error: np.ndarray

    kind = "competition"
    measure = "mase"
    higher_is_better = False
    scoring = "neg_mean_absolute_error"

    def score(self, predicted):
        forecast = predicted * self.level[:, np.newaxis]
        return {
            "mase": mase(self.y_test, forecast, self.naive_error).mean(),
            "smape": smape(self.y_test, forecast).mean(),
        }

    def split(self):
        """As of one series, but each fold tests on few of the last steps.

        Most series are so short that equal parts of the longest one's time would leave next to
        nothing to train on.
        """
        return super().split(test_size=len(self.steps) // 2)
