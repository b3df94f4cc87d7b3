"""What a forecaster is fitted on."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.utils.validation import _check_method_params

from sklstm.forecasting._parts import by_part

__all__ = ["Samples", "balancing_weights"]


class Samples(NamedTuple):
    """Checked windows, what follows them, their weights, and arguments for the regressor's fit."""

    windows: Any  # an array or LazyWindows, (n_windows, n_timesteps, n_features)
    targets: np.ndarray  # (n_windows, n_targets, horizon)
    origins: np.ndarray  # (n_windows,), times
    weight: np.ndarray | None
    params: dict[str, Any]

    def take(self, rows: np.ndarray) -> Samples:
        """Return some of the samples."""
        return Samples(
            self.windows[rows],
            self.targets[rows],
            self.origins[rows],
            None if self.weight is None else self.weight[rows],
            _check_method_params(self.windows, self.params, indices=rows),
        )


def balancing_weights(windows: Any, columns: list[int]) -> np.ndarray:
    """Return weights of windows, 1 in the mean, inverse to the mean magnitude of their targets.

    Parameters
    ----------
    windows : ndarray or LazyWindows of shape (n_windows, n_timesteps, n_features)
        Windows. Those that are all zero have the mean weight of the others.
    columns : list of int
        The targets among the features.
    """
    magnitude = by_part(lambda part: np.abs(part[:, :, columns]).mean(axis=1), windows)
    inverse = np.divide(1.0, magnitude, out=np.full(magnitude.shape, np.nan), where=magnitude > 0)
    usual = np.nanmean(np.where(np.isnan(inverse).all(axis=0), 1.0, inverse), axis=0)
    return (np.where(np.isnan(inverse), usual, inverse) / usual).mean(axis=1)
