"""Sequences of every kind, and how parts of them are exchanged between samples."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import _safe_indexing

from sklstm._ragged import Ragged
from sklstm._validation import names_of
from sklstm.windowing import Windows
from sklstm.windowing._named import with_names
from sklstm.windowing._steps import read_list, read_padded

__all__ = ["Cell", "Shuffler", "ShuffledWindows", "shuffler_of"]

BATCH_BYTES = 2**25  # of lazy windows that are gathered at once


class Cell(NamedTuple):
    """A part of every sequence: neighbouring time steps of some features.

    Steps are told by how far they lie before the last one.
    """

    oldest: int
    newest: int
    features: np.ndarray


class Shuffler(ABC):
    """Samples whose parts can be exchanged."""

    n_samples: int
    n_timesteps: int
    n_features: int

    @abstractmethod
    def take(self, rows: np.ndarray) -> Shuffler:
        """Return some of the samples."""

    @abstractmethod
    def original(self) -> Any:
        """Return the samples as an estimator takes them."""

    @abstractmethod
    def shuffled(self, cell: Cell, order: np.ndarray) -> Any:
        """Return the samples with a cell of each taken from the sample that `order` names."""


def shuffler_of(X: Any, *, columns_are_steps: bool) -> Shuffler:
    """Return what exchanges parts of X.

    Parameters
    ----------
    X : array-like or list
        Sequences, or 2-D data.
    columns_are_steps : bool
        Whether the columns of 2-D data are the time steps of one feature, or features.
    """
    if isinstance(X, Windows):
        return _Lazy(X)
    ragged, names = read_list(X), names_of(X)
    if ragged is None and not hasattr(X, "iloc"):
        X = np.asarray(X)
        ragged = read_padded(X, "auto")
    if ragged is not None:
        return _Unequal(ragged, names)
    if len(X.shape) == 2:
        return _Columns(X, columns_are_steps)
    if len(X.shape) == 3:
        return _Dense(with_names(np.asarray(X), names))
    raise ValueError(
        "X must have the shape (n_samples, n_timesteps, n_features) or (n_samples, n_features), or "
        f"be a list of sequences, got the shape {X.shape}."
    )


class _Dense(Shuffler):
    """Sequences of one length, as an array."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values
        self.n_samples, self.n_timesteps, self.n_features = values.shape

    def take(self, rows: np.ndarray) -> Shuffler:
        return _Dense(self.values[rows])

    def original(self) -> Any:
        return self.values

    def shuffled(self, cell: Cell, order: np.ndarray) -> Any:
        return _exchanged(self.values.copy(), self.values, cell, order)


def _exchanged(into: np.ndarray, source: Any, cell: Cell, order: np.ndarray) -> np.ndarray:
    """Write a cell of other samples into windows."""
    n_timesteps = into.shape[1]
    steps = slice(n_timesteps - 1 - cell.oldest, n_timesteps - cell.newest)
    donors = np.asarray(source[order, steps])
    into[:, steps, cell.features] = donors[:, :, cell.features]
    return into


class _Columns(Shuffler):
    """2-D data, an array or a DataFrame, whose columns are features or time steps."""

    def __init__(self, table: Any, columns_are_steps: bool) -> None:
        self.table = table
        self.columns_are_steps = columns_are_steps
        self.n_samples, n_columns = table.shape
        self.n_timesteps, self.n_features = (n_columns, 1) if columns_are_steps else (1, n_columns)

    def take(self, rows: np.ndarray) -> Shuffler:
        return _Columns(_safe_indexing(self.table, rows), self.columns_are_steps)

    def original(self) -> Any:
        return self.table

    def shuffled(self, cell: Cell, order: np.ndarray) -> Any:
        last = self.n_timesteps
        is_step = self.columns_are_steps
        columns = (
            np.arange(last - 1 - cell.oldest, last - cell.newest) if is_step else cell.features
        )
        table = self.table.copy()
        if not hasattr(table, "iloc"):
            table[:, columns] = self.table[order[:, np.newaxis], columns]
            return table
        for column in columns.tolist():  # each with its own dtype
            values = self.table.iloc[order, column]
            values.index = table.index
            table.isetitem(column, values)
        return table


class _Unequal(Shuffler):
    """Sequences of unequal length.

    Each step, counted from the end, is exchanged among the samples that have it. Where the sample
    that `order` names is too short, its own donor takes its place, and so on: so every step is
    permuted, and a sequence gets all its steps from one donor as far as that donor has them.
    """

    def __init__(self, ragged: Ragged, names: list[str] | None = None) -> None:
        self.ragged, self.names = ragged, names
        self.n_samples = len(ragged)
        self.n_timesteps = int(ragged.lengths.max())
        self.n_features = ragged.rows.shape[1]

    def take(self, rows: np.ndarray) -> Shuffler:
        sequences = self.ragged.split(self.ragged.rows)
        chosen = [sequences[row] for row in rows]
        ragged = replace(
            self.ragged, rows=np.concatenate(chosen), lengths=self.ragged.lengths[rows]
        )
        return _Unequal(ragged, self.names)

    def original(self) -> Any:
        return with_names(self.ragged.like_input(self.ragged.rows), self.names)

    def shuffled(self, cell: Cell, order: np.ndarray) -> Any:
        rows = self.ragged.rows.copy()
        last = self.ragged.starts + self.ragged.lengths - 1
        for before, samples, donors in _donors(order, self.ragged.lengths):
            if before > cell.oldest:
                break
            if before >= cell.newest:
                target, source = last[samples] - before, last[donors] - before
                rows[target[:, np.newaxis], cell.features] = self.ragged.rows[
                    source[:, np.newaxis], cell.features
                ]
        return with_names(self.ragged.like_input(rows), self.names)


def _donors(order: np.ndarray, lengths: np.ndarray) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Yield for each step, the last first, the samples that have it and from whom each gets it."""
    donor = order.copy()
    receiver = np.argsort(donor)
    by_length = np.argsort(lengths, kind="stable")
    n_gone = 0
    for before in range(int(lengths.max())):
        while lengths[by_length[n_gone]] <= before:  # too short: who waits for it asks its donor
            sample = by_length[n_gone]
            donor[receiver[sample]] = donor[sample]
            receiver[donor[sample]] = receiver[sample]
            n_gone += 1
        samples = by_length[n_gone:]
        yield before, samples, donor[samples]


class _Lazy(Shuffler):
    """Windows over rows, of which a batch at a time is gathered."""

    def __init__(self, windows: Windows) -> None:
        self.windows = windows
        self.n_samples, self.n_timesteps, self.n_features = windows.shape

    def take(self, rows: np.ndarray) -> Shuffler:
        return _Lazy(self.windows[rows])

    def original(self) -> Any:
        nothing = Cell(0, 0, np.array([], dtype=int))  # in batches as well
        return ShuffledWindows(self.windows, nothing, np.arange(self.n_samples))

    def shuffled(self, cell: Cell, order: np.ndarray) -> Any:
        return ShuffledWindows(self.windows, cell, order)


class ShuffledWindows:
    """Lazy windows with a cell of each taken from another one; gathered batch by batch."""

    def __init__(self, windows: Windows, cell: Cell, order: np.ndarray) -> None:
        self.windows = windows
        self.cell = cell
        self.order = order
        self.shape, self.dtype, self.ndim = windows.shape, windows.dtype, 3

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, rows: Any) -> np.ndarray:
        into = _exchanged(np.array(self.windows[rows]), self.windows, self.cell, self.order[rows])
        return with_names(into, self.windows.feature_names)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self[:], dtype)

    def batches(self) -> Iterator[np.ndarray]:
        """Yield the windows as arrays of bounded size."""
        bytes_per_window = self.dtype.itemsize * int(np.prod(self.shape[1:]))
        size = max(1, BATCH_BYTES // bytes_per_window)
        for start in range(0, len(self), size):
            yield self[start : start + size]
