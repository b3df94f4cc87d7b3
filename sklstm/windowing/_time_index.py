"""Time indexes of pandas: whether the rows of a series are evenly spaced in time."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from sklstm._validation import check_same_index, index_of
from sklstm._warnings import warn
from sklstm.windowing._labels import OTHER_TIME, TIMES, as_times, kinds_of_labels, plain

__all__ = [
    "check_time_index",
    "check_times_continue",
    "common_index",
    "evenly_spaced_groups",
    "times_in_groups",
    "warn_of_unchecked_times",
]

# Steps of a regular time index may differ by this part of a step, as time stamps are rounded.
_STEP_TOLERANCE = 1e-3

# What a label must look like to be taken for a date. pandas alone would read "t1" as one.
_DATE_LIKE = re.compile(r"\d{4}[-/. ]|[-/. ]\d{4}|\d+[-/.]\d+[-/.]\d+|^\d{8}$")


def common_index(X, y):
    """Return the index of X or y, which must be the same where both have one."""
    check_same_index(
        X,
        "X",
        y,
        "y",
        "Take both from one DataFrame, or align them with X.align(y, join='inner', axis=0).",
    )
    index = index_of(X)
    return index_of(y) if index is None else index


def times_in_groups(index):
    """Return the part of an index that tells the time within groups, or None."""
    pd = sys.modules.get("pandas")
    if index is None or (isinstance(index, pd.RangeIndex) and index.step > 0):
        return None  # row numbers, which have gaps where groups interleave
    if isinstance(index, pd.MultiIndex):
        levels = _levels_of_times(index)
        return index.get_level_values(levels[0]) if len(levels) == 1 else None
    return index


def _levels_of_times(index):
    """Return the numbers of the levels of times: those of a dtype for times, or of objects."""
    kinds = [kinds_of_labels(plain(level)) for level in index.levels]
    levels = [i for i, kind in enumerate(kinds) if kind & TIMES]
    typed = [i for i in levels if not _holds_objects(plain(index.levels[i]))]
    return typed or levels


def check_time_index(index, *, rows=None, remedy=""):
    """Raise unless the labels of an index are sorted and evenly spaced, if times or numbers.

    `rows` are the numbers of its rows, for errors; by default they count from 0.
    """
    if index is None:
        return
    if isinstance(index, sys.modules["pandas"].MultiIndex):
        raise ValueError(f"The rows have a MultiIndex, of levels {list(index.names)}: {remedy}.")
    times = as_times(index)
    if times is not None:
        _check_complete(times, range(len(index)) if rows is None else rows)
        _check_increasing(times)
        _check_regular(times)


def evenly_spaced_groups(times, row_numbers):
    """Return which groups of times are seen, all at once, to be evenly spaced.

    Where the answer is no, :func:`check_time_index` looks more closely: at each by itself.

    Parameters
    ----------
    times : Index
        The labels of all rows.
    row_numbers : sequence of ndarray of int
        The rows of each group.

    Returns
    -------
    ndarray of bool of shape (n_groups,)
    """
    pd = sys.modules["pandas"]
    lengths = np.array([len(numbers) for numbers in row_numbers])
    is_typed = isinstance(times, pd.DatetimeIndex | pd.TimedeltaIndex | pd.PeriodIndex)
    if not is_typed or times.hasnans or lengths.min() < 2:
        return np.zeros(len(lengths), bool)
    rows = np.concatenate(row_numbers)
    first = np.cumsum(lengths) - lengths
    within = np.delete(np.arange(len(rows)), first)  # those that one of their group precedes
    starts = np.cumsum(lengths - 1) - (lengths - 1)
    regular = np.zeros(len(lengths), bool)
    for unit in _exact_units(times):
        ordinals = _ordinals(unit)[rows]
        steps = ordinals[within] - ordinals[within - 1]
        least, most = (part.reduceat(steps, starts) for part in (np.minimum, np.maximum))
        regular |= (least == most) & (least > 0)
    return regular


def _exact_units(times):
    """Yield times, and the months of dates that are all the first, or all the last, of theirs."""
    yield times
    pd = sys.modules["pandas"]
    if isinstance(times, pd.DatetimeIndex) and (
        times.is_month_start.all() or times.is_month_end.all()
    ):
        yield times.tz_localize(None).to_period("M")


def check_times_continue(index, rows, future_index, future_rows, names):
    """Raise unless the times of future rows follow those of each series, in steps of one size.

    Parameters
    ----------
    index, future_index : Index or None
        The indexes of X, whose times are checked already, and of what is known of the time after
        it. Row numbers are no times.
    rows, future_rows : ndarray of int of shape (n_series, ...)
        The last rows of each series, and those of the time after it.
    names : list of str
        The names of the series, for errors.
    """
    past, future = times_in_groups(index), times_in_groups(future_index)
    if past is None or future_index is None or as_times(past[rows[0]]) is None:
        return
    remedy = "Give future the times that follow, or pass future.to_numpy() to go by position."
    if future is None:
        raise ValueError(f"X has times in its index, but future has none. {remedy}")
    for name, before, after in zip(names, rows, future_rows, strict=True):
        times = _take(past, before).append(_take(future, after))
        try:
            check_time_index(times, rows=[*before, *after])
        except ValueError as error:
            raise ValueError(
                f"The times of future must continue those of {name}. {remedy} What was found: "
                f"{error}"
            ) from error


def _take(index, rows):
    """Return the labels of rows; a slice where possible, which keeps the freq."""
    if rows[-1] - rows[0] == len(rows) - 1:  # row numbers ascend
        return index[rows[0] : rows[-1] + 1]
    return index[rows]


def warn_of_unchecked_times(index):
    """Warn of an index of times whose order nothing checks, such as dates that were not parsed."""
    if index is None:
        return
    if not isinstance(index, sys.modules["pandas"].MultiIndex):
        return _warn_of_unchecked_labels(index)
    levels = _levels_of_times(index)
    if len(levels) > 1:
        warn(
            f"The levels {levels} of the MultiIndex are times, so it is not known which to check "
            "for order and gaps. Keep the one that tells the time within a group, and drop others "
            "with df.droplevel()."
        )
    for level in levels or range(index.nlevels):
        _warn_of_unchecked_labels(index.levels[level])


def _warn_of_unchecked_labels(index):
    """Warn of dates as text, times of day, and dates of calendars that pandas does not know."""
    if len(index) == 0:
        return
    found = f"as {type(index[0]).__name__}, such as {index[0]!r}, so their order and gaps are not "
    if _holds_text_dates(index):
        warn(
            f"The index holds dates {found}checked. Parse them with pandas.read_csv(..., "
            "index_col=0, parse_dates=True), or df.index = pandas.to_datetime(df.index).",
        )
    elif kinds_of_labels(plain(index)) == {OTHER_TIME}:
        warn(
            f"The index holds times {found}checked. Make dates of them that pandas.to_datetime "
            "reads, or durations for pandas.to_timedelta."
        )


def _holds_text_dates(index):
    """Return whether the first, middle and last label are dates as text."""
    if index.dtype.kind != "O":
        return False
    labels = [index[place] for place in (0, len(index) // 2, -1)]
    if not all(isinstance(label, str) and _DATE_LIKE.search(label) for label in labels):
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas warns when it guesses a format
        parsed = sys.modules["pandas"].to_datetime(
            labels, errors="coerce", format="mixed", utc=True
        )
    return parsed.notna().all()


def _check_complete(index, rows):
    """Raise if labels are missing or infinite."""
    bad = index.isna()
    if not bad.any():
        bad = ~np.isfinite(_ordinals(index))
    if bad.any():
        raise ValueError(
            f"The time index holds missing labels, the first, {index[bad.argmax()]}, in row "
            f"{rows[bad.argmax()]}. Drop these rows or fill them in."
        )


def _check_increasing(index):
    """Raise unless every label is greater than the one before."""
    ordinals = _ordinals(index)
    increasing = ordinals[1:] > ordinals[:-1]
    if increasing.all():
        return
    place = np.argmin(increasing)
    earlier, label = index[place], index[place + 1]
    found = f"is unsorted: {label} comes after {earlier}"
    remedy = "Sort the rows with .sort_index()"
    if label == earlier:
        found = f"{label} is a duplicate"
        remedy = "Drop duplicates, as by df[~df.index.duplicated()]"
    advice = f"{remedy}, or tell series apart with groups= if the rows belong to several."
    if _times_come_again(index, place):
        advice = (
            "The same times come again, as in a table of several series. Tell these apart with "
            f"groups=, such as groups=df['station']. {remedy}, if there is only one series."
        )
    raise ValueError(f"The time index must be strictly increasing, but {found}. {advice}")


def _times_come_again(index, place):
    """Return whether times begin again after a place, or most of them occur repeatedly."""
    n_times = index.nunique()
    mostly_repeated = n_times > 1 and len(index) >= 1.5 * n_times
    return mostly_repeated or (place > 0 and index[place + 1] == index[0])


def _check_regular(index):
    """Raise unless all labels are the same step apart, in one of the units of time."""
    if len(index) < 3 or (getattr(index, "freq", None) is not None and index.dtype.kind in "mM"):
        return  # pandas has checked that dates follow their freq
    best = None
    for times in _in_units_of_time(index):
        uneven, usual = _uneven_steps(times)
        if uneven.size == 0:
            return
        if best is None or uneven.size <= best[1].size:
            best = times, uneven, usual
    times, uneven, usual = best
    gap = uneven[0]
    raise ValueError(
        f"The time index must be regular, but between {index[gap]} and {index[gap + 1]} lies a "
        f"step of {_step_in_words(times, gap)}, where the usual step is "
        f"{_step_in_words(times, usual)}. Fill gaps with .asfreq() or .reindex(), "
        "or bring irregular times to a grid with .resample(...).mean(), and then call "
        ".interpolate(), or make_windows(..., allow_nan=True); or make each stretch a group of its "
        "own with groups=; or call "
        ".reset_index(drop=True) if the rows are evenly spaced after all."
    )


def _in_units_of_time(index) -> Iterator[Any]:
    """Yield the index itself, then in local time and in months, if it may be regular in these."""
    yield index
    pd = sys.modules["pandas"]
    if isinstance(index, pd.DatetimeIndex):
        local = index.tz_localize(None)
        if index.tz is not None and not _hides_a_gap(local, index):
            yield local  # days last 23 or 25 hours when summer time begins or ends
        months = local.to_period("M")
        after_start, before_end = local.day, local.days_in_month - local.day
        spread = min(np.ptp(after_start.to_numpy()), np.ptp(before_end.to_numpy()))
        if spread <= 3 and months.is_unique:  # one label a month, up to weekends
            yield months


def _hides_a_gap(local, index):
    """Return whether times lack a label that local time lacks no more, as its hour comes twice."""
    steps = _steps(index)
    return _uneven_steps(local)[0].size == 0 and steps.max() >= 2 * np.median(steps)


def _uneven_steps(index):
    """Return the places of uneven steps, and that of a step of the usual (median) size."""
    ordinals, steps = _ordinals(index), _steps(index)
    usual = np.argsort(steps, kind="stable")[(len(steps) - 1) // 2]
    tolerance = _STEP_TOLERANCE * steps[usual]
    if ordinals.dtype.kind == "f":
        tolerance = max(tolerance, 2 * np.spacing(np.abs(ordinals).max()))
    return np.flatnonzero(np.abs(steps - steps[usual]) > tolerance), usual


def _steps(index):
    """Return the steps from each label to the next, as floats."""
    ordinals = _ordinals(index)
    if ordinals.dtype.kind == "f":
        with np.errstate(over="ignore"):
            return np.diff(ordinals)
    return np.diff(ordinals.astype(np.uint64)).astype(float)  # unsigned: the longest do not wrap


def _ordinals(index):
    """Return the labels as numbers that grow with time."""
    if _holds_objects(index):  # exact until here, where a float rounds off what is small
        return np.array([float(label - index[0]) for label in index])
    if index.dtype.kind in "fu":
        return index.to_numpy()
    return index.astype("int64").to_numpy()


def _holds_objects(index):
    return index.dtype.kind == "O" and not isinstance(index, sys.modules["pandas"].PeriodIndex)


def _step_in_words(times, place):
    try:
        with np.errstate(over="raise"):
            return str(times[place + 1] - times[place])
    except (OverflowError, FloatingPointError):
        return "more than the dtype of the index holds"
