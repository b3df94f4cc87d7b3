"""Columns known ahead, in the windows that are cut and in the last one."""

import re

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklstm.windowing import last_window, make_windows

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")

ROWS = np.arange(6)[:, np.newaxis] + np.array([0, 10, 20])  # load, price, heat
DAYS = pd.date_range("2024-01-01", periods=8)


def frame(index=None, rows=ROWS):
    return pd.DataFrame(rows, index, ["load", "price", "heat"])


# make_windows


@pytest.mark.parametrize("future", ["price", ["price"], pd.Index(["price"])])
@pytest.mark.parametrize("container", [frame, lambda: pl.from_pandas(frame())])
def test_the_last_steps_of_a_window_hold_the_known_future(container, future):
    X, Y, origins = make_windows(
        container(), ["load", "heat"], lookback=3, horizon=2, future=future, return_origins=True
    )
    first = [[0, 10, 20, 12], [1, 11, 21, 13], [2, 12, 22, 14]]
    assert_array_equal(X, [first, np.array(first) + 1])
    assert_array_equal(Y, [[3, 4, 23, 24], [4, 5, 24, 25]])
    assert_array_equal(origins, [2, 3])


def test_several_columns_come_in_the_order_of_X():
    for X, future in ((frame(), ["heat", "price"]), (ROWS, [2, 1]), (ROWS, np.array([1, 2]))):
        windows, _ = make_windows(X, ROWS[:, 0], lookback=1, horizon=1, future=future, stride=2)
        assert_array_equal(
            windows[:, 0], [[0, 10, 20, 11, 21], [2, 12, 22, 13, 23], [4, 14, 24, 15, 25]]
        )
    alone, _ = make_windows(ROWS, ROWS[:, 0], lookback=1, horizon=1, future=[])
    assert_array_equal(alone, make_windows(ROWS, ROWS[:, 0], lookback=1)[0])


def test_the_future_of_a_group_is_its_own():
    rows = np.vstack([ROWS, ROWS + 100])
    interleaved = np.array([0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11])
    X, Y, origins = make_windows(
        frame(rows=rows[interleaved]),
        ["load", "heat"],
        lookback=2,
        horizon=2,
        stride=2,
        groups=np.array(list("aaaaaabbbbbb"))[interleaved],
        future=["price"],
        return_origins=True,
    )
    window = np.array([[0, 10, 20, 12], [1, 11, 21, 13]])
    assert_array_equal(X, [window, window + 2, window + 100, window + 102])
    assert_array_equal(Y[:, :2], [[2, 3], [4, 5], [102, 103], [104, 105]])
    assert_array_equal(Y[:, 2:], Y[:, :2] + 20)
    assert_array_equal(origins, [2, 6, 3, 7])


@pytest.mark.parametrize("groups", [None, np.repeat([0, 1], 20)])
def test_no_window_holds_what_is_not_known(groups):
    """Change a cell of X at a time, and compare the cells of windows that change with a loop."""
    rows = np.random.default_rng(0).normal(size=(40, 3))
    how = dict(lookback=5, horizon=3, groups=groups, future=[1], return_origins=True)
    X, _, origins = make_windows(rows, rows[:, 0], **how)
    assert X.shape[1:] == (5, 4)
    for row in (0, 9, 21, 39):
        for column in range(3):
            other = rows.copy()
            other[row, column] += 1
            expected = np.zeros(X.shape, dtype=bool)
            for number, origin in enumerate(origins):
                for step in range(5):
                    now = origin - 4 + step
                    expected[number, step, column] = now == row
                    if column == 1:
                        expected[number, step, 3] = now + 3 == row
            changed = make_windows(other, other[:, 0], **how)[0] != X
            assert_array_equal(changed, expected)
            if column != 1:
                assert not changed[origins < row].any()


def test_windows_with_a_future_share_one_copy_of_the_rows():
    X, _ = make_windows(ROWS, ROWS[:, 0], lookback=3, horizon=2, future=1)
    assert np.shares_memory(X[0, 1:], X[1, :-1])
    assert not np.shares_memory(X, ROWS)
    assert not X.flags.writeable
    assert X.dtype == ROWS.dtype


@pytest.mark.parametrize(
    ("X", "y", "future", "message"),
    [
        (
            frame(),
            "load",
            "wind",
            r"future='wind' is no column of X, .* \['load', 'price', 'heat'\]",
        ),
        (frame(), "load", ["heat", 1], "future=1 is no column of X"),
        (
            frame(),
            "load",
            ["heat", "heat"],
            r"future=\['heat', 'heat'\] holds a column more than once",
        ),
        (
            ROWS,
            ROWS[:, 0],
            "price",
            "positions of columns, ints from 0 to 2, .*got 'price'.*DataFrame",
        ),
        (ROWS, ROWS[:, 0], [3], "ints from 0 to 2, .*got 3"),
        (ROWS, ROWS[:, 0], [-1], "ints from 0 to 2, .*got -1"),
        (ROWS, ROWS[:, 0], [True], "ints from 0 to 2, .*got True"),
        (
            frame(),
            "load",
            ["price", "load"],
            "future holds the column 'load' of X, which is what y",
        ),
        (frame(), ["heat", "load"], ["load"], "future holds the column 'load'"),
        (frame(rows=ROWS * 0), ["load"], ["load"], "future holds the column 'load'"),
        (frame(), frame()["load"], ["load"], "future holds the column 'load'"),
        (ROWS, ROWS[:, [2, 1]], 1, "future holds the column 1 of X"),
        (ROWS[:, 0], None, 0, "future holds the column 0 of X"),
    ],
)
def test_columns_that_cannot_be_known_ahead(X, y, future, message):
    with pytest.raises(ValueError, match=message):
        make_windows(X, y, lookback=2, future=future)


def test_columns_that_never_change_are_no_answer():
    rows = np.zeros((4, 2))
    assert make_windows(rows, rows[:, 0], lookback=2, future=1)[0].shape == (2, 2, 3)


def test_a_window_must_hold_its_horizon():
    with pytest.raises(ValueError, match=r"lookback=2 is less than horizon=3\. Use a larger look"):
        make_windows(frame(), "load", lookback=2, horizon=3, future="price")
    with pytest.raises(ValueError, match=r"horizon=0 asks for labels of rows.* future=None"):
        make_windows(frame(), range(6), lookback=2, horizon=0, future="price")


# last_window


def test_the_last_window_with_its_future():
    expected = [[[3, 13, 23, 15], [4, 14, 24, 16], [5, 15, 25, 17]]]
    for container in (pd.DataFrame, pl.DataFrame):
        known = container({"price": [16, 17]})
        assert_array_equal(last_window(container(frame()), 3, future=known), expected)
    for known in ([16, 17], [[16], [17]], pd.Series([16, 17]), pd.DataFrame({"p": [16, 17]})):
        window = last_window(ROWS, 3, future=known, future_columns=1)
        assert_array_equal(window, expected)
        assert not window.flags.writeable
    window = last_window(frame(), 2, future=np.array([16, 17]), future_columns="price")
    assert_array_equal(window, [[[4, 14, 24, 16], [5, 15, 25, 17]]])


def test_columns_of_the_future_are_found_by_name():
    known = pd.DataFrame({"heat": [26], "price": [16]})
    expected = [[[5, 15, 25, 16, 26]]]
    for columns in (None, ["price", "heat"], ["heat", "price"]):
        assert_array_equal(last_window(frame(), 1, future=known, future_columns=columns), expected)
    window = last_window(frame(), 1, future=known.to_numpy(), future_columns=["heat", "price"])
    assert_array_equal(window, expected)


def test_the_last_window_is_the_one_that_is_cut():
    """Of the rows without their last three, which are passed as known."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(30, 4))
    X, _ = make_windows(rows, rows[:, 0], lookback=4, horizon=3, future=[3, 1])
    known = {"future": rows[27:, [3, 1]], "future_columns": [3, 1]}
    assert_array_equal(last_window(rows[:27], 4, **known), X[-1:])
    groups = np.array(["x", "y"])[rng.integers(2, size=30)]
    X, _, origins = make_windows(
        rows, rows[:, 0], lookback=4, horizon=3, groups=groups, future=[3, 1], return_origins=True
    )
    of_groups = [np.flatnonzero(groups == label) for label in pd.unique(groups)]
    past = np.sort(np.concatenate([numbers[:-3] for numbers in of_groups]))
    after = np.concatenate([numbers[-3:] for numbers in of_groups[::-1]])
    window = last_window(
        rows[past],
        4,
        groups=groups[past],
        future=rows[after][:, [1, 3]],
        future_columns=[1, 3],
        future_groups=groups[after],
    )
    ends = [numbers[-4] for numbers in of_groups]
    assert_array_equal(window, [X[origins == end][0] for end in ends])


def test_the_future_of_each_group():
    window = last_window(
        np.array([[0, 1], [10, 11], [2, 3], [12, 13]]),
        2,
        groups=["b", "a", "b", "a"],
        future=[15, 5],
        future_columns=[1],
        future_groups=["a", "b"],
    )
    assert_array_equal(window, [[[0, 1, 3], [2, 3, 5]], [[10, 11, 13], [12, 13, 15]]])


@pytest.mark.parametrize(
    ("future_groups", "message"),
    [
        (["a", "a"], r"longest has 2, but 'b', 'c' have fewer: 0, 0\. Add what is known"),
        (["a", "b", "b", "c", "c"], r"longest has 2, but 'a' has fewer: 1\."),
        (["a", "b", "c", "d"], "future_groups holds groups that X does not have: 'd'"),
        (["a", "b"], r"one label for every row of future, .* of shape \(3,\); got shape \(2,\)"),
        (["a", None, "b"], "Input future_groups contains None"),
        (None, "goes with groups: pass both or neither. Got only groups"),
    ],
)
def test_groups_without_their_future_are_named(future_groups, message):
    n_rows = 3 if future_groups is None or "shape" in message else len(future_groups)
    with pytest.raises(ValueError, match=message):
        last_window(
            np.zeros((6, 2)),
            2,
            groups=list("abcabc"),
            future=np.zeros(n_rows),
            future_columns=1,
            future_groups=future_groups,
        )


def test_the_index_of_future_groups_must_be_that_of_the_future():
    known = pd.DataFrame({"price": [1, 2]}, index=[7, 8])
    with pytest.raises(
        ValueError, match=r"future and future_groups .* future_groups\.to_numpy\(\)"
    ):
        last_window(frame(), 1, groups=[0, 1] * 3, future=known, future_groups=pd.Series([0, 1]))


@pytest.mark.parametrize(
    ("future", "columns", "message"),
    [
        (pd.DataFrame({"wind": [1]}), None, "future='wind' is no column of X"),
        (pd.DataFrame({"heat": [1]}), "price", r"lacks \['price'\] and holds \['heat'\] besides"),
        (
            frame().tail(1),
            ["heat", "price"],
            r"lacks \[\] and holds \['load'\] besides. Pass future\[",
        ),
        (np.zeros((2, 2)), "price", r"column for each of the 1 that .*; got shape \(2, 2\)"),
        (np.zeros((0, 1)), "price", r"at least one row.*; got shape \(0, 1\)"),
        (np.zeros(2), None, r"future_columns=None takes the names .* Pass the columns of X"),
        (np.zeros(2), "wind", "future_columns='wind' is no column of X"),
        (pd.DataFrame({"price": [1, np.nan]}), None, "Input future contains NaN.*row 1 of future"),
        (pd.DataFrame({"price": ["low"]}), None, r"future must hold numbers, .*\['price'\]"),
        (np.zeros(3), "price", r"lookback=2 is less than the 3 rows of future"),
    ],
)
def test_refused_futures(future, columns, message):
    with pytest.raises(ValueError, match=message):
        last_window(frame(), 2, future=future, future_columns=columns)


@pytest.mark.parametrize("name", ["future_columns", "future_groups"])
def test_what_goes_with_a_future(name):
    with pytest.raises(ValueError, match=f"{name} tells about the rows of future, but future=None"):
        last_window(ROWS, 2, **{name: [1]})
    with pytest.raises(ValueError, match=r"pass both or neither\. Got only future_groups"):
        last_window(ROWS, 2, future=[1], future_columns=1, future_groups=[1])


# The times of the future


BUSINESS_DAYS = pd.bdate_range("2024-01-01", periods=8)  # the sixth is a Monday


@pytest.mark.parametrize(
    ("past", "after"),
    [
        (DAYS[:6], DAYS[6:]),
        (DAYS[:6], pd.DatetimeIndex(list(DAYS[6:]))),
        (BUSINESS_DAYS[:5], BUSINESS_DAYS[5:7]),
        (
            pd.period_range("2024-01", periods=6, freq="M"),
            pd.period_range("2024-07", periods=2, freq="M"),
        ),
        (pd.Index([1, 3, 5, 7, 9, 11]), pd.Index([13, 15])),
        (pd.RangeIndex(6), pd.RangeIndex(2)),  # row numbers
        (pd.RangeIndex(6), DAYS[6:]),
        (pd.Index(list("abcdef")), pd.RangeIndex(2)),
    ],
    ids=str,
)
def test_times_that_continue(past, after):
    known = pd.DataFrame({"price": [16, 17]}, index=after)
    rows = frame(rows=ROWS[: len(past)]).set_index(past)
    assert_array_equal(last_window(rows, 2, future=known)[0, :, 3], [16, 17])


@pytest.mark.parametrize(
    ("after", "message"),
    [
        (DAYS[[7]], "between 2024-01-06 00:00:00 and 2024-01-08 00:00:00 lies a step of 2 days"),
        (DAYS[[6, 5]], "unsorted"),
        (DAYS[5:7], "2024-01-06 00:00:00 is a duplicate"),
        (DAYS[4:6], "2024-01-05 00:00:00 comes after 2024-01-06"),
        (DAYS[6:].to_period("D"), "dates beside periods"),
        (DAYS[6:].tz_localize("UTC"), "some have a time zone and some have none"),
        (pd.RangeIndex(2), "X has times in its index, but future has none"),
        (DAYS[[6]].append(pd.DatetimeIndex([None])), "missing labels, the first, NaT, in row 1"),
    ],
    ids=str,
)
def test_times_that_do_not_continue(after, message):
    known = pd.DataFrame({"price": np.zeros(len(after))}, index=after)
    with pytest.raises(ValueError, match=message) as error:
        last_window(frame(DAYS[:6]), 3, future=known)
    assert re.search(
        r"Give future the times that follow, or pass future\.to_numpy", str(error.value)
    )
    by_position = last_window(frame(DAYS[:6]), 3, future=known.to_numpy(), future_columns="price")
    assert by_position.shape == (1, 3, 4)


@pytest.mark.parametrize("levels", [None, ["unit", "day"]])
def test_times_of_groups_continue_in_each(levels):
    def on(days, units="xy"):
        index = pd.MultiIndex.from_product([list(units), days], names=["unit", "day"])
        return index, index.get_level_values("unit")

    past, groups = on(DAYS[:3])
    known, future_groups = on(DAYS[3:5])
    gap = known[:2].append(pd.MultiIndex.from_product([["y"], DAYS[4:6]], names=known.names))
    as_index = (lambda index: index) if levels else (lambda index: index.get_level_values("day"))
    rows = frame(as_index(past))
    how = dict(groups=groups, future_groups=future_groups)
    window = last_window(
        rows, 3, future=pd.DataFrame({"price": [1, 2, 3, 4]}, as_index(known)), **how
    )
    assert_array_equal(window[:, :, 3], [[12, 1, 2], [15, 3, 4]])
    with pytest.raises(ValueError, match=r"must continue those of the group 'y'.*a step of 2 days"):
        last_window(rows, 3, future=pd.DataFrame({"price": [1, 2, 3, 4]}, as_index(gap)), **how)
