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
        last_window(series, 2)
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
    with pytest.raises(ValueError, match=f"but {label} is a duplicate. Drop duplicates"):
        make_windows(series_on(index), lookback=1)


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
    with pytest.raises(ValueError, match=r"MultiIndex.* one series at a time, such as X\.loc"):
        last_window(series, 2)
