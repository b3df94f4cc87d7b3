"""Numbers in: an array of finite real numbers, or an error that says what to do."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from typing import Any

import numpy as np
from sklearn.utils import assert_all_finite, check_array

__all__ = [
    "check_finite",
    "check_index_of_groups",
    "check_labels",
    "check_missing_times",
    "check_numbers",
    "check_same_index",
    "index_of",
    "is_missing",
    "names_of",
    "place_in_window",
    "string_names",
]

_TIMES = (date, timedelta, np.datetime64, np.timedelta64)


def check_numbers(
    values: Any,
    name: str,
    *,
    if_not_numbers: str,
    if_missing: str,
    convert_objects: bool = False,
    ensure_all_finite: bool | str = True,
    **options: Any,
) -> np.ndarray:
    """Return values as an array of finite real numbers, without a copy where possible.

    Parameters
    ----------
    values : array-like
        What was passed as the argument `name`.
    name : str
        The argument's name, for errors.
    if_not_numbers, if_missing : str
        What to do about values that are no numbers, and about NaN or infinity. Errors end with it.
    convert_objects : bool, default=False
        Whether to convert objects to numbers where possible, as scikit-learn's estimators do.
    ensure_all_finite : bool or "allow-nan", default=True
        Whether to refuse NaN and infinity; ``"allow-nan"`` refuses infinity and masked values.
    **options : dict
        Passed to :func:`sklearn.utils.check_array`.

    Returns
    -------
    ndarray
        The numbers: booleans, integers or floats.

    Raises
    ------
    ValueError
        If values are no real numbers, differ in length, or are NaN, infinite or masked.
    """
    if _is_plain(values):
        array = values
    else:
        array = _read(values, name, if_not_numbers, convert_objects, options)
    if not _is_numeric(array.dtype):
        raise ValueError(f"{name} must hold numbers, got dtype {array.dtype}. {if_not_numbers}")
    if ensure_all_finite:
        allow_nan = ensure_all_finite == "allow-nan"
        check_finite(array, name, if_missing, source=values, allow_nan=allow_nan)
    return array


def check_finite(
    array: np.ndarray,
    name: str,
    remedy: str,
    *,
    source: Any = None,
    rows: Any = ...,
    allow_nan: bool = False,
) -> None:
    """Raise if an array holds missing values or infinity, and say where.

    Missing are NaN, NaT, None and pandas.NA, and what `source` masks.

    Parameters
    ----------
    array : ndarray
        Numbers, or labels of any dtype.
    name : str
        The argument's name, for the error.
    remedy : str
        What to do about it. The error ends with it.
    source : array-like, default=None
        What `array` was made from, of which the masked values are refused. The error quotes the
        label of the row, where it has a pandas index, and the name of the column, where it is a
        DataFrame.
    rows : slice or ndarray of int, default=...
        The rows to look at. By default all.
    allow_nan : bool, default=False
        Whether to refuse infinity and masked values alone.
    """
    mask = _mask_of(source)
    if mask is not None and mask.reshape(array.shape)[rows].any():
        missing, found = mask.reshape(array.shape)[rows], "is a masked array with masked values"
        remedy = f"Fill them in, as .filled() does. {remedy}"
    else:
        missing, found = _missing_in(array[rows], name, allow_nan)
    if found:
        bad = np.zeros(array.shape, dtype=bool)
        bad[rows] = missing
        place = _place_of_first(bad, name, source)
        raise ValueError(f"Input {name} {found}. The first is in {place}. {remedy}")


def check_labels(labels: Any, name: str, remedy: str, *, allow_missing: bool = False) -> np.ndarray:
    """Return labels, of any dtype, as an array; raise if one is missing.

    Parameters
    ----------
    labels : array-like
        What was passed as the argument `name`.
    name, remedy : str
        As in :func:`check_finite`.
    allow_missing : bool, default=False
        Whether labels may be missing, if they are not masked: see :func:`is_missing`.
    """
    try:
        array = np.asarray(labels)
    except ValueError as error:
        raise ValueError(f"{name} must hold one label for every row ({error}).") from error
    is_text = array.dtype.kind in "US" and isinstance(labels, list | tuple)
    if is_text and not all(isinstance(label, str | bytes) for label in labels):
        array = np.asarray(labels, dtype=object)  # NumPy makes text of NaN and numbers
    check_finite(array, name, remedy, source=labels, allow_nan=allow_missing)
    return array


def is_missing(labels: np.ndarray) -> np.ndarray:
    """Return which numbers or labels are NaN, NaT, None or pandas.NA, in the shape of `labels`."""
    if labels.dtype.kind in "mM":
        return np.isnat(labels)
    if labels.dtype.kind != "O":
        return labels != labels
    pd = sys.modules.get("pandas")
    return pd.isna(labels) if pd is not None else _where(labels, _is_none_or_nan)


def check_missing_times(values: Any, name: str, remedy: str) -> None:
    """Raise if values are masked, or NaT, which NumPy turns into numbers; leave NaN alone.

    Parameters
    ----------
    values : array-like
        What was passed as the argument `name`.
    name, remedy : str
        As in :func:`check_finite`.
    """
    if hasattr(values, "columns"):
        for column, dtype in zip(values.columns, values.dtypes, strict=True):
            if _is_time(dtype):
                times, where = values[column], f"column {column!r} of {name}"
                check_finite(np.asarray(times), where, remedy, source=times)
    else:
        check_finite(_only_times(np.asarray(values)), name, remedy, source=values)


def check_same_index(data: Any, name: str, other: Any, other_name: str, remedy: str) -> None:
    """Raise if two arguments, where both are objects of pandas, differ in their index."""
    index, other_index = index_of(data), index_of(other)
    if index is not None and other_index is not None and not index.equals(other_index):
        raise ValueError(
            f"{name} and {other_name} must have the same index, but theirs differ. {remedy}"
        )


def check_index_of_groups(groups: Any, argument: str = "groups", /, **data: Any) -> None:
    """Raise if `groups`, passed as `argument`, is a Series, and others have another index."""
    for name, other in data.items():
        check_same_index(
            other,
            name,
            groups,
            argument,
            f"Take both from one DataFrame, align them with {name}.align({argument}, join='inner', "
            f"axis=0) or {argument}.reindex({name}.index), or pass {argument}.to_numpy() if they "
            "belong together by position.",
        )


def index_of(data: Any) -> Any:
    """Return the index of a pandas object, or None."""
    pd = sys.modules.get("pandas")
    return data.index if pd is not None and isinstance(data, (pd.Series, pd.DataFrame)) else None


def _is_plain(values):
    """Return whether ``check_array`` would give values back as they are, which takes it longer."""
    is_array = type(values) is np.ndarray  # no mask, no other subclass
    return is_array and values.dtype.kind in "biuf" and values.ndim > 1 and values.size > 0


def _read(values, name, if_not_numbers, convert_objects, options):
    """Return values as an array, or raise an error that says what to do."""
    if hasattr(values, "columns"):
        _check_columns(values, name, if_not_numbers, convert_objects)
    options = dict(allow_nd=True, ensure_all_finite=False, input_name=name, **options)
    try:
        array = check_array(_without_nullable(values), dtype=None, **options)
    except ValueError as error:
        if "Complex data not supported" in str(error):  # scikit-learn's words
            raise ValueError(
                f"Complex data not supported: {name} must hold real numbers. {if_not_numbers}"
            ) from error
        if "setting an array element with a sequence" not in str(error):  # NumPy's words
            raise
        raise ValueError(
            f"{name} must hold rows or sequences of one length, but they differ ({error}). Cut or "
            "resample them to a common length."
        ) from error
    if convert_objects and not _is_numeric(array.dtype):
        _refuse_times(array, name, if_not_numbers, values)
        array = check_array(array, dtype="numeric", **options)
    return array


def _check_columns(frame, name, remedy, convert_objects):
    """Raise if columns of a DataFrame hold no numbers; name them."""
    dtypes = zip(frame.columns, frame.dtypes, strict=True)
    others = [column for column, dtype in dtypes if not _is_numeric(dtype, convert_objects)]
    if others:
        raise ValueError(f"{name} must hold numbers, but its columns {others} do not. {remedy}")


def _is_numeric(dtype, convert_objects=False):
    """Return whether a dtype of NumPy, pandas or polars holds numbers, or may be converted."""
    if hasattr(dtype, "kind"):
        return dtype.kind in ("biufO" if convert_objects else "biuf")
    return (
        dtype.is_numeric()
        or str(dtype) == "Boolean"
        or (convert_objects and not dtype.is_temporal())
    )


def _without_nullable(values):
    """Return a pandas object with NumPy's dtypes for nullable ones, where no value is missing.

    scikit-learn makes floats of nullable integers, which rounds off the long ones.
    """
    if index_of(values) is None:
        return values
    frame = values.to_frame() if values.ndim == 1 else values
    dtypes = [getattr(dtype, "numpy_dtype", dtype) for dtype in frame.dtypes]
    if dtypes == list(frame.dtypes) or not all(isinstance(dtype, np.dtype) for dtype in dtypes):
        return values
    return values if frame.isna().any(axis=None) else values.astype(np.result_type(*dtypes))


def _refuse_times(array, name, remedy, source):
    """Raise if an array of objects holds dates or durations, which NumPy turns into numbers."""
    if array.dtype.kind != "O":
        return
    times = _where(array, lambda value: isinstance(value, _TIMES))
    if times.any():
        first = array[times][0]
        raise ValueError(
            f"{name} must hold numbers, but {first!r}, of type {type(first).__name__}, is in "
            f"{_place_of_first(times, name, source)}. {remedy}"
        )


def _only_times(array):
    """Return an array with what is neither datetime64 nor timedelta64 replaced by zeros."""
    if array.dtype.kind in "mM":
        return array
    if array.dtype.kind != "O":
        return np.broadcast_to(False, array.shape)
    times = _where(array, lambda value: isinstance(value, np.datetime64 | np.timedelta64))
    return np.where(times, array, 0)


def _is_time(dtype):
    """Return whether a dtype of pandas or polars holds dates or durations."""
    return dtype.kind in "mM" if hasattr(dtype, "kind") else dtype.is_temporal()


def _mask_of(source):
    """Return the mask of a masked array, or of a list of such; or None."""
    lists = (list, tuple)
    if isinstance(source, lists) and any(isinstance(item, np.ma.MaskedArray) for item in source):
        return np.stack([np.ma.getmaskarray(np.ma.asarray(item)) for item in source])
    return np.ma.getmaskarray(source) if isinstance(source, np.ma.MaskedArray) else None


def _missing_in(array, name, allow_nan):
    """Return where an array of any dtype misses values, and in words what is there, or None."""
    if array.dtype.kind == "f":
        try:
            assert_all_finite(array, allow_nan=allow_nan, input_name=name)
        except ValueError as error:
            bad = np.isinf(array) if allow_nan else ~np.isfinite(array)
            return bad, str(error).removeprefix(f"Input {name} ").removesuffix(".")
        return None, None
    missing = is_missing(array)
    if allow_nan or not missing.any():
        return None, None
    first = array[missing].flat[0]
    return missing, f"contains {'NaN' if isinstance(first, float | np.inexact) else first}"


def _is_none_or_nan(value):
    return value is None or (isinstance(value, float | np.generic) and bool(value != value))


def _where(objects, condition):
    """Return where a condition holds, in the shape of an array of objects."""
    return np.array([condition(value) for value in objects.flat], bool).reshape(objects.shape)


def _place_of_first(bad, name, source):
    """Describe the first True by its row and column, and by the labels that source has."""
    place = np.unravel_index(bad.argmax(), bad.shape)
    row = f"{'row' if bad.ndim < 3 else 'sample'} {place[0]} of {name}"
    index = index_of(source)
    if index is not None and not isinstance(index, sys.modules["pandas"].RangeIndex):
        label = index[place[0]]
        row += f" ({', '.join(map(str, label)) if isinstance(label, tuple) else label})"
    if bad.ndim == 2 and bad.shape[1] > 1:
        columns = getattr(source, "columns", range(bad.shape[1]))
        return f"{row}, column {columns[place[1]]!r}"
    if bad.ndim == 3:
        return f"{row}, {place_in_window(*place[1:], bad.shape[1], names_of(source))}"
    return row


def string_names(frame: Any) -> list[str] | None:
    """Return the names of the columns of a DataFrame, if all are strings; None of all else."""
    names = list(getattr(frame, "columns", ()))
    return names if names and all(isinstance(name, str) for name in names) else None


def names_of(windows: Any) -> list[str] | None:
    """Return the names of features that windows or sequences carry, or None.

    Raises
    ------
    ValueError
        If the sequences are DataFrames with different columns, or with the same in another order.
    """
    is_list = isinstance(windows, list | tuple) or (
        isinstance(windows, np.ndarray) and windows.dtype == object and windows.ndim == 1
    )
    if not is_list:
        is_windows = getattr(windows, "ndim", None) == 3
        return getattr(windows, "feature_names", None) if is_windows else None
    if hasattr(windows, "feature_names"):
        return windows.feature_names
    return _names_of_frames(windows)


def _names_of_frames(sequences):
    if len(sequences) == 0 or not all(hasattr(sequence, "columns") for sequence in sequences):
        return None
    first = string_names(sequences[0])
    for number, sequence in enumerate(sequences):
        if string_names(sequence) != first:
            raise ValueError(
                f"Sequence {number} has the columns {list(sequence.columns)}, but sequence 0 has "
                f"{list(sequences[0].columns)}. Give all the same columns in the same order."
            )
    return first


def place_in_window(step: int, feature: int, n_timesteps: int, names: Any = None) -> str:
    """Describe a value by its number, or where features have names as in "'price' at t-3"."""
    if names is None:
        return f"time step {step}, feature {feature}"
    before = n_timesteps - 1 - step
    return f"{names[feature]!r} at t{f'-{before}' if before else ''} (time step {step})"
