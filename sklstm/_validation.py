"""Numbers in: an array of finite real numbers, or an error that says what to do."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from sklearn.utils import assert_all_finite, check_array

__all__ = ["check_finite", "check_numbers", "index_of"]


def check_numbers(
    values: Any,
    name: str,
    *,
    if_not_numbers: str,
    if_missing: str,
    convert_objects: bool = False,
    ensure_all_finite: bool = True,
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
    ensure_all_finite : bool, default=True
        Whether to refuse NaN and infinity.
    **options : dict
        Passed to :func:`sklearn.utils.check_array`.

    Returns
    -------
    ndarray
        The numbers: booleans, integers or floats.

    Raises
    ------
    ValueError
        If values are no real numbers, differ in length, or are NaN or infinite.
    """
    if hasattr(values, "columns"):
        _check_columns(values, name, if_not_numbers, convert_objects)
    try:
        array = check_array(
            values,
            dtype="numeric" if convert_objects else None,
            allow_nd=True,
            ensure_all_finite=False,
            input_name=name,
            **options,
        )
    except ValueError as error:
        if "setting an array element with a sequence" not in str(error):  # NumPy's words
            raise
        raise ValueError(
            f"{name} must hold rows or sequences of one length, but they differ ({error}). Cut or "
            "resample them to a common length."
        ) from error
    if not _is_numeric(array.dtype):
        raise ValueError(f"{name} must hold numbers, got dtype {array.dtype}. {if_not_numbers}")
    if ensure_all_finite:
        check_finite(array, name, if_missing, source=values)
    return array


def check_finite(
    array: np.ndarray, name: str, remedy: str, *, source: Any = None, rows: Any = ...
) -> None:
    """Raise if an array holds NaN or infinity, and say where.

    Parameters
    ----------
    array : ndarray
        Numbers, or labels of any dtype.
    name : str
        The argument's name, for the error.
    remedy : str
        What to do about it. The error ends with it.
    source : array-like, default=None
        What `array` was made from. The error quotes the label of the row, where it has a pandas
        index, and the name of the column, where it is a DataFrame.
    rows : slice or ndarray of int, default=...
        The rows to look at. By default all.
    """
    try:
        assert_all_finite(array[rows], input_name=name)
    except ValueError as error:
        bad = np.zeros(array.shape, dtype=bool)
        bad[rows] = _is_not_finite(array[rows])
        found = str(error).removesuffix(".")
        place = _place_of_first(bad, name, source)
        raise ValueError(f"{found}. The first is in {place}. {remedy}") from None


def index_of(data: Any) -> Any:
    """Return the index of a pandas object, or None."""
    pd = sys.modules.get("pandas")
    return data.index if pd is not None and isinstance(data, (pd.Series, pd.DataFrame)) else None


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


def _is_not_finite(array):
    return ~np.isfinite(array) if array.dtype.kind == "f" else array != array


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
        return f"{row}, time step {place[1]}, feature {place[2]}"
    return row
