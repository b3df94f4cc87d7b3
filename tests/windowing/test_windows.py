import subprocess
import sys
import tracemalloc
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklstm.windowing import (
    SlidingWindow,
    TimeDistributedTransformer,
    last_window,
    make_windows,
)

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")


# make_windows: one series


def test_windows_of_ten_steps():
    X, Y, origins = make_windows(np.arange(10), lookback=4, horizon=2, return_origins=True)
    assert X.shape == (5, 4, 1) and Y.shape == (5, 2)
    assert_array_equal(X[0, :, 0], [0, 1, 2, 3])
    assert_array_equal(Y[0], [4, 5])
    assert_array_equal(X[4, :, 0], [4, 5, 6, 7])
    assert_array_equal(Y[4], [8, 9])
    assert_array_equal(origins, [3, 4, 5, 6, 7])


def test_the_lecture_s_shapes():
    X, Y = make_windows(np.zeros((1000, 3)), np.zeros(1000), lookback=20, horizon=8)
    assert X.shape == (1000 - 20 - 8 + 1, 20, 3) and Y.shape == (1000 - 20 - 8 + 1, 8)


def naive_windows(series, target, lookback, horizon, stride):
    X, Y, origins = [], [], []
    start = 0
    while start + lookback + horizon <= len(series):
        stop = start + lookback
        X.append([list(row) for row in series[start:stop]])
        Y.append([target[stop + step] for step in range(horizon)] if horizon else target[stop - 1])
        origins.append(stop - 1)
        start += stride
    return np.array(X), np.array(Y), np.array(origins)


@pytest.mark.parametrize("stride", [1, 2, 3, 7])
@pytest.mark.parametrize("horizon", [0, 1, 2, 5])
@pytest.mark.parametrize("lookback", [1, 2, 4])
@pytest.mark.parametrize("n_steps", [9, 10, 23])
def test_windows_against_a_plain_loop(n_steps, lookback, horizon, stride):
    rng = np.random.default_rng(0)
    series, target = rng.normal(size=(n_steps, 2)), rng.normal(size=n_steps)
    expected = naive_windows(series, target, lookback, horizon, stride)
    for grouped in ({}, {"groups": np.zeros(n_steps)}):
        got = make_windows(
            series,
            target,
            lookback=lookback,
            horizon=horizon,
            stride=stride,
            return_origins=True,
            **grouped,
        )
        for array, values in zip(got, expected, strict=True):
            assert_array_equal(array, values)
        assert len(got[0]) == (n_steps - lookback - horizon) // stride + 1


def test_a_million_rows_are_not_copied():
    data = np.random.default_rng(0).normal(size=1_000_000)
    make_windows(data[:100], lookback=2)  # what is imported or cached on first use
    tracemalloc.start()
    X, Y = make_windows(data, lookback=96, horizon=24)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert X.shape == (999_881, 96, 1) and Y.shape == (999_881, 24)
    assert np.shares_memory(X, data) and np.shares_memory(Y, data)
    assert peak < 1e6


def test_a_frame_is_not_copied():
    frame = pd.DataFrame(np.arange(20.0).reshape(10, 2), columns=["a", "b"])
    X, Y = make_windows(frame, frame["b"], lookback=3)
    assert np.shares_memory(X, frame.to_numpy())
    assert_array_equal(X[0], [[0, 1], [2, 3], [4, 5]])
    assert_array_equal(Y[0], [7])


@pytest.mark.parametrize("horizon", [0, 2])
@pytest.mark.parametrize("groups", [None, [0] * 5 + [1] * 5])
def test_windows_are_read_only_and_the_data_stay_writable(horizon, groups):
    data, target = np.zeros((10, 2)), np.zeros(10)
    X, Y = make_windows(data, target, lookback=3, horizon=horizon, groups=groups)
    for array in (X, Y, last_window(data, 3)):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 1
    assert data.flags.writeable and target.flags.writeable


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16, np.uint8, bool])
@pytest.mark.parametrize("groups", [None, [0] * 8])
def test_dtype_is_kept(dtype, groups):
    data = np.ones(8, dtype=dtype)
    for array in make_windows(data, lookback=3, groups=groups):
        assert array.dtype == dtype


@pytest.mark.parametrize(
    "container",
    [
        list,
        pd.Series,
        pl.Series,
        lambda x: pd.DataFrame({"a": x}),
        lambda x: pl.DataFrame({"a": x}),
        lambda x: pd.Series(x, dtype="Float64"),
        lambda x: np.reshape(x, (-1, 1)),
    ],
)
def test_containers(container):
    X, Y = make_windows(container([1.0, 2.0, 3.0, 4.0]), lookback=2)
    assert_array_equal(X[:, :, 0], [[1, 2], [2, 3]])
    assert_array_equal(Y, [[3], [4]])
    assert_array_equal(last_window(container([1.0, 2.0, 3.0]), 2), [[[2], [3]]])


def test_column_target_equals_flat_target():
    data = np.arange(12.0).reshape(6, 2)
    flat = make_windows(data, data[:, 1], lookback=2)
    column = make_windows(data, data[:, 1:], lookback=2)
    assert_array_equal(flat[1], [[5], [7], [9], [11]])
    assert_array_equal(column[1], flat[1])


@pytest.mark.parametrize("groups", [None, [0] * 5])
def test_labels_of_last_rows(groups):
    labels = np.array(["a", "b", "c", "d", "e"])
    X, y = make_windows(np.arange(5), labels, lookback=3, horizon=0, groups=groups)
    assert_array_equal(y, ["c", "d", "e"])
    assert_array_equal(X[:, -1, 0], [2, 3, 4])


def test_labels_of_a_pandas_series():
    frame = pd.DataFrame({"a": [1, 2, 3, 4], "label": ["u", "v", "u", "w"]})
    _, y = make_windows(frame[["a"]], frame["label"], lookback=2, horizon=0, stride=2)
    assert_array_equal(y, ["v", "w"])


def test_origins_index_the_frame():
    index = pd.date_range("2024-01-01", periods=10, freq="D")
    frame = pd.DataFrame({"a": range(10)}, index=index)
    X, _, origins = make_windows(frame, lookback=3, horizon=2, stride=2, return_origins=True)
    assert_array_equal(frame["a"].iloc[origins], X[:, -1, 0])
    assert list(frame.index[origins].day) == [3, 5, 7]


# make_windows: groups


def test_no_window_crosses_a_group():
    sizes = [200, 150, 300]
    groups = np.repeat(["x", "y", "z"], sizes)
    time = np.concatenate([np.arange(n) for n in sizes])
    number = np.repeat([0, 1, 2], sizes)
    X, Y, origins = make_windows(
        np.column_stack([time, number]),
        time,
        lookback=20,
        horizon=8,
        groups=groups,
        return_origins=True,
    )
    assert len(X) == len(Y) == sum(n - 27 for n in sizes)
    assert (X[:, :, 1] == X[:, :1, 1]).all()
    assert (np.diff(np.hstack([X[:, :, 0], Y]), axis=1) == 1).all()
    assert_array_equal(np.unique(groups[origins], return_counts=True)[1], [173, 123, 273])
    assert_array_equal(time[origins], X[:, -1, 0])


def test_interleaved_groups_keep_their_order():
    groups = ["b", "a", "b", "a", "a", "b"]
    X, Y, origins = make_windows(
        [0, 10, 1, 11, 12, 2], lookback=2, groups=groups, return_origins=True
    )
    assert_array_equal(X[:, :, 0], [[0, 1], [10, 11]])
    assert_array_equal(Y, [[2], [12]])
    assert_array_equal(origins, [2, 3])


@pytest.mark.parametrize("container", [np.array, pd.Series, pl.Series, pd.Categorical])
def test_containers_of_groups(container):
    X, _ = make_windows(np.arange(6), lookback=2, groups=container(["a"] * 3 + ["b"] * 3))
    assert_array_equal(X[:, :, 0], [[0, 1], [3, 4]])


def test_short_groups_give_no_window_and_a_warning():
    groups = [0] * 2 + [1] * 5 + [2] * 4
    with pytest.warns(UserWarning, match=r"2 of 3 groups .* lookback \+ horizon = 5") as record:
        X, Y = make_windows(np.arange(11), lookback=3, horizon=2, groups=groups)
    assert_array_equal(X[:, :, 0], [[2, 3, 4]])
    assert_array_equal(Y, [[5, 6]])
    assert record[0].filename == __file__


def test_only_short_groups_are_an_error():
    with pytest.raises(ValueError, match=r"No group has .* = 7 rows .* longest has 6"):
        make_windows(np.arange(10), lookback=5, horizon=2, groups=[0] * 4 + [1] * 6)


def test_default_index_may_interleave_groups():
    frame = pd.DataFrame({"a": [0, 10, 1, 11, 12, 2, 3.0]})
    X, _ = make_windows(frame, lookback=2, groups=["b", "a", "b", "a", "a", "b", "b"])
    assert_array_equal(X[:, :, 0], [[0, 1], [1, 2], [10, 11]])


def test_each_group_has_its_own_time_index():
    days = pd.date_range("2024-01-01", periods=4, freq="D")
    frame = pd.DataFrame({"a": range(8)}, index=days.append(days))
    X, _ = make_windows(frame, lookback=3, groups=[0] * 4 + [1] * 4)
    assert_array_equal(X[:, :, 0], [[0, 1, 2], [4, 5, 6]])
    with pytest.raises(ValueError, match="between 2024-01-02 00:00:00 and 2024-01-04 00:00:00"):
        make_windows(frame.drop(days[2]), lookback=2, groups=[0] * 3 + [1] * 3)


@pytest.mark.parametrize("levels", [("unit", "day"), ("day", "unit")])
def test_groups_with_a_multiindex(levels):
    days = pd.date_range("2024-01-01", periods=4, freq="D")
    index = pd.MultiIndex.from_product([[1, 2], days], names=["unit", "day"]).reorder_levels(levels)
    frame = pd.DataFrame({"a": range(8)}, index=index)
    units = index.get_level_values("unit")
    X, _ = make_windows(frame, lookback=3, groups=units)
    assert_array_equal(X[:, :, 0], [[0, 1, 2], [4, 5, 6]])
    with pytest.raises(ValueError, match="unsorted"):
        make_windows(frame[::-1], lookback=3, groups=units[::-1])


# make_windows and last_window: errors


@pytest.mark.parametrize("lookback", [0, -1, 2.0, "2", None])
def test_lookback_must_be_a_positive_integer(lookback):
    message = r"The 'lookback' parameter of make_windows must be an int in the range \[1, inf\)"
    with pytest.raises(ValueError, match=message):
        make_windows(np.arange(10), lookback=lookback)
    with pytest.raises(ValueError, match=message.replace("make_windows", "last_window")):
        last_window(np.arange(10), lookback)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("stride", 0, "an int in the range"),
        ("stride", 1.5, "an int in the range"),
        ("horizon", -1, r"an int in the range \[0, inf\)"),
        ("horizon", 2.0, r"an int in the range \[0, inf\)"),
        ("return_origins", "yes", "an instance of 'bool'"),
    ],
)
def test_invalid_parameters(name, value, expected):
    with pytest.raises(ValueError, match=f"The '{name}' parameter of make_windows must be"):
        make_windows(np.arange(10), lookback=2, **{name: value})
    with pytest.raises(TypeError, match=expected):
        make_windows(np.arange(10), lookback=2, **{name: value})


@pytest.mark.parametrize("n_rows", [0, 1, 5])
def test_too_short_a_series_names_the_minimum(n_rows):
    with pytest.raises(ValueError, match=f"X has {n_rows} rows, .* need at least 6"):
        make_windows(np.zeros(n_rows), lookback=4, horizon=2)
    with pytest.raises(ValueError, match=f"X has {n_rows} rows, .* at least 6"):
        last_window(np.zeros(n_rows), 6)


def test_the_shortest_series():
    X, Y = make_windows(np.arange(6), lookback=4, horizon=2)
    assert X.shape == (1, 4, 1) and Y.shape == (1, 2)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_must_be_finite(bad):
    good, spoilt = np.zeros(10), np.zeros(10)
    spoilt[3] = bad
    with pytest.raises(ValueError, match="Input X contains"):
        make_windows(spoilt, lookback=2)
    with pytest.raises(ValueError, match="Input y contains"):
        make_windows(good, spoilt, lookback=2)
    with pytest.raises(ValueError, match="Input y contains"):
        make_windows(good, spoilt, lookback=2, horizon=0)
    with pytest.raises(ValueError, match="Input groups contains"):
        make_windows(good, lookback=2, groups=spoilt)
    with pytest.raises(ValueError, match="Input X contains"):
        last_window(spoilt, 2)


DATES = pd.date_range("2024-01-01", periods=10)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.array(list("abcdefghij")), "X must hold numbers, got dtype <U1"),
        (np.arange(10).astype(object), "X must hold numbers, got dtype object"),
        (DATES.to_numpy(), "X must hold numbers, got dtype datetime64"),
        (pd.DataFrame({"a": range(10), "day": DATES}), r"its columns \['day'\] do not"),
        (pl.DataFrame({"a": range(10), "day": DATES.to_numpy()}), r"its columns \['day'\] do not"),
        (np.zeros((10, 2, 1)), r"X must be a series .* got shape \(10, 2, 1\)"),
        (np.zeros(()), r"X must be a series .* got shape \(\)"),
        (np.zeros(10, dtype=complex), "Complex data not supported"),
        (csr_array(np.ones((10, 1))), "Sparse data"),
    ],
)
def test_refused_data(X, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make_windows(X, np.zeros(10), lookback=2)
    with pytest.raises((ValueError, TypeError), match=message):
        last_window(X, 2)


def test_target_must_be_given_for_several_columns():
    with pytest.raises(ValueError, match=r"X has 3\. Pass the series to forecast as y"):
        make_windows(np.zeros((10, 3)), lookback=2)


def test_labels_must_be_given():
    with pytest.raises(ValueError, match="horizon=0 asks for labels: pass y"):
        make_windows(np.zeros(10), lookback=2, horizon=0)


def test_strings_are_labels_and_no_series():
    with pytest.raises(ValueError, match=r"y must hold numbers.* go with horizon=0"):
        make_windows(np.zeros(3), ["a", "b", "c"], lookback=2)


@pytest.mark.parametrize("shape", [(9,), (11,), (10, 2), (1, 10), (10, 1, 1)])
@pytest.mark.parametrize("horizon", [0, 1])
@pytest.mark.parametrize("pandas", [False, True])
def test_target_must_be_one_series_as_long_as_X(shape, horizon, pandas):
    X, y = np.zeros(10), np.zeros(shape)
    if pandas and len(shape) < 3:
        X, y = pd.DataFrame(X), pd.DataFrame(y)
    with pytest.raises(ValueError, match="y must be one series with a value for every row of X"):
        make_windows(X, y, lookback=2, horizon=horizon)


@pytest.mark.parametrize("groups", [[0] * 9, np.zeros((10, 1)), 0])
def test_groups_must_be_as_long_as_X(groups):
    with pytest.raises(ValueError, match="groups must hold one label for every row of X"):
        make_windows(np.zeros(10), lookback=2, groups=groups)


def test_indexes_of_X_and_y_must_agree():
    days = pd.date_range("2024-01-01", periods=6, freq="D")
    X, y = pd.Series(range(6), index=days), pd.Series(range(6), index=days + pd.Timedelta("1D"))
    with pytest.raises(ValueError, match=r"X and y must have the same index.* X\.align"):
        make_windows(X, y, lookback=2)
    make_windows(X, y.to_numpy(), lookback=2)


# The time index

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


def test_pandas_is_not_imported():
    code = """if True:
        import sys
        sys.modules["pandas"] = None
        sys.modules["polars"] = None
        import numpy as np
        from sklstm.windowing import SlidingWindow, last_window, make_windows
        X, Y = make_windows(np.arange(10), lookback=4)
        make_windows(np.arange(10), lookback=4, groups=[0] * 10)
        SlidingWindow(2).fit_transform(X)
        last_window(np.arange(10), 3)
        assert "tensorflow" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", code], check=True)


# last_window


def test_last_window_continues_the_windows():
    data = np.arange(24.0).reshape(12, 2)
    X, _ = make_windows(data, data[:, 0], lookback=5)
    window = last_window(data, 5)
    assert window.shape == (1, 5, 2)
    assert_array_equal(window[0, -1], [22, 23])
    assert_array_equal(window[0, :-1], X[-1, 1:])
    assert np.shares_memory(window, data)


# SlidingWindow


def test_the_last_steps_of_windows_are_a_view():
    X = np.arange(24.0).reshape(2, 4, 3)
    trimmed = SlidingWindow(lookback=2).fit(X).transform(X)
    assert_array_equal(trimmed[0], [[6, 7, 8], [9, 10, 11]])
    assert_array_equal(trimmed[1], [[18, 19, 20], [21, 22, 23]])
    assert np.shares_memory(trimmed, X)
    assert_array_equal(SlidingWindow().fit_transform(X), X)


def test_rows_before_the_first_are_like_the_first():
    rows = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0], [4.0, 40.0]])
    windows = SlidingWindow(lookback=3).fit_transform(rows)
    assert windows.shape == (4, 3, 2)
    assert_array_equal(windows[:, :, 0], [[1, 1, 1], [1, 1, 2], [1, 2, 3], [2, 3, 4]])
    assert_array_equal(windows[:, :, 1], 10 * windows[:, :, 0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32])
@pytest.mark.parametrize("shape", [(5, 2), (5, 4, 2)])
def test_sliding_window_keeps_the_dtype(dtype, shape):
    assert SlidingWindow(2).fit_transform(np.ones(shape, dtype=dtype)).dtype == dtype


def test_sliding_window_on_windows_of_a_million_rows_takes_no_memory():
    X, _ = make_windows(np.zeros(100_000), lookback=96)
    step = SlidingWindow(lookback=48).fit(X)
    tracemalloc.start()
    step.transform(X)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1e6


def test_attributes_of_sliding_window():
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    step = SlidingWindow(lookback=1).fit(frame)
    assert step.n_features_in_ == 2 and list(step.feature_names_in_) == ["a", "b"]
    assert not hasattr(step, "n_timesteps_in_")
    step.fit(np.zeros((5, 4, 3)))
    assert (step.n_features_in_, step.n_timesteps_in_) == (3, 4)
    assert not hasattr(step, "feature_names_in_")
    step.fit(frame)
    assert not hasattr(step, "n_timesteps_in_")


def test_sliding_window_takes_any_longer_windows():
    step = SlidingWindow(lookback=2).fit(np.zeros((5, 4, 1)))
    assert step.transform(np.zeros((1, 3, 1))).shape == (1, 2, 1)


@pytest.mark.parametrize(
    ("lookback", "X", "message"),
    [
        (0, np.zeros((5, 2)), "The 'lookback' parameter of SlidingWindow must be an int"),
        (1.5, np.zeros((5, 2)), "The 'lookback' parameter of SlidingWindow must be an int"),
        (None, np.zeros((5, 2)), r"lookback=None keeps whole windows.*rows, of shape \(5, 2\)"),
        (5, np.zeros((9, 4, 2)), "lookback=5 is longer than the windows of X, which have 4"),
        (1, np.zeros(5), r"got shape \(5,\). Reshape your data"),
        (1, np.zeros((5, 2, 2, 2)), r"got shape \(5, 2, 2, 2\)"),
        (1, np.full((5, 2), np.nan), "Input X contains NaN"),
        (1, np.full((5, 2, 1), np.inf), "Input X contains infinity"),
        (1, np.full((5, 2, 1), "a"), "strings"),
        (1, np.zeros((0, 2, 1)), "minimum of 1 is required"),
    ],
)
def test_errors_of_sliding_window_at_fit(lookback, X, message):
    with pytest.raises(ValueError, match=message):
        SlidingWindow(lookback=lookback).fit(X)


@pytest.mark.parametrize(
    ("seen", "X", "message"),
    [
        ((5, 4, 2), np.zeros((5, 4, 3)), "X has 3 features, but SlidingWindow is expecting 2 feat"),
        ((5, 2), np.zeros((5, 3)), "X has 3 features, but SlidingWindow is expecting 2 features"),
        ((5, 2), np.zeros((5, 4, 2)), r"X holds windows, .* was fitted on rows"),
        ((5, 4, 2), np.zeros((5, 2)), r"X holds rows, .* was fitted on windows"),
        (
            (5, 4, 2),
            np.zeros((5, 2, 2)),
            "lookback=3 is longer than the windows of X, which have 2",
        ),
        ((5, 4, 2), np.full((5, 4, 2), np.nan), "Input X contains NaN"),
    ],
)
def test_errors_of_sliding_window_at_transform(seen, X, message):
    step = SlidingWindow(lookback=3).fit(np.zeros(seen))
    with pytest.raises(ValueError, match=message):
        step.transform(X)


def test_sliding_window_must_be_fitted():
    with pytest.raises(NotFittedError):
        SlidingWindow(lookback=2).transform(np.zeros((5, 4, 1)))


# TimeDistributedTransformer

RANDOM_WINDOWS = np.random.default_rng(0).normal(3, 5, size=(30, 4, 2))


def test_scaler_over_all_time_steps():
    X = np.array([[[0.0], [2.0]], [[4.0], [6.0]]])  # mean 3, variance (9 + 1 + 1 + 9) / 4 = 5
    step = TimeDistributedTransformer(StandardScaler()).fit(X)
    assert step.transformer_.mean_ == [3] and step.transformer_.var_ == [5]
    assert_allclose(step.transform(X).ravel(), np.array([-3, -1, 1, 3]) / 5**0.5)
    assert_allclose(step.inverse_transform(step.transform(X)), X)


def test_time_steps_keep_their_places():
    step = TimeDistributedTransformer(FunctionTransformer(lambda x: 10 * x + [0, 1]))
    out = step.fit_transform(RANDOM_WINDOWS)
    for window in range(30):
        for time in range(4):
            a, b = RANDOM_WINDOWS[window, time]
            assert_array_equal(out[window, time], [10 * a, 10 * b + 1])


def test_transformer_that_drops_columns():
    step = TimeDistributedTransformer(PCA(n_components=1)).fit(RANDOM_WINDOWS)
    out = step.transform(RANDOM_WINDOWS)
    assert out.shape == (30, 4, 1)
    assert step.inverse_transform(out).shape == (30, 4, 2)
    # the first component holds the larger eigenvalue of the covariance of all time steps
    largest = np.linalg.eigvalsh(np.cov(RANDOM_WINDOWS.reshape(-1, 2).T))[-1]
    assert out.var(ddof=1) == pytest.approx(largest)


def test_the_transformer_is_cloned():
    scaler = StandardScaler()
    step = TimeDistributedTransformer(scaler).fit(RANDOM_WINDOWS)
    assert not hasattr(scaler, "mean_") and hasattr(step.transformer_, "mean_")


def test_parameters_of_the_transformer_are_reachable():
    step = clone(TimeDistributedTransformer(StandardScaler())).set_params(
        transformer__with_mean=False
    )
    assert step.transformer.with_mean is False
    assert step.fit_transform(RANDOM_WINDOWS).mean() != pytest.approx(0, abs=1e-3)


def test_column_transformer_on_windows_and_frames():
    by_number = ColumnTransformer([("s", StandardScaler(), [1])], remainder="passthrough")
    out = TimeDistributedTransformer(by_number).fit_transform(RANDOM_WINDOWS)
    assert out[:, :, 0].std() == pytest.approx(1)
    assert_array_equal(out[:, :, 1], RANDOM_WINDOWS[:, :, 0])

    frame = pd.DataFrame(RANDOM_WINDOWS[:, 0], columns=["a", "b"])
    by_name = ColumnTransformer([("s", StandardScaler(), ["b"])], remainder="passthrough")
    for rows in (frame, pl.DataFrame({"a": frame["a"].to_numpy(), "b": frame["b"].to_numpy()})):
        step = TimeDistributedTransformer(by_name).fit(rows)
        assert_array_equal(step.transform(rows)[:, 1], frame["a"])
        assert list(step.feature_names_in_) == ["a", "b"]
    assert not hasattr(step, "inverse_transform")


def test_sparse_output_is_made_dense():
    X = np.array([[[0], [1]], [[2], [0]]])
    out = TimeDistributedTransformer(OneHotEncoder()).fit_transform(X)
    assert_array_equal(out, [[[1, 0, 0], [0, 1, 0]], [[0, 0, 1], [1, 0, 0]]])


def test_target_reaches_the_transformer_on_rows_only():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(50, 3))
    step = TimeDistributedTransformer(SelectKBest(lambda X, y: np.abs(X.T @ y), k=1))
    assert_array_equal(step.fit_transform(rows, rows[:, 2])[:, 0], rows[:, 2])
    TimeDistributedTransformer(StandardScaler()).fit(RANDOM_WINDOWS, np.zeros(30))


def test_no_windows_and_other_lengths():
    step = TimeDistributedTransformer(FunctionTransformer()).fit(RANDOM_WINDOWS)
    assert step.transform(np.zeros((0, 4, 2))).shape[0] == 0
    assert step.transform(np.zeros((3, 9, 2))).shape == (3, 9, 2)
    assert step.transform(np.zeros((9, 2))).shape == (9, 2)


@pytest.mark.parametrize("X", [np.zeros((30, 4, 3)), np.zeros((30, 3))])
def test_number_of_features_is_checked(X):
    step = TimeDistributedTransformer(StandardScaler()).fit(RANDOM_WINDOWS)
    message = "X has 3 features, but TimeDistributedTransformer is expecting 2 features"
    with pytest.raises(ValueError, match=message):
        step.transform(X)


def test_errors_of_time_distributed_transformer():
    with pytest.raises(ValueError, match="The 'transformer' parameter of TimeDistributedTransfor"):
        TimeDistributedTransformer(LinearRegression()).fit(RANDOM_WINDOWS)
    with pytest.raises(ValueError, match=r"got shape \(5,\). Reshape your data"):
        TimeDistributedTransformer(StandardScaler()).fit(np.zeros(5))
    with pytest.raises(NotFittedError):
        TimeDistributedTransformer(StandardScaler()).transform(RANDOM_WINDOWS)


# As scikit-learn's


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("everywhere", [False, True])
@pytest.mark.parametrize("rows", [False, True])
def test_set_output_does_no_harm(library, everywhere, rows):
    X = pd.DataFrame(RANDOM_WINDOWS[:, 0], columns=["a", "b"]) if rows else RANDOM_WINDOWS
    pipeline = Pipeline(
        [
            ("scale", TimeDistributedTransformer(StandardScaler())),
            ("pca", TimeDistributedTransformer(PCA(1))),
            ("window", SlidingWindow(lookback=3)),
        ]
    )
    expected = clone(pipeline).fit_transform(X)
    assert expected.shape == (30, 3, 1)
    with config_context(transform_output=library if everywhere else "default"):
        if not everywhere:
            pipeline.set_output(transform=library)
        out = pipeline.fit_transform(X)
        assert_allclose(pipeline.transform(X), expected, atol=1e-12)
    assert isinstance(out, np.ndarray)
    assert_allclose(out, expected, atol=1e-12)


def test_subclasses_with_feature_names_return_arrays_too():
    class Named(SlidingWindow):
        def transform(self, X):
            return super().transform(X)

        def get_feature_names_out(self, input_features=None):
            return np.array(["a", "b"], dtype=object)

    with config_context(transform_output="pandas"):
        assert isinstance(Named().fit_transform(RANDOM_WINDOWS), np.ndarray)


def test_tags():
    for estimator in (SlidingWindow(), TimeDistributedTransformer(StandardScaler())):
        tags = get_tags(estimator).input_tags
        assert tags.two_d_array and tags.three_d_array and not tags.one_d_array
    assert get_tags(TimeDistributedTransformer(StandardScaler())).input_tags.allow_nan
    assert not get_tags(TimeDistributedTransformer(PCA())).input_tags.allow_nan


def rows_depend_on_each_other(estimator):
    if not isinstance(estimator, SlidingWindow):
        return {}
    reason = "on rows, a sample is the window that ends with it"
    return {
        "check_methods_sample_order_invariance": reason,
        "check_methods_subset_invariance": reason,
    }


@parametrize_with_checks(
    [
        SlidingWindow(lookback=3),
        TimeDistributedTransformer(StandardScaler()),
        TimeDistributedTransformer(PCA(n_components=1)),
    ],
    expected_failed_checks=rows_depend_on_each_other,
    xfail_strict=True,
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


# The look-back as a hyperparameter


class TargetRecorder(RegressorMixin, BaseEstimator):
    """Write down the targets that each look-back is scored on."""

    seen: dict = {}

    def fit(self, X, y):
        self.fitted_ = True
        return self

    def score(self, X, y):
        self.seen.setdefault(X.shape[1], []).append(y)
        return 0.0


def test_all_lookbacks_are_scored_on_the_same_targets(monkeypatch):
    monkeypatch.setattr(TargetRecorder, "seen", {})
    X, Y = make_windows(np.arange(200), lookback=48, horizon=3)
    pipeline = Pipeline([("window", SlidingWindow()), ("spy", TargetRecorder())])
    grid = {"window__lookback": [1, 12, 48, None]}
    GridSearchCV(pipeline, grid, cv=TimeSeriesSplit(3, gap=2, test_size=30), refit=False).fit(X, Y)
    seen = TargetRecorder.seen
    assert set(seen) == {1, 12, 48}
    # 200 steps: 150 windows, whose targets begin at 48; 3 tests of the last 90 windows
    expected = [np.add.outer(np.arange(start, start + 30), range(3)) for start in (108, 138, 168)]
    for lookback, repeats in ((1, 1), (12, 1), (48, 2)):
        assert len(seen[lookback]) == 3 * repeats
        for got, targets in zip(seen[lookback], expected * repeats, strict=True):
            assert_array_equal(got, targets)


@pytest.mark.parametrize("horizon", [1, 6])
def test_grid_search_finds_the_lookback_that_matters(horizon):
    rng = np.random.default_rng(0)
    series = list(rng.normal(size=48))
    for noise in rng.normal(size=1200):
        series.append(0.6 * series[-48] + 0.3 * series[-1] + noise)
    X, Y = make_windows(series, lookback=72, horizon=horizon)
    pipeline = Pipeline(
        [
            ("scale", TimeDistributedTransformer(StandardScaler())),
            ("window", SlidingWindow()),
            ("flatten", FunctionTransformer(lambda X: X.reshape(len(X), -1))),
            ("linear", LinearRegression()),
        ]
    )
    search = GridSearchCV(
        pipeline,
        {"window__lookback": [1, 12, 24, 49, 72]},
        cv=TimeSeriesSplit(3, gap=horizon - 1),
    ).fit(X, Y)
    assert search.best_params_["window__lookback"] >= 49
    assert search.predict(last_window(series, 72)).shape == (1, horizon)


def test_no_warnings_on_the_way():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frame = pd.DataFrame({"a": np.arange(30.0), "b": np.arange(30.0)}, index=HOURS[:30])
        X, _ = make_windows(frame, frame["a"], lookback=4, horizon=2, groups=["g"] * 30)
        TimeDistributedTransformer(StandardScaler()).fit_transform(X)
        TimeDistributedTransformer(StandardScaler()).fit(frame).transform(frame)
        SlidingWindow(2).fit(frame).transform(frame)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_the_place_of_what_is_missing_is_named(bad):
    rows = np.arange(24.0).reshape(12, 2)
    rows[[7, 9], [1, 0]] = bad
    with pytest.raises(ValueError, match=r"Input X contains (NaN|infinity).*row 7 of X.*Interpol"):
        make_windows(rows, rows[:, 0], lookback=3)
