"""Where training stands, and what a network is trained on: NumPy arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sklstm._kernels._tensorflow import tf

Weights = list[np.ndarray]


@dataclass(eq=False)
class TrainingState:
    """All that is needed to predict, or to continue training.

    Parameters
    ----------
    seed : int
        Source of all randomness of the fit.
    weights : list of ndarray, optional
        In the order of ``keras.Model.get_weights``; None: to be drawn from the seed.
    optimizer : list of ndarray, optional
        The optimizer's variables; None: as new.
    optimizer_kind : str, optional
        What optimizer they belong to.
    epoch : int
        Epochs trained so far.
    """

    seed: int
    weights: Weights | None = None
    optimizer: Weights | None = None
    epoch: int = 0
    optimizer_kind: str | None = None


@dataclass(frozen=True)
class Samples:
    """Arrays of equal length that a network trains or is validated on, all float32.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_timesteps, n_features)
    y : ndarray of shape (n_samples, n_targets)
    weight : ndarray of shape (n_samples,)
    """

    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray

    def __len__(self) -> int:
        return len(self.X)

    def __getitem__(self, rows: slice | np.ndarray) -> Samples:
        return Samples(self.X[rows], self.y[rows], self.weight[rows])

    def tensors(self) -> tuple[Any, Any, Any]:
        return tuple(tf.constant(array, tf.float32) for array in (self.X, self.y, self.weight))
