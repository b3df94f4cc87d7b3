"""Functions of NumPy arrays that graphs call, without copying the arrays."""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
from tensorflow.python.ops import script_ops

from sklstm._kernels._tensorflow import tf

ALIGNMENT = 64  # bytes; TensorFlow copies arrays that begin elsewhere
LARGE = 100_000  # bytes of an array whose memory is kept
MAX_FREE_MEMORY = 64_000_000  # bytes that are kept

_free_memory: dict[int, np.ndarray] = {}


class Callback:
    """A function of arrays of float32, as an operation.

    It is registered once. What ``tf.numpy_function`` registers for each graph is lost to the graph
    when a user calls Keras's ``clear_session``. TensorFlow runs it in one of its threads, so Ctrl-C
    does not meet it.

    Parameters
    ----------
    function : callable
        Returns a tuple of arrays, made by ``empty``.
    n_outputs : int
        How many.
    """

    def __init__(self, function: Callable[..., tuple[np.ndarray, ...]], n_outputs: int) -> None:
        self.function, self.n_outputs = function, n_outputs  # TensorFlow keeps no reference
        self.token = script_ops._py_funcs.insert(function)

    def __call__(self, *inputs: Any) -> Any:
        outputs = self.n_outputs * [tf.float32]
        return tf.raw_ops.PyFuncStateless(input=inputs, token=self.token, Tout=outputs)


def empty(*shape: int) -> np.ndarray:
    """Return an array of float32 that TensorFlow takes as it is.

    The memory of large arrays is kept when they are deleted: to get new memory from the operating
    system can take as long as to compute what is stored in it.
    """
    size = 4 * math.prod(shape)
    memory = _take_memory(size + ALIGNMENT)
    begin = -memory.ctypes.data % ALIGNMENT
    array = memory[begin : begin + size].view(np.float32).reshape(shape)
    if size >= LARGE:
        weakref.finalize(array, _keep_memory, memory).atexit = False
    return array


def _take_memory(size: int) -> np.ndarray:
    for key, memory in list(_free_memory.items()):
        if len(memory) == size and _free_memory.pop(key, None) is not None:
            return memory
    return np.empty(size, np.uint8)


def _keep_memory(memory: np.ndarray) -> None:
    """Keep memory for other arrays; of too much, give back what was kept for longest."""
    _free_memory[id(memory)] = memory
    kept = list(_free_memory.items())
    excess = sum(len(each) for _, each in kept) - MAX_FREE_MEMORY
    for key, each in kept:
        if excess > 0 and _free_memory.pop(key, None) is not None:
            excess -= len(each)
