"""Cutting of rows into lazy windows and their targets."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from sklstm.windowing._base import read_only
from sklstm.windowing._lazy import Windows
from sklstm.windowing._lazy_rows import RowsAhead, is_sliced

__all__ = ["cut_lazily"]


def cut_lazily(rows, targets, row_numbers, lookback, horizon, stride, ahead=()):
    """Return lazy windows of one or several series, and their targets.

    What `cut` and `cut_groups` return, of rows that are copied only if those of a series do not
    lie together; targets of one column and one series are a view.
    """
    if not all(map(_are_together, row_numbers)):
        order = np.concatenate(row_numbers)
        rows, targets = _in_order(rows, order), targets[order]
        ends = np.cumsum([len(numbers) for numbers in row_numbers])
        row_numbers = [range(end - len(n), end) for n, end in zip(row_numbers, ends, strict=True)]
    n_needed = lookback + horizon
    starts = [
        range(int(numbers[0]), int(numbers[0]) + len(numbers) - n_needed + 1, stride)
        for numbers in row_numbers
    ]
    base = RowsAhead(rows, ahead, horizon) if len(ahead) > 0 else rows
    windows = Windows(base, _joined(starts), lookback=lookback)
    return windows, read_only(
        _joined([_targets_after(targets, each, lookback, horizon) for each in starts])
    )


def _targets_after(targets, starts, lookback, horizon):
    """Return the targets of the windows of one series, a view if they have one column."""
    if horizon == 0:
        return targets[starts[0] + lookback - 1 : starts[-1] + lookback : starts.step]
    steps = sliding_window_view(targets[starts[0] + lookback :], horizon, axis=0)
    return steps[: starts[-1] - starts[0] + 1 : starts.step].reshape(len(starts), -1)


def _joined(parts):
    """Return the parts as one array; a single one as it is."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _are_together(numbers):
    """Return whether row numbers follow one another."""
    return isinstance(numbers, range) or bool((np.diff(numbers) == 1).all())


def _in_order(rows, order):
    """Return a copy of rows in another order."""
    return (np.asarray(rows[:]) if is_sliced(rows) else np.asarray(rows))[order]
