"""Features of dates, against values from the calendar."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklstm.windowing import calendar_features

pd = pytest.importorskip("pandas")

OF_DAYS = ["day_of_week", "is_weekend", "day_of_month", "day_of_year"]


def test_numbers_of_a_date():
    index = pd.DatetimeIndex(["2024-02-29 13:45:59", "2023-12-31 00:00:00", "2024-07-01 23:59:00"])
    names = ["second", "minute", "hour", *OF_DAYS, "month", "quarter"]
    numbers = calendar_features(index, names, cyclic=False)
    assert list(numbers.columns) == names and numbers.index.equals(index)
    assert set(numbers.dtypes) == {np.dtype(float)}
    expected = [  # a Thursday, a Sunday and a Monday
        [59, 45, 13, 3, 0, 29, 60, 2, 1],
        [0, 0, 0, 6, 1, 31, 365, 12, 4],
        [0, 59, 23, 0, 0, 1, 183, 7, 3],
    ]
    assert_array_equal(numbers, expected)


@pytest.mark.parametrize(
    ("name", "dates", "parts_of_the_cycle"),
    [
        ("second", ["2024-01-01 00:00:15", "2024-01-01 00:00:30"], [1 / 4, 1 / 2]),
        ("minute", ["2024-01-01 00:00", "2024-01-01 00:45"], [0, 3 / 4]),
        ("hour", ["2024-01-01 06:00", "2024-01-01 08:00"], [1 / 4, 1 / 3]),
        ("day_of_week", ["2024-01-01", "2024-01-07"], [0, 6 / 7]),
        ("day_of_month", ["2024-02-01", "2024-02-29", "2023-02-28"], [0, 28 / 29, 27 / 28]),
        ("day_of_year", ["2024-12-31", "2023-12-31", "2023-01-01"], [365 / 366, 364 / 365, 0]),
        ("month", ["2024-01-31", "2024-04-30"], [0, 1 / 4]),
        ("quarter", ["2024-03-31", "2024-04-01"], [0, 1 / 4]),
    ],
)
def test_places_in_a_cycle(name, dates, parts_of_the_cycle):
    features = calendar_features(pd.DatetimeIndex(dates), name)
    assert list(features.columns) == [f"{name}_sin", f"{name}_cos"]
    angles = 2 * np.pi * np.array(parts_of_the_cycle)
    assert_allclose(features, np.column_stack([np.sin(angles), np.cos(angles)]), atol=1e-12)


@pytest.mark.parametrize(
    ("freq", "expected"),
    [
        ("YE", []),
        ("QS", ["month"]),
        ("MS", ["month"]),
        ("BME", ["month"]),
        ("W-WED", ["day_of_month", "day_of_year"]),
        ("D", OF_DAYS),
        ("B", OF_DAYS),
        ("6h", ["hour", *OF_DAYS]),
        ("15min", ["minute", "hour", *OF_DAYS]),
        ("30s", ["second", "minute", "hour", *OF_DAYS]),
    ],
)
def test_the_step_chooses_the_features(freq, expected):
    index = pd.date_range("2024-02-01", periods=8, freq=freq)
    without_freq = pd.DatetimeIndex(list(index))
    of_several_series = without_freq.append(without_freq)
    interleaved = without_freq.repeat(3)
    empty = index[:0]
    for dates in (index, index[:1], empty, without_freq, of_several_series, interleaved):
        features = calendar_features(dates, cyclic=False)
        assert list(features.columns) == expected and len(features) == len(dates)


def test_a_date_has_the_same_features_wherever_the_index_begins():
    hours = pd.date_range("2024-02-27", periods=200, freq="h")
    features = calendar_features(hours)
    for part in (hours[:50], hours[77:80], hours[[3]]):
        names = ["hour", *OF_DAYS]
        pd.testing.assert_frame_equal(
            calendar_features(part, names), features.loc[part], check_freq=False
        )


def test_periods_count_from_their_start():
    weeks = pd.period_range("2024-03-01", periods=2, freq="W")  # from Monday, February 26
    features = calendar_features(weeks, cyclic=False)
    assert features.index.equals(weeks)
    assert_array_equal(features, [[26, 31 + 26], [4, 31 + 29 + 4]])


def test_local_time_counts():
    index = pd.DatetimeIndex(["2024-06-30 23:30"]).tz_localize("UTC").tz_convert("Europe/Berlin")
    assert_array_equal(calendar_features(index, ["hour", "month"], cyclic=False), [[1, 7]])


@pytest.mark.parametrize("features", ["day", ["month", "day"], ["month", "month"], [1]])
def test_unknown_features(features):
    with pytest.raises(ValueError, match=r"must be 'auto', or hold names of \['second', .*weekend"):
        calendar_features(pd.date_range("2024-01-01", periods=3), features)


def test_what_is_no_index_of_dates():
    with pytest.raises(TypeError, match=r"DatetimeIndex or a PeriodIndex, got Index.*to_datetime"):
        calendar_features(pd.Index(["2024-01-01"]))
    with pytest.raises(ValueError, match="missing one in row 1"):
        calendar_features(pd.DatetimeIndex(["2024-01-01", None]))
    with pytest.raises(ValueError, match=r"no freq and no two different dates\. Pass the names"):
        calendar_features(pd.DatetimeIndex(["2024-01-01", "2024-01-01"]))
