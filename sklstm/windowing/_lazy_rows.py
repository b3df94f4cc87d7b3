"""Rows that lazy windows are gathered from: an array in memory or on disk, or a sliced store."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from sklstm.windowing._base import read_only
from sklstm.windowing._rows import check_rows

__all__ = [
    "RowsAhead",
    "TransformedRows",
    "as_rows",
    "blocks_of",
    "check_size",
    "dense",
    "first_missing",
    "fits_in_memory",
    "gather",
    "is_sliced",
    "joined_blocks",
    "refuse_missing",
    "views_of",
]

_BLOCK_BYTES = 2**24  # read at once from a store

_LARGE = 1 / 4  # the part of the memory that a copy may take

# Of either version; a container sees its own.
_CONTROL_GROUPS = "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"

_IN_STORE = "Replace it in the store, or choose other rows."


class RowsAhead:
    """Rows with some of their columns once more, a number of rows ahead; joined when sliced.

    Parameters
    ----------
    rows : array of shape (T, F)
        In memory, or anything that slices rows.
    ahead : sequence of int
        Positions of the columns.
    horizon : int
        How many rows ahead.
    """

    def __init__(self, rows: Any, ahead: Any, horizon: int) -> None:
        self.rows, self.ahead, self.horizon = rows, list(ahead), horizon

    @property
    def shape(self) -> tuple[int, int]:
        """As of an array."""
        n_rows, n_features = self.rows.shape
        return n_rows - self.horizon, n_features + len(self.ahead)

    @property
    def dtype(self) -> np.dtype:
        """As of an array."""
        return np.dtype(self.rows.dtype)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: slice) -> np.ndarray:
        first, last, _ = key.indices(len(self))
        future = np.asarray(self.rows[first + self.horizon : last + self.horizon])
        return np.hstack([np.asarray(self.rows[first:last]), future[:, self.ahead]])


class TransformedRows:
    """Rows that are transformed when they are sliced.

    Parameters
    ----------
    rows : array of shape (T, F)
        In memory, or anything that slices rows.
    transform : callable
        Transforms rows.
    first : int
        A row that may be looked at, to see what comes out.
    """

    def __init__(self, rows: Any, transform: Any, first: int) -> None:
        self.rows, self.transform = rows, transform
        example = dense(transform(np.asarray(rows[first : first + 1])))
        self.shape, self.dtype = (rows.shape[0], example.shape[1]), example.dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: slice) -> np.ndarray:
        rows = np.asarray(self.rows[key])
        empty = np.empty((0, self.shape[1]), self.dtype)
        return dense(self.transform(rows)) if len(rows) else empty

    def gather(self, starts: np.ndarray, lookback: int) -> np.ndarray:
        """Return a copy of windows that lie far apart: read first, and transformed at once."""
        windows = gather(self.rows, starts, lookback)
        rows = dense(self.transform(windows.reshape(-1, windows.shape[-1])))
        return rows.reshape(*windows.shape[:-1], -1)


def dense(rows: Any) -> np.ndarray:
    """Return what a transformer returns as a dense array."""
    return rows.toarray() if hasattr(rows, "toarray") else np.asarray(rows)


def as_rows(X: Any, ensure_all_finite: Any = True) -> Any:
    """Return X as rows of shape (T, F): as it is, if it need not be converted.

    A memory map stays one, and a store that only slices rows is not loaded, but looked at for
    missing values block by block.
    """
    if is_sliced(X):
        if ensure_all_finite:
            allow_nan = ensure_all_finite == "allow-nan"
            refuse_missing(X, [(0, X.shape[0])], _IN_STORE, allow_nan=allow_nan)
        return X
    rows = check_rows(X, ensure_all_finite)
    return X.reshape(rows.shape) if isinstance(X, np.memmap) else rows


def refuse_missing(rows, stretches, remedy, *, names=None, allow_nan=False):
    """Raise if stretches of rows hold infinity, or NaN unless it is allowed, block by block."""
    stretches = list(stretches)
    blocks = joined_blocks(rows, stretches)
    if all(first_missing(block, allow_nan=allow_nan) is None for block in blocks):
        return
    for block in blocks_of(rows, stretches):
        found = first_missing(np.asarray(rows[block]), allow_nan=allow_nan)
        if found is not None:
            what, (row, column) = found
            raise ValueError(
                f"Input X contains {what}. The first is in row {block.start + row} of the rows "
                f"of X, column {(names or range(column + 1))[column]!r}. {remedy}"
            )


def first_missing(
    values: np.ndarray, *, allow_nan: bool = False
) -> tuple[str, tuple[int, ...]] | None:
    """Return in words what is missing first, and where, or None."""
    with np.errstate(invalid="ignore", over="ignore"):
        if np.isfinite(values.sum()):  # in most cases, and without an array of its own
            return None
    bad = np.isinf(values) if allow_nan else ~np.isfinite(values)
    if not bad.any():
        return None
    place = tuple(int(number) for number in np.unravel_index(bad.argmax(), bad.shape))
    return "NaN" if np.isnan(values[place]) else "infinity", place


def is_sliced(X: Any) -> bool:
    """Return whether X is a two-dimensional store of numbers on which NumPy has no hold."""
    dtype = getattr(X, "dtype", None)
    return (
        not isinstance(X, np.ndarray)
        and not hasattr(X, "columns")
        and len(getattr(X, "shape", ())) == 2
        and getattr(dtype, "kind", "") in tuple("biuf")
        and hasattr(X, "__getitem__")
    )


def blocks_of(rows: Any, stretches: Iterable[tuple[int, int]]) -> Iterator[slice]:
    """Cut stretches of rows into blocks of a few megabytes.

    `stretches` are pairs of the first row, and the row after the last.
    """
    size = _rows_of_block(rows)
    for first, last in stretches:
        for begin in range(first, last, size):
            yield slice(begin, min(begin + size, last))


def joined_blocks(rows: Any, stretches: Iterable[tuple[int, int]]) -> Iterator[np.ndarray]:
    """Yield stretches of rows, long ones in blocks, and short ones joined to such."""
    if isinstance(rows, TransformedRows):
        yield from (dense(rows.transform(each)) for each in joined_blocks(rows.rows, stretches))
        return
    rows = np.asarray(rows) if isinstance(rows, np.ndarray) else rows  # slices faster than a memmap
    waiting: list[np.ndarray] = []
    size, n_waiting = _rows_of_block(rows), 0
    for block in blocks_of(rows, stretches):
        waiting.append(np.asarray(rows[block]))
        n_waiting += len(waiting[-1])
        if 2 * n_waiting > size:
            yield waiting[0] if len(waiting) == 1 else np.concatenate(waiting)
            waiting, n_waiting = [], 0
    if waiting:
        yield waiting[0] if len(waiting) == 1 else np.concatenate(waiting)


def _rows_of_block(rows):
    width = rows.shape[1] * np.dtype(rows.dtype).itemsize
    return max(1, _BLOCK_BYTES // max(1, width))


def views_of(rows: np.ndarray, lookback: int) -> np.ndarray:
    """Return the windows that start with each row of an array, a read-only view."""
    view = sliding_window_view(np.asarray(rows), lookback, axis=0)
    return read_only(view.swapaxes(1, 2))


def gather(rows: Any, starts: np.ndarray, lookback: int) -> np.ndarray:
    """Return a copy of the windows that start with some rows.

    Parameters
    ----------
    rows : array of shape (T, F)
    starts : ndarray of int
        Numbers of rows, in any shape.
    lookback : int

    Returns
    -------
    ndarray of shape (*starts.shape, lookback, F)
    """
    shape = *starts.shape, lookback, rows.shape[1]
    check_size(shape, rows.dtype)
    if starts.size == 0:
        return np.empty(shape, rows.dtype)
    if isinstance(rows, np.ndarray):
        windows = views_of(rows, lookback)[starts.ravel()]
        return np.ascontiguousarray(windows).reshape(shape)
    if isinstance(rows, TransformedRows) and np.ptp(starts) > starts.size * lookback:
        return rows.gather(starts, lookback)
    windows = np.empty((starts.size, *shape[-2:]), rows.dtype)
    for numbers, first, last in _reads(rows, starts.ravel(), lookback):
        block = np.asarray(rows[first:last])
        windows[numbers] = views_of(block, lookback)[starts.flat[numbers] - first]
    return windows.reshape(shape)


def _reads(rows, starts, lookback):
    """Say which rows to read for which windows, so that few reads serve all.

    Yields
    ------
    numbers : ndarray of int
        Of the windows that one read serves.
    first, last : int
        The rows to read.
    """
    most = _rows_of_block(rows)
    order = np.argsort(starts, kind="stable")
    ascending = starts[order]
    begin = 0
    while begin < len(order):
        first = int(ascending[begin])
        end = int(np.searchsorted(ascending, first + most, side="left"))
        # a gap that is longer than a window ends the read
        gaps = np.flatnonzero(np.diff(ascending[begin:end]) > lookback)
        end = begin + int(gaps[0]) + 1 if len(gaps) else end
        yield order[begin:end], first, int(ascending[end - 1]) + lookback
        begin = end


def check_size(shape: tuple[int, ...], dtype: Any) -> None:
    """Refuse an array that the machine could not hold."""
    size = np.dtype(dtype).itemsize * float(np.prod([float(length) for length in shape]))
    memory = memory_of_process()
    if memory is not None and size > memory:
        raise MemoryError(
            f"The windows as one array of shape {shape} and dtype {np.dtype(dtype)} would take "
            f"{size / 2**30:,.1f} GiB, and this process may take {memory / 2**30:,.1f} GiB. Take a "
            "part of them, such as windows[:1000], or cut fewer with a larger stride. Estimators "
            "and pipeline steps of sklstm, splitters and searches take Windows as they are."
        )


def fits_in_memory(n_bytes: float) -> bool:
    """Return whether an array leaves most of the memory to others."""
    memory = memory_of_process()
    return memory is None or n_bytes <= _LARGE * memory


def memory_of_process() -> float | None:
    """Return the bytes of memory that this process may have, or None where nothing tells."""
    if sys.platform == "win32" or not hasattr(os, "sysconf"):
        return None
    import resource

    limits = [resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA)]
    limits = [limit for limit in limits if limit != resource.RLIM_INFINITY]
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return float(min([machine, *limits, *_limits_of_container()]))


def _limits_of_container() -> Iterator[int]:
    """Yield what a control group of Linux allows, where there is one."""
    for file in map(Path, _CONTROL_GROUPS):
        text = file.read_text().strip() if file.exists() else ""
        if text.isdigit():
            yield int(text)
