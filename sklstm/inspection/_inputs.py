"""Sequences of every kind as rows, and the baselines that they are compared with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sklstm._ragged import Ragged
from sklstm.windowing import Windows
from sklstm.windowing._steps import read_list, read_padded

__all__ = ["Rows", "mean_baseline", "read_baseline", "read_rows"]


@dataclass(frozen=True)
class Rows:
    """All time steps of all sequences as rows, one sequence below the other.

    Parameters
    ----------
    ragged : Ragged
        The rows, and how many belong to each sequence.
    form : {"array", "list", "flat"}
        Whether the sequences came as one 3-D array, as a list or padded, or as 2-D data, where a
        row is a whole sequence.
    columns : list or None
        Names of the columns of a DataFrame.
    """

    ragged: Ragged
    form: str
    columns: Any = None

    @property
    def values(self) -> np.ndarray:
        """The rows."""
        return self.ragged.rows

    def over(self, values: np.ndarray) -> Rows:
        """Return other values for the same rows."""
        return replace(self, ragged=replace(self.ragged, rows=values))

    def sequences(self) -> np.ndarray:
        """Return the sequences as one array, with zeros behind their ends."""
        if self.form == "flat":
            return self.values[:, :, np.newaxis]
        return self.ragged.padded()

    def rows_of(self, sequences: np.ndarray) -> np.ndarray:
        """Return the rows of an array such as `sequences` returns."""
        if self.form == "flat":
            return sequences[:, :, 0]
        steps = np.arange(sequences.shape[1]) < self.ragged.lengths[:, np.newaxis]
        return sequences[steps]

    def like_input(self, values: np.ndarray) -> Any:
        """Return other values for the same rows as sequences, as they came; 2-D ones as 3-D."""
        if self.form == "list":
            return self.ragged.like_input(values)
        return self.over(values).sequences()


def read_rows(X: Any) -> Rows:
    """Read sequences, of equal or unequal length, or 2-D data."""
    X = np.asarray(X) if isinstance(X, Windows) else X
    columns = list(X.columns) if hasattr(X, "columns") else None
    ragged = read_list(X)
    if ragged is None:
        array = np.asarray(X)
        ragged = read_padded(array, "auto")
        if ragged is None:
            return _read_array(array, columns)
    _refuse_missing(ragged.rows)
    return Rows(ragged, "list")


def _read_array(array: np.ndarray, columns: Any) -> Rows:
    if array.ndim not in (2, 3):
        raise ValueError(
            "X must have the shape (n_samples, n_timesteps, n_features) or (n_samples, "
            f"n_timesteps), or be a list of sequences, got the shape {array.shape}."
        )
    _refuse_missing(array)
    flat = array.ndim == 2
    n_steps = 1 if flat else array.shape[1]
    lengths = np.full(len(array), n_steps)
    rows = array.reshape(-1, array.shape[-1])
    return Rows(Ragged(rows, lengths, None, n_steps), "flat" if flat else "array", columns)


def _refuse_missing(values: np.ndarray) -> None:
    if values.dtype.kind not in "biuf":
        raise ValueError(f"X must hold numbers, got {values.dtype}.")
    if not np.isfinite(values).all():
        raise ValueError(
            "X contains NaN or infinity, along which there is no path from a baseline. Fill in "
            "what is missing first, with sklstm.WindowImputer."
        )


def mean_baseline(rows: Rows, *, by_column: bool) -> np.ndarray:
    """Return the mean of each feature; of 2-D data, that of each column or of all columns."""
    axis = 0 if by_column or rows.form != "flat" else None
    return rows.values.mean(axis=axis, dtype=np.float64)


def read_baseline(baseline: Any, rows: Rows) -> np.ndarray:
    """Return a baseline as rows, one for each row of the sequences."""
    values, lengths = rows.values, rows.ragged.lengths
    if rows.form == "list":
        given = read_list(baseline)
        if given is not None and np.array_equal(given.lengths, lengths):
            return given.rows
    elif np.shape(baseline) == np.shape(rows.sequences()):
        return rows.rows_of(np.asarray(baseline, dtype=float))
    array = np.asarray(baseline, dtype=float)
    if rows.form == "array" and array.shape == (int(lengths[0]), values.shape[1]):
        return np.tile(array, (len(lengths), 1))
    one = 1 if rows.form == "flat" else values.shape[1]
    if array.shape in ((), (one,), (values.shape[1],), values.shape):
        return np.broadcast_to(array, values.shape)
    raise ValueError(
        f"baseline of shape {array.shape} does not fit X. Pass a number, one for each feature, a "
        "sequence of shape (n_timesteps, n_features), or sequences of the shape of X."
    )
