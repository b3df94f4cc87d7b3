"""Groups of rows: which rows belong to which series, and whether these suffice for a window."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from sklstm._validation import check_index_of_groups, check_labels
from sklstm._warnings import warn
from sklstm.windowing._time_index import (
    check_time_index,
    evenly_spaced_groups,
    times_in_groups,
)

__all__ = [
    "check_times_of_groups",
    "groups_with_windows",
    "in_words",
    "last_rows_of_groups",
    "rows_of_groups",
]


def rows_of_groups(groups, n_rows, argument="groups", /, **data):
    """Return a dict from each group's label to its row numbers, by first appearance.

    `argument` is what `groups` was passed as, and `data` the arguments that hold the rows.
    """
    labels = check_labels(groups, argument, "Leave out the rows that belong to no group.")
    if labels.shape != (n_rows,):
        raise ValueError(
            f"{argument} must hold one label for every row of {next(iter(data))}, in an array of "
            f"shape ({n_rows},); got shape {labels.shape}."
        )
    check_index_of_groups(groups, argument, **data)
    code_of: dict[Any, int] = {}
    try:
        codes = np.array([code_of.setdefault(x, len(code_of)) for x in labels.tolist()], int)
    except TypeError as error:
        raise TypeError(f"{argument} must hold labels, such as numbers or text: {error}.") from None
    by_group = np.argsort(codes, kind="stable")
    row_numbers = np.split(by_group, np.cumsum(np.bincount(codes))[:-1])
    return dict(zip(code_of, row_numbers, strict=False))  # split gives one part of no rows


def groups_with_windows(rows_of_groups, n_needed):
    """Return the row numbers of every group that is long enough for a window."""
    enough = [numbers for numbers in rows_of_groups.values() if len(numbers) >= n_needed]
    if not enough:
        longest = max(map(len, rows_of_groups.values()), default=0)
        raise ValueError(
            f"No group has the lookback + horizon = {n_needed} rows that a window needs: the "
            f"longest has {longest}. Use a smaller lookback or horizon."
        )
    if len(enough) < len(rows_of_groups):
        warn(
            f"{len(rows_of_groups) - len(enough)} of {len(rows_of_groups)} groups gave no window: "
            f"they have fewer than the lookback + horizon = {n_needed} rows that a window needs.",
        )
    return enough


def last_rows_of_groups(rows_of_groups, lookback):
    """Return the last row numbers of every group, of shape (n_groups, lookback)."""
    short = [label for label, numbers in rows_of_groups.items() if len(numbers) < lookback]
    if short or not rows_of_groups:
        raise ValueError(
            f"{len(short)} of {len(rows_of_groups)} groups have fewer than the "
            f"lookback={lookback} rows that a window needs: {in_words(short)}. Use a smaller "
            "lookback, or leave out these groups."
        )
    return np.stack([numbers[-lookback:] for numbers in rows_of_groups.values()])


def check_times_of_groups(index, row_numbers):
    """Raise unless the times of each group are sorted and evenly spaced."""
    times = times_in_groups(index)
    if times is None:
        return
    regular = evenly_spaced_groups(times, row_numbers)
    for numbers in itertools.compress(row_numbers, ~regular):
        check_time_index(times[numbers], rows=numbers)


def in_words(labels, n_named=10):
    """Return labels for an error, of which the first are named."""
    return ", ".join(map(repr, labels[:n_named])) + (" and others" if len(labels) > n_named else "")
