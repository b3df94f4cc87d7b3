"""Rows that are known of the time after the end of a series, such as a calendar or a price."""

from __future__ import annotations

import numpy as np

from sklstm._validation import index_of
from sklstm.windowing._columns import positions_of_columns
from sklstm.windowing._cutting import windows_with_future
from sklstm.windowing._groups import in_words, rows_of_groups
from sklstm.windowing._rows import check_series
from sklstm.windowing._time_index import check_times_continue

__all__ = ["known_of_series", "with_known_future"]


def with_known_future(
    windows, X, last_rows, series, future, future_columns, future_groups, allow_nan=False
):
    """Return the last windows of series with what is known of the time after them.

    Parameters
    ----------
    windows : ndarray of shape (n_series, lookback, n_features)
        The last windows of all series.
    X : array-like
        What the windows are cut from, with its names of columns and its index.
    last_rows : ndarray of int of shape (n_series, lookback)
        The rows of X that the windows hold.
    series : collection of labels, or None
        The labels of the series; None for a single series without one.
    future, future_columns, future_groups, allow_nan : object
        As `last_window` was given them.

    Returns
    -------
    windows : ndarray of shape (n_series, lookback, n_features + n_future)
    ahead : ndarray of int of shape (n_future,)
        The positions in X of the columns of `future`, in ascending order.
    """
    known, ahead = known_of_series(
        windows.shape[2], X, last_rows, series, future, future_columns, future_groups, allow_nan
    )
    if known.shape[1] > windows.shape[1]:
        raise ValueError(
            f"lookback={windows.shape[1]} is less than the {known.shape[1]} rows of future after a "
            "series, so that a window could not hold them. Use a larger lookback, or fewer rows."
        )
    return windows_with_future(windows, known, ahead), ahead


def known_of_series(
    n_features,
    X,
    last_rows,
    series,
    future,
    future_columns=None,
    future_groups=None,
    allow_nan=False,
):
    """Return what is known of the time after each series.

    Parameters
    ----------
    n_features : int
        Number of columns of X.
    X, last_rows, series, future, future_columns, future_groups, allow_nan : object
        As in `with_known_future`.

    Returns
    -------
    known : ndarray of shape (n_series, n_rows, n_future)
        The rows of `future` that follow each series.
    ahead : ndarray of int of shape (n_future,)
        The positions in X of its columns, in ascending order.
    """
    values, ahead = _known_values(X, n_features, future, future_columns, allow_nan)
    rows = _rows_after_each_series(series, len(values), future, future_groups)
    names = ["X"] if series is None else [f"the group {label!r}" for label in series]
    check_times_continue(index_of(X), last_rows, index_of(future), rows, names)
    return values[rows], ahead


def _known_values(X, n_features, future, future_columns, allow_nan):
    """Return the rows of `future`, of shape (n_rows, n_columns), and the positions in X.

    The columns are put into the order in which X has them.
    """
    columns, argument = _columns_of(X, future, future_columns)
    ahead = positions_of_columns(X, columns, n_features, argument)
    finite = "allow-nan" if allow_nan else True
    values = check_series(future, "future", "Fill in what is missing.", finite)
    values = values[:, np.newaxis] if values.ndim == 1 else values
    if values.ndim != 2 or values.shape[1] != len(ahead) or values.size == 0:
        raise ValueError(
            f"future must hold at least one row, and a column for each of the {len(ahead)} that "
            f"are known ahead, {columns!r}; got shape {values.shape}. Pass exactly these columns."
        )
    order = np.argsort(ahead)
    return values[:, order], np.asarray(ahead)[order]


def _rows_after_each_series(series, n_rows, future, future_groups):
    """Return the row numbers of `future` that follow each series, of shape (n_series, horizon).

    `series` are the labels of the series, or None if there is one without a label.
    """
    if (series is None) != (future_groups is None):
        raise ValueError(
            "future_groups tells the series of each row of future, and goes with groups: pass "
            f"both or neither. Got only {'future_groups' if series is None else 'groups'}."
        )
    if series is None:
        return np.arange(n_rows)[np.newaxis]
    following = rows_of_groups(future_groups, n_rows, "future_groups", future=future)
    return _of_same_length(series, following)


def _columns_of(X, future, future_columns):
    """Return the columns of `future`, and the name of the argument that tells them."""
    if not (hasattr(X, "columns") and hasattr(future, "columns")):
        if future_columns is None:
            raise ValueError(
                "future_columns=None takes the names of the columns of future, but X and future "
                "are not both DataFrames. Pass the columns of X that future holds, as make_windows "
                "got them."
            )
        return future_columns, "future_columns"
    names = list(future.columns)
    if future_columns is None:
        return names, "future"
    wanted = [future_columns] if isinstance(future_columns, str) else list(future_columns)
    missing = [name for name in wanted if name not in names]
    others = [name for name in names if name not in wanted]
    if missing or others:
        raise ValueError(
            f"future must hold exactly the columns {wanted}, but lacks {missing} and holds "
            f"{others} besides. Pass future[{wanted}]."
        )
    return names, "future"


def _of_same_length(series, following):
    """Return the row numbers that follow each series, which must be as many for each."""
    unknown = [label for label in following if label not in series]
    if unknown:
        raise ValueError(
            f"future_groups holds groups that X does not have: {in_words(unknown)}. Leave out "
            "their rows of future, or add their past to X."
        )
    horizon = max(map(len, following.values()))
    counts = {label: len(following.get(label, ())) for label in series}
    short = [label for label, count in counts.items() if count < horizon]
    if short:
        found = f"{in_words(short)} {'has' if len(short) == 1 else 'have'} fewer"
        raise ValueError(
            f"future must hold as many rows for every group of X. The longest has {horizon}, but "
            f"{found}: {', '.join(str(counts[label]) for label in short[:10])}. Add what is known."
        )
    return np.stack([following[label] for label in series])
