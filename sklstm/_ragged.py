"""Sequences of unequal length in: lists of arrays, awkward arrays, arrays padded with NaN."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from sklstm._validation import check_numbers, place_in_window

__all__ = [
    "Ragged",
    "check_ragged_finite",
    "find_padding",
    "is_list_of_arrays",
    "place_in_sequences",
    "real_steps",
]

_NOT_NUMBERS = "Turn dates into numbers, such as the sine and cosine of the time of year."
_NOT_MISSING = ""  # values may be missing here


@dataclass(frozen=True)
class Ragged:
    """Sequences of unequal length: all their steps as rows, and how many belong to each.

    Parameters
    ----------
    rows : ndarray of shape (n_steps, n_features)
        The steps of all sequences, one sequence below the other. Values may be missing.
    lengths : ndarray of int of shape (n_samples,)
        Steps of each sequence, at least 1.
    padding : {"end", "begin"} or None
        Where the array was padded that they came in; None for a list.
    n_padded : int
        Steps of that array; for a list, of the longest sequence.
    """

    rows: np.ndarray
    lengths: np.ndarray
    padding: str | None
    n_padded: int

    @classmethod
    def read(cls, X: Any, name: str = "X") -> Ragged | None:
        """Read sequences of unequal length; return None for all other input.

        Ragged are lists, tuples, arrays of objects and awkward arrays that hold sequences of
        unequal length, each of shape (n_timesteps, n_features) or, with one feature,
        (n_timesteps,); and 3-D arrays in which the last steps, or the first, of some samples are
        NaN in all features.

        Raises
        ------
        ValueError
            If a sequence is empty, is all padding, or has another number of features; or if an
            array is padded at both ends.
        """
        if _is_list_of_sequences(X):
            ragged = cls.from_list(X, name)
            return None if (ragged.lengths == ragged.n_padded).all() else ragged
        if getattr(X, "ndim", 0) == 3 and getattr(X, "dtype", np.dtype(int)).kind == "f":
            X = np.asarray(X)
            padding = find_padding(X, name)
            return None if padding is None else cls.from_padded(X, padding, name)
        return None

    @classmethod
    def from_list(cls, X: Any, name: str = "X") -> Ragged:
        """Read a list of sequences, which may be of one length."""
        sequences = [_as_sequence(item, number, name) for number, item in enumerate(X)]
        lengths = np.array([len(sequence) for sequence in sequences])
        _check_features([sequence.shape[1] for sequence in sequences], name)
        return cls(np.concatenate(sequences), lengths, None, int(lengths.max()))

    @classmethod
    def from_padded(cls, X: np.ndarray, padding: str, name: str = "X") -> Ragged:
        """Read a 3-D array whose last steps, or first, of some samples may be NaN as padding."""
        real = ~_edge_of_nan(X, padding)
        lengths = real.sum(axis=1)
        _refuse_all_padding(lengths == 0, name)
        return cls(X[real], lengths, padding, X.shape[1])

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def starts(self) -> np.ndarray:
        """The row with which each sequence begins."""
        return np.cumsum(self.lengths) - self.lengths

    def split(self, rows: np.ndarray) -> list[np.ndarray]:
        """Cut rows, as many as there are steps, into sequences."""
        return np.split(rows, self.starts[1:])

    def like_input(self, rows: np.ndarray) -> Any:
        """Return other rows for the same steps in the form in which the sequences came."""
        if self.padding is None:
            return self.split(rows)
        dtype = np.result_type(rows, np.float16)  # which holds NaN
        padded = np.full((len(self), self.n_padded, *rows.shape[1:]), np.nan, dtype)
        padded[real_steps(self.lengths, self.n_padded, self.padding)] = rows
        return padded

    def padded(self, n_timesteps: int | None = None) -> np.ndarray:
        """Return the sequences with zeros behind the end of each.

        Parameters
        ----------
        n_timesteps : int, optional
            Steps of the array; by default those of the longest sequence.

        Returns
        -------
        ndarray of shape (n_samples, n_timesteps, n_features)
        """
        steps = int(self.lengths.max()) if n_timesteps is None else n_timesteps
        padded = np.zeros((len(self), steps, self.rows.shape[1]), self.rows.dtype)
        padded[real_steps(self.lengths, steps)] = self.rows
        return padded


def real_steps(lengths: np.ndarray, n_timesteps: int, padding: str = "end") -> np.ndarray:
    """Return which steps of padded sequences are real.

    Returns
    -------
    ndarray of bool of shape (n_samples, n_timesteps)
    """
    steps = np.arange(n_timesteps)
    if padding == "begin":
        return steps >= n_timesteps - lengths[:, np.newaxis]
    return steps < lengths[:, np.newaxis]


def place_in_sequences(
    ragged: Ragged, bad: np.ndarray, name: str, names: list[str] | None = None
) -> str:
    """Describe sample, time step and feature of the first True.

    Parameters
    ----------
    bad : ndarray of bool, of the shape of ``ragged.rows``
    name : str
        What was passed as the sequences.
    names : list of str or None
        Those of the features.
    """
    row, feature = np.unravel_index(bad.argmax(), bad.shape)
    sample = int(np.searchsorted(ragged.starts, row, side="right")) - 1
    step = int(row - ragged.starts[sample])
    place = place_in_window(step, int(feature), int(ragged.lengths[sample]), names)
    return f"sample {sample} of {name}, {place}"


def check_ragged_finite(
    ragged: Ragged, name: str, remedy: str, names: list[str] | None = None
) -> None:
    """Raise a ValueError, which ends with the remedy, if a sequence holds NaN or infinity."""
    if np.isfinite(ragged.rows).all():
        return
    missing = np.isnan(ragged.rows)
    bad = missing if missing.any() else ~np.isfinite(ragged.rows)
    found = "NaN" if missing.any() else "infinity"
    raise ValueError(
        f"Input {name} contains {found}. The first is in "
        f"{place_in_sequences(ragged, bad, name, names)}. {remedy}"
    )


def is_list_of_arrays(X: Any) -> bool:
    """Return whether X lists sequences one by one, be they of equal length or not."""
    if isinstance(X, np.ndarray) and X.dtype != object:
        return False
    if _is_list_of_sequences(X):
        return True
    return isinstance(X, list | tuple) and all(isinstance(item, np.ndarray) for item in X)


def find_padding(X: np.ndarray, name: str) -> str | None:
    """Return at which end some samples of a 3-D array are NaN in all features: "end", "begin"."""
    first, last = (np.isnan(X[:, step]).all(axis=1) for step in (0, -1))
    empty = first & last
    empty[empty] = np.isnan(X[empty]).all(axis=(1, 2))
    first, last = first & ~empty, last & ~empty
    if first.any() and last.any():
        _refuse_all_padding(np.isnan(X).all(axis=(1, 2)), name)
        raise ValueError(
            f"{name} is padded with NaN at both ends: sample {first.argmax()} at the beginning, "
            f"sample {last.argmax()} at the end. Pad all samples at one end, or pass a list of "
            "arrays. If these values are missing, fill them in: WindowImputer(padding=None)."
        )
    return "begin" if first.any() else "end" if (last | empty).any() else None


def _refuse_all_padding(empty: np.ndarray, name: str) -> None:
    if empty.any():
        raise ValueError(
            f"Sample {empty.argmax()} of {name} is all NaN: a sequence that is all padding. Leave "
            "it out, of y too."
        )


def _edge_of_nan(X: np.ndarray, padding: str) -> np.ndarray:
    """Return which steps of each sample belong to the run of NaN at one end."""
    missing = np.isnan(X).all(axis=2)
    if padding == "begin":
        return np.logical_and.accumulate(missing, axis=1)
    return np.logical_and.accumulate(missing[:, ::-1], axis=1)[:, ::-1]


def _is_list_of_sequences(X: Any) -> bool:
    """Return whether X lists arrays, or lists of rows, and is no list of numbers or of rows."""
    if _is_awkward(X):
        return True
    is_list = isinstance(X, list | tuple) or (
        isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 1
    )
    if not is_list or len(X) == 0 or not all(hasattr(item, "__len__") for item in X):
        return False
    dimensions = [_dimensions(item) for item in X]
    return max(dimensions) == 2 or len({len(item) for item in X}) > 1


def _is_awkward(X: Any) -> bool:
    awkward = sys.modules.get("awkward")
    return awkward is not None and isinstance(X, awkward.Array)


def _dimensions(item: Any) -> int:
    """Return 2 for an array or a list of rows, 1 for a list of numbers."""
    if hasattr(item, "ndim"):
        return int(item.ndim)
    return 1 + (len(item) > 0 and hasattr(item[0], "__len__") and not isinstance(item[0], str))


def _as_sequence(item: Any, number: int, name: str) -> np.ndarray:
    where = f"{name}[{number}]"
    if np.ma.is_masked(item):
        raise ValueError(
            f"{where} is a masked array with masked values. Make NaN of them with .filled(np.nan)."
        )
    if len(item) == 0:
        raise ValueError(f"{where} is a sequence of length 0. Leave it out, of y too.")
    if type(item) is np.ndarray and item.dtype.kind in "biuf" and item.ndim in (1, 2):
        return item.reshape(len(item), -1)
    array = check_numbers(
        item,
        where,
        if_not_numbers=_NOT_NUMBERS,
        if_missing=_NOT_MISSING,
        convert_objects=True,
        ensure_all_finite=False,
        ensure_2d=False,
    )
    if array.ndim > 2:
        raise ValueError(
            f"{where} has the shape {array.shape}, but a sequence has the shape (n_timesteps, "
            "n_features) or (n_timesteps,)."
        )
    return array.reshape(len(array), -1)


def _check_features(numbers: list[int], name: str) -> None:
    others = [i for i, number in enumerate(numbers) if number != numbers[0]]
    if others:
        raise ValueError(
            f"All sequences must have the same features, but {name}[0] has {numbers[0]} and "
            f"{name}[{others[0]}] has {numbers[others[0]]}. Each sequence has the shape "
            "(n_timesteps, n_features)."
        )
