"""Windows over time series."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils._param_validation import Interval, validate_params

from sklstm._validation import check_finite, index_of, string_names
from sklstm.windowing._base import read_only
from sklstm.windowing._columns import (
    columns_of_names,
    positions_of_columns,
    refuse_known_targets,
)
from sklstm.windowing._cutting import cut, cut_groups, with_targets
from sklstm.windowing._future import with_known_future
from sklstm.windowing._groups import (
    check_times_of_groups,
    groups_with_windows,
    last_rows_of_groups,
    rows_of_groups,
)
from sklstm.windowing._lazy_cutting import cut_lazily
from sklstm.windowing._lazy_rows import as_rows
from sklstm.windowing._named import with_names
from sklstm.windowing._rows import IF_INFINITE, check_rows, check_targets
from sklstm.windowing._time_index import check_time_index, common_index, warn_of_unchecked_times

__all__ = ["last_window", "make_windows"]

_POSITIVE = Interval(Integral, 1, None, closed="left")
_NOT_NEGATIVE = Interval(Integral, 0, None, closed="left")

_IF_LAST_ARE_MISSING = (
    "Interpolate what is missing, or end the series before it; or keep it with last_window(..., "
    "allow_nan=True), and fill in the window with WindowImputer."
)


@validate_params(
    {
        "lookback": [_POSITIVE],
        "horizon": [_NOT_NEGATIVE],
        "stride": [_POSITIVE],
        "allow_nan": ["boolean"],
        "return_origins": ["boolean"],
        "lazy": ["boolean"],
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
    future: Any = None,
    allow_nan: bool = False,
    return_origins: bool = False,
    lazy: bool = False,
) -> tuple[Any, ...]:
    r"""Cut time series into windows, each with the values that follow it.

    Parameters
    ----------
    X : array-like of shape (T,) or (T, F)
        The series: T rows, evenly spaced in time, of F features each. An index (of pandas)
        of times or numbers, also as objects, must be sorted and regular, without duplicates;
        a calendar month, quarter or year is a regular step.

    y : array-like of shape (T,) or (T, K), str or list of str, default=None
        The series to forecast, or K of them; with ``horizon=0``, the label of every row,
        of any dtype, or a row of K labels. A string names the column of the DataFrame `X`
        to forecast, and a list of strings several (with a horizon). These stay among the
        features: their past is known. ``None`` means the only column of `X`.

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

    future : str, int or list of these, default=None
        Columns of `X` whose values in the horizon are known when the forecast is made, such
        as a calendar, a planned price or holidays: names for a DataFrame, positions for an
        array. Each becomes a further feature that runs `horizon` steps ahead: at step t of a
        window it holds the value of step t + `horizon`, so the last `horizon` steps hold
        what is known of the horizon, in the order of time. Needs ``lookback >= horizon``.
        Name nothing that has to be forecast itself.

    allow_nan : bool, default=False
        Whether values may be missing. Windows with gaps are then kept, and their NaN with
        them, for :class:`WindowImputer` to fill in; windows that lack a target, or their
        label, are left out, with a warning that says how many.

    return_origins : bool, default=False
        Whether to return the row of each window's last step as well.

    lazy : bool, default=False
        Whether to return the windows as :class:`Windows`, which keep the rows once and gather
        windows when they are needed. They suit long series: selections of windows, as of a fold
        or a worker, are then no copies. `X` may be a :class:`numpy.memmap`, which stays on
        disk, or another store that slices rows.

    Returns
    -------
    windows : ndarray or Windows of shape (N, lookback, F), or (N, lookback, F + n_future)
        The windows, in the dtype of `X`: all columns of `X`, then those of `future`
        `horizon` steps ahead, in the order in which `X` has them. For one series N is
        ``(T - lookback - horizon) // stride + 1``; with `groups`, windows are ordered by
        the first appearance of their group. With ``allow_nan=True`` some may be left out.
        Windows of a DataFrame whose columns have names that are all strings carry these as
        `feature_names`, as the notes say.

    targets : ndarray of shape (N, K * horizon); with ``horizon=0``, (N,) or (N, K)
        The values of `y` after each window: all steps of its first column, then all of the
        second, and so on. With ``horizon=0``, the label of the last row of each window, or
        its row of labels where there are several.

    origins : ndarray of shape (N,)
        The integer row of each window's last step, so that ``df.index[origins]`` are the
        times at which the forecasts are made. Only with ``return_origins=True``.

    Raises
    ------
    ValueError
        If a series is too short, holds NaN (without `allow_nan`), infinity or masked values, or
        has a time index that is unsorted, irregular or has duplicates; if a label (without
        `allow_nan`) or a group is missing, as NaT and None are; if all windows lack a target; if
        lengths or indexes of the arguments differ; if `y` or `future`
        names no column of `X`; if what is to be forecast is among `future`, or the horizon
        is 0 or longer than the window with it.

    Warns
    -----
    UserWarning
        If groups are too short for a window; if windows are left out that lack a target; or if
        the index holds times whose order and gaps are not checked: dates as text, times of
        day, or several levels of times.

    See Also
    --------
    last_window : The window that a forecast of the future starts from.
    WindowImputer : Fills in what windows miss.
    sklstm.windowing.calendar_features : What the calendar tells of the future.
    SlidingWindow : Trims windows within a pipeline.
    Windows : Lazy windows.

    Notes
    -----
    Windows and targets are read-only. Without `groups` they are views of `X` and `y`, and
    take no memory of their own; with `groups` they are copies. Targets of several columns
    are copies, too. With `future`, windows without `groups` are views of one copy of the
    rows. Where windows are left out that lack a target, the others are copied, and take
    `lookback` times the memory of the series. With ``lazy=True`` rows are copied only where
    those of a group do not lie together, or where `X` has to be converted to an array.

    A series with irregular times is brought to a regular grid by one call of pandas: with
    ``df.asfreq("D")`` missing days become rows of NaN, and with ``df.resample("W").mean()`` each
    week becomes the mean of its values, or NaN where it has none. Then pass
    ``allow_nan=True``.

    With `future`, a step that trims windows in a pipeline, as :class:`SlidingWindow` does,
    has to keep at least `horizon` steps, or the first steps of the horizon are lost.

    Known inputs of the future are what the literature calls known or future covariates [1]_.

    Names travel with windows: where `X` is a DataFrame, ``windows.feature_names`` lists those of
    its columns, and then, for `future`, those names with "future\_" before them. Estimators and
    steps that are fitted on such windows have `feature_names_in_`, errors call features by
    their names, and :class:`~sklstm.Forecaster` finds its targets by them. Samples, time steps and
    features that are chosen, copies and pickles keep the names; ``numpy.asarray``, arithmetic and
    all else give plain arrays. As with DataFrames in scikit-learn, estimators that were fitted
    with names warn of windows without, and refuse those with others.

    Nothing is padded: every window and every target lies wholly within its series. Steps
    of a time index count as even if they differ by less than a thousandth.

    References
    ----------
    .. [1] B. Lim, S. Ö. Arik, N. Loeff and T. Pfister, "Temporal Fusion Transformers for
       interpretable multi-horizon time series forecasting", International Journal of
       Forecasting 37 (4), 1748-1764, 2021.

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

    Of several columns, one is forecast from the past of all, or several are:

    >>> import pandas as pd
    >>> df = pd.DataFrame({"load": [5.0, 6.0, 7.0, 8.0], "heat": [1.0, 2.0, 1.0, 0.0]})
    >>> X, Y = make_windows(df, y="load", lookback=2)
    >>> X[0]
    array([[5., 1.],
           [6., 2.]])
    >>> Y
    array([[7.],
           [8.]])
    >>> make_windows(df, y=["load", "heat"], lookback=2, horizon=2)[1]
    array([[7., 8., 1., 0.]])

    >>> X.feature_names
    ['load', 'heat']

    Where the heat is known ahead, the last steps of the last feature are its future:

    >>> make_windows(df, y="load", lookback=2, horizon=2, future=["heat"])[0]
    array([[[5., 1., 1.],
            [6., 2., 0.]]])

    Where values are missing, windows keep the gaps; here a week of a slow station is regular
    again:

    >>> days = pd.to_datetime(["2024-03-01", "2024-03-02", "2024-03-04", "2024-03-05"])
    >>> level = pd.Series([1.0, 2.0, 4.0, 5.0], index=days).asfreq("D")
    >>> make_windows(level, lookback=3, allow_nan=True)[0][:, :, 0]
    array([[ 1.,  2., nan],
           [ 2., nan,  4.]])
    """
    named, y = y, columns_of_names(X, y, horizon)
    finite = "allow-nan" if allow_nan else True
    rows = as_rows(X, finite) if lazy else check_rows(X, finite)
    targets = check_targets(y, rows, horizon, allow_nan)
    ahead = _columns_ahead(X, future, rows.shape[1], lookback, horizon)
    refuse_known_targets(X, named, rows, targets, ahead)
    how = lookback, horizon, stride, ahead
    index = common_index(X, y)
    n_needed = lookback + horizon
    if groups is None:
        if rows.shape[0] < n_needed:
            raise ValueError(
                f"X has {rows.shape[0]} rows, but lookback={lookback} and horizon={horizon} need "
                f"at least {n_needed}. Use a longer series, or a smaller lookback or horizon."
            )
        check_time_index(index, remedy="pass groups= to tell its series apart")
        row_numbers = [range(rows.shape[0])]
    else:
        series = rows_of_groups(groups, rows.shape[0], X=X, y=y)
        row_numbers = groups_with_windows(series, n_needed)
        check_times_of_groups(index, row_numbers)
    if lazy:
        windows = cut_lazily(rows, targets, row_numbers, *how)
    elif groups is None:
        windows = cut(rows, targets, *how)
    else:
        windows = cut_groups(rows, targets, row_numbers, *how)
    warn_of_unchecked_times(index)
    if return_origins:
        origins = [rows[lookback - 1 : len(rows) - horizon : stride] for rows in row_numbers]
        windows = *windows, np.concatenate(origins)
    windows, *others = with_targets(windows) if allow_nan else windows
    return with_names(windows, _names_of_features(X, ahead)), *others


@validate_params(
    {"lookback": [_POSITIVE], "allow_nan": ["boolean"]}, prefer_skip_nested_validation=True
)
def last_window(
    X: ArrayLike,
    lookback: int,
    *,
    groups: ArrayLike | None = None,
    future: ArrayLike | None = None,
    future_columns: Any = None,
    future_groups: ArrayLike | None = None,
    allow_nan: bool = False,
) -> NDArray[Any]:
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

    future : array-like of shape (horizon,) or (horizon, n_future), default=None
        What is known of the time after the series, where the windows were cut with
        ``make_windows(..., future=columns)``: its next `horizon` rows, with exactly these
        columns. A DataFrame may have them in any order, as they are found by name. Where
        `X` and `future` both have an index of times, those of `future` must continue those
        of `X`. With `groups`, as many rows for each of them.

    future_columns : str, int or list of these, default=None
        The columns of `X` that `future` holds, in the order in which it does: names for a
        DataFrame, positions for an array. ``None`` takes the names of the columns of the
        DataFrame `future`; others need it.

    future_groups : array-like of shape (n_future_rows,), default=None
        The series that every row of `future` belongs to, where there are `groups`.

    allow_nan : bool, default=False
        Whether values of the window may be missing, and stay NaN.

    Returns
    -------
    window : ndarray of shape (1, lookback, F), or (n_groups, lookback, F) with `groups`
        The last rows of `X`, a read-only view; or the last rows of each group, a read-only
        copy, in the order in which the groups first appear, that of
        ``pandas.unique(groups)``. With `future`, a read-only copy with its columns as
        further features, as :func:`make_windows` makes them. Windows of a DataFrame carry the
        names of their features, as theirs do.

    Raises
    ------
    ValueError
        If `X` or a group has fewer than `lookback` rows, or if :func:`make_windows` would
        refuse its last `lookback` rows; if rows or columns of `future` are missing, hold
        NaN, or do not continue the time index of `X`; if it has more than `lookback` rows.

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

    The second column is known two steps ahead:

    >>> past, known = [[1, 10], [2, 20], [3, 30]], [40, 50]
    >>> last_window(past, lookback=3, future=known, future_columns=1)
    array([[[ 1, 10, 30],
            [ 2, 20, 40],
            [ 3, 30, 50]]])
    """
    rows = check_rows(X, ensure_all_finite=False)
    index = index_of(X)
    if groups is None:
        series, last = None, _last_rows(rows.shape[0], lookback)
        index = index if index is None else index[-lookback:]
        window = rows[np.newaxis, -lookback:]
    else:
        series = rows_of_groups(groups, rows.shape[0], X=X)
        last = last_rows_of_groups(series, lookback)
        window = rows[last]
    remedy = IF_INFINITE if allow_nan else _IF_LAST_ARE_MISSING
    check_finite(rows, "X", remedy, source=X, rows=last.ravel(), allow_nan=allow_nan)
    if groups is None:
        remedy = "pass groups=, or take one series at a time, such as X.loc[key]"
        check_time_index(index, rows=last[0], remedy=remedy)
    else:
        check_times_of_groups(index, last)
    warn_of_unchecked_times(index)
    ahead = []
    if future is None:
        _refuse_without_future(future_columns=future_columns, future_groups=future_groups)
    else:
        window, ahead = with_known_future(
            window, X, last, series, future, future_columns, future_groups, allow_nan
        )
    return with_names(read_only(window), _names_of_features(X, ahead))


def _names_of_features(X, ahead):
    """Return the names of the columns of X, and of those that are known ahead, or None."""
    names = string_names(X)
    return names and [*names, *(f"future_{names[column]}" for column in ahead)]


def _columns_ahead(X, future, n_features, lookback, horizon):
    """Return the positions of the columns that are known ahead, in the order of X."""
    if future is None:
        return []
    ahead = sorted(positions_of_columns(X, future, n_features, "future"))
    if ahead and horizon == 0:
        raise ValueError(
            "future names what is known of the horizon, but horizon=0 asks for labels of rows, "
            "with no time to come. Pass future=None, or a horizon of at least 1."
        )
    if ahead and lookback < horizon:
        raise ValueError(
            f"future needs windows that are at least as long as the horizon, to hold what is known "
            f"of it, but lookback={lookback} is less than horizon={horizon}. Use a larger lookback "
            "or a smaller horizon."
        )
    return ahead


def _last_rows(n_rows, lookback):
    """Return the last row numbers of the only series, of shape (1, lookback)."""
    if n_rows < lookback:
        raise ValueError(
            f"X has {n_rows} rows, but lookback={lookback} needs at least {lookback}. "
            "Use a longer series, or a smaller lookback."
        )
    return np.arange(n_rows - lookback, n_rows)[np.newaxis]


def _refuse_without_future(**arguments):
    for name, value in arguments.items():
        if value is not None:
            raise ValueError(
                f"{name} tells about the rows of future, but future=None. Pass these rows, or "
                f"leave {name} out."
            )
