"""What a forecaster is fitted on."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.utils.validation import _check_method_params

__all__ = ["Samples", "balancing_weights"]


class Samples(NamedTuple):
    """Checked windows, what follows them, their weights, and arguments for the regressor's fit."""

    windows: np.ndarray  # (n_windows, n_timesteps, n_features)
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


def balancing_weights(past: np.ndarray) -> np.ndarray:
    """Return weights of windows, 1 in the mean, inverse to the mean magnitude of their targets.

    Parameters
    ----------
    past : ndarray of shape (n_windows, n_targets, n_timesteps)
        Values of the targets. Windows that are all zero have the mean weight of the others.
    """
    magnitude = np.abs(past).mean(axis=2)
    inverse = np.divide(1.0, magnitude, out=np.full(magnitude.shape, np.nan), where=magnitude > 0)
    usual = np.nanmean(np.where(np.isnan(inverse).all(axis=0), 1.0, inverse), axis=0)
    return (np.where(np.isnan(inverse), usual, inverse) / usual).mean(axis=1)
