"""The time steps of windows, of sequences of unequal length, or of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import gen_batches

from sklstm._ragged import Ragged, place_in_sequences
from sklstm.windowing._lazy_array import LazyWindows
from sklstm.windowing._lazy_rows import check_size

__all__ = [
    "Steps",
    "blocks_of_steps",
    "find_padding",
    "median_of",
    "read_list",
    "read_padded",
    "refuse",
]

# Steps that are worked on at once, so that what is computed on the way takes little memory.
_PART = 2**20


class Steps(NamedTuple):
    """Numbers for time steps that lie one after the other, each sequence below the one before."""

    values: np.ndarray  # (n_windows, n_timesteps, n_features) or (n_steps, n_features)
    lengths: np.ndarray  # (n_sequences,), steps of each
    like_input: Callable[[np.ndarray], Any]  # puts values into the form in which X came

    @classmethod
    def of_array(cls, array: np.ndarray) -> Steps:
        """Return the steps of windows, or of rows, which are one sequence."""
        windows = array.ndim == 3
        lengths = np.full(len(array), array.shape[1]) if windows else np.array([len(array)])
        return cls(array, lengths, lambda values: values)

    @classmethod
    def of_ragged(cls, ragged: Ragged) -> Steps:
        """Return the steps of sequences of unequal length, without padding."""
        return cls(ragged.rows, ragged.lengths, ragged.like_input)

    def parts(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield parts along the first axis, and the lengths of the sequences in them."""
        if self.values.ndim == 2:
            yield slice(None), self.lengths
            return
        for part in _parts_of(self.values.shape):
            yield part, self.lengths[part]


def blocks_of_steps(values: Any) -> Iterator[np.ndarray]:
    """Yield windows as arrays, part by part; other steps at once."""
    for part in _parts_of(values.shape) if len(values.shape) == 3 else [slice(None)]:
        yield np.asarray(values[part])


def median_of(values: Any, feature: int) -> float:
    """Return the median of a feature; of lazy windows its values become an array."""
    if isinstance(values, LazyWindows):
        check_size(values.shape[:2], values.dtype)
        blocks = [block[..., feature].copy() for block in blocks_of_steps(values)]
        return float(np.nanmedian(np.concatenate(blocks)))
    return float(np.nanmedian(values[..., feature]))


def _parts_of(shape: tuple[int, ...]) -> Iterator[slice]:
    return gen_batches(shape[0], max(1, _PART // max(1, shape[1])))


def find_padding(array: np.ndarray | LazyWindows) -> str | None:
    """Return where windows are padded: at the one end at which some begin or end with NaN.

    Returns
    -------
    {"end", "begin"} or None
        None if there is no step of NaN in all features at either end, or if there are some at
        both: then values are missing there. Windows that are all NaN tell nothing.
    """
    if array.ndim != 3 or array.dtype.kind != "f" or array.size == 0:
        return None
    blocks = array.parts() if isinstance(array, LazyWindows) else [array]
    begin, end = np.any([_missing_at_ends(block) for block in blocks], axis=0).tolist()
    return None if begin == end else "begin" if begin else "end"


def _missing_at_ends(array: np.ndarray) -> tuple[bool, bool]:
    """Return whether some windows begin, and whether some end, with NaN in all features."""
    missing = np.stack([np.isnan(array[:, step]).all(axis=1) for step in (0, -1)], axis=1)
    doubtful = np.flatnonzero(missing.all(axis=1))
    missing[doubtful] &= ~np.isnan(array[doubtful]).all(axis=(1, 2))[:, np.newaxis]
    return bool(missing[:, 0].any()), bool(missing[:, 1].any())


def read_list(X: Any) -> Ragged | None:
    """Return sequences that no array holds; None for all other input.

    A list of sequences of one length is an array for NumPy.
    """
    if isinstance(X, list | tuple):
        lengths = {len(item) for item in X if hasattr(item, "__len__")}
        return Ragged.read(X) if len(lengths) > 1 else None
    of_objects = isinstance(X, np.ndarray) and X.dtype.kind == "O" and X.ndim == 1
    if of_objects and len(X) > 0 and all(hasattr(item, "__len__") for item in X):
        return Ragged.from_list(X)
    return None if hasattr(X, "shape") else Ragged.read(X)


def read_padded(array: np.ndarray, padding: str | None) -> Ragged | None:
    """Return windows that are padded at an end as sequences; None if none is.

    Parameters
    ----------
    array : ndarray
        Windows, or anything else.
    padding : {"end", "begin", "auto"} or None
        Where windows are padded; None: nowhere. ``"auto"``: as :func:`find_padding` says.
    """
    if padding == "auto":
        padding = find_padding(array)
    if padding is None or array.ndim != 3 or array.dtype.kind != "f" or array.size == 0:
        return None
    outer = array[:, -1 if padding == "end" else 0]
    if not np.isnan(outer).all(axis=1).any():
        return None
    return Ragged.from_padded(array, padding)


def refuse(
    ragged: Ragged, bad: np.ndarray, found: str, remedy: str, names: list[str] | None = None
) -> None:
    """Raise if something is True of steps of sequences, and say where.

    `names` are those of the features, if they have any.
    """
    if bad.any():
        raise ValueError(
            f"Input X contains {found}. The first is in "
            f"{place_in_sequences(ragged, bad, 'X', names)}. {remedy}"
        )
