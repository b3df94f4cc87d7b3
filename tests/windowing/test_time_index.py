from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklstm.windowing import last_window, make_windows
from sklstm.windowing._time_index import check_time_index, evenly_spaced_groups

pd = pytest.importorskip("pandas")


HOURS = pd.date_range("2024-01-01", periods=48, freq="h")


def series_on(index):
    return pd.Series(np.arange(float(len(index))), index=index)


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(5, 45, 2),
        pd.Index(np.arange(20)),
        pd.Index(np.arange(20, dtype=np.uint8)),
        pd.Index(np.arange(20) * 0.1),
        pd.Index(1e6 + np.arange(20) / 3),
        pd.Index((1000 + np.arange(20) / 10).astype(np.float32)),
        HOURS,
        pd.DatetimeIndex(HOURS.to_numpy()),
        pd.date_range("2024-01-01", "2024-01-02", periods=8),
        pd.timedelta_range("0h", periods=20, freq="7min"),
        pd.period_range("2024-01", periods=20, freq="M"),
        pd.period_range("2024-01", periods=20, freq="2D"),
        pd.bdate_range("2024-01-01", periods=20),
        pd.date_range("2024-01-01", periods=20, freq="D", tz="Europe/Berlin"),
        pd.Index(list("zxya")),
        pd.Index([True, False, True]),
        pd.CategoricalIndex([3, 1, 2]),
    ],
    ids=lambda index: f"{type(index).__name__}-{index.dtype}",
)
def test_regular_index(index):
    series = series_on(index)
    assert len(make_windows(series, lookback=2)[0]) == len(index) - 2
    assert_array_equal(last_window(series, 1), [[[len(index) - 1]]])


@pytest.mark.parametrize(
    "freq", ["MS", "ME", "QS", "QE", "YS", "YE", "BME", "BMS", "QE-JAN", "2MS", "W"]
)
@pytest.mark.parametrize("tz", [None, "Europe/Berlin"])
@pytest.mark.parametrize("with_freq", [True, False])
def test_calendar_steps_are_regular(freq, tz, with_freq):
    index = pd.date_range("2019-12-15", periods=40, freq=freq, tz=tz)
    make_windows(series_on(index if with_freq else pd.DatetimeIndex(list(index))), lookback=2)


@pytest.mark.parametrize("day", [1, 15, 28])
@pytest.mark.parametrize("missing", range(1, 23))
def test_missing_month_is_named(day, missing):
    index = pd.DatetimeIndex([f"{2023 + i // 12}-{i % 12 + 1:02}-{day}" for i in range(24)])
    before, after = index[missing - 1], index[missing + 1]
    with pytest.raises(ValueError, match=f"between {before} and {after} lies"):
        make_windows(series_on(index.delete(missing)), lookback=2)


@pytest.mark.parametrize("freq", ["ME", "QS", "YE"])
def test_missing_calendar_step_is_named(freq):
    index = pd.date_range("2001-01-01", periods=30, freq=freq)
    with pytest.raises(ValueError, match=f"between {index[9]} and {index[11]} lies"):
        make_windows(series_on(index.delete(10)), lookback=2)


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (
            HOURS.delete(5),
            "between 2024-01-01 04:00:00 and 2024-01-01 06:00:00 lies a step of "
            "0 days 02:00:00, where the usual step is 0 days 01:00:00",
        ),
        (HOURS.delete([20, 21, 40]), "between 2024-01-01 19:00:00 and 2024-01-01 22:00:00"),
        (HOURS.insert(3, pd.Timestamp("2024-01-01 02:30")), "02:00:00 and 2024-01-01 02:30:00"),
        (HOURS.tz_localize("UTC").delete(5), r"between 2024-01-01 04:00:00\+00:00 and"),
        (
            pd.date_range("2024-03-25", periods=14, freq="D", tz="Europe/Berlin").delete(10),
            r"between 2024-04-03 00:00:00\+02:00 and 2024-04-05 00:00:00\+02:00",
        ),
        (
            pd.date_range("2024-03-30", periods=72, freq="h", tz="Europe/Berlin").delete(40),
            r"between 2024-03-31 16:00:00\+02:00 and 2024-03-31 18:00:00\+02:00",
        ),
        (pd.period_range("2024-01", periods=9, freq="M").delete(4), "between 2024-04 and 2024-06"),
        (pd.timedelta_range("0h", periods=9, freq="h").delete(4), "0 days 03:00:00 and 0 days 05"),
        (pd.Index([0, 1, 2, 4, 5]), "between 2 and 4 lies a step of 2, where the usual step is 1"),
        (pd.Index(np.delete(np.arange(50) * 0.1, 30)), r"between 2\.9\d* and 3\.1\d* lies"),
        (
            pd.DatetimeIndex(["2024-01-01", "2024-02-28", "2024-03-01"]),
            "between 2024-01-01 00:00:00 and 2024-02-28 00:00:00 lies a step of 58 days",
        ),
    ],
)
def test_first_gap_is_named(index, message):
    series = series_on(index)
    with pytest.raises(ValueError, match=message) as error:
        make_windows(series, lookback=2)
    for remedy in (".asfreq()", ".interpolate()", "groups=", ".reset_index(drop=True)"):
        assert remedy in str(error.value)
    with pytest.raises(ValueError, match=message):
        last_window(series, len(series))
    make_windows(series.reset_index(drop=True), lookback=2)


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (HOURS[[0, 1, 3, 2, 4]], "unsorted: 2024-01-01 02:00:00 comes after 2024-01-01 03:00:00"),
        (HOURS[::-1], "unsorted: 2024-01-02 22:00:00 comes after 2024-01-02 23:00:00"),
        (pd.RangeIndex(10, 0, -1), "unsorted: 9 comes after 10"),
        (pd.Index(np.array([3, 4, 2], dtype=np.uint8)), "unsorted: 2 comes after 4"),
        (pd.Index([0.5, 1.5, 1.0]), "unsorted: 1.0 comes after 1.5"),
        (pd.PeriodIndex(["2024-02", "2024-01"], freq="M"), "unsorted: 2024-01 comes after 2024-02"),
    ],
)
def test_unsorted_index(index, message):
    with pytest.raises(ValueError, match=message + r"\. Sort the rows with \.sort_index\(\)"):
        make_windows(series_on(index), lookback=1)


@pytest.mark.parametrize(
    ("index", "label"),
    [
        (HOURS[[0, 1, 1, 2]], "2024-01-01 01:00:00"),
        (pd.Index([0, 1, 2, 2]), "2"),
        (pd.PeriodIndex(["2024-01", "2024-01"], freq="M"), "2024-01"),
    ],
)
def test_duplicate_labels(index, label):
    message = f"but {label} is a duplicate. Drop duplicates, .* or tell series apart with groups="
    with pytest.raises(ValueError, match=message):
        make_windows(series_on(index), lookback=1)


DAYS = pd.date_range("2024-01-01", periods=5)


@pytest.mark.parametrize(
    ("index", "found", "last"),
    [
        (DAYS.append(DAYS), "2024-01-01 .* comes after 2024-01-05", "Sort the rows"),
        (DAYS.append(DAYS[:2]), "2024-01-01 .* comes after 2024-01-05", "Sort the rows"),
        (DAYS.append(DAYS[1:]), "2024-01-02 .* comes after 2024-01-05", "Sort the rows"),
        (DAYS.repeat(2), "2024-01-01 00:00:00 is a duplicate", "Drop duplicates"),
        (DAYS.repeat([2, 2, 1, 2, 1]), "2024-01-01 00:00:00 is a duplicate", "Drop duplicates"),
    ],
)
def test_of_stacked_series_groups_are_the_first_remedy(index, found, last):
    message = rf"{found}.* several series.* groups=df\['station'\]\. {last}"
    with pytest.raises(ValueError, match=message):
        make_windows(series_on(index), lookback=1)


@pytest.mark.parametrize(
    ("labels", "type_name"),
    [
        (["2024-01-01", "2024-01-02", "2024-01-04"], "str"),
        (["01/02/2024", "13/02/2024", "14/02/2024"], "str"),
        (["1.2.24", "2.2.24", "3.2.24"], "str"),
        (["20240101", "20240102", "20240103"], "str"),
        (["Jan 2024", "Feb 2024", "Mar 2024"], "str"),
        (["2024-03-31 01:00+01:00", "2024-03-31 03:00+02:00", "2024-03-31 04:00+02:00"], "str"),
    ],
)
@pytest.mark.parametrize("dtype", [object, None, "category"])
def test_dates_that_are_text_are_warned_of(labels, type_name, dtype):
    series = series_on(pd.Index(labels, dtype=dtype))
    message = f"index holds dates as {type_name}, such as .*parse_dates=True.*pandas.to_datetime"
    with pytest.warns(UserWarning, match=message) as record:
        make_windows(series, lookback=2)
    assert len(record) == 1 and record[0].filename == __file__
    with pytest.warns(UserWarning, match=message) as record:
        last_window(series, 2)
    assert len(record) == 1 and record[0].filename == __file__
    with pytest.warns(UserWarning, match=message) as record:
        make_windows(series, lookback=1, groups=[0] * len(series))
    assert len(record) == 1


# Labels that are objects

BERLIN = ZoneInfo("Europe/Berlin")


def at_hour(hour, offset):
    """Return an hour of UTC as the local time of a fixed offset."""
    return datetime(2024, 1, 1, hour, tzinfo=UTC).astimezone(timezone(timedelta(0, offset)))


# Three steps, and what comes after them: their successor, and one step later.
OBJECTS = {
    "date": [date(2024, 2, 27 + day) for day in range(3)] + [date(2024, 3, 1), date(2024, 3, 2)],
    "old date": [date(1400, 1, day) for day in range(1, 6)],
    "datetime": [datetime(2024, 1, 1, hour) for hour in range(5)],
    "Timestamp": list(pd.date_range("2024-01-01", periods=5, freq="h")),
    "zone": list(pd.date_range("2024-03-29", periods=5, tz=BERLIN)),  # a day of 23 hours
    "zones": [at_hour(hour, 3600 * (hour % 3)) for hour in range(5)],
    "datetime64": list(np.arange("2024-01-01", "2024-01-06", dtype="datetime64[D]")),
    "date and Timestamp": [pd.Timestamp(2024, 1, 1)] + [date(2024, 1, day) for day in range(2, 6)],
    "timedelta": [timedelta(hours=hour) for hour in range(5)],
    "timedelta64": list(np.arange(5).astype("timedelta64[h]")),
    "Period": list(pd.period_range("2024-01", periods=5, freq="M")),
    "int": [10, 20, 30, 40, 50],
    "long int": [2**80 + step for step in range(5)],
    "float": [0.1, 0.2, 0.3, 0.4, 0.5],
    "Decimal": [Decimal("1700000000") + Decimal(step) / 10**8 for step in range(5)],
    "Decimal and float": [Decimal("0.5"), 1.5, Decimal("2.5"), 3.5, Decimal("4.5")],
    "Fraction": [Fraction(step, 3) for step in range(5)],
    "Interval": list(pd.interval_range(pd.Timestamp(2024, 1, 1), periods=5)),
}


@pytest.fixture(params=OBJECTS)
def objects(request):
    return np.array([*OBJECTS[request.param], None], dtype=object)[:-1]


@pytest.mark.parametrize("groups", [None, [0] * 5])
def test_objects_that_are_regular(objects, groups):
    series = series_on(pd.Index(objects, dtype=object))
    assert len(make_windows(series, lookback=2, groups=groups)[0]) == 3


@pytest.mark.parametrize("groups", [None, [0] * 5])
@pytest.mark.parametrize(
    ("order", "message"),
    [
        ([0, 1, 2, 4], "must be regular"),
        ([0, 2, 1, 3], "is unsorted"),
        ([0, 1, 1, 2], "is a duplicate"),
    ],
)
def test_objects_are_checked_for_order_and_gaps(objects, groups, order, message):
    series = series_on(pd.Index(objects[order], dtype=object))
    with pytest.raises(ValueError, match=f"The time index must be .*{message}|{message}"):
        make_windows(series, lookback=1, groups=None if groups is None else groups[:4])
    with pytest.raises(ValueError, match=message):
        last_window(series, 4, groups=None if groups is None else groups[:4])


@pytest.mark.parametrize(
    "labels",
    [
        [day.date() for day in DAYS],
        DAYS,
        DAYS.to_period("D"),
        DAYS - DAYS[0],
        pd.interval_range(DAYS[0], periods=5),
    ],
    ids=["date", "DatetimeIndex", "PeriodIndex", "TimedeltaIndex", "IntervalIndex"],
)
def test_categories_of_times_are_checked(labels):
    index = pd.CategoricalIndex(labels)
    make_windows(series_on(index), lookback=2)
    with pytest.raises(ValueError, match="must be regular"):
        make_windows(series_on(index[[0, 1, 2, 4]]), lookback=2)
    with pytest.raises(ValueError, match="is unsorted"):
        make_windows(series_on(index[[0, 2, 1]]), lookback=2)


def test_intervals_are_checked_by_their_left_ends():
    index = pd.interval_range(0, 5)
    make_windows(series_on(index), lookback=2)
    with pytest.raises(ValueError, match="between 1 and 3 lies a step of 2"):
        make_windows(series_on(index.delete(2)), lookback=2)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([DAYS[0], DAYS[1].tz_localize("UTC")], "some have a time zone and some have none"),
        ([DAYS[0], pd.Period("2024-01-02", freq="D")], "holds dates beside periods"),
        ([date(2024, 1, 1), "total"], "holds dates beside other labels, .*reset_index"),
        ([timedelta(1), 2], "holds durations beside numbers"),
        ([date(2024, 1, 1), time(1)], "holds dates beside times"),
        ([pd.Period("2024"), pd.Period("2024-01")], "holds periods that cannot be compared .*freq"),
        ([pd.NaT, "b"], "holds dates beside other labels"),
        ([date(2024, 1, 1), None], "missing labels, the first, NaT, in row 1"),
        ([pd.NaT, np.datetime64("NaT")], "missing labels, the first, NaT, in row 0"),
        ([timedelta(1), np.timedelta64("NaT")], "missing labels, the first, NaT, in row 1"),
        ([Decimal(1), Decimal("NaN")], "missing labels, the first, NaN, in row 1"),
        ([1, np.inf], "missing labels, the first, inf, in row 1"),
    ],
)
def test_objects_that_cannot_be_ordered(labels, message):
    with pytest.raises(ValueError, match=message):
        make_windows(series_on(pd.Index(labels, dtype=object)), lookback=1)
    longer = series_on(pd.Index(["x", *labels], dtype=object))
    with pytest.raises(
        ValueError, match=message.replace("row 1", "row 2").replace("row 0", "row 1")
    ):
        last_window(longer, 2)


class Noon:
    """A date of a calendar that pandas does not know."""

    year = 2024


@pytest.mark.parametrize("label", [time(1), Noon()])
def test_times_that_pandas_cannot_convert_are_warned_of(label):
    series = series_on(pd.Index([label] * 3, dtype=object))
    message = f"index holds times as {type(label).__name__}, such as .* not checked.*pandas"
    with pytest.warns(UserWarning, match=message) as record:
        make_windows(series, lookback=2)
    assert len(record) == 1 and record[0].filename == __file__


def test_objects_in_a_multiindex():
    days = [day.date() for day in DAYS]
    index = pd.MultiIndex.from_product([[1, 2], days])
    units = index.get_level_values(0)
    make_windows(series_on(index), lookback=2, groups=units)
    shuffled = index[[0, 2, 1, 3, 4]]
    with pytest.raises(ValueError, match="is unsorted"):
        make_windows(series_on(shuffled), lookback=2, groups=[1] * 5)
    for typed in (DAYS, DAYS.to_period("D")):
        births = pd.MultiIndex.from_product([days, typed])  # the level of a dtype for times counts
        make_windows(series_on(births), lookback=2, groups=births.get_level_values(0))


def test_times_of_day_in_a_multiindex():
    index = pd.MultiIndex.from_product([["a", "b"], [time(1), time(2), time(4)]])
    with pytest.warns(UserWarning, match="index holds times as time"):
        make_windows(series_on(index), lookback=2, groups=index.get_level_values(0))


def test_several_levels_of_times_are_warned_of():
    index = pd.MultiIndex.from_product([DAYS[:2], DAYS], names=["birth", "day"])
    with pytest.warns(UserWarning, match=r"levels \[0, 1\] of the MultiIndex are times.*droplevel"):
        make_windows(series_on(index), lookback=2, groups=index.get_level_values(0))


# Labels that are hard to subtract


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (pd.Index([0, 2**63 + 5], dtype=np.uint64), None),
        (pd.Index([2**63 + 5, 0], dtype=np.uint64), "is unsorted"),
        (pd.Index([2**63 - 1, 2**63, 2**63 + 1], dtype=np.uint64), None),
        (pd.Index([-(2**63), 2**63 - 1]), None),
        (pd.Index([-(2**63), 2**63 - 2, 2**63 - 1]), "step of more than the dtype"),
        (pd.DatetimeIndex([pd.Timestamp.min, pd.Timestamp.max]), None),
        (pd.Index([-np.inf, 0.0, np.inf]), "missing labels, the first, -inf, in row 0"),
        (pd.TimedeltaIndex(["1h", None, "3h"]), "missing labels, the first, NaT, in row 1"),
    ],
)
def test_extreme_labels(index, message):
    if message is None:
        make_windows(series_on(index), lookback=1)
    else:
        with pytest.raises(ValueError, match=message):
            make_windows(series_on(index), lookback=1)


def test_a_missing_label_is_named_by_its_row():
    index = pd.DatetimeIndex(["2024-01-01", "2024-01-01", "2024-01-02", None])
    with pytest.raises(ValueError, match="the first, NaT, in row 3"):
        make_windows(series_on(index), lookback=1, groups=[0, 1, 0, 1])


@pytest.mark.parametrize("hours", [1, 0.5])
@pytest.mark.parametrize("tz", ["Europe/Berlin", BERLIN])
def test_a_gap_in_the_hour_that_comes_twice(hours, tz):
    step = pd.Timedelta(hours=hours)
    index = pd.date_range("2024-10-27", periods=20, freq=step, tz=tz)
    make_windows(series_on(index), lookback=2)
    second = index.get_loc(pd.Timestamp("2024-10-27 01:00", tz="UTC").tz_convert(tz))
    twice = index.delete(range(second, second + round(1 / hours)))
    assert (np.diff(twice.tz_localize(None)) == step).all()  # regular in local time
    with pytest.raises(ValueError, match=r"between 2024-10-27 02:.*\+02:00 and .* 03:00:00\+01:00"):
        make_windows(series_on(twice), lookback=2)


def test_half_days_of_local_time_are_regular():
    index = pd.date_range("2024-10-26", periods=8, freq="D", tz=BERLIN)
    index = index.append(index + pd.Timedelta(hours=12)).sort_values()
    index = pd.DatetimeIndex([day.replace(hour=12 * (i % 2)) for i, day in enumerate(index)])
    make_windows(series_on(index), lookback=2)


def test_dates_that_are_text_in_a_multiindex():
    index = pd.MultiIndex.from_product([["a", "b"], ["2024-01-01", "2024-01-02", "2024-01-04"]])
    with pytest.warns(UserWarning, match="index holds dates as str, such as '2024-01-01'"):
        make_windows(series_on(index), lookback=2, groups=index.get_level_values(0))
    births = pd.MultiIndex.from_product([["1990-05-17", "1985-01-02"], DAYS])  # has its times
    make_windows(series_on(births), lookback=2, groups=births.get_level_values(0))
    parsed = index.set_levels(pd.to_datetime(index.levels[1]), level=1)
    with pytest.raises(ValueError, match="between 2024-01-02 00:00:00 and 2024-01-04 00:00:00"):
        make_windows(series_on(parsed), lookback=2, groups=parsed.get_level_values(0))


@pytest.mark.parametrize(
    "labels",
    [
        ["ann", "bob", "cid"],
        ["May", "June", "April"],
        ["t1", "t2", "t3"],
        ["house 1", "house 2", "house 3"],
        ["1200", "1201", "1203"],
        ["A-2024", "B-2024", "C-2024"],
        ["10.0.0.1", "10.0.0.2", "10.0.0.3"],
        ["2024-01-01", "unknown", "2024-01-03"],
        [None, "2024-01-02", "2024-01-03"],
        [1, 2, 3],
        [pd.Interval(0, 1), pd.Interval(1, 2), pd.Interval(2, 3)],
    ],
)
def test_text_that_is_no_date_is_silent(labels):
    make_windows(series_on(pd.Index(labels, dtype=object)), lookback=1)


def test_few_labels_of_a_long_text_index_are_looked_at(monkeypatch):
    seen = []
    to_datetime = pd.to_datetime
    monkeypatch.setattr(
        pd,
        "to_datetime",
        lambda labels, **kwargs: (seen.extend(labels), to_datetime(labels, **kwargs))[1],
    )
    index = pd.date_range("2000-01-01", periods=10_000).strftime("%Y-%m-%d")
    with pytest.warns(UserWarning, match="dates as str"):
        make_windows(series_on(index), lookback=2)
    assert seen == ["2000-01-01", "2013-09-09", "2027-05-18"]


def test_missing_label():
    index = pd.DatetimeIndex(["2024-01-01", None, "2024-01-03"])
    with pytest.raises(ValueError, match="holds missing labels"):
        make_windows(series_on(index), lookback=1)


def test_time_index_of_y_alone_is_checked():
    with pytest.raises(ValueError, match="between 4 and 6"):
        make_windows(np.zeros(9), series_on(pd.RangeIndex(10).delete(5)), lookback=1)


def test_multiindex_needs_groups():
    series = series_on(pd.MultiIndex.from_product([["a", "b"], range(5)], names=["unit", "day"]))
    with pytest.raises(ValueError, match=r"MultiIndex, of levels \['unit', 'day'\]: pass groups="):
        make_windows(series, lookback=2)
    message = r"MultiIndex.*: pass groups=, or take one series at a time, such as X\.loc"
    with pytest.raises(ValueError, match=message):
        last_window(series, 2)


@pytest.mark.parametrize("freq", ["h", "D", "MS", "ME", "7min"])
def test_groups_are_checked_at_once_as_they_are_one_by_one(freq):
    rng = np.random.default_rng(0)
    groups = []
    for number in range(30):
        times = pd.date_range(
            f"2020-{1 + number % 12:02d}-01", periods=rng.integers(4, 9), freq=freq
        )
        if number % 3 == 0:
            times = times.delete(rng.integers(1, len(times) - 1))
        groups.append(times if number % 10 else times[::-1])
    times = groups[0].append(groups[1:])
    rows = np.split(np.arange(len(times)), np.cumsum([len(group) for group in groups])[:-1])

    def is_regular(group):
        try:
            check_time_index(group)
        except ValueError:
            return False
        return True

    expected = [is_regular(times[numbers]) for numbers in rows]
    assert 15 <= sum(expected) < 30
    assert evenly_spaced_groups(times, rows).tolist() == expected
    order = rng.permutation(30)
    mixed = evenly_spaced_groups(times, [rows[number] for number in order])
    assert mixed.tolist() == [expected[number] for number in order]
