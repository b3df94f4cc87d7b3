"""Sequences in: shapes, precision and feature names; sample weights."""

from __future__ import annotations

import hashlib
from numbers import Number
from typing import Any

import numpy as np
from sklearn.utils.validation import _check_feature_names, _check_sample_weight

from sklstm._target_checks import real_numbers
from sklstm._validation import check_numbers
from sklstm._warnings import warn

__all__ = [
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


def check_sequences(estimator: Any, X: Any, *, reset: bool) -> np.ndarray:
    """Validate sequences and return them in the network's shape and precision.

    Parameters
    ----------
    estimator : estimator
        The estimator, whose ``n_features_in_``, ``n_timesteps_in_`` and ``feature_names_in_``
        are set or checked.
    X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_timesteps)
        Sequences; 2-D ones are univariate.
    reset : bool
        Whether to set these attributes, in fit, or to check X against them, in predict.

    Returns
    -------
    ndarray of shape (n_samples, n_timesteps, n_features), float32

    Raises
    ------
    ValueError
        If X holds anything but finite numbers, does not have 2 or 3 dimensions, is empty, or
        differs from the X of fit in shape or feature names.
    """
    name = type(estimator).__name__
    array = check_numbers(
        X,
        "X",
        convert_objects=True,
        estimator=estimator,
        if_not_numbers="Turn dates into numbers, such as the sine and cosine of the time of year.",
        if_missing=f"{name} does not handle missing values: interpolate within the sequences, or "
        "leave out those that have any.",
    )
    if array.ndim > 3:
        raise ValueError(
            f"Found array with dim {array.ndim}. {name} expected X of shape (n_samples, "
            f"n_timesteps, n_features) or (n_samples, n_timesteps), got {array.shape}."
        )
    if 0 in array.shape:
        raise ValueError(
            f"Found array with shape {array.shape}, but {name} needs a minimum of 1 sample, "
            "1 time step and 1 feature."
        )
    _check_feature_names(estimator, X, reset=reset)
    if reset:
        estimator.n_timesteps_in_ = array.shape[1]
        estimator.n_features_in_ = array.shape[-1]
        estimator._sequence_shape = array.shape[1], 1 if array.ndim == 2 else array.shape[2]
    else:
        _check_shape(estimator, array)
    sequences = array.reshape(len(array), *estimator._sequence_shape)
    if reset:
        _warn_of_collapse(sequences, name)
    return _to_float32(sequences, name)


def check_sample_weight(sample_weight: Any, X: np.ndarray) -> np.ndarray:
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

    Weights that are lost beside the largest are told of, and not refused: a sum would lose them
    as well, and boosting comes to them.
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


def _check_shape(estimator: Any, array: np.ndarray) -> None:
    """Refuse sequences of other steps or features than those of fit."""
    name = type(estimator).__name__
    n_timesteps, n_features = estimator._sequence_shape
    fitted = f"it was fitted on sequences of {n_timesteps} time steps of {n_features} feature(s)"
    if array.ndim == 2 and n_features == 1:
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


def _warn_of_collapse(sequences: np.ndarray, name: str) -> None:
    """Warn of features, such as epoch timestamps, whose variation float32 cannot hold."""
    low = sequences.min(axis=(0, 1)).astype(np.float64)
    high = sequences.max(axis=(0, 1)).astype(np.float64)
    single = np.finfo(np.float32)
    resolution = np.full(low.shape, float(single.tiny))  # smaller numbers count as 0 in a network
    if sequences.dtype.kind != "f" or sequences.dtype.itemsize > 4:
        resolution = np.maximum(resolution, np.maximum(abs(low), abs(high)) * single.eps)
    collapsed = np.flatnonzero((high > low) & (high - low < 1000 * resolution))
    if collapsed.size:
        warn(
            f"Features {collapsed.tolist()} of X vary by less than a thousand steps of float32, in "
            f"which {name} computes: most of what they say is lost. Scale X before, for example "
            "with TimeDistributedTransformer(StandardScaler()).",
        )


def _to_float32(array: np.ndarray, name: str) -> np.ndarray:
    with np.errstate(over="ignore"):
        single = np.ascontiguousarray(array, dtype=np.float32)
    if array.dtype.kind == "f" and array.dtype.itemsize > 4 and not np.isfinite(single).all():
        raise ValueError(
            f"Input X contains infinity or a value too large for dtype('float32'), in which "
            f"{name} computes. Scale X, for example with "
            "TimeDistributedTransformer(StandardScaler())."
        )
    return single


# --- sequences of a warm start -------------------------------------------------------------


def fingerprint(sequences: np.ndarray) -> str:
    """Return a short text that tells the sequences of one fit from those of another."""
    ends = np.ascontiguousarray(sequences[[0, -1]])
    return hashlib.sha256(repr(sequences.shape).encode() + ends.tobytes()).hexdigest()[:16]


def is_standardized(sequences: np.ndarray) -> bool:
    """Return whether sequences have been standardized for themselves.

    A scaler has seen all steps of the windows, or the rows with which they end.
    """
    return _has_unit_scale(sequences) or _has_unit_scale(sequences[:, -1:])


def _has_unit_scale(sequences: np.ndarray) -> bool:
    """Return whether each feature has mean 0 and variance 1, closer than by chance."""
    mean = sequences.mean(axis=(0, 1), dtype=np.float64)
    variance = np.square(sequences, dtype=np.float64).mean(axis=(0, 1)) - mean**2
    return bool((abs(mean) < 1e-4).all() and (abs(variance - 1) < 1e-4).all())


def warn_of_new_scale(name: str) -> None:
    """Warn of sequences that look like those of the fits before, and mean other values."""
    warn(
        f"{name} continues training on an X that is not that of the last fit, and was "
        "standardized for itself: each feature has the mean 0 and the standard deviation 1. "
        "A scaler fitted anew shows the network other numbers for the same values. Transform "
        f"X as the scaler of the first fit does: {KEEP_THE_SCALE}."
    )
