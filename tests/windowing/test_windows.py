import subprocess
import sys
import tracemalloc
import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array
from sklearn.preprocessing import StandardScaler

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


# make_windows: a column of X as y


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_y_names_a_column(frame):
    df = frame({"load": [5.0, 6.0, 7.0, 8.0], "heat": [1.0, 2.0, 1.0, 0.0]})
    X, Y = make_windows(df, y="load", lookback=2)
    assert_array_equal(X, [[[5, 1], [6, 2]], [[6, 2], [7, 1]]])  # its past is a feature
    assert_array_equal(Y, [[7], [8]])
    _, Y = make_windows(df, "heat", lookback=1, horizon=2, groups=[0, 0, 0, 0])
    assert_array_equal(Y, [[2, 1], [1, 0]])


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (pd.DataFrame({"a": [1, 2], "b": [3, 4]}), r"y='load' is no column .* \['a', 'b'\]\. Pass"),
        (pl.DataFrame({"a": [1, 2], "b": [3, 4]}), r"y='load' is no column .* \['a', 'b'\]\. Pass"),
        (np.zeros((2, 2)), "y='load' names a column, but X has no names .* of type ndarray. Pass"),
        (pd.Series([1, 2], name="load"), "y='load' names a column, .* of type Series. Pass"),
        ([1, 2], "y='load' names a column, .* of type list. Pass"),
    ],
)
def test_y_that_names_no_column(X, message):
    with pytest.raises(ValueError, match=message):
        make_windows(X, y="load", lookback=1)


def test_names_that_are_of_several_columns():
    df = pd.DataFrame(np.zeros((3, 3)), columns=["load", "load", "heat"])
    for y in ("load", ["heat", "load"]):
        with pytest.raises(ValueError, match=r"y='load' is the name of 2 columns of X.*of its own"):
            make_windows(df, y, lookback=1)


def test_labels_must_not_be_among_the_features():
    df = pd.DataFrame({"a": [1, 2, 3], "state": [0, 1, 1]})
    with pytest.raises(ValueError, match=r"y='state' .* its own label\. Pass .* y=X\['state'\]"):
        make_windows(df, y="state", lookback=2, horizon=0)


# make_windows: several targets

TWO = pd.DataFrame({"load": [0, 1, 2, 3, 4], "heat": [5, 6, 7, 8, 9], "price": [0, 0, 1, 1, 1]})


@pytest.mark.parametrize(
    "y",
    [
        ["heat", "load"],
        ("heat", "load"),
        TWO.columns[[1, 0]],
        TWO[["heat", "load"]],
        TWO[["heat", "load"]].to_numpy(),
        pl.from_pandas(TWO)[["heat", "load"]],
    ],
    ids=lambda y: type(y).__name__,
)
@pytest.mark.parametrize("frame", [TWO, pl.from_pandas(TWO)], ids=["pandas", "polars"])
def test_all_steps_of_a_target_come_before_those_of_the_next(y, frame):
    X, Y = make_windows(frame, y, lookback=2, horizon=2)
    assert_array_equal(X[0], [[0, 5, 0], [1, 6, 0]])
    assert_array_equal(Y, [[7, 8, 2, 3], [8, 9, 3, 4]])
    assert not Y.flags.writeable
    _, Y = make_windows(frame, y, lookback=2, stride=2)
    assert_array_equal(Y, [[7, 2], [9, 4]])
    _, Y = make_windows(frame, y, lookback=1, horizon=1, groups=[0, 1, 0, 1, 1])
    assert_array_equal(Y, [[7, 2], [8, 3], [9, 4]])


def test_names_of_several_targets_are_checked():
    with pytest.raises(
        ValueError, match=r"y='wind' is no column of X.*the series to forecast thems"
    ):
        make_windows(TWO, ["load", "wind"], lookback=2)
    with pytest.raises(ValueError, match=r"y=\['load', 'load'\] holds a column more than once"):
        make_windows(TWO, ["load", "load"], lookback=2)
    with pytest.raises(
        ValueError, match=r"y must hold numbers.*names of columns with a DataFrame X"
    ):
        make_windows(TWO.to_numpy(), ["load", "heat"], lookback=2)


@pytest.mark.parametrize("groups", [None, [0] * 5])
def test_rows_of_labels(groups):
    for labels in (TWO[["price", "load"]], TWO[["price", "load"]].to_numpy(str)):
        _, y = make_windows(TWO, labels, lookback=3, horizon=0, stride=2, groups=groups)
        assert_array_equal(y, np.asarray(labels)[[2, 4]])
    # with horizon=0 a list of text holds labels, also where it could be one of names
    _, y = make_windows(TWO, ["load", "heat", "load", "heat", "heat"], lookback=4, horizon=0)
    assert_array_equal(y, ["heat", "heat"])


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
        last_window(spoilt, 7)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_the_place_of_what_is_missing_is_named(bad):
    rows = np.arange(24.0).reshape(12, 2)
    rows[[7, 9], [1, 0]] = bad
    with pytest.raises(ValueError, match=r"Input X contains (NaN|infinity).*row 7 of X.*Interpol"):
        make_windows(rows, rows[:, 0], lookback=3)
    frame = pd.DataFrame(rows, pd.date_range("2024-01-01", periods=12), ["load", "heat"])
    with pytest.raises(ValueError, match=r"row 7 of X \(2024-01-08 .*\), column 'heat'\. Interpol"):
        make_windows(frame, np.zeros(12), lookback=3)
    with pytest.raises(ValueError, match=r"row 9 of y \(2024-01-10 00:00:00\)\. Interpol"):
        make_windows(frame.fillna(0).replace(np.inf, 0), frame["load"], lookback=3)


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
        (np.zeros(10, dtype=complex), "Complex data not supported: X must hold real numbers"),
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


def test_rows_without_labels():
    with pytest.raises(ValueError, match=r"y must hold a value for .* got shape \(10, 0\)"):
        make_windows(np.zeros(10), np.zeros((10, 0)), lookback=2, horizon=0)


def test_strings_are_labels_and_no_series():
    with pytest.raises(ValueError, match=r"y must hold numbers.* go with horizon=0"):
        make_windows(np.zeros(3), ["a", "b", "c"], lookback=2)


@pytest.mark.parametrize("shape", [(9,), (11,), (9, 2), (1, 10), (10, 1, 1), ()])
@pytest.mark.parametrize("horizon", [0, 1])
@pytest.mark.parametrize("pandas", [False, True])
def test_targets_must_be_as_long_as_X(shape, horizon, pandas):
    X, y = np.zeros(10), np.zeros(shape)
    if pandas and len(shape) in (1, 2):
        X, y = pd.DataFrame(X), pd.DataFrame(y)
    message = r"y must hold a value for every row of X, of shape \(10,\), or \(10, K\)"
    with pytest.raises(ValueError, match=message):
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


@pytest.mark.parametrize("as_y", [False, True])
def test_index_of_groups_must_be_that_of_the_series(as_y):
    days = pd.date_range("2024-01-01", periods=6)
    series = pd.Series(np.arange(6.0), index=days)
    groups = pd.Series(list("aaabbb"), index=days)
    X, y = (np.arange(6.0), series) if as_y else (series, None)
    windows, _ = make_windows(X, y, lookback=2, groups=groups)
    assert_array_equal(windows[:, :, 0], [[0, 1], [3, 4]])
    name = "y" if as_y else "X"
    for other in (groups[::-1], groups.reset_index(drop=True)):
        message = rf"{name} and groups must have .* {name}\.align.*\.reindex.*groups\.to_numpy\(\)"
        with pytest.raises(ValueError, match=message):
            make_windows(X, y, lookback=2, groups=other)
        make_windows(X, y, lookback=2, groups=other.to_numpy())
    with pytest.raises(ValueError, match="X and groups must have the same index"):
        last_window(series, 2, groups=groups[::-1])
    assert_array_equal(last_window(series, 1, groups=groups)[:, 0, 0], [2, 5])


# make_windows and last_window: masked arrays and times


def masked(values, at):
    array = np.ma.array(values)
    array[at] = np.ma.masked
    return array


@pytest.mark.parametrize("dtype", [float, int, bool])
def test_masked_values_are_refused(dtype):
    good, spoilt = np.ones(6, dtype), masked(np.ones(6, dtype), 3)
    message = r"{0} is a masked array with masked values\. The first is in row 3 of {0}\. .*filled"
    with pytest.raises(ValueError, match=message.format("X")):
        make_windows(spoilt, lookback=2)
    with pytest.raises(ValueError, match=message.format("X")):
        last_window(spoilt, 3)
    assert_array_equal(last_window(spoilt, 2), [[[1], [1]]])  # what lies before does not matter
    for horizon in (0, 1):
        with pytest.raises(ValueError, match=message.format("y")):
            make_windows(good, spoilt, lookback=2, horizon=horizon)
    with pytest.raises(ValueError, match=message.format("groups")):
        make_windows(good, lookback=2, groups=spoilt)
    with pytest.raises(ValueError, match=message.format("groups")):
        last_window(good, 1, groups=spoilt)


def test_masked_arrays_without_masked_values():
    for mask in (np.ma.nomask, np.zeros(4, bool)):
        series = np.ma.array([1.0, 2.0, 3.0, 4.0], mask=mask)
        X, Y = make_windows(series, series, lookback=3, groups=np.ma.array([0, 0, 0, 0]))
        assert_array_equal(X, [[[1], [2], [3]]])
        assert_array_equal(Y, [[4]])


NAT_DURATIONS = np.array([1, "NaT", 3], dtype="timedelta64[ms]")
NAT_DATES = np.array(["2024-01-01", "NaT", "2024-01-03"], dtype="datetime64[D]")


@pytest.mark.parametrize("times", [NAT_DURATIONS, NAT_DATES], ids=["durations", "dates"])
@pytest.mark.parametrize("container", [np.asarray, pd.Series, pl.Series, list])
def test_labels_and_groups_that_are_no_time(times, container):
    with pytest.raises(ValueError, match=r"Input y contains NaT\. .*row 1 of y.*Label these rows"):
        make_windows(np.zeros(3), container(times), lookback=1, horizon=0)
    with pytest.raises(ValueError, match=r"Input groups contains NaT\. The first is in row 1 of g"):
        make_windows(np.zeros(3), np.zeros(3), lookback=1, horizon=0, groups=container(times))
    _, labels = make_windows(np.zeros(2), container(times[[0, 2]]), lookback=1, horizon=0)
    assert labels.tolist() == times[[0, 2]].astype(labels.dtype).tolist()


@pytest.mark.parametrize("times", [NAT_DURATIONS, NAT_DATES], ids=["durations", "dates"])
@pytest.mark.parametrize("container", [np.asarray, pd.Series, pl.Series, list])
def test_times_are_no_series(times, container):
    with pytest.raises(ValueError, match=r"X must hold numbers, .*times belong in the index"):
        make_windows(container(times), np.zeros(3), lookback=1)
    with pytest.raises(ValueError, match=r"y must hold numbers, .* go with horizon=0"):
        make_windows(np.zeros(3), container(times), lookback=1)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT, np.datetime64("NaT")])
@pytest.mark.parametrize("container", [list, lambda labels: np.array(labels, dtype=object)])
def test_missing_labels_among_text(missing, container):
    labels = container(["a", "b", missing])
    with pytest.raises(ValueError, match=r"Input y contains .* row 2 of y\. Label these rows"):
        make_windows(np.zeros(3), labels, lookback=1, horizon=0)
    with pytest.raises(ValueError, match=r"Input groups contains .* row 2 of groups"):
        last_window(np.zeros(3), 1, groups=labels)


def test_numbers_and_text_are_different_labels():
    assert_array_equal(last_window([5, 6, 7], 1, groups=[1, "1", 1])[:, 0, 0], [7, 6])
    _, y = make_windows([5, 6, 7], ["a", 1, "1"], lookback=1, horizon=0)
    assert y.tolist() == ["a", 1, "1"]


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (np.array([[0], {}, 1], dtype=object), "groups must hold labels.*unhashable"),
        ([[0], [0, 1], [1]], "groups must hold one label for every row"),
    ],
)
def test_groups_that_are_no_labels(groups, message):
    with pytest.raises((TypeError, ValueError), match=message):
        last_window(np.zeros(3), 1, groups=groups)


# last_window


def test_last_window_continues_the_windows():
    data = np.arange(24.0).reshape(12, 2)
    X, _ = make_windows(data, data[:, 0], lookback=5)
    window = last_window(data, 5)
    assert window.shape == (1, 5, 2)
    assert_array_equal(window[0, -1], [22, 23])
    assert_array_equal(window[0, :-1], X[-1, 1:])
    assert np.shares_memory(window, data)


def test_what_lies_before_the_last_window_does_not_matter():
    days = pd.DatetimeIndex(["2024-01-05", "2024-01-01", "2024-01-01", "2024-01-09"])
    days = days.append(pd.date_range("2024-02-01", periods=3))
    frame = pd.DataFrame({"a": [np.nan, np.inf, 2, 3, 4, 5, 6.0]}, index=days)
    assert_array_equal(last_window(frame, 3), [[[4], [5], [6]]])
    with pytest.raises(ValueError, match="between 2024-01-09 00:00:00 and 2024-02-01 00:00:00"):
        last_window(frame, 4)
    with pytest.raises(ValueError, match="2024-01-01 00:00:00 is a duplicate"):
        last_window(frame.replace(np.inf, 1)[2:0:-1], 2)
    frame.iloc[5] = np.nan
    assert_array_equal(last_window(frame, 1), [[[6]]])
    with pytest.raises(ValueError, match=r"row 5 of X \(2024-02-02 00:00:00\)\. .* end the series"):
        last_window(frame, 2)


def test_last_window_of_each_group():
    data = np.array([[0, 0], [10, 1], [1, 0], [11, 1], [12, 1], [2, 0], [np.nan, 1], [3, 0]])
    groups = np.array(["b", "a", "b", "a", "a", "b", "c", "b"])
    known = data[:, 0] == data[:, 0]
    windows = last_window(data[known], 2, groups=groups[known])
    assert_array_equal(windows, [[[2, 0], [3, 0]], [[11, 1], [12, 1]]])
    assert list(pd.unique(groups[known])) == ["b", "a"]  # the order of the windows
    assert not windows.flags.writeable


def test_windows_of_groups_end_with_their_last_window():
    rng = np.random.default_rng(0)
    data, groups = rng.normal(size=(60, 2)), rng.integers(4, size=60)
    last = last_window(data, 3, groups=groups)
    assert last.shape == (4, 3, 2)
    # windows that are labelled by their last row reach to the end of each group
    X, y = make_windows(data, groups, lookback=3, horizon=0, groups=groups)
    for window, label in zip(last, pd.unique(groups), strict=True):
        assert_array_equal(window, X[y == label][-1])


def test_before_the_last_window_of_a_group_nothing_matters():
    days = pd.date_range("2024-01-01", periods=4)
    frame = pd.DataFrame({"a": [np.nan, 1.0, 2.0, 3.0] * 2}, index=days.append(days))
    groups = np.array(["x"] * 4 + ["y"] * 4)
    assert_array_equal(last_window(frame, 3, groups=groups)[:, :, 0], [[1, 2, 3], [1, 2, 3]])
    with pytest.raises(ValueError, match=r"row 0 of X \(2024-01-01 00:00:00\)"):
        last_window(frame, 4, groups=groups)
    gap = np.array([0, 1, 2, 3, 4, 6, 7])
    assert len(last_window(frame.iloc[gap], 2, groups=groups[gap])) == 2
    with pytest.raises(ValueError, match="between 2024-01-01 00:00:00 and 2024-01-03 00:00:00"):
        last_window(frame.fillna(0).iloc[gap], 3, groups=groups[gap])


def test_groups_too_short_for_a_last_window_are_named():
    message = r"2 of 3 groups have fewer than the lookback=3 rows .*: 'b', 'c'\. .* leave out"
    with pytest.raises(ValueError, match=message):
        last_window(np.arange(6), 3, groups=list("aaabcb"))
    with pytest.raises(ValueError, match=r"0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and others\. Use"):
        last_window(np.arange(12), 3, groups=np.arange(12))


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([0, 0, 1], r"groups must hold one label .* of shape \(4,\); got shape \(3,\)"),
        ([0, 0, np.nan, 1], "Input groups contains NaN.*row 2 of groups"),
    ],
)
def test_refused_groups_of_last_window(groups, message):
    with pytest.raises(ValueError, match=message):
        last_window(np.arange(4), 1, groups=groups)
    with pytest.raises(ValueError, match="0 of 0 groups"):
        last_window(np.zeros(0), 1, groups=[])


# Imports and warnings


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


def test_no_warnings_on_the_way():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frame = pd.DataFrame(
            {"a": np.arange(30.0), "b": np.arange(30.0)},
            index=pd.date_range("2024-01-01", periods=30, freq="h"),
        )
        X, _ = make_windows(frame, frame["a"], lookback=4, horizon=2, groups=["g"] * 30)
        TimeDistributedTransformer(StandardScaler()).fit_transform(X)
        TimeDistributedTransformer(StandardScaler()).fit(frame).transform(frame)
        SlidingWindow(2).fit(frame).transform(frame)
