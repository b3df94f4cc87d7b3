"""Windows over time series."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray
from sklearn.utils._param_validation import Interval, validate_params

from sklstm._validation import (
    check_finite,
    check_index_of_groups,
    check_labels,
    check_numbers,
    index_of,
)
from sklstm._warnings import warn
from sklstm.windowing._base import read_only
from sklstm.windowing._time_index import (
    check_time_index,
    common_index,
    times_in_groups,
    warn_of_unchecked_times,
)

__all__ = ["last_window", "make_windows"]

_POSITIVE = Interval(Integral, 1, None, closed="left")
_NOT_NEGATIVE = Interval(Integral, 0, None, closed="left")

# Options of check_array. The shapes are checked in this module, for better messages.
_ANY_SHAPE = {"ensure_2d": False, "ensure_min_samples": 0}

# What to do about arguments that are refused.
_IF_NOT_NUMBERS = "Encode what is no number, or leave it out; times belong in the index."
_IF_MISSING = (
    "Interpolate what is missing, or make each stretch without gaps a group of its own with "
    "groups=."
)
_IF_LABELS_ARE_MISSING = (
    "Label these rows, or make each stretch with labels a group of its own with groups=."
)
_IF_LAST_ARE_MISSING = "Interpolate what is missing, or end the series before it."


@validate_params(
    {
        "lookback": [_POSITIVE],
        "horizon": [_NOT_NEGATIVE],
        "stride": [_POSITIVE],
        "return_origins": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def make_windows(
    X: ArrayLike,
    y: ArrayLike | str | None = None,
    *,
    lookback: int,
    horizon: int = 1,
    stride: int = 1,
    groups: ArrayLike | None = None,
    return_origins: bool = False,
) -> tuple[NDArray[Any], ...]:
    """Cut time series into windows, each with the values that follow it.

    Parameters
    ----------
    X : array-like of shape (T,) or (T, F)
        The series: T rows, evenly spaced in time, of F features each. An index (of pandas)
        of times or numbers, also as objects, must be sorted and regular, without duplicates;
        a calendar month, quarter or year is a regular step.

    y : array-like of shape (T,) or (T, 1), or str, default=None
        The series to forecast; with ``horizon=0``, the label of every row, of any dtype.
        A string names the column of the DataFrame `X` to forecast, which stays among the
        features: its past is known. ``None`` means the only column of `X`.

    lookback : int
        Number of time steps that a window holds.

    horizon : int, default=1
        Number of time steps to forecast after the window; 0 asks for the label of the
        last row of each window instead.

    stride : int, default=1
        Number of rows between the starts of successive windows.

    groups : array-like of shape (T,), default=None
        The series that every row belongs to, where there are several; no window crosses
        from one into another. Rows of a group are taken in their order, whether or not
        they lie together. Groups too short for a window give none, with a warning. A
        Series must have the index of `X` and `y`, where these are of pandas.

    return_origins : bool, default=False
        Whether to return the row of each window's last step as well.

    Returns
    -------
    windows : ndarray of shape (N, lookback, F)
        The windows, in the dtype of `X`. For one series N is
        ``(T - lookback - horizon) // stride + 1``; with `groups`, windows are ordered by
        the first appearance of their group.

    targets : ndarray of shape (N, horizon), or (N,) with ``horizon=0``
        The values of `y` after each window, or the label of its last row.

    origins : ndarray of shape (N,)
        The integer row of each window's last step, so that ``df.index[origins]`` are the
        times at which the forecasts are made. Only with ``return_origins=True``.

    Raises
    ------
    ValueError
        If a series is too short, holds NaN, infinity or masked values, or has a time index
        that is unsorted, irregular or has duplicates; if a label or group is missing, as
        NaT and None are; if lengths or indexes of the arguments differ; if `y` names no
        column of `X`.

    Warns
    -----
    UserWarning
        If groups are too short for a window, or if the index holds times whose order and
        gaps are not checked: dates as text, times of day, or several levels of times.

    See Also
    --------
    last_window : The window that a forecast of the future starts from.
    SlidingWindow : Trims windows within a pipeline.

    Notes
    -----
    Windows and targets are read-only. Without `groups` they are views of `X` and `y`, and
    take no memory of their own; with `groups` they are copies.

    Nothing is padded: every window and every target lies wholly within its series. Steps
    of a time index count as even if they differ by less than a thousandth.

    Examples
    --------
    >>> import numpy as np
    >>> from sklstm.windowing import make_windows
    >>> X, Y, origins = make_windows(
    ...     np.arange(10), lookback=4, horizon=2, return_origins=True
    ... )
    >>> X.shape, Y.shape
    ((5, 4, 1), (5, 2))
    >>> X[0].ravel(), Y[0], origins[0]
    (array([0, 1, 2, 3]), array([4, 5]), np.int64(3))

    Of several columns, one is forecast from the past of all:

    >>> import pandas as pd
    >>> df = pd.DataFrame({"load": [5.0, 6.0, 7.0, 8.0], "heat": [1.0, 2.0, 1.0, 0.0]})
    >>> X, Y = make_windows(df, y="load", lookback=2)
    >>> X[0]
    array([[5., 1.],
           [6., 2.]])
    >>> Y
    array([[7.],
           [8.]])
    """
    if isinstance(y, str):
        y = _column_of(X, y, horizon)
    rows = _check_rows(X)
    target = _check_target(y, rows, horizon)
    index = common_index(X, y)
    n_needed = lookback + horizon
    if groups is None:
        if len(rows) < n_needed:
            raise ValueError(
                f"X has {len(rows)} rows, but lookback={lookback} and horizon={horizon} need at "
                f"least {n_needed}. Use a longer series, or a smaller lookback or horizon."
            )
        check_time_index(index, remedy="pass groups= to tell its series apart")
        row_numbers = [range(len(rows))]
        windows = _cut(rows, target, lookback, horizon, stride)
    else:
        rows_of_groups = _rows_of_groups(groups, len(rows), X=X, y=y)
        row_numbers = _groups_with_windows(rows_of_groups, n_needed)
        _check_times_of_groups(index, row_numbers)
        windows = _cut_groups(rows, target, row_numbers, lookback, horizon, stride)
    warn_of_unchecked_times(index)
    if not return_origins:
        return windows
    origins = [numbers[lookback - 1 : len(numbers) - horizon : stride] for numbers in row_numbers]
    return *windows, np.concatenate(origins)


@validate_params({"lookback": [_POSITIVE]}, prefer_skip_nested_validation=True)
def last_window(X: ArrayLike, lookback: int, *, groups: ArrayLike | None = None) -> NDArray[Any]:
    """Return the last window of a series, which a forecast of its future starts from.

    Parameters
    ----------
    X : array-like of shape (T,) or (T, F)
        The series. Its last `lookback` rows meet the same conditions as in
        :func:`make_windows`; what lies before them does not matter.

    lookback : int
        Number of time steps that the window holds.

    groups : array-like of shape (T,), default=None
        The series that every row belongs to, where there are several; there is one window
        per series. Rows of a group are taken in their order, whether or not they lie
        together. Without `groups`, all rows are taken to be of one series. A Series must
        have the index of `X`, where this is of pandas.

    Returns
    -------
    window : ndarray of shape (1, lookback, F), or (n_groups, lookback, F) with `groups`
        The last rows of `X`, a read-only view; or the last rows of each group, a read-only
        copy, in the order in which the groups first appear, that of
        ``pandas.unique(groups)``.

    Raises
    ------
    ValueError
        If `X` or a group has fewer than `lookback` rows, or if :func:`make_windows` would
        refuse its last `lookback` rows.

    Warns
    -----
    UserWarning
        If the index holds times whose order and gaps are not checked, as in
        :func:`make_windows`.

    See Also
    --------
    make_windows : Cuts all windows of a series.

    Examples
    --------
    >>> from sklstm.windowing import last_window
    >>> last_window([1.0, 2.0, 3.0], lookback=2)
    array([[[2.],
            [3.]]])
    >>> last_window([1, 2, 30, 3, 40], lookback=2, groups=["b", "b", "a", "b", "a"])[:, :, 0]
    array([[ 2,  3],
           [30, 40]])
    """
    rows = _check_rows(X, ensure_all_finite=False)
    index = index_of(X)
    if groups is None:
        if len(rows) < lookback:
            raise ValueError(
                f"X has {len(rows)} rows, but lookback={lookback} needs at least {lookback}. "
                "Use a longer series, or a smaller lookback."
            )
        check_finite(rows, "X", _IF_LAST_ARE_MISSING, source=X, rows=slice(-lookback, None))
        index = index if index is None else index[-lookback:]
        check_time_index(
            index,
            rows=range(len(rows) - lookback, len(rows)),
            remedy="pass groups=, or take one series at a time, such as X.loc[key]",
        )
        window = rows[np.newaxis, -lookback:]
    else:
        last = _last_rows_of_groups(_rows_of_groups(groups, len(rows), X=X), lookback)
        check_finite(rows, "X", _IF_LAST_ARE_MISSING, source=X, rows=last.ravel())
        _check_times_of_groups(index, last)
        window = rows[last]
    warn_of_unchecked_times(index)
    return read_only(window)


def _cut(rows, target, lookback, horizon, stride):
    """Return windows of one series, and their targets, as read-only views."""
    last_origin = len(rows) - horizon
    windows = sliding_window_view(rows[:last_origin], lookback, axis=0)[::stride]
    if horizon == 0:
        targets = read_only(target[lookback - 1 :: stride])
    else:
        targets = sliding_window_view(target[lookback:], horizon)[::stride]
    return windows.swapaxes(1, 2), targets


def _cut_groups(rows, target, row_numbers, lookback, horizon, stride):
    """Return windows of several series, and their targets, as read-only copies."""
    cuts = [
        _cut(rows[numbers], target[numbers], lookback, horizon, stride) for numbers in row_numbers
    ]
    windows, targets = (read_only(np.concatenate(parts)) for parts in zip(*cuts, strict=True))
    return windows, targets


def _rows_of_groups(groups, n_rows, **data):
    """Return a dict from each group's label to its row numbers, by first appearance."""
    labels = check_labels(groups, "groups", "Leave out the rows that belong to no group.")
    if labels.shape != (n_rows,):
        raise ValueError(
            f"groups must hold one label for every row of X, in an array of shape ({n_rows},); "
            f"got shape {labels.shape}."
        )
    check_index_of_groups(groups, **data)
    code_of: dict[Any, int] = {}
    try:
        codes = np.array([code_of.setdefault(x, len(code_of)) for x in labels.tolist()], int)
    except TypeError as error:
        raise TypeError(f"groups must hold labels, such as numbers or text: {error}.") from None
    by_group = np.argsort(codes, kind="stable")
    row_numbers = np.split(by_group, np.cumsum(np.bincount(codes))[:-1])
    return dict(zip(code_of, row_numbers, strict=False))  # split gives one part of no rows


def _groups_with_windows(rows_of_groups, n_needed):
    """Return the row numbers of every group that is long enough for a window."""
    enough = [numbers for numbers in rows_of_groups.values() if len(numbers) >= n_needed]
    if not enough:
        longest = max(map(len, rows_of_groups.values()), default=0)
        raise ValueError(
            f"No group has the lookback + horizon = {n_needed} rows that a window needs: the "
            f"longest has {longest}. Use a smaller lookback or horizon."
        )
    if len(enough) < len(rows_of_groups):
        warn(
            f"{len(rows_of_groups) - len(enough)} of {len(rows_of_groups)} groups gave no window: "
            f"they have fewer than the lookback + horizon = {n_needed} rows that a window needs.",
        )
    return enough


def _last_rows_of_groups(rows_of_groups, lookback):
    """Return the last row numbers of every group, of shape (n_groups, lookback)."""
    short = [label for label, numbers in rows_of_groups.items() if len(numbers) < lookback]
    if short or not rows_of_groups:
        names = ", ".join(map(repr, short[:10])) + (" and others" if len(short) > 10 else "")
        raise ValueError(
            f"{len(short)} of {len(rows_of_groups)} groups have fewer than the "
            f"lookback={lookback} rows that a window needs: {names}. Use a smaller lookback, or "
            "leave out these groups."
        )
    return np.stack([numbers[-lookback:] for numbers in rows_of_groups.values()])


def _check_times_of_groups(index, row_numbers):
    """Raise unless the times of each group are sorted and evenly spaced."""
    times = times_in_groups(index)
    if times is not None:
        for numbers in row_numbers:
            check_time_index(times[numbers], rows=numbers)


def _column_of(X, name, horizon):
    """Return the column of X that y names."""
    if not hasattr(X, "columns"):
        raise ValueError(
            f"y={name!r} names a column, but X has no names of columns: it is of type "
            f"{type(X).__name__}. Pass the series to forecast itself as y, or a DataFrame as X."
        )
    columns = list(X.columns)
    if name not in columns:
        raise ValueError(
            f"y={name!r} is no column of X, which has the columns {columns}. Pass one of these, "
            "or the series to forecast itself."
        )
    if horizon == 0:
        raise ValueError(
            f"y={name!r} is a column of X, so that with horizon=0 every window would hold its "
            f"own label. Pass the labels themselves, y=X[{name!r}], and leave them out of X."
        )
    return X[name]


def _check_rows(X, ensure_all_finite=True):
    """Return X as an array of shape (T, F), of numbers."""
    rows = check_numbers(
        X,
        "X",
        **_ANY_SHAPE,
        if_not_numbers=_IF_NOT_NUMBERS,
        if_missing=_IF_MISSING,
        ensure_all_finite=ensure_all_finite,
    )
    if rows.ndim not in (1, 2):
        raise ValueError(
            f"X must be a series of shape (T,) or (T, F), got shape {rows.shape}. Windows that "
            "are cut already need no cutting."
        )
    return rows[:, np.newaxis] if rows.ndim == 1 else rows


def _check_target(y, rows, horizon):
    """Return y as an array of shape (T,)."""
    if y is None:
        if horizon == 0:
            raise ValueError("horizon=0 asks for labels: pass y, the label of every row of X.")
        if rows.shape[1] != 1:
            raise ValueError(
                f"y=None stands for the only column of X, but X has {rows.shape[1]}. Pass the "
                "series to forecast as y, such as y=X[:, 0] or the name of a column."
            )
        return rows[:, 0]
    if horizon == 0:
        target = check_labels(y, "y", _IF_LABELS_ARE_MISSING)
    else:
        hint = "Labels of rows go with horizon=0."
        target = check_numbers(y, "y", **_ANY_SHAPE, if_not_numbers=hint, if_missing=_IF_MISSING)
    n_rows = len(rows)
    if target.shape not in {(n_rows,), (n_rows, 1)}:
        raise ValueError(
            f"y must be one series with a value for every row of X, of shape ({n_rows},) or "
            f"({n_rows}, 1); got shape {target.shape}. Select one column, and the same rows."
        )
    return target if target.ndim == 1 else target[:, 0]
