"""Time indexes of pandas: whether the rows of a series are evenly spaced in time."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np

from sklstm._validation import index_of
from sklstm._warnings import warn

__all__ = ["check_time_index", "common_index", "times_in_groups", "warn_of_text_dates"]

# Steps of a regular time index may differ by this part of a step, as time stamps are rounded.
_STEP_TOLERANCE = 1e-3

# What a label must look like to be taken for a date. pandas alone would read "t1" as one.
_DATE_LIKE = re.compile(r"\d{4}[-/. ]|[-/. ]\d{4}|\d+[-/.]\d+[-/.]\d+|^\d{8}$")


def common_index(X, y):
    """Return the index of X or y, which must be the same where both have one."""
    index, other = index_of(X), index_of(y)
    if index is None or other is None:
        return other if index is None else index
    if not index.equals(other):
        raise ValueError(
            "X and y must have the same index, but theirs differ. Take both from one DataFrame, "
            "or align them with X.align(y, join='inner', axis=0)."
        )
    return index


def times_in_groups(index):
    """Return the part of an index that tells the time within groups, or None."""
    pd = sys.modules.get("pandas")
    if index is None or (isinstance(index, pd.RangeIndex) and index.step > 0):
        return None  # row numbers, which have gaps where groups interleave
    if isinstance(index, pd.MultiIndex):
        kinds = (pd.DatetimeIndex, pd.PeriodIndex, pd.TimedeltaIndex)
        levels = [i for i, level in enumerate(index.levels) if isinstance(level, kinds)]
        return index.get_level_values(levels[0]) if len(levels) == 1 else None
    return index


def check_time_index(index, remedy=""):
    """Raise unless the labels of an index are sorted and evenly spaced, if times or numbers."""
    if index is None:
        return
    pd = sys.modules["pandas"]
    if isinstance(index, pd.MultiIndex):
        raise ValueError(f"The rows have a MultiIndex, of levels {list(index.names)}: {remedy}.")
    if isinstance(index, pd.PeriodIndex) or index.dtype.kind in "iufmM":
        _check_increasing(index)
        _check_regular(index)


def warn_of_text_dates(index):
    """Warn of an index of dates that were not parsed, so that nothing checks their order."""
    if index is None:
        return
    levels = [index]
    if isinstance(index, sys.modules["pandas"].MultiIndex):
        levels = index.levels if times_in_groups(index) is None else []
    for level in levels:
        if _holds_text_dates(level):
            warn(
                f"The index holds dates as {type(level[0]).__name__}, such as {level[0]!r}, so "
                "their order and gaps are not checked. Parse them with pandas.read_csv(..., "
                "index_col=0, parse_dates=True), or df.index = pandas.to_datetime(df.index).",
            )


def _holds_text_dates(index):
    """Return whether the first, middle and last label are dates, as text or datetime.date."""
    if index.dtype.kind != "O" or len(index) == 0:
        return False
    labels = [index[place] for place in (0, len(index) // 2, -1)]
    if all(isinstance(label, date) for label in labels):
        return True
    if not all(isinstance(label, str) and _DATE_LIKE.search(label) for label in labels):
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas warns when it guesses a format
        parsed = sys.modules["pandas"].to_datetime(
            labels, errors="coerce", format="mixed", utc=True
        )
    return parsed.notna().all()


def _check_increasing(index):
    """Raise unless every label is greater than the one before."""
    if index.hasnans:
        raise ValueError("The time index holds missing labels. Drop these rows or fill them in.")
    steps = np.diff(_ordinals(index))
    if (steps > 0).all():
        return
    place = np.argmax(steps <= 0)
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
        uneven, usual = _uneven_steps(_ordinals(times))
        if uneven.size == 0:
            return
        if best is None or uneven.size <= best[1].size:
            best = times, uneven, usual
    times, uneven, usual = best
    gap = uneven[0]
    raise ValueError(
        f"The time index must be regular, but between {index[gap]} and {index[gap + 1]} lies a "
        f"step of {times[gap + 1] - times[gap]}, where the usual step is "
        f"{times[usual + 1] - times[usual]}. Fill gaps with .asfreq() or .reindex() and "
        ".interpolate(); or make each stretch a group of its own with groups=; or call "
        ".reset_index(drop=True) if the rows are evenly spaced after all."
    )


def _in_units_of_time(index) -> Iterator[Any]:
    """Yield the index itself, then in local time and in months, if it may be regular in these."""
    yield index
    pd = sys.modules["pandas"]
    if isinstance(index, pd.DatetimeIndex):
        local = index.tz_localize(None)
        if index.tz is not None:
            yield local  # days last 23 or 25 hours when summer time begins or ends
        months = local.to_period("M")
        after_start, before_end = local.day, local.days_in_month - local.day
        spread = min(np.ptp(after_start.to_numpy()), np.ptp(before_end.to_numpy()))
        if spread <= 3 and months.is_unique:  # one label a month, up to weekends
            yield months


def _uneven_steps(ordinals):
    """Return the places of uneven steps, and that of a step of the usual (median) size."""
    steps = np.diff(ordinals)
    usual = np.argsort(steps, kind="stable")[(len(steps) - 1) // 2]
    tolerance = _STEP_TOLERANCE * steps[usual]
    if ordinals.dtype.kind == "f":
        tolerance = max(tolerance, 2 * np.spacing(np.abs(ordinals).max()))
    return np.flatnonzero(np.abs(steps - steps[usual]) > tolerance), usual


def _ordinals(index):
    """Return the labels as numbers that grow with time."""
    return index.to_numpy() if index.dtype.kind == "f" else index.astype("int64").to_numpy()
