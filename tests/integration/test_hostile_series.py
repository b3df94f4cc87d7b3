"""Series of any kind are cut as a plain loop cuts them, or refused by a message in words."""

import itertools
import os
import re
import warnings
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from sklstm.windowing import last_window, make_windows

bounded = settings(
    max_examples=int(os.environ.get("SKLSTM_EXAMPLES", "150")), deadline=None, derandomize=True
)

MISSING = [None, np.nan, pd.NaT, pd.NA, np.datetime64("NaT"), np.timedelta64("NaT")]


# --- what a plain loop gives ---------------------------------------------------------------


def rows_by_group(labels, n_rows):
    """Return the rows of each series, by first appearance."""
    rows = {}
    for row in range(n_rows):
        rows.setdefault(None if labels is None else labels[row], []).append(row)
    return list(rows.values())


def windows_by_loop(values, target, all_rows, lookback, horizon, stride):
    windows, targets, origins = [], [], []
    for rows in all_rows:
        for start in range(0, len(rows) - lookback - horizon + 1, stride):
            window = rows[start : start + lookback]
            ahead = rows[start + lookback : start + lookback + horizon]
            windows.append([values[row] for row in window])
            targets.append([target[row] for row in ahead] if horizon else target[window[-1]])
            origins.append(window[-1])
    return windows, targets, origins


# --- series: what a user passes, and the plain values that it stands for --------------------

NUMBERS = {
    "float64": st.integers(-1000, 1000).map(lambda x: x / 8),
    "float32": st.integers(-1000, 1000).map(lambda x: x / 8),
    "float16": st.integers(-100, 100).map(float),
    "int8": st.integers(-128, 127),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "uint8": st.integers(0, 255),
    "uint64": st.integers(0, 2**64 - 1),
    "bool": st.booleans(),
}


def plain_array(values, dtype):
    return np.array(values, dtype=dtype)


def reversed_view(values, dtype):
    return np.array(values[::-1], dtype=dtype)[::-1]


def read_only(values, dtype):
    array = np.array(values, dtype=dtype)
    array.flags.writeable = False
    return array


def fortran(values, dtype):
    return np.asfortranarray(np.array(values, dtype=dtype))


def swapped_bytes(values, dtype):
    return np.array(values, dtype=np.dtype(dtype).newbyteorder())


def masked_array(values, dtype):
    return np.ma.array(values, dtype=dtype, mask=np.zeros(np.shape(values), bool))


def as_list(values, dtype):
    array = np.array(values, dtype=dtype)
    return array if dtype == "uint64" else array.tolist()  # NumPy makes floats of such a list


def as_objects(values, dtype):
    return np.array(values, dtype=dtype).astype(object)


def as_pandas(values, dtype):
    array = np.array(values, dtype=dtype)
    return (
        pd.Series(array)
        if array.ndim == 1
        else pd.DataFrame(array, columns=[*"abc"][: array.shape[1]])
    )


def as_nullable(values, dtype):
    return as_pandas(values, dtype).convert_dtypes()


def as_polars(values, dtype):
    array = np.array(values, dtype="float32" if dtype == "float16" else dtype)
    return (
        pl.Series(array)
        if array.ndim == 1
        else pl.DataFrame(array, schema=[*"abc"][: array.shape[1]])
    )


CONTAINERS = [
    plain_array,
    reversed_view,
    read_only,
    fortran,
    swapped_bytes,
    masked_array,
    as_list,
    as_objects,
    as_pandas,
    as_nullable,
    as_polars,
]


@st.composite
def series(draw, n_rows, index, n_columns):
    """Draw a series, the plain rows that it stands for, and the rows that make it refused."""
    dtype = draw(st.sampled_from(sorted(NUMBERS)))
    shape = (n_rows, n_columns) if n_columns else (n_rows,)
    count = n_rows * max(n_columns, 1)
    numbers = draw(st.lists(NUMBERS[dtype], min_size=count, max_size=count))
    values = np.array(numbers, dtype=dtype).reshape(shape)
    container = draw(st.sampled_from(CONTAINERS))
    data = container(values, dtype)
    bad = set(range(n_rows)) if container is as_objects else set()
    if n_rows and container in SPOILT and draw(st.booleans()):
        row = draw(st.integers(0, n_rows - 1))
        if SPOILT[container](data, row, draw(st.sampled_from([np.nan, np.inf, -np.inf]))):
            bad = {row}
    if index is not None and isinstance(data, pd.Series | pd.DataFrame):
        data.index = index
    rows = values.reshape(n_rows, -1) if n_rows else values
    return data, rows.tolist(), bad


def mask_a_row(data, row, bad):
    data[row] = np.ma.masked
    return True


def spoil_a_row(data, row, bad):
    if data.dtype.kind == "f":
        data[row] = bad
    return data.dtype.kind == "f"


SPOILT = {masked_array: mask_a_row, plain_array: spoil_a_row, fortran: spoil_a_row}


# --- indexes: with what order and gaps say of them -------------------------------------------

DAY = timedelta(1)
NOON = datetime(2024, 3, 25, 12)


def hours_of_autumn(ticks):
    """Return hours of a night in which the clock shows one of them twice."""
    start = pd.Timestamp("2024-10-26 23:00", tz="Europe/Berlin")
    return [start + pd.Timedelta(hours=tick) for tick in ticks]


def days_of_spring(ticks):
    """Return days of which one has 23 hours."""
    start = pd.Timestamp("2024-03-29")
    return [(start + tick * DAY).tz_localize("Europe/Berlin") for tick in ticks]


def in_offsets(ticks):
    """Return successive hours, each as the local time of another offset."""
    zones = [timezone(timedelta(hours=hour)) for hour in (-5, 0, 9)]
    start = datetime(2024, 1, 1, tzinfo=zones[1])
    return [(start + timedelta(hours=tick)).astimezone(zones[tick % 3]) for tick in ticks]


# From whole ticks to labels in the same order. Ticks that are unsorted or have gaps are refused.
CHECKED = {
    "datetimes": lambda ticks: pd.DatetimeIndex([NOON + tick * DAY for tick in ticks]),
    "seconds": lambda ticks: pd.DatetimeIndex(np.array(ticks, "datetime64[s]")),
    "hours": lambda ticks: pd.DatetimeIndex(hours_of_autumn(ticks), tz="Europe/Berlin"),
    "object hours": lambda ticks: pd.Index(hours_of_autumn(ticks), dtype=object),
    "days": lambda ticks: pd.DatetimeIndex(days_of_spring(ticks), tz="Europe/Berlin"),
    "object days": lambda ticks: pd.Index(days_of_spring(ticks), dtype=object),
    "offsets": lambda ticks: pd.Index(in_offsets(ticks), dtype=object),
    "dates": lambda ticks: pd.Index(
        [date(2024, 2, 20) + tick * DAY for tick in ticks], dtype=object
    ),
    "objects": lambda ticks: pd.Index([NOON + tick * DAY for tick in ticks], dtype=object),
    "categories": lambda ticks: pd.CategoricalIndex([NOON + tick * DAY for tick in ticks]),
    "periods": lambda ticks: pd.PeriodIndex(np.array(ticks, "datetime64[M]"), freq="M"),
    "object periods": lambda ticks: pd.Index(
        [pd.Period("2024-01", "M") + tick for tick in ticks], dtype=object
    ),
    "timedeltas": lambda ticks: pd.TimedeltaIndex(np.array(ticks, "timedelta64[m]")),
    "object timedeltas": lambda ticks: pd.Index([tick * DAY for tick in ticks], dtype=object),
    "intervals": lambda ticks: pd.IntervalIndex.from_tuples([(tick, tick + 1) for tick in ticks]),
    "ints": lambda ticks: pd.Index(np.array(ticks, np.int64)),
    "uints": lambda ticks: pd.Index(np.array(ticks, np.uint64) + np.uint64(2**63 - 3)),
    "Int64": lambda ticks: pd.Index(ticks, dtype="Int64"),
    "long ints": lambda ticks: pd.Index([2**90 + tick for tick in ticks], dtype=object),
    "floats": lambda ticks: pd.Index(np.array(ticks) * 0.1),
    "float32": lambda ticks: pd.Index(np.array(ticks, np.float32)),
    "decimals": lambda ticks: pd.Index(
        [Decimal(10**9) + Decimal(tick) / 10**9 for tick in ticks], dtype=object
    ),
    "fractions": lambda ticks: pd.Index([Fraction(tick, 7) for tick in ticks], dtype=object),
}

# Labels that tell no order.
UNCHECKED = {
    "text": lambda ticks: pd.Index([f"row {tick}" for tick in ticks]),
    "object text": lambda ticks: pd.Index([f"row {tick}" for tick in ticks], dtype=object),
    "bools": lambda ticks: pd.Index([tick % 2 == 0 for tick in ticks], dtype=bool),
    "tuples": lambda ticks: pd.Index([("a", tick) for tick in ticks], tupleize_cols=False),
    "none": lambda ticks: pd.Index([None] * len(ticks), dtype=object),
    "mixed": lambda ticks: pd.Index(
        [tick if tick % 2 else str(tick) for tick in ticks], dtype=object
    ),
    "times of day": lambda ticks: pd.Index([time(tick % 24) for tick in ticks], dtype=object),
    "text dates": lambda ticks: pd.Index([f"2024-01-{1 + tick % 28:02}" for tick in ticks]),
}

# How rows of a regular index are taken.
TICKS = st.one_of(
    st.just("regular"),
    st.just("regular"),
    st.sampled_from(["shuffled", "gap", "duplicate", "reversed"]),
)


@st.composite
def orders(draw, n_rows):
    """Draw whole numbers for the labels of rows, in any order."""
    how = draw(TICKS)
    regular = list(range(n_rows))
    if how == "shuffled":
        return draw(st.permutations(regular))
    if how == "reversed":
        return regular[::-1]
    if how != "regular" and n_rows:
        cut = draw(st.integers(0, n_rows - 1))
        shift = 1 if how == "gap" else -1
        return [tick + (shift if tick >= cut else 0) - min(shift, 0) for tick in regular]
    return regular


def is_regular(ticks, rows):
    """Return whether the labels of rows are evenly spaced, upwards."""
    steps = np.diff([ticks[row] for row in rows])
    return len(steps) == 0 or bool(steps[0] > 0 and (steps == steps[0]).all())


# --- groups ---------------------------------------------------------------------------------

LABELS = {
    "ints": [0, 1, 2],
    "floats": [0.5, 1.5, -2.0],
    "text": ["a", "b", "1"],
    "mixed": ["a", 1, "1"],
    "dates": [date(2024, 1, 1), date(2024, 1, 2), date(1, 1, 1)],
    "bools": [True, False],
    "tuples": [("a", 1), ("a", 2)],
    "timedeltas": [timedelta(1), timedelta(2)],
}
OF_LABELS = [
    list,
    lambda labels: one_dimensional(labels),
    lambda labels: pd.Series(one_dimensional(labels)),
    lambda labels: pd.Index(one_dimensional(labels)),
    lambda labels: pd.Categorical(one_dimensional(labels)),
]


def one_dimensional(labels):
    array = np.empty(len(labels), dtype=object)
    array[:] = labels
    return array


@st.composite
def labels_of_rows(draw, n_rows, index):
    """Draw groups or labels, as plain ones, and the rows that make them refused."""
    pool = LABELS[draw(st.sampled_from(sorted(LABELS)))]
    labels = draw(st.lists(st.sampled_from(pool), min_size=n_rows, max_size=n_rows))
    bad = set()
    if n_rows and draw(st.integers(0, 3)) == 0:
        bad = {draw(st.integers(0, n_rows - 1))}
        labels[min(bad)] = draw(st.sampled_from(MISSING))
    # NumPy makes two dimensions of a list of tuples.
    containers = OF_LABELS if pool is not LABELS["tuples"] else OF_LABELS[1:]
    data = draw(st.sampled_from(containers))(labels)
    if index is not None and isinstance(data, pd.Series):
        data.index = index[::-1] if draw(st.integers(0, 3)) == 0 else index
    return data, labels, bad


# --- the properties -------------------------------------------------------------------------

NAMES = {"X", "y", "groups", "index", "group"}


def outcome(function, *args, **kwargs):
    """Return what a function returns, or None if it refuses in words that name an argument."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        try:
            return function(*args, **kwargs)
        except (TypeError, ValueError) as error:
            refusal = error
    assert NAMES & set(re.findall(r"\w+", str(refusal))), refusal
    return None


def assert_holds(array, expected):
    """Check the values, as exact numbers of Python, and that they cannot be changed."""
    assert array.tolist() == expected
    assert not array.flags.writeable


def assert_refused(got):
    assert got is None, got


def are_regular(ticks, parts):
    """Return whether the labels of the rows of each part are evenly spaced, if they tell time."""
    return ticks is None or all(is_regular(ticks, part) for part in parts)


def index_of(data):
    return data.index if isinstance(data, pd.Series | pd.DataFrame) else None


def ticks_of(data, index, ticks):
    """Return the ticks of the index that data have, if any, which may be reversed."""
    if index is None or ticks is None or index_of(data) is None:
        return None
    return ticks if index_of(data).equals(index) else ticks[::-1]


def differ(data, other):
    index, other = index_of(data), index_of(other)
    return index is not None and other is not None and not index.equals(other)


@st.composite
def cases(draw):
    n_rows, kind, ticks, index = draw(st.integers(0, 12)), None, None, None
    if draw(st.booleans()):
        kind = draw(st.sampled_from([*CHECKED, *UNCHECKED]))
        ticks = draw(orders(n_rows))
        index = {**CHECKED, **UNCHECKED}[kind](ticks)
    X = draw(series(n_rows, index, draw(st.integers(0, 3))))
    groups = None, None, set()
    if draw(st.booleans()):
        groups = draw(labels_of_rows(n_rows, index))
    return n_rows, ticks if kind in CHECKED else None, index, X, groups


@bounded
@given(cases(), st.integers(1, 4), st.integers(0, 3), st.integers(1, 3), st.data())
def test_make_windows(case, lookback, horizon, stride, data):
    n_rows, ticks, index, (X, rows, bad), (groups, labels, bad_groups) = case
    if horizon == 0:
        y, target, bad_y = data.draw(labels_of_rows(n_rows, index), label="y")
    elif data.draw(st.booleans(), label="y is given"):
        y, target, bad_y = data.draw(series(n_rows, index, data.draw(st.integers(0, 1))), label="y")
        target = [row[0] for row in target]
    else:
        y, bad_y = None, set()
        target = [row[0] for row in rows]
    got = outcome(
        make_windows,
        X,
        y,
        lookback=lookback,
        horizon=horizon,
        stride=stride,
        groups=groups,
        return_origins=True,
    )
    several_columns = y is None and n_rows > 0 and len(rows[0]) > 1
    if several_columns or bad or bad_y or bad_groups:
        return assert_refused(got)
    if differ(X, y) or differ(X, groups) or differ(y, groups):
        return assert_refused(got)
    parts = rows_by_group(labels, n_rows)
    parts = [part for part in parts if len(part) >= lookback + horizon]
    if not parts or not are_regular(ticks_of(y if index_of(X) is None else X, index, ticks), parts):
        return assert_refused(got)
    expected = windows_by_loop(rows, target, parts, lookback, horizon, stride)
    assert_holds(got[0], expected[0])
    assert_holds(got[1], expected[1])
    assert got[2].tolist() == expected[2]
    return None


@bounded
@given(cases(), st.integers(1, 4))
def test_last_window(case, lookback):
    n_rows, ticks, index, (X, rows, bad), (groups, labels, bad_groups) = case
    got = outcome(last_window, X, lookback, groups=groups)
    parts = rows_by_group(labels, n_rows)
    last = [part[-lookback:] for part in parts]
    if bad_groups or differ(X, groups) or not parts or min(map(len, parts)) < lookback:
        return assert_refused(got)
    if bad.intersection(itertools.chain(*last)):
        return assert_refused(got)
    if not are_regular(ticks_of(X, index, ticks), last):
        return assert_refused(got)
    return assert_holds(got, [[rows[row] for row in part] for part in last])
