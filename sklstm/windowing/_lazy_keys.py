"""Indices of lazy windows, axis by axis."""

from __future__ import annotations

import operator

import numpy as np

__all__ = ["ALL", "is_all", "key_by_axis", "kept_steps"]

ALL = slice(None)


def key_by_axis(key):
    """Return the indices of the three axes, or None for an index that is left to NumPy.

    Integers come as int, and lists as arrays. Left to NumPy are new axes, masks of several
    dimensions, single booleans, and arrays that index several axes.
    """
    parts = list(key) if isinstance(key, tuple) else [key]
    if sum(part is Ellipsis for part in parts) == 1:
        place = next(i for i, part in enumerate(parts) if part is Ellipsis)
        parts[place : place + 1] = [ALL] * (4 - len(parts))
    if len(parts) > 3 or any(part is None or part is Ellipsis for part in parts):
        return None
    parts = [_plain_index(part) for part in [*parts, *[ALL] * (3 - len(parts))]]
    arrays = [part for part in parts if isinstance(part, np.ndarray)]
    if any(part.dtype == bool and part.ndim != 1 for part in arrays):
        return None
    several = any(part.ndim > 1 for part in arrays) and not all(map(is_all, parts[1:]))
    return None if len(arrays) > 1 or several else parts


def is_all(part):
    return isinstance(part, slice) and part == ALL


def _plain_index(part):
    """Return an index of one axis as a slice, an int or an array."""
    if isinstance(part, slice):
        return part
    if isinstance(part, (bool, np.bool_)):
        return np.array(part)
    try:
        return operator.index(part)
    except TypeError:
        array = np.asarray(part)
        return array.astype(np.intp) if isinstance(part, list) and array.size == 0 else array


def kept_steps(steps, lookback):
    """Return the first step that an index keeps, the one after the last, and whether that is all.

    It is not for an index that keeps steps with others between them, or none.
    """
    if isinstance(steps, slice):
        first, last, step = steps.indices(lookback)
        return first, last, step == 1 and first < last
    if isinstance(steps, int) and -lookback <= steps < lookback:
        first = steps % lookback
        return first, first + 1, True
    return 0, lookback, False
