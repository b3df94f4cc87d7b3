"""The loop over time of an LSTM in compiled code, if llvmlite is installed.

A graph calls it through Python once forward and once backward for each batch, instead of running
some sixty operations per step. What can be computed outside of the loop is left to TensorFlow.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import pairwise
from typing import Any

import joblib
import numpy as np

from sklstm._kernels._array_callbacks import Callback, empty
from sklstm._kernels._inner_loop import (
    all_outputs,
    lengths_of,
    read_weights,
    time_major_input,
)
from sklstm._kernels._outside_loop import (
    LoopInputs,
    filled_up,
    gradients_from,
    with_ends,
    with_more_units,
    without_more_units,
)
from sklstm._kernels._tensorflow import tf

LANES = 16  # units that are computed at once; see _vector_code
# Multiplications that are worth another thread, which costs as much as some ten operations.
PRODUCTS_PER_THREAD = 40_000_000
SAMPLES_AT_ONCE = 4  # that a product is fastest for


def is_available() -> bool:
    """Return whether llvmlite is installed."""
    return importlib.util.find_spec("llvmlite") is not None


def compiled_loop(
    layer: Any, sequences: Any, initial_state: Any, mask: Any, training: bool = False
) -> tuple[Any, Any, list[Any]]:
    """Replace ``inner_loop`` of an LSTM whose activation is tanh, relu or linear."""
    lengths, units = lengths_of(mask), layer.units
    x = time_major_input(layer, sequences, lengths)
    kernel, recurrent, bias = read_weights(layer)
    if mask is not None:
        x, kernel = with_ends(x, kernel, mask)
    from_zero = all(_is_zero(state) for state in initial_state)
    h, c = (filled_up(state, 1, LANES) for state in initial_state)
    every_step = layer.return_sequences or mask is not None
    n_loops = 2 if getattr(layer, "runs_beside_another", False) else 1
    recurrence = _recurrence(layer.activation.__name__, every_step, from_zero, n_loops)
    h, c = recurrence(x, kernel, recurrent, bias, h, c)
    if units % LANES:
        h, c = h[..., :units], c[:, :units]
    if every_step:
        return all_outputs(layer, h, c, lengths)
    return h, tf.expand_dims(h, 1), [h, c]


def _is_zero(state: Any) -> bool:
    """Return whether a state is what a layer begins with, in a graph: a constant 0."""
    made_by = getattr(state, "op", None)
    return (
        made_by is not None
        and made_by.type == "Fill"
        and tf.get_static_value(made_by.inputs[1]) == 0
    )


@functools.cache
def _recurrence(activation: str, every_step: bool, from_zero: bool, n_loops: int) -> Any:
    """Return the recurrence over time for one activation, with its gradient.

    It maps the input, Keras's weights and the first states to the outputs, of all steps or of the
    last, and the last cell state. The first states have as many units as fill ``LANES``; where
    they are a constant 0, they need no product and no gradient. ``n_loops`` run side by side and
    divide the threads.
    """

    @tf.custom_gradient
    def recurrence(x: Any, kernel: Any, recurrent: Any, bias: Any, h0: Any, c0: Any) -> Any:
        n_steps, n_samples = x.shape[:2]
        real_units, units = recurrent.shape[0], h0.shape[1]
        kernel, recurrent, bias = (
            with_more_units(each, real_units, LANES) for each in (kernel, recurrent, bias)
        )
        recurrent = filled_up(recurrent, 0, LANES)
        inputs = LoopInputs(x, kernel, recurrent, bias, h0, c0)
        run = _forward(activation, from_zero, n_loops)
        h, c, gates = run(inputs.projected(), recurrent, h0, c0)

        def gradient(dh: Any, dc: Any) -> tuple[Any, ...]:
            run = _backward(activation, every_step, from_zero, n_loops)
            dz, dh0, dc0 = run(recurrent, c, gates, dh, dc)
            dz = tf.ensure_shape(dz, [n_steps, n_samples, 4 * units])
            dx, *dweights = gradients_from(inputs, h[:-1], dz)
            dkernel, drecurrent, dbias = (without_more_units(each, real_units) for each in dweights)
            if units > real_units:
                drecurrent = drecurrent[:real_units]
            of_states = (tf.zeros_like(h0), tf.zeros_like(c0)) if from_zero else (dh0, dc0)
            return dx, dkernel, drecurrent, dbias, *of_states

        if every_step:
            return (tf.ensure_shape(h[1:], [n_steps, n_samples, units]), c[-1]), gradient
        return (tf.ensure_shape(h[-1], [n_samples, units]), c[-1]), gradient

    return recurrence


def _columns(recurrent: np.ndarray) -> np.ndarray:
    """Cut recurrent weights into blocks of ``LANES`` columns: (n_chunks, 4, units, LANES)."""
    return _contiguous(recurrent.reshape(len(recurrent), 4, -1, LANES).transpose(2, 1, 0, 3))


def _columns_of_transposed(recurrent: np.ndarray) -> np.ndarray:
    """Do the same with the transposed weights: (n_chunks, 4 * units, LANES)."""
    return _contiguous(recurrent.reshape(-1, LANES, recurrent.shape[1]).transpose(0, 2, 1))


def _contiguous(view: np.ndarray) -> np.ndarray:
    """Copy what a transposed view shows, two or three times as fast as TensorFlow transposes."""
    copy = empty(*view.shape)
    copy[...] = view
    return copy


@functools.cache
def _forward(activation: str, from_zero: bool, n_loops: int) -> Callback:
    """Return the steps forward: from projected inputs, recurrent weights and first states.

    They give outputs and cell states, beginning with the first, and the values of the gates.
    """
    from sklstm._kernels._compiled_steps import forward_steps

    steps = forward_steps(activation)

    def run(
        projected: np.ndarray, recurrent: np.ndarray, h0: np.ndarray, c0: np.ndarray
    ) -> tuple[np.ndarray, ...]:
        n_steps = len(projected)
        h, c = empty(n_steps + 1, *h0.shape), empty(n_steps + 1, *c0.shape)
        h[0], c[0] = h0, c0
        gates = empty(*projected.shape)
        weights = _columns(recurrent)
        n_first = 1 if from_zero else h0.shape[1]
        arrays = projected, weights, h, c, gates
        _run_steps(steps, *arrays, shape=h[1:].shape, n_first=n_first, n_loops=n_loops)
        return h, c, gates

    return Callback(run, n_outputs=3)


@functools.cache
def _backward(activation: str, every_step: bool, from_zero: bool, n_loops: int) -> Callback:
    """Return the steps backward: from recurrent weights and what the others gave.

    They take the gradients of the outputs, of all steps or of the last one, and of the last cell
    state, and give those of the gates and of the first states.
    """
    from sklstm._kernels._compiled_steps import backward_steps

    steps = backward_steps(activation, every_step)

    def run(
        recurrent: np.ndarray, c: np.ndarray, gates: np.ndarray, dh: np.ndarray, dc: np.ndarray
    ) -> tuple[np.ndarray, ...]:
        dz, dh0, dc0 = empty(*gates.shape), empty(*dc.shape), empty(*dc.shape)
        dh0[...], dc0[...] = 0.0 if every_step else dh, dc
        weights = _columns_of_transposed(recurrent)
        arrays = weights, c, gates, dh, dh0, dc0, dz
        n_first = 1 if from_zero else gates.shape[2]
        _run_steps(steps, *arrays, shape=c[1:].shape, n_first=n_first, n_loops=n_loops)
        return dz, dh0, dc0

    return Callback(run, n_outputs=3)


def _run_steps(
    steps: Callable[..., None],
    *arrays: np.ndarray,
    shape: tuple[int, ...],
    n_first: int,
    n_loops: int,
) -> None:
    """Run compiled steps on all samples, shared by several threads if it is worth that."""
    n_steps, n_samples, units = shape
    sizes = n_steps, n_samples, units // LANES
    n_products = n_steps * n_samples * 4 * units**2
    n_parts = min(1 + n_products // PRODUCTS_PER_THREAD, max(1, _n_threads() // n_loops))
    n_groups = -(-n_samples // SAMPLES_AT_ONCE)
    ends = [min(n_groups * i // n_parts * SAMPLES_AT_ONCE, n_samples) for i in range(n_parts + 1)]
    parts = [
        _threads().submit(_call, steps, arrays, (*sizes, begin, end, n_first))
        for begin, end in pairwise(ends[1:])
    ]
    try:
        _call(steps, arrays, (*sizes, *ends[:2], n_first))
    finally:  # the arrays belong to TensorFlow when an interrupt has left this function
        wait(parts)


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
