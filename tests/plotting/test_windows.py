"""Windows and folds: where the bars lie, and which folds leak."""

import numpy as np
import pytest
from sklearn.model_selection import KFold, TimeSeriesSplit

from sklstm import PurgedTimeSeriesSplit, make_windows
from sklstm.plotting import WindowsDisplay


def stretches(bars):
    """First and last edge of each bar of a collection."""
    return [(path.vertices[:, 0].min(), path.vertices[:, 0].max()) for path in bars.get_paths()]


def test_folds_lie_in_time_as_drawn():
    """By hand: 12 rows, look-back 3, horizon 2: origins 2 to 9, targets to row 11."""
    windows, targets = make_windows(np.arange(12.0), lookback=3, horizon=2)
    splitter = PurgedTimeSeriesSplit(2, horizon=2, test_size=2)
    display = WindowsDisplay.from_cv(splitter, windows, targets, n_windows=2)
    assert [stretches(b) for b in display.lookback_bars_] == [[(0, 3)], [(7, 10)]]
    assert [stretches(b) for b in display.horizon_bars_] == [[(3, 5)], [(10, 12)]]
    # the last fold tests origins 8 and 9; 7 is left out, as its target in row 9 is unknown at 8
    assert stretches(display.train_bars_[1]) == [(2, 7)]
    assert stretches(display.reach_bars_[1]) == [(7, 9)]
    assert stretches(display.test_bars_[1]) == [(9, 12)]
    assert stretches(display.gap_bars_[1]) == [(7, 8)]
    assert display.leaks_ == [False, False]
    assert not any(stretches(bars) for bars in display.leak_bars_)
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels == ["window 1", "window 2", "fold 1", "fold 2"]


def test_leaks_are_drawn(legend_labels):
    """Without a gap the targets of the last training origin, 7, are rows 8 and 9; 9 is tested."""
    windows, targets = make_windows(np.arange(12.0), lookback=3, horizon=2)
    display = WindowsDisplay.from_cv(TimeSeriesSplit(2, test_size=2), windows, targets)
    assert display.leaks_ == [True, True]
    assert stretches(display.leak_bars_[1]) == [(9, 10)]
    assert any("leak" in text for text in legend_labels(display.ax_))
    assert WindowsDisplay.from_cv(KFold(2), windows, targets).leaks_ == [True, True]


def test_training_on_the_future_is_a_leak_even_where_no_target_is_shared():
    """By hand: origins 2 to 10, each with the next row as target; the first fold tests 2 to 4."""
    windows, targets = make_windows(np.arange(12.0), lookback=3, horizon=1)
    display = WindowsDisplay.from_cv(KFold(3), windows, targets)
    assert display.leaks_ == [True, True, False]
    assert stretches(display.leak_bars_[0]) == [(6, 12)]  # targets 6 to 11 of origins 5 to 10
    assert stretches(display.leak_bars_[1]) == [(9, 12)]


def test_windows_labelled_by_their_last_row():
    """By hand: 12 rows, look-back 3: origins 2 to 11 are their own targets; 9 to 11 are tested."""
    windows, labels = make_windows(np.arange(12.0), np.arange(12), lookback=3, horizon=0)
    splitter = PurgedTimeSeriesSplit(2, horizon=0, test_size=3)
    display = WindowsDisplay.from_cv(splitter, windows, labels, horizon=0)
    assert stretches(display.train_bars_[1]) == [(2, 9)]
    assert stretches(display.test_bars_[1]) == [(9, 12)]
    assert not any(stretches(bars) for bars in display.reach_bars_)
    assert display.leaks_ == [False, False]
    shuffled = KFold(2, shuffle=True, random_state=0)
    assert any(WindowsDisplay.from_cv(shuffled, windows, labels, horizon=0).leaks_)


def test_origins_of_other_windows_are_refused():
    windows, targets = make_windows(np.arange(12.0), lookback=3, horizon=2)
    with pytest.raises(ValueError, match="each of the 8 windows"):
        WindowsDisplay.from_cv(KFold(2), windows, targets, origins=[1, 2])


def test_the_legend_lists_what_there_is(legend_labels):
    X, Y = make_windows(np.arange(40.0), lookback=4, horizon=2)
    for cv, has_gap in (KFold(3), False), (PurgedTimeSeriesSplit(3, horizon=2), True):
        display = WindowsDisplay.from_cv(cv, X, Y)
        assert ("origins of neither part" in legend_labels(display.ax_)) == has_gap
