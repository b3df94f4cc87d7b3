"""Targets, labels and weights in: arrays of one kind, or an error that says what to do."""

from __future__ import annotations

import math
from decimal import Decimal
from itertools import pairwise
from numbers import Real
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils._missing import is_pandas_na

from sklstm._validation import check_finite

__all__ = ["check_labels", "check_quantiles", "check_rows", "check_targets", "real_numbers"]

# Predictions may lie that many times as far out as the targets, and must be finite.
_ROOM = 1e6

_LEAVE_OUT = "Leave out the samples without a value."
_REMEDIES = {
    "M": "Turn dates into numbers, such as days: (dates - dates[0]) / np.timedelta64(1, 'D').",
    "m": "Turn durations into numbers, such as hours: durations / np.timedelta64(1, 'h').",
    "c": "Pass real and imaginary parts as two columns.",
}
_CONVERT = "Convert it, for example with .astype(float). Labels are for LSTMClassifier."


def check_targets(y: Any) -> np.ndarray:
    """Return the targets of a regression as finite float64 of one or two dimensions."""
    targets = real_numbers(y, "y")
    if targets.ndim > 2:
        raise ValueError(
            "LSTMRegressor expected y of shape (n_samples,) or (n_samples, n_outputs), got "
            f"{targets.shape}."
        )
    largest = np.abs(targets).max()
    if largest > np.finfo(np.float64).max / _ROOM:
        raise ValueError(
            f"y holds a number of magnitude {largest:.3g}, and predictions beyond it would not "
            f"fit into float64. Scale y to at most {np.finfo(np.float64).max / _ROOM:.2g}."
        )
    return targets


def check_quantiles(quantiles: Any) -> tuple[float, ...]:
    """Return quantiles as floats: strictly increasing in (0, 1), the median among them."""
    values = quantiles if getattr(quantiles, "ndim", 1) == 1 else [quantiles]
    levels = [float(value) if isinstance(value, Real) else math.nan for value in values]
    # np.linspace(0.05, 0.95, 19) holds 0.49999999999999994
    levels = [0.5 if math.isclose(level, 0.5) else level for level in levels]
    increasing = all(low < high for low, high in pairwise([0.0, *levels, 1.0]))  # NaN is not
    if not levels or not increasing:
        raise ValueError(
            "quantiles must be a sequence of strictly increasing numbers between 0 and 1, both "
            f"excluded, got {quantiles!r}. Pass for example quantiles=(0.1, 0.5, 0.9)."
        )
    if 0.5 not in levels:
        raise ValueError(
            f"quantiles must contain 0.5, the median, which predict answers; got {quantiles!r}. "
            f"Pass quantiles={tuple(sorted([*levels, 0.5]))}."
        )
    return tuple(levels)


def real_numbers(values: Any, name: str) -> np.ndarray:
    """Return finite real numbers as float64; refuse text, dates and other objects."""
    array = _as_array(values, name)
    kind = array.dtype.kind
    if kind == "O":
        _check_objects_are_numbers(array, name)
    elif kind not in "biuf":
        remedy = _REMEDIES.get(kind, _CONVERT)
        raise ValueError(f"{name} must hold real numbers, got dtype {array.dtype}. {remedy}")
    with np.errstate(over="ignore"):
        numbers = array.astype(np.float64)
    check_finite(numbers, name, _LEAVE_OUT, source=values)
    return numbers


def check_labels(labels: Any, name: str) -> np.ndarray:
    """Return labels as an array of numbers, strings, dates or durations, in native byte order.

    Strings of variable width become objects, whose dtype pickle, skops and scikit-learn know.
    """
    array = _as_array(labels, name)
    if isinstance(labels, (list, tuple)) and array.dtype.kind in "US":
        array = _unless_mixed(labels, array)
    if array.dtype.kind == "T":
        array = array.astype(object)
    kind = array.dtype.kind
    if kind == "O":
        return _check_label_objects(array, name)
    if kind == "S":
        raise TypeError(
            f"{name} holds labels of bytes, for which there is no support in scikit-learn. Convert "
            f"them to strings: {name}.astype(str)."
        )
    if kind not in "biufUMm":
        raise ValueError(
            f"Unknown label type: {name} has dtype {array.dtype}. Labels are numbers, strings, "
            "dates or durations: convert them."
        )
    if kind in "Mm":
        _refuse_missing(np.isnat(array), array, name)
    else:
        check_finite(array, name, _LEAVE_OUT, source=labels)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def check_rows(rows: np.ndarray) -> np.ndarray:
    """Return rows of zeros and ones; refuse other values."""
    if not np.isin(rows, (0, 1)).all():
        raise ValueError(
            f"y has rows of the values {np.unique(rows).tolist()}, where one-hot and indicator "
            "rows hold zeros and ones. Pass (y > 0).astype(int), or one label per sample."
        )
    return rows


# --- arrays --------------------------------------------------------------------------------


def _as_array(values: Any, name: str) -> np.ndarray:
    if issparse(values):
        raise TypeError(
            f"{name} is a sparse matrix, but dense data is required: pass {name}.toarray()."
        )
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise ValueError(
            f"{name} is a masked array with {np.ma.count_masked(values)} masked value(s). Leave "
            f"these samples out, of X too: np.ma.getmaskarray({name}) says which they are."
        )
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(
            f"{name} must hold values or rows of one length ({error}). Pass one value per sample, "
            "or rows of the same length."
        ) from error
    if array.ndim == 0 or 0 in array.shape:
        raise ValueError(
            f"{name} must hold one value or row per sample, got {values!r:.60}. Pass an array with "
            "as many as there are sequences in X."
        )
    return array


def _unless_mixed(labels: Any, array: np.ndarray) -> np.ndarray:
    """Return the array of a list, or the list's own objects where NumPy made them strings."""
    objects = np.array(labels, dtype=object)
    return array if len({type(item) for item in objects.flat}) == 1 else objects


# --- objects -------------------------------------------------------------------------------


def _check_objects_are_numbers(array: np.ndarray, name: str) -> None:
    _refuse_missing(_missing_objects(array), array, name)
    numbers = Real, Decimal, np.bool_
    others = [item for item in array.flat if not isinstance(item, numbers)]
    if others:
        remedy = _REMEDIES.get(_object_kind(others[0]), _CONVERT)
        raise ValueError(
            f"{name} must hold real numbers, but holds objects of type {_type_names(others)}. "
            f"{remedy}"
        )


def _object_kind(item: Any) -> str:
    """Return NumPy's letter for durations, dates and complex numbers of other libraries."""
    if hasattr(item, "total_seconds"):
        return "m"
    if hasattr(item, "isoformat"):
        return "M"
    return "c" if isinstance(item, complex) else ""


def _check_label_objects(array: np.ndarray, name: str) -> np.ndarray:
    """Refuse objects but strings; frames of nullable or mixed columns hold numbers as objects."""
    _refuse_missing(_missing_objects(array), array, name)
    if all(isinstance(item, str) for item in array.flat):
        return array
    if array.ndim > 1 and all(isinstance(item, (Real, np.bool_)) for item in array.flat):
        return np.array(array.tolist())
    raise ValueError(
        f"Unknown label type: {name} holds objects of type {_type_names(array.flat)}. Objects may "
        f"be strings: convert them with {name}.astype(str), or numbers with {name}.astype(int)."
    )


def _type_names(items: Any) -> str:
    return ", ".join(sorted({type(item).__name__ for item in items}))


def _missing_objects(array: np.ndarray) -> np.ndarray:
    missing = [_is_missing(item) for item in array.flat]
    return np.array(missing, dtype=bool).reshape(array.shape)


def _is_missing(item: Any) -> bool:
    if item is None or is_pandas_na(item):
        return True
    scalar = np.isscalar(item) or hasattr(item, "isoformat")  # arrays compare item by item
    return scalar and bool(item != item)


def _refuse_missing(missing: np.ndarray, array: np.ndarray, name: str) -> None:
    if missing.any():
        place = np.unravel_index(missing.argmax(), missing.shape)
        raise ValueError(
            f"Input {name} contains missing values: {array[place]!r} in row {place[0]}. "
            f"{_LEAVE_OUT}"
        )
