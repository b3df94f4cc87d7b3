"""What a network is trained on as tensors: arrays shared with NumPy, and windows of rows.

Windows are two tensors, their rows and the row with which each starts; a graph gathers those of a
batch when it comes to it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sklstm._kernels._tensorflow import tf
from sklstm._precision import aligned
from sklstm.windowing import Windows

Tensors = tuple[Any, ...]  # X, or rows and starts; lengths if there are any; y, sample weights


class _Writable:
    """Lets an array be exported that is read-only, and is not written to."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array  # kept for as long as its memory is in use
        self.__array_interface__ = {
            "data": (array.ctypes.data, False),
            "shape": array.shape,
            "typestr": array.dtype.str,
            "version": 3,
        }


def shared(array: np.ndarray) -> Any:
    """Return an array as a tensor of float32, on the CPU without a copy if it is such already.

    The tensor must not be written to. An array on disk, a memory map, stays there.
    """
    array = aligned(array)
    if tf.config.list_physical_devices("GPU"):
        return tf.constant(array)
    exported = np.asarray(_Writable(array))
    return tf.experimental.dlpack.from_dlpack(exported.__dlpack__())


def tensors_of(X: np.ndarray | Windows) -> Tensors:
    """Return sequences as one tensor, or windows as their rows and starts."""
    if isinstance(X, Windows):
        return shared(X.rows), tf.constant(X.starts, tf.int32)
    return (shared(X),)


def is_lazy(data: Tensors) -> bool:
    """Return whether the first two tensors are rows and starts."""
    return data[0].shape.rank == 2


def has_lengths(data: Tensors) -> bool:
    """Return whether there are lengths of sequences."""
    return len(data) > 3 and not is_lazy(data)


def batch_of(data: Tensors, take: Callable[[Any], Any], n_timesteps: int | None) -> Any:
    """Return inputs, targets and weights of a batch, whose samples `take` picks from a tensor.

    Windows are gathered, and sequences of unequal length are cut to the longest of them.
    """
    if is_lazy(data):
        rows, *others = data
        starts, y, weight = map(take, others)
        return tf.gather(rows, starts[:, tf.newaxis] + tf.range(n_timesteps)), y, weight
    X, *lengths, y, weight = map(take, data)
    if not lengths:
        return X, y, weight
    return [X[:, : tf.reduce_max(lengths[0])], lengths[0]], y, weight
