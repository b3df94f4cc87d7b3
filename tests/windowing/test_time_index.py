import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklstm.windowing import last_window, make_windows

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
        ([day.date() for day in DAYS], "date"),
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
