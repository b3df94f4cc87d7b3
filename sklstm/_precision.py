"""The precision in which networks compute, and arrays that TensorFlow reads without a copy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["aligned", "empty_aligned", "is_finite", "is_shareable", "to_float32", "too_large"]

ALIGNMENT = 64  # bytes; that of TensorFlow's own memory


def to_float32(array: np.ndarray, name: str) -> np.ndarray:
    """Return an array in float32, contiguous; refuse what float32 cannot hold.

    An array that is such already is returned as it is, and others are copied once.
    """
    single = aligned(array) if needs_copy(array) else array
    if array.dtype.kind == "f" and array.dtype.itemsize > 4 and not is_finite(single):
        raise too_large(name)
    return single


def too_large(name: str) -> ValueError:
    """Return the error for what float32 cannot hold."""
    return ValueError(
        f"Input X contains infinity or a value too large for dtype('float32'), in which {name} "
        "computes. Scale X, for example with TimeDistributedTransformer(StandardScaler())."
    )


def aligned(array: Any) -> np.ndarray:
    """Return an array in float32 whose memory TensorFlow can share: contiguous and aligned."""
    if is_shareable(array):
        return array
    copy = empty_aligned(array.shape)
    with np.errstate(over="ignore"):
        np.copyto(copy, array, casting="unsafe")
    return copy


def empty_aligned(shape: tuple[int, ...]) -> np.ndarray:
    """Return an array in float32 whose memory TensorFlow can share; its values are arbitrary."""
    size = 4 * math.prod(shape)
    memory = np.empty(size + ALIGNMENT, np.uint8)
    offset = -memory.ctypes.data % ALIGNMENT
    return memory[offset : offset + size].view(np.float32).reshape(shape)


def is_shareable(array: Any) -> bool:
    """Return whether TensorFlow can share the memory of an array."""
    in_memory = isinstance(array, np.ndarray)
    return in_memory and not needs_copy(array) and array.ctypes.data % ALIGNMENT == 0


def needs_copy(array: Any) -> bool:
    """Return whether an array is anything but float32 in C order."""
    return array.dtype != np.float32 or not array.flags.c_contiguous


def is_finite(array: np.ndarray) -> bool:
    """Return whether float32 numbers are finite, in one pass: sums in float64 cannot overflow."""
    with np.errstate(invalid="ignore"):
        return bool(np.isfinite(array.sum(dtype=np.float64)))
