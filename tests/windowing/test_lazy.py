import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from windowing_support import Store

from sklstm import (
    Windows,
    make_windows,
)
from sklstm.windowing import _lazy_rows


@st.composite
def lazy_and_dense(draw):
    """Windows over one series or several, with and without known columns, in any store."""
    n_rows, n_features = draw(st.integers(14, 30)), draw(st.integers(2, 3))
    series = np.arange(n_rows * n_features).reshape(n_rows, n_features) * 1.5
    series = series.astype(draw(st.sampled_from([float, np.float32, int])))
    how = dict(lookback=draw(st.integers(2, 4)), horizon=draw(st.integers(1, 2)), stride=draw(_FEW))
    if draw(st.booleans()):
        how["future"] = [1]
    if draw(st.booleans()):
        together = np.repeat(["b", "a"], [7, n_rows - 7])
        apart = np.array(["b", "a"])[np.arange(n_rows) % 2]
        how["groups"] = draw(st.sampled_from([together, apart]))
    y = series[:, 0] if draw(st.booleans()) else series[:, [0, 0]] * -1
    store = draw(st.sampled_from([np.asarray, Store, lambda rows: pd.DataFrame(rows)]))
    dense = make_windows(series, y, **how, return_origins=True)
    given_rows = store(series)
    if isinstance(given_rows, pd.DataFrame) and "future" in how:
        how["future"] = [given_rows.columns[1]]
    lazy = make_windows(given_rows, y, **how, return_origins=True, lazy=True)
    return lazy, dense


_FEW = st.integers(1, 3)
_BOUND = st.none() | st.integers(-9, 9)
_SLICES = st.builds(slice, _BOUND, _BOUND, st.sampled_from([None, 1, 2, -1, -2]))


@st.composite
def keys(draw, shape):
    """Return an index of windows of this shape."""
    n = shape[0]
    samples = [
        _SLICES,
        st.lists(st.booleans(), min_size=n, max_size=n).map(lambda mask: np.array(mask, bool)),
        st.lists(st.booleans(), min_size=n, max_size=n).map(
            lambda mask: pd.Series(mask, dtype=bool)
        ),
    ]
    if n > 0:
        numbers = st.integers(-n, n - 1)
        samples += [numbers, st.lists(numbers), st.lists(numbers, max_size=4).map(_int_array)]
        samples += [st.lists(st.lists(numbers, min_size=2, max_size=2), min_size=1, max_size=2)]
    steps = st.integers(-shape[1], shape[1] - 1)
    features = st.integers(-shape[2], shape[2] - 1)
    key = (
        draw(st.one_of(samples)),
        draw(st.one_of(_SLICES, _SLICES, steps, st.lists(steps, min_size=1, max_size=1))),
        draw(st.one_of(st.just(slice(None)), _SLICES, features, st.just([0]))),
    )
    form = draw(st.integers(0, 4))
    first = key[0]
    return [first, (first, ...), key[:2], key, (*key[:2], Ellipsis)][form]


def _int_array(numbers):
    return np.array(numbers, dtype=np.int32)


@given(data=st.data(), made=lazy_and_dense())
@settings(max_examples=120, deadline=None, phases=[Phase.generate])
def test_lazy_windows_equal_the_array_whatever_is_done_with_them(data, made):
    (lazy, Y, origins), (dense, Y_dense, origins_dense) = made
    np.testing.assert_array_equal(Y, Y_dense)
    np.testing.assert_array_equal(origins, origins_dense)
    for _ in range(3):
        np.testing.assert_array_equal(lazy, dense)
        assert (lazy.shape, lazy.dtype, lazy.ndim) == (dense.shape, dense.dtype, dense.ndim)
        assert len(lazy) == len(dense) and lazy.size == dense.size
        key = data.draw(keys(lazy.shape))
        try:
            expected = dense[key]
        except IndexError:
            with pytest.raises(IndexError):
                lazy[key]
            continue
        found = lazy[key]
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == expected.dtype
        if not isinstance(found, Windows):
            assert type(found) is type(expected)
            break
        lazy, dense = found, expected


@pytest.fixture
def windows():
    return Windows(np.arange(20.0).reshape(10, 2), lookback=3)


def test_selections_and_shorter_lookbacks_stay_lazy(windows):
    mask = np.arange(8) % 2 == 0
    for key in [slice(2, 5), slice(None, None, -1), mask, [0, 5], np.array([3]), ([1, 0], ...)]:
        assert isinstance(windows[key], Windows)
        assert windows[key].rows is windows.rows
    shorter = windows[[4, 1], -2:]
    assert isinstance(shorter, Windows)
    np.testing.assert_array_equal(shorter.starts, [5, 2])
    np.testing.assert_array_equal(shorter, [[[10, 11], [12, 13]], [[4, 5], [6, 7]]])
    for key in [0, (0, slice(1, 3)), (slice(None), 0), (slice(None), slice(None, None, 2))]:
        assert type(windows[key]) is np.ndarray
    assert type(windows[:, :, 0]) is np.ndarray and windows[:, :, 0].shape == (8, 3)
    np.testing.assert_array_equal(list(windows)[7], [[14, 15], [16, 17], [18, 19]])


def test_arithmetic_and_functions_of_numpy_give_arrays(windows):
    dense = np.asarray(windows)
    np.testing.assert_array_equal(1 - windows * 2, 1 - dense * 2)
    np.testing.assert_array_equal(windows >= windows[0], dense >= dense[0])
    np.testing.assert_array_equal(np.exp(-windows), np.exp(-dense))
    assert np.mean(windows) == dense.mean()
    assert np.add.reduce(windows, axis=(0, 1)).tolist() == dense.sum(axis=(0, 1)).tolist()
    np.testing.assert_array_equal(np.concatenate([windows[6:], windows[:1]])[:, 0, 0], [12, 14, 0])


def test_an_array_is_a_read_only_view_where_it_can_be_one(windows):
    view = np.asarray(windows[::3])
    assert np.shares_memory(view, windows.rows) and not view.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1
    own = np.array(windows)
    own[:] = 0  # a copy
    assert windows.rows.sum() == 190
    assert np.array(windows, copy=False).shape == (8, 3, 2)
    assert np.asarray(windows, dtype=np.float32).dtype == np.float32
    for cannot in (windows[[0, 3, 4]], windows[:0:-1]):
        with pytest.raises(ValueError, match="Leave out copy=False"):
            np.array(cannot, copy=False)
        assert np.asarray(cannot).flags.c_contiguous
    # numbers that are evenly spaced, as those of folds are, are found to be so
    assert np.shares_memory(windows[np.array([2, 3, 4])], windows.rows)


def test_an_array_larger_than_the_machine_is_refused(windows, monkeypatch):
    monkeypatch.setattr(_lazy_rows, "memory_of_process", lambda: 300.0)  # bytes; they take 384
    for make in (lambda: windows * 2, lambda: np.array(windows), lambda: np.exp(windows)):
        with pytest.raises(MemoryError, match=r"shape \(8, 3, 2\) and dtype float64 would take"):
            make()
    with pytest.raises(MemoryError, match=r"windows\[:1000\]"):
        np.asarray(windows[[0, 1, 2, 3, 4, 5, 7]])
    assert np.array(windows[:6]).shape == (6, 3, 2)  # 288 bytes
    monkeypatch.setattr(_lazy_rows, "memory_of_process", lambda: None)  # it does not tell
    assert np.array(windows).shape == (8, 3, 2)


def test_limits_of_the_process_count_as_its_memory(tmp_path, monkeypatch):
    import resource

    physical = _lazy_rows.memory_of_process()
    group = tmp_path / "memory.max"
    monkeypatch.setattr(_lazy_rows, "_CONTROL_GROUPS", (group, tmp_path / "none"))
    group.write_text("max\n")
    assert _lazy_rows.memory_of_process() >= physical
    group.write_text("123456789\n")
    assert _lazy_rows.memory_of_process() == 123456789
    limits = {resource.RLIMIT_AS: resource.RLIM_INFINITY, resource.RLIMIT_DATA: 10**8}
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (limits[kind], limits[kind]))
    assert _lazy_rows.memory_of_process() == 10**8


def test_absurd_windows_are_made_at_once_and_refused_in_words():
    series = np.broadcast_to(np.float32(1), (10_000_000, 8))
    windows, targets = make_windows(series, series[:, 0], lookback=10_000, lazy=True)
    assert windows.shape == (9_990_000, 10_000, 8) and targets.shape == (9_990_000, 1)
    with pytest.raises(MemoryError, match=r"float32 would take 2,977\.\d GiB, and this process"):
        windows * 2


def test_a_store_is_read_in_few_slices_and_never_whole(monkeypatch):
    monkeypatch.setattr(_lazy_rows, "_BLOCK_BYTES", 800)  # 100 rows
    rows = np.arange(1000.0)[:, np.newaxis]
    store = Store(rows)
    windows, _ = make_windows(store, rows[:, 0], lookback=5, lazy=True)
    assert store.reads == [100] * 10  # for a look at missing values
    store.reads.clear()
    chosen = windows[[950, 3, 940, 4, 400]]
    assert store.reads == []
    np.testing.assert_array_equal(np.asarray(chosen)[:, 0, 0], [950, 3, 940, 4, 400])
    assert sorted(store.reads) == [5, 5, 5, 6]


def test_missing_values_of_a_store_are_told_with_their_place(monkeypatch):
    monkeypatch.setattr(_lazy_rows, "_BLOCK_BYTES", 160)  # 10 rows
    rows = np.zeros((50, 2))
    rows[33, 1] = np.nan
    with pytest.raises(
        ValueError, match=r"contains NaN. The first is in row 33 of the rows of X, column 1"
    ):
        make_windows(Store(rows), np.zeros(50), lookback=5, lazy=True)
    with pytest.raises(ValueError, match=r"contains NaN\. The first is in row 33 of X, column 1"):
        make_windows(rows, np.zeros(50), lookback=5, lazy=True)


def test_a_memory_map_stays_one(tmp_path):
    saved = np.memmap(tmp_path / "series", dtype=np.float32, mode="w+", shape=(50, 2))
    saved[:] = np.arange(100).reshape(50, 2)
    windows, targets = make_windows(saved, saved[:, 0], lookback=5, lazy=True)
    assert isinstance(windows.rows, np.memmap) and np.shares_memory(windows.rows, saved)
    assert np.shares_memory(targets, saved)
    assert np.shares_memory(windows[10:20], saved)
    single, _ = make_windows(saved[:, 0], lookback=5, lazy=True)
    assert isinstance(single.rows, np.memmap) and single.shape == (45, 5, 1)


def test_rows_of_groups_are_copied_only_if_they_lie_apart():
    series = np.arange(12.0)
    together, _ = make_windows(series, lookback=2, groups=[0] * 6 + [1] * 6, lazy=True)
    assert np.shares_memory(together.rows, series)
    np.testing.assert_array_equal(together.starts, [0, 1, 2, 3, 6, 7, 8, 9])
    apart, targets = make_windows(series, lookback=2, groups=[0, 1] * 6, lazy=True)
    assert not np.shares_memory(apart.rows, series)
    np.testing.assert_array_equal(apart[4:, :, 0], [[1, 3], [3, 5], [5, 7], [7, 9]])
    np.testing.assert_array_equal(targets[4:, 0], [5, 7, 9, 11])


@pytest.mark.parametrize(
    ("starts", "lookback", "message"),
    [
        ([0.5], 3, "starts must hold numbers of rows"),
        ([[0]], 3, "starts must hold numbers of rows"),
        ([8], 3, "starts must lie between 0 and 7"),
        (range(-1, 3), 3, "starts must lie between 0 and 7"),
        (None, 11, "lookback must lie between 1 and the 10 rows"),
        (None, 0, "lookback must lie between 1 and the 10 rows"),
    ],
)
def test_windows_that_do_not_lie_within_the_rows_are_refused(starts, lookback, message):
    with pytest.raises(ValueError, match=message):
        Windows(np.zeros((10, 2)), starts, lookback=lookback)


def test_indices_that_numpy_refuses_are_refused(windows):
    for key in [8, -9, [8], [0.5], "a", np.ones(7, bool), (0, 0, 0, 0)]:
        with pytest.raises(IndexError):
            windows[key]
    with pytest.raises(TypeError):
        hash(windows)


# --- rows -----------------------------------------------------------------------------------


@given(data=st.data())
@settings(max_examples=150, deadline=None, phases=[Phase.generate])
def test_compact_windows_keep_each_row_that_they_cover_once(data):
    n_rows, lookback = data.draw(st.integers(5, 30)), data.draw(st.integers(1, 5))
    rows = np.arange(n_rows * 2.0).reshape(n_rows, 2)
    starts = st.lists(st.integers(0, n_rows - lookback), max_size=8) | st.builds(
        range, st.integers(0, n_rows - lookback), st.just(n_rows - lookback + 1), _FEW
    )
    make = data.draw(st.sampled_from([np.asarray, Store]))
    windows = Windows(make(rows), data.draw(starts), lookback=lookback)
    covered = {start + step for start in windows.starts.tolist() for step in range(lookback)}
    compact = windows.compact()
    np.testing.assert_array_equal(compact.rows, rows[sorted(covered)])
    np.testing.assert_array_equal(compact, windows)
    assert compact.shape == windows.shape


def test_short_stretches_of_rows_are_read_in_blocks(monkeypatch):
    monkeypatch.setattr(_lazy_rows, "_BLOCK_BYTES", 800)  # 100 rows
    store = Store(np.arange(1000.0)[:, np.newaxis])
    blocks = list(Windows(store, range(0, 990, 20), lookback=10).blocks())
    np.testing.assert_array_equal(
        np.concatenate(blocks)[:, 0], [20 * i + j for i in range(50) for j in range(10)]
    )
    assert [len(block) for block in blocks] == 8 * [60] + [20]


def test_compact_windows_copy_no_rows_that_follow_one_another():
    rows = np.arange(20.0).reshape(10, 2)
    assert np.shares_memory(Windows(rows, lookback=3)[2:5].compact().rows, rows)


def test_windows_over_other_rows_must_be_as_many(windows):
    assert windows.over(np.ones((10, 5)))[3:].shape == (5, 3, 5)
    with pytest.raises(ValueError, match="as many as those of the windows, 10, got 9"):
        windows.over(np.ones((9, 2)))
