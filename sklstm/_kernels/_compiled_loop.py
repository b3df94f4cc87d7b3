"""The loop over time of an LSTM in compiled code, if llvmlite is installed.

A graph calls it through Python once forward and once backward for each batch, instead of running
some sixty operations per step. What can be computed outside of the loop is left to TensorFlow.
"""

from __future__ import annotations

import functools
import importlib.util
import math
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import joblib
import numpy as np
from tensorflow.python.ops import script_ops

from sklstm._kernels._inner_loop import (
    all_outputs,
    lengths_of,
    read_weights,
    time_major_input,
)
from sklstm._kernels._outside_loop import LoopInputs, gradients_from, with_ends
from sklstm._kernels._tensorflow import tf

ACTIVATIONS = "relu", "tanh", "linear"
LANES = 16  # units that are computed at once
ALIGNMENT = 64  # bytes; TensorFlow copies arrays that begin elsewhere
# Multiplications that are worth another thread, which costs as much as some ten operations.
PRODUCTS_PER_THREAD = 40_000_000
LARGE = 100_000  # bytes
MAX_FREE_MEMORY = 64_000_000  # bytes
SAMPLES_AT_ONCE = 4  # that a product is fastest for

_free_memory: dict[int, np.ndarray] = {}


def is_available() -> bool:
    """Return whether llvmlite is installed."""
    return importlib.util.find_spec("llvmlite") is not None


def compiled_loop(
    layer: Any, sequences: Any, initial_state: Any, mask: Any, training: bool = False
) -> tuple[Any, Any, list[Any]]:
    """Replace ``inner_loop`` of an LSTM whose activation is in ``ACTIVATIONS``."""
    lengths, units = lengths_of(mask), layer.units
    x, states = time_major_input(layer, sequences, lengths), initial_state
    kernel, recurrent, bias = read_weights(layer)
    if mask is not None:
        x, kernel = with_ends(x, kernel, mask)
    kernel, recurrent, bias = (_by_chunks(w, units) for w in (kernel, recurrent, bias[tf.newaxis]))
    recurrent, (h, c) = _fill_up(recurrent, 0), (_fill_up(state, 1) for state in states)
    every_step = layer.return_sequences or mask is not None
    recurrence = _recurrence(layer.activation.__name__, every_step)
    h, c = recurrence(x, kernel, recurrent, bias[0], h, c)
    h, c = h[..., :units], c[:, :units]
    if every_step:
        return all_outputs(layer, h, c, lengths)
    return h, h[:, tf.newaxis], [h, c]


def _by_chunks(weights: Any, units: int) -> Any:
    """Lay the gates of a chunk of units side by side; fill up the last chunk with zeros."""
    by_gate = _fill_up(tf.reshape(weights, [-1, 4, units]), 2)
    n_chunks = by_gate.shape[2] // LANES
    by_chunk = tf.transpose(tf.reshape(by_gate, [-1, 4, n_chunks, LANES]), [0, 2, 1, 3])
    return tf.reshape(by_chunk, [-1, n_chunks * 4 * LANES])


def _fill_up(tensor: Any, axis: int) -> Any:
    """Add zeros until an axis has a multiple of ``LANES``."""
    missing = -tensor.shape[axis] % LANES
    paddings = [[0, missing if i == axis else 0] for i in range(tensor.shape.rank)]
    return tf.pad(tensor, paddings) if missing else tensor


@functools.cache
def _recurrence(activation: str, every_step: bool) -> Any:
    """Return the recurrence over time for one activation, with its gradient.

    It maps what ``LoopInputs`` hold, by chunks, to the outputs, of all steps or of the last, and
    the last cell state.
    """
    run_forward = _Callback(functools.partial(_run_forward, activation))
    run_backward = _Callback(functools.partial(_run_backward, activation, every_step))

    @tf.custom_gradient
    def recurrence(x: Any, kernel: Any, recurrent: Any, bias: Any, h0: Any, c0: Any) -> Any:
        inputs, units = LoopInputs(x, kernel, recurrent, bias, h0, c0), h0.shape[1]
        n_steps, n_samples = x.shape[:2]
        h, c, gates = run_forward(inputs.projected(), _columns(recurrent), h0, c0)
        later = tf.ensure_shape(h[1:], [n_steps, n_samples, units])

        def gradient(dh: Any, dc: Any) -> tuple[Any, ...]:
            transposed = _columns(tf.transpose(recurrent))
            dz, dh0, dc0 = run_backward(transposed, c, gates, dh, dc)
            dz = tf.ensure_shape(dz, [n_steps, n_samples, 4 * units])
            return *gradients_from(inputs, later, dz), dh0, dc0

        return (later if every_step else later[-1], c[-1]), gradient

    return recurrence


def _columns(matrix: Any) -> Any:
    """Cut a matrix into blocks of ``LANES`` columns: (n_blocks, n_rows, LANES)."""
    n_rows, n_columns = matrix.shape
    return tf.transpose(tf.reshape(matrix, [n_rows, n_columns // LANES, LANES]), [1, 0, 2])


class _Callback:
    """A function of arrays that a graph calls; it returns three arrays.

    It is registered once. What ``tf.numpy_function`` registers for each graph is lost to the graph
    when a user calls Keras's ``clear_session``.
    """

    def __init__(self, function: Callable[..., tuple[np.ndarray, ...]]) -> None:
        self.function = function  # which TensorFlow does not keep alive
        self.token = script_ops._py_funcs.insert(function)

    def __call__(self, *inputs: Any) -> Any:
        return tf.raw_ops.PyFuncStateless(input=inputs, token=self.token, Tout=3 * [tf.float32])


def _run_forward(
    activation: str, projected: np.ndarray, recurrent: np.ndarray, h0: np.ndarray, c0: np.ndarray
) -> tuple[np.ndarray, ...]:
    from sklstm._kernels._compiled_steps import forward_steps

    n_steps = len(projected)
    h, c = (_empty(n_steps + 1, *state.shape) for state in (h0, c0))
    h[0], c[0] = h0, c0
    gates = _empty(*projected.shape)
    _run_steps(forward_steps(activation), projected, recurrent, h, c, gates, states=h[1:])
    return h, c, gates


def _run_backward(
    activation: str,
    every_step: bool,
    recurrent: np.ndarray,
    c: np.ndarray,
    gates: np.ndarray,
    dh: np.ndarray,
    dc: np.ndarray,
) -> tuple[np.ndarray, ...]:
    """Run the steps backward; ``dh`` is the gradient of all outputs, or of the last."""
    from sklstm._kernels._compiled_steps import backward_steps

    dh0, dc0, dz = _empty(*dc.shape), _empty(*dc.shape), _empty(*gates.shape)
    dh0[...], dc0[...] = 0.0 if every_step else dh, dc
    steps = backward_steps(activation, every_step)
    _run_steps(steps, recurrent, c, gates, dh, dh0, dc0, dz, states=c[1:])
    return dz, dh0, dc0


def _empty(*shape: int) -> np.ndarray:
    """Return an array that TensorFlow takes as it is.

    The memory of large arrays is kept when they are deleted: to get new memory from the operating
    system takes as long as a few steps of the loop for each page.
    """
    size = 4 * math.prod(shape)
    memory = _take(size + ALIGNMENT)
    begin = -memory.ctypes.data % ALIGNMENT
    array = memory[begin : begin + size].view(np.float32).reshape(shape)
    if size >= LARGE:
        weakref.finalize(array, _let_go, memory).atexit = False
    return array


def _take(size: int) -> np.ndarray:
    for key, memory in list(_free_memory.items()):
        if len(memory) == size and _free_memory.pop(key, None) is not None:
            return memory
    return np.empty(size, np.uint8)


def _let_go(memory: np.ndarray) -> None:
    """Keep memory for other arrays; of too much, give back what was kept for longest."""
    _free_memory[id(memory)] = memory
    kept = list(_free_memory.items())
    excess = sum(len(each) for _, each in kept) - MAX_FREE_MEMORY
    for key, each in kept:
        if excess > 0 and _free_memory.pop(key, None) is not None:
            excess -= len(each)


def _run_steps(steps: Callable[..., None], *arrays: np.ndarray, states: np.ndarray) -> None:
    """Run compiled steps on all samples, shared by several threads if it is worth that."""
    n_steps, n_samples, units = states.shape
    sizes = n_steps, n_samples, units // LANES
    n_products = n_steps * n_samples * 4 * units**2
    n_parts = min(1 + n_products // PRODUCTS_PER_THREAD, -(-n_samples // SAMPLES_AT_ONCE))
    n_parts = min(n_parts, _n_threads())
    ends = [n_samples * i // n_parts for i in range(n_parts + 1)]
    ends[1:-1] = [end - end % SAMPLES_AT_ONCE for end in ends[1:-1]]
    parts = [
        _threads().submit(_call, steps, arrays, (*sizes, begin, end))
        for begin, end in pairwise(ends[1:])
    ]
    _call(steps, arrays, (*sizes, ends[0], ends[1]))
    for part in parts:
        part.result()


def _call(
    steps: Callable[..., None], arrays: tuple[np.ndarray, ...], ints: tuple[int, ...]
) -> None:
    steps(*(array.ctypes.data for array in arrays), *ints)


@functools.cache
def _threads() -> ThreadPoolExecutor:
    """Return threads that help the one which runs a graph."""
    return ThreadPoolExecutor(max(1, _n_threads() - 1), thread_name_prefix="sklstm")


@functools.cache
def _n_threads() -> int:
    """Return how many operations TensorFlow may run at once."""
    return tf.config.threading.get_inter_op_parallelism_threads() or joblib.cpu_count()
