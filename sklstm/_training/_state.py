"""Where training stands, and what a network is trained on: NumPy arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sklstm._kernels._tensorflow import tf
from sklstm._precision import empty_aligned
from sklstm._training._tensors import Tensors, shared, tensors_of
from sklstm.windowing._lazy_array import LazyWindows

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
    """What a network trains or is validated on: arrays with as many rows, of float32.

    Parameters
    ----------
    X : ndarray or LazyWindows of shape (n_samples, n_timesteps, n_features)
        Sequences; shorter ones are padded with zeros at the end.
    y : ndarray of shape (n_samples, n_targets)
    weight : ndarray of shape (n_samples,)
    lengths : ndarray of int32 of shape (n_samples,), optional
        Time steps of each sequence, for a network that takes them.
    """

    X: np.ndarray | LazyWindows
    y: np.ndarray
    weight: np.ndarray
    lengths: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.X)

    def __getitem__(self, rows: slice | np.ndarray) -> Samples:
        lengths = None if self.lengths is None else self.lengths[rows]
        return Samples(_taken(self.X, rows), self.y[rows], self.weight[rows], lengths)

    @property
    def mean_length(self) -> int:
        """Time steps of a sequence, on average."""
        return self.X.shape[1] if self.lengths is None else round(self.lengths.mean())

    def by_length(self) -> Samples:
        """Return the samples in the order of their lengths."""
        return self if self.lengths is None else self[np.argsort(self.lengths, kind="stable")]

    def tensors(self) -> Tensors:
        """Return X, rows and starts, or lazy windows; lengths if there are any; y and weight."""
        lengths = [] if self.lengths is None else [tf.constant(self.lengths, tf.int32)]
        return *tensors_of(self.X), *lengths, shared(self.y), shared(self.weight)


def _taken(X: np.ndarray | LazyWindows, rows: slice | np.ndarray) -> np.ndarray | LazyWindows:
    """Return some sequences: a view, or the only copy of them that a fit needs."""
    if isinstance(X, LazyWindows) or isinstance(rows, slice):
        return X[rows]
    taken = empty_aligned((len(rows), *X.shape[1:]))
    return np.take(X, rows, axis=0, out=taken, mode="clip")  # other modes copy to a buffer
