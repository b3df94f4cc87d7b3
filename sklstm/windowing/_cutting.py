"""Cutting of rows into windows and targets."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from sklstm.windowing._base import read_only

__all__ = ["cut", "cut_groups", "windows_with_future"]


def cut(rows, targets, lookback, horizon, stride, ahead=()):
    """Return windows of one series, and their targets, read-only, and as views where possible.

    `ahead` are the positions of columns whose values `horizon` steps ahead become features.
    """
    past = rows[: len(rows) - horizon]
    if len(ahead) > 0:
        past = np.hstack([past, rows[horizon:, ahead]])
    windows = read_only(sliding_window_view(past, lookback, axis=0)[::stride].swapaxes(1, 2))
    if horizon == 0:
        return windows, read_only(targets[lookback - 1 :: stride])
    steps = sliding_window_view(targets[lookback:], horizon, axis=0)[::stride]
    return windows, read_only(steps.reshape(len(steps), -1))


def cut_groups(rows, targets, row_numbers, *how):
    """Return windows of several series, and their targets, as read-only copies."""
    cuts = [cut(rows[numbers], targets[numbers], *how) for numbers in row_numbers]
    windows, targets = (read_only(np.concatenate(parts)) for parts in zip(*cuts, strict=True))
    return windows, targets


def windows_with_future(windows, future, ahead):
    """Return windows with the future of some columns as further features, as `cut` makes them.

    `future`, of shape (n_windows, horizon, n_columns), holds the values after each window of the
    columns at the positions `ahead`.
    """
    horizon = future.shape[1]
    shifted = np.concatenate([windows[:, horizon:, ahead], future], axis=1)
    return np.concatenate([windows, shifted], axis=2)
