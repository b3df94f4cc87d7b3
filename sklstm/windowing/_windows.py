"""Windows over time series."""

from __future__ import annotations

import warnings
from numbers import Integral
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray
from sklearn.utils._param_validation import Interval, validate_params

from sklstm._validation import check_finite, check_numbers, index_of
from sklstm.windowing._time_index import check_time_index, common_index, times_in_groups

__all__ = ["last_window", "make_windows"]

_POSITIVE = Interval(Integral, 1, None, closed="left")
_NOT_NEGATIVE = Interval(Integral, 0, None, closed="left")

# Options of check_array: shapes are checked here.
_ANY_SHAPE = {"ensure_2d": False, "ensure_min_samples": 0}

# Remedies, the last sentences of errors.
_NOT_NUMBERS = "Encode what is no number, or leave it out; times belong in the index."
_MISSING = (
    "Interpolate what is missing, or make each stretch without gaps a group of its own with "
    "groups=."
)


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
    y: ArrayLike | None = None,
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
        The series: T rows at even distances in time, of F features each. A time index
        (of pandas) must be sorted, without duplicates and regular; a calendar month,
        quarter or year is a regular step.

    y : array-like of shape (T,) or (T, 1), default=None
        The series to forecast; with ``horizon=0``, the label of every row, of any dtype.
        ``None`` means the only column of `X`.

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
        they lie together. Groups too short for a window give none, with a warning.

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
        If a series is too short, holds NaN or infinity, has a time index that is
        unsorted, duplicate or irregular, or if lengths or indexes differ.

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
    """
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
        members = [range(len(rows))]
        windows = _cut(rows, target, lookback, horizon, stride)
    else:
        members = _members_of_groups(groups, len(rows), n_needed)
        times = times_in_groups(index)
        for member in members:
            check_time_index(times if times is None else times[member])
        windows = _cut_groups(rows, target, members, lookback, horizon, stride)
    if not return_origins:
        return windows
    last_steps = [member[lookback - 1 : len(member) - horizon : stride] for member in members]
    return *windows, np.concatenate(last_steps)


@validate_params({"lookback": [_POSITIVE]}, prefer_skip_nested_validation=True)
def last_window(X: ArrayLike, lookback: int) -> NDArray[Any]:
    """Return the last window of a series, which a forecast of its future starts from.

    Parameters
    ----------
    X : array-like of shape (T,) or (T, F)
        The series, which meets the same conditions as in :func:`make_windows`.

    lookback : int
        Number of time steps that the window holds.

    Returns
    -------
    window : ndarray of shape (1, lookback, F)
        The last rows of `X`, a read-only view.

    Raises
    ------
    ValueError
        If `X` is shorter than `lookback`, or :func:`make_windows` would refuse it.

    Examples
    --------
    >>> from sklstm.windowing import last_window
    >>> last_window([1.0, 2.0, 3.0], lookback=2)
    array([[[2.],
            [3.]]])
    """
    rows = _check_rows(X)
    if len(rows) < lookback:
        raise ValueError(
            f"X has {len(rows)} rows, but lookback={lookback} needs at least {lookback}. "
            "Use a longer series."
        )
    check_time_index(index_of(X), remedy="take one series at a time, such as X.loc[key]")
    return _read_only(rows[np.newaxis, -lookback:])


def _cut(rows, target, lookback, horizon, stride):
    """Return windows of one series, and their targets, as read-only views."""
    last_origin = len(rows) - horizon
    windows = sliding_window_view(rows[:last_origin], lookback, axis=0)[::stride]
    if horizon == 0:
        targets = _read_only(target[lookback - 1 :: stride])
    else:
        targets = sliding_window_view(target[lookback:], horizon)[::stride]
    return windows.swapaxes(1, 2), targets


def _cut_groups(rows, target, members, lookback, horizon, stride):
    """Return windows of several series, and their targets, as read-only copies."""
    cuts = [_cut(rows[member], target[member], lookback, horizon, stride) for member in members]
    windows, targets = (_read_only(np.concatenate(parts)) for parts in zip(*cuts, strict=True))
    return windows, targets


def _read_only(array):
    array.flags.writeable = False
    return array


def _members_of_groups(groups, n_rows, n_needed):
    """Return the rows of every group long enough, by first appearance of the groups."""
    groups = np.asarray(groups)
    if groups.shape != (n_rows,):
        raise ValueError(
            f"groups must hold one label for every row of X, in an array of shape ({n_rows},); "
            f"got shape {groups.shape}."
        )
    check_finite(groups, "groups", "Leave out the rows that belong to no group.")
    numbers: dict[Any, int] = {}
    codes = np.array([numbers.setdefault(label, len(numbers)) for label in groups.tolist()], int)
    by_group = np.argsort(codes, kind="stable")
    members = np.split(by_group, np.cumsum(np.bincount(codes))[:-1])
    enough = [member for member in members if len(member) >= n_needed]
    if not enough:
        raise ValueError(
            f"No group has the lookback + horizon = {n_needed} rows that a window needs: the "
            f"longest has {max(map(len, members))}. Use a smaller lookback or horizon."
        )
    if len(enough) < len(members):
        warnings.warn(
            f"{len(members) - len(enough)} of {len(members)} groups gave no window: they have "
            f"fewer than the lookback + horizon = {n_needed} rows that a window needs.",
            UserWarning,
            stacklevel=4,
        )
    return enough


def _check_rows(X):
    """Return X as an array of shape (T, F), of finite numbers."""
    rows = check_numbers(X, "X", **_ANY_SHAPE, not_numbers=_NOT_NUMBERS, missing=_MISSING)
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
                "series to forecast as y, such as y=X[:, 0]."
            )
        return rows[:, 0]
    if horizon == 0:
        target = np.asarray(y)
        check_finite(target, "y", _MISSING, source=y)
    else:
        hint = "Labels of rows go with horizon=0."
        target = check_numbers(y, "y", **_ANY_SHAPE, not_numbers=hint, missing=_MISSING)
    n_rows = len(rows)
    if target.shape not in {(n_rows,), (n_rows, 1)}:
        raise ValueError(
            f"y must be one series with a value for every row of X, of shape ({n_rows},) or "
            f"({n_rows}, 1); got shape {target.shape}. Select one column, and the same rows."
        )
    return target if target.ndim == 1 else target[:, 0]
