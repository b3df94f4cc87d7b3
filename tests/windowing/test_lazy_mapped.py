import pickle

import numpy as np
import pytest

from sklstm.windowing import WindowImputer, Windows, _lazy_array, _lazy_rows, make_windows
from sklstm.windowing._lazy_mapped import MappedWindows

ROWS = np.arange(60.0).reshape(30, 2)


def differences(windows):
    """Take the first step of each window from all of them, and count the steps."""
    steps = np.broadcast_to(np.arange(windows.shape[1])[:, np.newaxis], windows[:, :, :1].shape)
    with np.errstate(invalid="ignore"):
        return np.concatenate([windows - windows[:, :1], steps], axis=2)


@pytest.fixture(params=[1, 10**6], ids=["one by one", "at once"])
def mapped(request, monkeypatch):
    monkeypatch.setattr(_lazy_array, "_PART_BYTES", request.param)
    return MappedWindows(Windows(ROWS, lookback=4), differences, n_features=3, dtype=float)


@pytest.fixture
def dense():
    return differences(np.asarray(Windows(ROWS, lookback=4)))


def test_they_look_like_the_array_that_they_stand_for(mapped, dense):
    assert (mapped.shape, mapped.ndim, mapped.dtype) == (dense.shape, 3, dense.dtype)
    assert (len(mapped), mapped.size) == (27, dense.size)
    np.testing.assert_array_equal(mapped, dense)
    np.testing.assert_array_equal(mapped[3], dense[3])
    np.testing.assert_array_equal(mapped[[[0, 3], [5, -1]]], dense[[[0, 3], [5, -1]]])
    np.testing.assert_array_equal(mapped * 2, dense * 2)
    np.testing.assert_array_equal(np.concatenate(list(mapped.parts())), dense)
    assert np.asarray(mapped, np.float32).dtype == np.float32
    assert repr(mapped).startswith(
        "MappedWindows(shape=(27, 4, 3), dtype=float64, function=differences, windows=Windows("
    )
    with pytest.raises(IndexError):
        mapped[27]
    with pytest.raises(ValueError, match="copy=False cannot be"):
        np.array(mapped, copy=False)


@pytest.mark.parametrize(
    "key",
    [
        slice(3, 9),
        [4, 1, 1],
        np.arange(27) % 2 == 0,
        (slice(None), slice(-2, None)),
        (slice(5, 1, -1), slice(1, 3)),
        (slice(None), 2),
        (slice(2, 8), slice(None), [0, 2]),
    ],
)
def test_parts_are_those_of_the_array(mapped, dense, key):
    np.testing.assert_array_equal(mapped[key], dense[key])


def test_selections_and_shorter_lookbacks_stay_lazy_and_know_the_whole_window(mapped, dense):
    part = mapped[[7, 2], 1:][:, -2:]
    assert isinstance(part, MappedWindows) and part.shape == (2, 2, 3)
    np.testing.assert_array_equal(part, dense[[7, 2], -2:])
    assert np.asarray(part)[0, 0].tolist() == [4.0, 4.0, 2.0]  # two steps after the first


def test_missing_values_are_told_with_their_place(mapped):
    rows = ROWS.copy()
    rows[20, 1] = np.inf
    with pytest.raises(
        ValueError, match=r"infinity. The first is in sample 17 of X, time step 3, feature 1\. Stop"
    ):
        mapped._with(Windows(rows, lookback=4), (0, 4)).refuse_missing("Stop.")
    mapped.refuse_missing("Stop.")


def test_pickles_hold_the_rows_and_the_function(mapped, dense):
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(mapped)), dense)


def test_an_array_larger_than_the_machine_is_refused(mapped, monkeypatch):
    monkeypatch.setattr(_lazy_rows, "memory_of_process", lambda: 1000.0)
    with pytest.raises(MemoryError, match=r"shape \(27, 4, 3\)"):
        np.asarray(mapped)


# --- gaps -----------------------------------------------------------------------------------

GAPS = np.random.default_rng(0).normal(size=(80, 2))
GAPS[np.random.default_rng(1).random(GAPS.shape) < 0.3] = np.nan


@pytest.mark.parametrize("strategy", ["ffill", "linear", "mean", "median", "constant"])
@pytest.mark.parametrize("more", [{}, dict(add_indicator=True, add_elapsed=True)])
def test_gaps_of_lazy_windows_are_filled_in_when_they_are_gathered(strategy, more, monkeypatch):
    how = dict(y=np.arange(80.0), lookback=5, allow_nan=True)
    lazy, dense = make_windows(GAPS, **how, lazy=True)[0], make_windows(GAPS, **how)[0]
    monkeypatch.setattr(_lazy_array, "_PART_BYTES", 1000)
    imputer = WindowImputer(strategy, padding=None, **more).fit(lazy)
    expected = WindowImputer(strategy, padding=None, **more).fit(dense)
    np.testing.assert_array_equal(imputer.statistics_, expected.statistics_)
    filled = imputer.transform(lazy)
    imputer.fit(lazy[:3])  # what is filled in already stays
    assert isinstance(filled, MappedWindows)
    assert filled.shape == (75, 5, 2 * (1 + len(more))) and filled.dtype == np.float64
    np.testing.assert_array_equal(filled, expected.transform(dense))
    np.testing.assert_array_equal(filled[10:20, -2:], expected.transform(dense)[10:20, -2:])


def test_padding_of_lazy_windows_is_found():
    rows = np.arange(24.0).reshape(12, 2)
    rows[3::4] = np.nan  # the last step of each window
    lazy = Windows(rows, range(0, 12, 4), lookback=4)
    imputer = WindowImputer().fit(lazy)
    assert imputer.padding_ == WindowImputer().fit(np.asarray(lazy)).padding_ == "end"
    np.testing.assert_array_equal(imputer.transform(lazy), lazy)


def test_what_an_imputer_refuses_in_lazy_windows():
    with pytest.raises(ValueError, match="contains infinity"):
        WindowImputer().fit(Windows(np.array([1.0, np.inf, 2.0]), lookback=2))
    with pytest.raises(ValueError, match="at least one time step"):
        WindowImputer().fit(Windows(GAPS, lookback=3)[:0])
    with pytest.raises(ValueError, match="X has 1 features, but WindowImputer is expecting 2"):
        WindowImputer().fit(Windows(GAPS, lookback=3)).transform(Windows(GAPS[:, :1], lookback=3))
