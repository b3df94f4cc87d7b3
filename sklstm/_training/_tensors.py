"""What a network is trained on as tensors: arrays shared with NumPy, and windows of rows.

Windows are two tensors, their rows and the row with which each starts; a graph gathers those of a
batch when it comes to it. Windows whose rows it cannot read are no tensors: some batches at a time
are gathered for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from sklstm._kernels._tensorflow import tf
from sklstm._precision import aligned, is_shareable
from sklstm.windowing import Windows
from sklstm.windowing._lazy_array import LazyWindows

# X, or rows and starts, or lazy windows; lengths if there are any; y, sample weights
Tensors = tuple[Any, ...]

PART_BYTES = 2**24  # of windows that are gathered at once for a graph


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


def tensors_of(X: np.ndarray | LazyWindows) -> Tensors:
    """Return sequences as one tensor, or windows as their rows and starts, or as they are."""
    if isinstance(X, Windows) and _can_be_gathered(X.rows):
        return shared(X.rows), tf.constant(X.starts, tf.int32)
    return (X,) if isinstance(X, LazyWindows) else (shared(X),)


def _can_be_gathered(rows: Any) -> bool:
    """Return whether a graph can gather windows from rows."""
    return is_shareable(rows) and len(rows) <= np.iinfo(np.int32).max


def is_lazy(data: Tensors) -> bool:
    """Return whether the first two tensors are rows and starts."""
    return not is_streamed(data) and data[0].shape.rank == 2


def is_streamed(data: Tensors) -> bool:
    """Return whether the first is no tensor, but windows that are to be gathered."""
    return isinstance(data[0], LazyWindows)


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


def gathered(data: Tensors, rows: slice | np.ndarray) -> Tensors:
    """Return some samples as tensors, of which the windows are gathered."""
    windows, *others = data
    take = (lambda a: a[rows]) if isinstance(rows, slice) else (lambda a: tf.gather(a, rows))
    return shared(np.asarray(windows[rows])), *map(take, others)


def parts_of_batches(data: Tensors, ends: np.ndarray, begin: int, end: int) -> Iterator[slice]:
    """Cut batches ``begin`` to ``end - 1`` into parts whose windows are a few megabytes.

    `ends` are the numbers of samples up to the end of each batch.
    """
    _, n_timesteps, n_features = data[0].shape
    most = max(1, PART_BYTES // (4 * n_timesteps * n_features))
    while begin < end:
        first = ends[begin - 1] if begin else 0
        stop = int(np.searchsorted(ends[:end], first + most, side="right"))
        stop = max(stop, begin + 1)
        yield slice(begin, stop)
        begin = stop
