"""Labels of an index of pandas: which are times, and how such objects are compared."""

from __future__ import annotations

import sys
from datetime import date, time, timedelta
from decimal import Decimal
from numbers import Real

import numpy as np

__all__ = ["OTHER_TIME", "TIMES", "as_times", "kinds_of_labels", "plain"]

# Kinds of labels, in the words of errors. Other times are those that pandas cannot convert: times
# of day, and dates of other calendars.
_DATE, _DURATION, _PERIOD, OTHER_TIME = "dates", "durations", "periods", "times"
_NUMBER, _LABEL = "numbers", "other labels"
TIMES = {_DATE, _DURATION, _PERIOD, OTHER_TIME}

_KIND_OF_DTYPE = {"M": _DATE, "m": _DURATION, "i": _NUMBER, "u": _NUMBER, "f": _NUMBER}


def as_times(index):
    """Return an index as times or numbers that can be compared, or None if it holds neither."""
    index, given = plain(index), index
    kinds = kinds_of_labels(index)
    if not kinds & TIMES and (kinds != {_NUMBER} or _is_categorical(given)):
        return None
    if index.dtype.kind != "O" or isinstance(index, sys.modules["pandas"].PeriodIndex):
        return index
    if len(kinds) > 1:
        raise ValueError(
            f"The index holds {' beside '.join(sorted(kinds))}, so their order cannot be checked. "
            "Make all its labels times of one kind, as pandas.to_datetime does, or call "
            ".reset_index(drop=True) if the rows are evenly spaced."
        )
    return None if kinds == {OTHER_TIME} else _converted(index, *kinds)


def plain(index):
    """Return the labels of a categorical index, and the left ends of intervals."""
    pd = sys.modules["pandas"]
    if _is_categorical(index):
        index = index.astype(index.categories.dtype)
    if pd.api.types.infer_dtype(index, skipna=True) == "interval":
        return pd.IntervalIndex(index).left
    return index


def _is_categorical(index):
    return isinstance(index, sys.modules["pandas"].CategoricalIndex)


def kinds_of_labels(index):
    """Return the kinds of labels that an index holds, but for those that are missing."""
    pd = sys.modules["pandas"]
    if isinstance(index, pd.PeriodIndex):
        return {_PERIOD}
    if index.dtype.kind != "O":
        return {_KIND_OF_DTYPE.get(index.dtype.kind, _LABEL)}
    if pd.api.types.infer_dtype(index, skipna=True) == "string":
        return {_LABEL}
    kinds = {_kind_of_label(label) for label in index[index.notna()]}
    missing_time = any(_kind_of_label(label) in TIMES for label in index[index.isna()])
    return kinds | {_DATE} if missing_time and not kinds & TIMES else kinds


def _kind_of_label(label):
    if isinstance(label, date | np.datetime64):
        return _DATE
    if isinstance(label, timedelta | np.timedelta64):
        return _DURATION
    if isinstance(label, sys.modules["pandas"].Period):
        return _PERIOD
    if isinstance(label, time) or hasattr(label, "year"):
        return OTHER_TIME
    is_number = isinstance(label, Real | Decimal) and not isinstance(label, bool)
    return _NUMBER if is_number else _LABEL


def _converted(index, kind):
    """Return an index of objects of one kind as dates, durations, periods or numbers."""
    pd = sys.modules["pandas"]
    convert = {
        _DATE: _dates,
        _DURATION: pd.TimedeltaIndex,
        _PERIOD: pd.PeriodIndex,
        _NUMBER: _numbers,
    }
    try:
        return convert[kind](index)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise ValueError(
            f"The index holds {kind} that cannot be compared ({error}). Convert them with pandas "
            "to one kind, or call .reset_index(drop=True) if the rows are evenly spaced."
        ) from error


def _dates(index):
    """Return objects that are dates as a DatetimeIndex, in UTC if their time zones differ."""
    pd = sys.modules["pandas"]
    zones = [getattr(label, "tzinfo", None) for label in index[index.notna()]]
    if None not in zones:
        try:
            return pd.DatetimeIndex(index)
        except ValueError:
            return pd.to_datetime(index, utc=True)
    if zones.count(None) < len(zones):
        raise ValueError("some have a time zone and some have none")
    return pd.DatetimeIndex(index)


def _numbers(index):
    """Return objects that are numbers as such, or left as they are if their differences are exact.

    Decimals, fractions and long integers may have more digits than a float.
    """
    index = index.infer_objects()
    try:
        _ = index - index[0]
    except TypeError:  # some are missing, or decimals stand beside floats
        return index.astype(float)
    return index
