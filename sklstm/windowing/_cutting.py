"""Cutting of rows into windows and targets."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from sklstm._validation import is_missing
from sklstm._warnings import warn
from sklstm.windowing._base import read_only

__all__ = ["cut", "cut_groups", "windows_with_future", "with_targets"]


def cut(rows, targets, lookback, horizon, stride, ahead=()):
    """Return windows of one series, and their targets, read-only, and as views where possible.

    `ahead` are the positions of columns whose values `horizon` steps ahead become features.
    """
    past = rows[: rows.shape[0] - horizon]
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


def with_targets(windows):
    """Return windows, their targets, and perhaps their origins, where no target is missing.

    If all are complete, they are returned as they are. Otherwise copies are read-only, too.
    """
    targets = windows[1]
    complete = ~is_missing(targets).reshape(len(targets), -1).any(axis=1)
    n_missing = len(targets) - np.count_nonzero(complete)
    if n_missing == 0:
        return windows
    if n_missing == len(targets):
        raise ValueError(
            f"All {n_missing} windows lack a target: y has gaps that are never further apart than "
            "the horizon. Use a smaller horizon, or interpolate y."
        )
    warn(
        f"{n_missing} of {len(targets)} windows were left out: values of their targets are missing."
    )
    return tuple(read_only(part[complete]) for part in windows)


def windows_with_future(windows, future, ahead):
    """Return windows with the future of some columns as further features, as `cut` makes them.

    `future`, of shape (n_windows, horizon, n_columns), holds the values after each window of the
    columns at the positions `ahead`.
    """
    horizon = future.shape[1]
    shifted = np.concatenate([windows[:, horizon:, ahead], future], axis=1)
    return np.concatenate([windows, shifted], axis=2)
