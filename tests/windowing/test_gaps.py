"""make_windows and last_window on series with gaps."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklstm.windowing import last_window, make_windows

pd = pytest.importorskip("pandas")

NAN = np.nan


def make_silently(*args, **kwargs):
    """Make windows; return how many were left out, too, as the warning says."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        parts = make_windows(*args, allow_nan=True, **kwargs)
    told = [int(str(w.message).split()[0]) for w in caught if "left out" in str(w.message)]
    return (*parts, sum(told))


def test_windows_keep_gaps_and_targets_do_not():
    series = np.array([1.0, NAN, 3.0, 4.0, 5.0, NAN, 7.0, 8.0])
    with pytest.warns(UserWarning, match=r"^1 of 6 windows were left out: .* targets are miss"):
        X, Y, origins = make_windows(series, lookback=2, allow_nan=True, return_origins=True)
    assert_array_equal(X[:, :, 0], [[1, NAN], [NAN, 3], [3, 4], [5, NAN], [NAN, 7]])
    assert_array_equal(Y, [[3], [4], [5], [7], [8]])
    assert_array_equal(origins, [1, 2, 3, 5, 6])
    assert not X.flags.writeable and not Y.flags.writeable and not origins.flags.writeable


def test_without_missing_targets_windows_are_views():
    rows = np.arange(20.0).reshape(10, 2)
    rows[3, 1] = NAN
    X, Y = make_windows(rows, rows[:, 0], lookback=3, horizon=2, allow_nan=True)
    assert np.shares_memory(X, rows) and np.shares_memory(Y, rows) and len(X) == 6
    assert_array_equal(np.isnan(X[:, :, 1]).sum(axis=1), [0, 1, 1, 1, 0, 0])
    complete = np.arange(20.0).reshape(10, 2)
    for part, same in zip(
        make_windows(complete, complete[:, 0], lookback=3, allow_nan=True),
        make_windows(complete, complete[:, 0], lookback=3),
        strict=True,
    ):
        assert_array_equal(part, same)


def by_loop(rows, targets, groups, lookback, horizon, stride, ahead):
    """Return windows, targets and origins of all series, and how many lack a target."""
    found, n_left_out = [], 0
    for label in dict.fromkeys(groups):
        numbers = [row for row in range(len(rows)) if groups[row] == label]
        for start in range(0, len(numbers) - lookback - horizon + 1, stride):
            past = numbers[start : start + lookback]
            coming = numbers[start + lookback : start + lookback + horizon]
            window = [
                [*rows[row], *(rows[numbers[start + step + horizon]][k] for k in ahead)]
                for step, row in enumerate(past)
            ]
            target = [targets[row][k] for k in range(targets.shape[1]) for row in coming]
            if np.isnan(target).any():
                n_left_out += 1
            else:
                found.append((window, target, past[-1]))
    windows, targets, origins = zip(*found, strict=True)
    return np.array(windows), np.array(targets), np.array(origins), n_left_out


@pytest.mark.parametrize("stride", [1, 3])
@pytest.mark.parametrize("ahead", [[], [1, 2]])
@pytest.mark.parametrize("n_targets", [1, 2])
@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_against_a_plain_loop(stride, ahead, n_targets, grouped, seed):
    rng = np.random.default_rng(seed)
    rows, targets = rng.normal(size=(60, 3)), rng.normal(size=(60, n_targets))
    rows[rng.random(rows.shape) < 0.3] = NAN
    targets[rng.random(targets.shape) < 0.2] = NAN
    groups = rng.choice(["a", "b"], 60) if grouped else np.full(60, "a")
    *expected, n_left_out = by_loop(rows, targets, groups, 4, 2, stride, ahead)
    *parts, told = make_silently(
        rows,
        targets,
        lookback=4,
        horizon=2,
        stride=stride,
        groups=groups if grouped else None,
        future=ahead or None,
        return_origins=True,
    )
    assert told == n_left_out > 0
    for part, wanted in zip(parts, expected, strict=True):
        assert_array_equal(part, wanted)
        assert not part.flags.writeable


@pytest.mark.parametrize(
    "labels",
    [
        ["a", None, "b", "a", None, "b"],
        pd.Series(["a", None, "b", "a", NAN, "b"]),
        pd.Series(["a", None, "b", "a", None, "b"], dtype="category"),
        [1.0, NAN, 2.0, 1.0, NAN, 2.0],
        pd.Series([1, None, 2, 1, None, 2], dtype="Int64"),
        pd.to_datetime(["2024", None, "2025", "2024", None, "2025"]),
    ],
)
def test_windows_without_a_label_are_left_out(labels):
    X, y, origins, n_left_out = make_silently(
        np.arange(6.0), labels, lookback=2, horizon=0, return_origins=True
    )
    assert n_left_out == 2
    assert_array_equal(X[:, :, 0], [[1, 2], [2, 3], [4, 5]])
    assert_array_equal(origins, [2, 3, 5])
    assert y[0] == y[2] != y[1]
    with pytest.raises(ValueError, match=r"Input y contains .* row 1 of y.*allow_nan=True"):
        make_windows(np.arange(6.0), labels, lookback=2, horizon=0)


def test_rows_of_labels():
    labels = np.array([[0.0, 1.0], [1.0, NAN], [1.0, 1.0]])
    X, y, n_left_out = make_silently(np.arange(3.0), labels, lookback=1, horizon=0)
    assert n_left_out == 1
    assert_array_equal(y, [[0, 1], [1, 1]])
    assert_array_equal(X.ravel(), [0, 2])


@pytest.mark.parametrize("dtype", ["Int64", "Float32", "float32"])
def test_missing_values_of_pandas(dtype):
    series = pd.Series([1, None, 3, 4, 5], dtype=dtype)
    X, Y, n_left_out = make_silently(series, lookback=2, horizon=1)
    assert n_left_out == 0
    assert_array_equal(X[:, :, 0], [[1, NAN], [NAN, 3], [3, 4]])
    assert_array_equal(Y.ravel(), [3, 4, 5])


def test_a_column_with_gaps_cannot_be_known_and_forecast():
    frame = pd.DataFrame({"load": [1.0, NAN, 3.0, 4.0, 5.0], "day": [1.0, 2.0, 3.0, 4.0, 5.0]})
    with pytest.raises(ValueError, match="future holds the column 'load' of X, which is what y"):
        make_windows(
            frame, frame["load"].to_numpy(), lookback=2, horizon=1, future="load", allow_nan=True
        )


def test_a_grid_made_by_pandas():
    """The calls that the documentation names."""
    times = pd.to_datetime(["2024-01-01", "2024-01-03", "2024-01-09", "2024-01-23"])
    series = pd.Series([1.0, 3.0, 5.0, 7.0], index=times)
    with pytest.raises(ValueError, match=r"must be regular.*\.asfreq.*\.resample.*allow_nan=True"):
        make_windows(series, lookback=2, allow_nan=True)
    weekly = series.resample("W").mean()  # 2 in the first week, 5, none, 7
    X, Y = make_windows(weekly, lookback=3, allow_nan=True)
    assert_array_equal(X[:, :, 0], [[2, 5, NAN]])
    assert_array_equal(Y, [[7]])
    daily = series[:2].asfreq("D")
    assert_array_equal(last_window(daily, 3, allow_nan=True).ravel(), [1, NAN, 3])


# last_window


def test_the_last_window_keeps_gaps():
    rows = np.array([[1.0, 10.0], [NAN, 20.0], [3.0, NAN]])
    window = last_window(rows, 2, allow_nan=True)
    assert_array_equal(window, [[[NAN, 20], [3, NAN]]])
    assert np.shares_memory(window, rows) and not window.flags.writeable
    groups = ["a", "b", "a"]
    assert_array_equal(
        last_window(rows, 1, groups=groups, allow_nan=True), [[[3, NAN]], [[NAN, 20]]]
    )
    future = last_window(rows, 2, future=[30.0, NAN], future_columns=1, allow_nan=True)
    assert_array_equal(future, [[[NAN, 20, 30], [3, NAN, NAN]]])
    with pytest.raises(ValueError, match="Input future contains NaN"):
        last_window(rows[:1], 1, future=[NAN], future_columns=1)


# What is refused


@pytest.mark.parametrize("call", [make_windows, last_window])
def test_gaps_are_refused_unless_allowed(call):
    series = np.array([1.0, 2.0, NAN, 4.0])
    with pytest.raises(ValueError, match=r"row 2 of X\. Interpol.*allow_nan=True.*WindowImputer"):
        call(series, lookback=2)


def test_infinity_and_masked_values_are_refused_even_so():
    infinite, masked = np.array([1.0, NAN, np.inf, 4.0]), np.ma.masked_equal([1.0, 2.0, 3.0], 2)
    for call in make_windows, last_window:
        with pytest.raises(ValueError, match=r"infinity.* row 2 of X\. Replace infinity by NaN"):
            call(infinite, lookback=2, allow_nan=True)
        with pytest.raises(ValueError, match=r"masked values.* row 1 of X.*\.filled\(np\.nan\)"):
            call(masked, lookback=2, allow_nan=True)
    with pytest.raises(ValueError, match=r"Input y contains infinity.* row 2 of y"):
        make_windows(np.zeros(4), infinite, lookback=2, allow_nan=True)
    with pytest.raises(ValueError, match=r"Input y contains infinity.* row 2 of y"):
        make_windows(np.zeros(4), infinite, lookback=2, horizon=0, allow_nan=True)


def test_a_series_without_a_target_is_refused():
    with pytest.raises(ValueError, match=r"All 8 windows lack a target.*smaller horizon"):
        make_windows(np.zeros(10), np.full(10, NAN), lookback=2, allow_nan=True)
    with pytest.raises(ValueError, match="The 'allow_nan' parameter of make_windows"):
        make_windows(np.zeros(10), lookback=2, allow_nan="yes")
    with pytest.raises(ValueError, match="The 'allow_nan' parameter of last_window"):
        last_window(np.zeros(10), lookback=2, allow_nan="yes")
