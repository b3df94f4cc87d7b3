"""Sequences in: shapes, lengths, precision and feature names; sample weights."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from numbers import Number
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils.validation import _check_sample_weight

from sklstm._precision import aligned, is_shareable, to_float32, too_large
from sklstm._ragged import Ragged, check_ragged_finite, is_list_of_arrays, real_steps
from sklstm._target_checks import real_numbers
from sklstm._validation import check_numbers, names_of
from sklstm._warnings import warn
from sklstm.windowing import Windows
from sklstm.windowing._lazy_array import LazyWindows
from sklstm.windowing._lazy_rows import fits_in_memory
from sklstm.windowing._named import with_names
from sklstm.windowing._names import check_names

__all__ = [
    "Data",
    "Sequences",
    "check_sample_weight",
    "check_sequences",
    "check_weight_range",
    "fingerprint",
    "is_standardized",
    "warn_of_new_scale",
]

# Their squares, which optimizers take of gradients, are normal numbers of float32.
LARGEST_WEIGHT = 1e-18, 1e18

KEEP_THE_SCALE = (
    "keep the scale with TimeDistributedTransformer(scaler, warm_start=True) or "
    "sklearn.frozen.FrozenEstimator(scaler)"
)


@dataclass(frozen=True)
class Sequences:
    """Validated sequences, as a network takes them.

    Parameters
    ----------
    values : ndarray or LazyWindows of shape (n_samples, n_timesteps, n_features)
        In float32, but for windows that are gathered batch by batch. Shorter sequences are padded
        with zeros at the end.
    lengths : ndarray of int32 of shape (n_samples,) or None
        Time steps of each; None: all have as many as in fit, where all had as many.
    """

    values: np.ndarray | LazyWindows
    lengths: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: np.ndarray) -> Sequences:
        lengths = None if self.lengths is None else self.lengths[rows]
        return Sequences(self.values[rows], lengths)

    def steps(self) -> Iterable[np.ndarray]:
        """Yield all time steps, without padding, in blocks; the features are the last axis.

        Of windows over rows, these are the rows that they cover, each of them once.
        """
        if isinstance(self.values, LazyWindows):
            return _blocks_of(self.values)
        if self.lengths is None:
            return [self.values]
        return [self.values[real_steps(self.lengths, self.values.shape[1])]]

    def last_steps(self) -> Iterable[np.ndarray]:
        """Yield the last time step of each sequence, in blocks."""
        if isinstance(self.values, LazyWindows):
            return _blocks_of(self.values[:, -1:])
        if self.lengths is None:
            return [self.values[:, -1:]]
        return [self.values[np.arange(len(self)), self.lengths - 1]]


def _blocks_of(windows: LazyWindows) -> Iterable[np.ndarray]:
    return windows.blocks() if isinstance(windows, Windows) else windows.parts()


class Data(NamedTuple):
    """Checked data of a fit, without the samples of weight 0."""

    sequences: Sequences
    target: np.ndarray
    weight: np.ndarray


def check_sequences(estimator: Any, X: Any, *, reset: bool) -> Sequences:
    """Validate sequences and return them in the network's shape and precision.

    Parameters
    ----------
    estimator : estimator
        The estimator, whose ``n_features_in_``, ``n_timesteps_in_`` and ``feature_names_in_``
        are set or checked.
    X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_timesteps)
        Sequences; 2-D ones are univariate. Those of unequal length are a list of arrays, or a 3-D
        array that is padded with NaN.
    reset : bool
        Whether to set these attributes, in fit, or to check X against them, in predict.

    Returns
    -------
    Sequences

    Raises
    ------
    ValueError
        If X holds anything but finite numbers, does not have 2 or 3 dimensions, is empty, or
        differs from the X of fit in shape or feature names.
    """
    if isinstance(X, LazyWindows):
        if reset or not _is_ragged(estimator):
            return _check_windows(estimator, X, reset=reset)
        X = with_names(np.asarray(X), X.feature_names)
    ragged = Ragged.read(X)
    if ragged is not None:
        return _check_ragged(estimator, X, ragged, reset=reset)
    name = type(estimator).__name__
    array = check_numbers(
        list(X) if isinstance(X, np.ndarray) and is_list_of_arrays(X) else X,
        "X",
        convert_objects=True,
        estimator=estimator,
        if_not_numbers="Turn dates into numbers, such as the sine and cosine of the time of year.",
        if_missing=_if_missing(name),
    )
    if array.ndim > 3:
        raise ValueError(
            f"Found array with dim {array.ndim}. {name} expected X of shape (n_samples, "
            f"n_timesteps, n_features) or (n_samples, n_timesteps), got {array.shape}."
        )
    _refuse_empty(array, name)
    check_names(estimator, X, reset=reset)
    if reset:
        _note_shape(estimator, array.shape[1], array.shape[-1])
        estimator._sequence_shape = array.shape[1], 1 if array.ndim == 2 else array.shape[2]
    else:
        _check_shape(estimator, array, of_any_length=_takes_any_length(estimator, X))
    n_features = estimator._sequence_shape[1]
    sequences = array.reshape(len(array), -1, n_features)
    if reset:
        _warn_of_collapse(*_limits_of([sequences]), sequences.dtype, name)
    n_timesteps = np.full(len(sequences), sequences.shape[1])
    lengths = _lengths_for(estimator, n_timesteps, reset=reset)
    return Sequences(to_float32(sequences, name), lengths)


def _check_windows(estimator: Any, windows: LazyWindows, *, reset: bool) -> Sequences:
    """Validate lazy windows in one pass, over the rows that they cover where they have such."""
    name = type(estimator).__name__
    _refuse_empty(windows, name)
    low, high = _limits_of(_blocks_of(windows))
    if not np.isfinite([low, high]).all():
        windows.refuse_missing(_if_missing(name))
    check_names(estimator, windows, reset=reset)
    if reset:
        _note_shape(estimator, *windows.shape[1:])
        estimator._sequence_shape = windows.shape[1:]
        _warn_of_collapse(low, high, windows.dtype, name)
    else:
        _check_shape(estimator, windows, of_any_length=False)
    if isinstance(windows, Windows) and not is_shareable(windows.rows) and _fits(windows):
        covered = windows.compact()
        return Sequences(covered.over(aligned(to_float32(covered.rows, name))))
    if max(abs(low).max(), abs(high).max()) > np.finfo(np.float32).max:
        raise too_large(name)
    return Sequences(windows)  # on disk, perhaps, and larger than the memory


def _fits(windows: Windows) -> bool:
    """Return whether there is memory for the rows that windows cover, in float32."""
    return fits_in_memory(4 * windows.n_covered * windows.shape[2])


def _refuse_empty(array: np.ndarray | LazyWindows, name: str) -> None:
    if 0 in array.shape:
        raise ValueError(
            f"Found array with shape {array.shape}, but {name} needs a minimum of 1 sample, "
            "1 time step and 1 feature."
        )


def _check_ragged(estimator: Any, X: Any, ragged: Ragged, *, reset: bool) -> Sequences:
    """Validate sequences of unequal length, or that were padded."""
    name = type(estimator).__name__
    check_ragged_finite(ragged, "X", _if_missing(name), names_of(X))
    n_timesteps, n_features = int(ragged.lengths.max()), ragged.rows.shape[1]
    check_names(estimator, X, reset=reset)
    if reset:
        _note_shape(estimator, n_timesteps, n_features)
        estimator._sequence_shape = n_timesteps, n_features
        _warn_of_collapse(*_limits_of([ragged.rows]), ragged.rows.dtype, name)
    elif n_features != estimator._sequence_shape[1]:
        raise ValueError(
            f"The sequences of X have {n_features} feature(s), but {name} was fitted on sequences "
            f"of {estimator._sequence_shape[1]}."
        )
    single = replace(ragged, rows=to_float32(ragged.rows, name))
    return Sequences(single.padded(), _lengths_for(estimator, ragged.lengths, reset=reset))


def check_sample_weight(sample_weight: Any, X: np.ndarray | LazyWindows) -> np.ndarray:
    """Return a copy of valid sample weights: one per sample, non-negative, not all zero."""
    if not (sample_weight is None or isinstance(sample_weight, Number)):
        sample_weight = real_numbers(sample_weight, "sample_weight")
    weight = _check_sample_weight(
        sample_weight, X, dtype=np.float64, ensure_non_negative=True, copy=True
    )
    if not weight.any():
        raise ValueError(
            "Sample weights must contain at least one non-zero number: with sample_weight all "
            "zero there is nothing to train on."
        )
    return weight


def check_weight_range(weight: np.ndarray) -> np.ndarray:
    """Return the weights of the samples, sample_weight times class_weight, if float32 holds them.

    Weights that are too small beside the largest cause a warning and no error: they would be lost
    in a sum as well, and boosting produces them.
    """
    smallest, largest = weight.min(), weight.max()
    if not (smallest >= 0 and 0 < largest < np.inf):
        raise ValueError(
            "The weights of the samples, sample_weight times class_weight where there is one, must "
            f"be finite, none negative and one positive, but lie between {smallest} and {largest}. "
            "Correct class_weight, or divide sample_weight by its mean."
        )
    if not LARGEST_WEIGHT[0] <= largest <= LARGEST_WEIGHT[1]:
        raise ValueError(
            "The largest weight of a sample, sample_weight times class_weight where there is one, "
            f"is {largest:.3g}. In float32, in which the network computes, it must lie between "
            f"{LARGEST_WEIGHT[0]:.0e} and {LARGEST_WEIGHT[1]:.0e}: divide sample_weight by its "
            "mean."
        )
    _warn_of_lost_weights(weight, largest)
    return weight


def _warn_of_lost_weights(weight: np.ndarray, largest: float) -> None:
    lost = np.count_nonzero((weight > 0) & (weight < np.finfo(np.float32).tiny))
    if lost:
        warn(
            f"{lost} of the positive sample weights are too small for float32 beside the largest, "
            f"{largest:.3g}: training does not see these samples. Set their sample_weight to 0 to "
            "leave them out, or raise it."
        )


def _if_missing(name: str) -> str:
    return (
        f"{name} does not handle missing values: fill them in with "
        "sklstm.WindowImputer, interpolate within the sequences, or leave out those that "
        "have any."
    )


def _note_shape(estimator: Any, n_timesteps: int, n_features: int) -> None:
    estimator.n_timesteps_in_, estimator.n_features_in_ = n_timesteps, n_features


def _is_ragged(estimator: Any) -> bool:
    """Return whether a fitted network takes sequences of any length."""
    return estimator._plan.ragged


def _takes_any_length(estimator: Any, X: Any) -> bool:
    """Return whether sequences of another length than in fit are no mistake.

    A list of sequences, one or several, may happen to hold some of equal length.
    """
    return _is_ragged(estimator) or is_list_of_arrays(X)


def _lengths_for(estimator: Any, lengths: np.ndarray, *, reset: bool) -> np.ndarray | None:
    """Return the lengths if the network has to know them."""
    as_in_fit = (lengths == estimator._sequence_shape[0]).all()
    if as_in_fit and (reset or not _is_ragged(estimator)):
        return None
    return lengths.astype(np.int32)


def _check_shape(estimator: Any, array: np.ndarray | LazyWindows, *, of_any_length: bool) -> None:
    """Refuse sequences of other steps or features than those of fit."""
    name = type(estimator).__name__
    n_timesteps, n_features = estimator._sequence_shape
    fitted = f"it was fitted on sequences of {n_timesteps} time steps of {n_features} feature(s)"
    if of_any_length:
        if (1 if array.ndim == 2 else array.shape[2]) != n_features:
            raise ValueError(f"X of shape {array.shape} does not fit {name}: {fitted}.")
    elif array.ndim == 2 and n_features == 1:
        if array.shape[1] != n_timesteps:
            raise ValueError(
                f"X has {array.shape[1]} features, but {name} is expecting {n_timesteps} "
                f"features as input; {fitted}, and 2-D X holds one time step per column."
            )
    elif array.shape[1:] != (n_timesteps, n_features):
        raise ValueError(
            f"X of shape {array.shape} does not fit {name}: {fitted}, and X must have the shape "
            f"(n_samples, {n_timesteps}, {n_features})."
        )


def _warn_of_collapse(low: np.ndarray, high: np.ndarray, dtype: np.dtype, name: str) -> None:
    """Warn of features, such as epoch timestamps, whose variation float32 cannot hold."""
    single = np.finfo(np.float32)
    resolution = np.full(low.shape, float(single.tiny))  # smaller numbers count as 0 in a network
    if dtype.kind != "f" or dtype.itemsize > 4:
        resolution = np.maximum(resolution, np.maximum(abs(low), abs(high)) * single.eps)
    collapsed = np.flatnonzero((high > low) & (high - low < 1000 * resolution))
    if collapsed.size:
        warn(
            f"Features {collapsed.tolist()} of X vary by less than a thousand steps of float32, in "
            f"which {name} computes: most of this variation is lost. Scale X before, for example "
            "with TimeDistributedTransformer(StandardScaler()).",
        )


def _limits_of(blocks: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and the greatest value of each feature, the last axis of blocks of steps."""
    limits = []
    for steps in blocks:
        axes = tuple(range(steps.ndim - 1))
        limits.append((steps.min(axis=axes), steps.max(axis=axes)))
    lows, highs = zip(*limits, strict=True)
    return np.min(lows, axis=0).astype(np.float64), np.max(highs, axis=0).astype(np.float64)


# --- sequences of a warm start -------------------------------------------------------------


def fingerprint(sequences: Sequences) -> str:
    """Return a short text that tells the sequences of one fit from those of another."""
    values, lengths = sequences.values, sequences.lengths
    ends = np.ascontiguousarray(values[[0, -1]])
    content = repr(values.shape).encode() + ends.tobytes()
    if lengths is not None:
        content += lengths.tobytes()
    return hashlib.sha256(content).hexdigest()[:16]


def is_standardized(sequences: Sequences) -> bool:
    """Return whether sequences have been standardized separately, by a scaler fitted on them.

    A scaler has seen all steps of the windows, or the rows with which they end.
    """
    return _has_unit_scale(sequences.steps()) or _has_unit_scale(sequences.last_steps())


def _has_unit_scale(blocks: Iterable[np.ndarray]) -> bool:
    """Return whether each feature has mean 0 and variance 1, closer than by chance."""
    count, total, squares = 0, np.zeros(()), np.zeros(())
    for steps in blocks:
        axes = tuple(range(steps.ndim - 1))
        count += steps.size // steps.shape[-1]
        total = total + steps.sum(axis=axes, dtype=np.float64)
        squares = squares + np.square(steps, dtype=np.float64).sum(axis=axes)
    mean, variance = total / count, squares / count - (total / count) ** 2
    return bool((abs(mean) < 1e-4).all() and (abs(variance - 1) < 1e-4).all())


def warn_of_new_scale(name: str) -> None:
    """Warn that a scaler was fitted anew: equal numbers now stand for other values."""
    warn(
        f"{name} continues training on an X that is not that of the last fit, and was "
        "standardized separately: each feature has the mean 0 and the standard deviation 1. "
        "A scaler fitted anew shows the network other numbers for the same values. Transform "
        f"X as the scaler of the first fit does: {KEEP_THE_SCALE}."
    )
