"""The loop over time of an LSTM, with everything that can be computed outside taken out of it.

The projection of the input is one product over all steps, and so are the gradients of the
weights. What is left in the loop is the product with the last output and the gates.

Notation: ``h`` are outputs, ``c`` cell states; ``i``, ``f``, ``o`` are the input, forget and output
gates, and ``candidate`` is what the input gate lets into the cell.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from sklstm._kernels._inner_loop import (
    all_outputs,
    lengths_of,
    read_weights,
    time_major_input,
)
from sklstm._kernels._tensorflow import tf

WIDE_UNITS = 112  # wider layers multiply by several blocks of columns side by side
CHUNK_STEPS = 4  # steps that are laid out in the graph one by one
SATURATING = 1e9  # the sigmoid of it is exactly 1, of its negative 0, whatever is added

# Gradients of activations, from their outputs alone.
ACTIVATION_GRADIENTS = {
    "relu": lambda y, dy: tf.raw_ops.ReluGrad(gradients=dy, features=y),
    "tanh": lambda y, dy: tf.raw_ops.TanhGrad(y=y, dy=dy),
    "linear": lambda y, dy: dy,
}


def hoisted_loop(
    layer: Any, sequences: Any, initial_state: Any, mask: Any, training: bool = False
) -> tuple[Any, Any, list[Any]]:
    """Replace ``inner_loop`` of an LSTM whose activation is in ``ACTIVATION_GRADIENTS``."""
    lengths = lengths_of(mask)
    x, (h, c) = time_major_input(layer, sequences, lengths), initial_state
    kernel, recurrent, bias = (_sigmoids_first(each) for each in read_weights(layer))
    if mask is not None:
        x, kernel = _with_ends(x, kernel, mask)
    every_step = layer.return_sequences or mask is not None
    recurrence = _recurrence(layer.activation.__name__, every_step)
    h, c = recurrence(x, kernel, recurrent, bias, h, c)
    if every_step:
        return all_outputs(layer, h, c, lengths)
    return h, h[:, tf.newaxis], [h, c]


def _with_ends(x: Any, kernel: Any, mask: Any) -> tuple[Any, Any]:
    """Let the cell keep its state behind the end of a sequence.

    Without a bound, as with relu, it could grow there beyond all numbers. One more input, which is
    1 behind the end, shuts the input gate and opens the forget gate.
    """
    ended = tf.transpose(1.0 - tf.cast(mask, x.dtype))[:, :, tf.newaxis]
    gates = tf.repeat([-SATURATING, SATURATING, 0.0, 0.0], kernel.shape[1] // 4)
    return tf.concat([x, ended], axis=2), tf.concat([kernel, gates[tf.newaxis]], axis=0)


def _sigmoids_first(weights: Any) -> Any:
    """From Keras's order of gates, i, f, c, o, to i, f, o, c: one sigmoid serves three gates."""
    i, f, c, o = tf.split(weights, 4, axis=-1)
    return tf.concat([i, f, o, c], axis=-1)


@functools.cache
def _recurrence(activation: str, return_sequences: bool) -> Any:
    """Return the recurrence over time for one activation, with its gradient.

    It maps the input (n_steps, n_samples, n_features), the weights and the states before the
    first step to the outputs, of all steps or of the last, and the last cell state.
    """

    @tf.custom_gradient
    def recurrence(x: Any, kernel: Any, recurrent: Any, bias: Any, h0: Any, c0: Any) -> Any:
        inputs = _Inputs(x, kernel, recurrent, bias, h0, c0)
        (last_h, last_c), h, kept = _run_forward(inputs, activation)

        def gradient(dh: Any, dc: Any) -> tuple[Any, ...]:
            dz, dh0, dc0 = _run_backward(inputs, activation, h, kept, dh, dc, return_sequences)
            return *_gradients_from(inputs, h, dz), dh0, dc0

        return (h if return_sequences else last_h, last_c), gradient

    return recurrence


class _Inputs(NamedTuple):
    x: Any
    kernel: Any
    recurrent: Any
    bias: Any
    h0: Any
    c0: Any

    @property
    def n_steps(self) -> Any:
        """An int, or a tensor where the number of steps differs from batch to batch."""
        return self.x.shape[0] or tf.shape(self.x)[0]

    @property
    def units(self) -> int:
        return self.h0.shape[1]

    @property
    def x_rows(self) -> Any:
        return tf.reshape(self.x, [-1, self.x.shape[2]])

    def blocks(self, matrix: Any) -> list[Any]:
        return _column_blocks(matrix, 4 if self.units > WIDE_UNITS else 1)


def _run_forward(inputs: _Inputs, activation: str) -> tuple[Any, Any, list[Any]]:
    """Return the last states, the outputs of all steps, and what the gradient needs."""
    n_steps, units = inputs.n_steps, inputs.units
    projected = tf.nn.bias_add(_product(inputs.x_rows, inputs.blocks(inputs.kernel)), inputs.bias)
    projected = tf.reshape(projected, [n_steps, -1, 4 * units])
    activate = getattr(tf.nn, activation, tf.identity)
    step = functools.partial(_forward_step, activate, inputs.blocks(inputs.recurrent))
    states, (outputs, *kept) = _scan(step, (inputs.h0, inputs.c0), [_reader(projected)], n_steps, 3)
    h = tf.ensure_shape(outputs.stack(), [inputs.x.shape[0], None, units])
    return states, h, kept


def _forward_step(activate: Any, recurrent: list[Any], states: Any, inputs: Any) -> tuple[Any, Any]:
    (h, c), (projected,) = states, inputs
    units = h.shape[1]
    z = projected + _product(h, recurrent)
    sigmoids, candidate = tf.split(z, [3 * units, units], axis=1)
    sigmoids, candidate = tf.sigmoid(sigmoids), activate(candidate)
    i, f, o = tf.split(sigmoids, 3, axis=1)
    before, c = c, f * c + i * candidate
    active = activate(c)
    h = o * active
    return (h, c), (h, tf.concat([candidate, before, active], axis=1), sigmoids)


def _run_backward(
    inputs: _Inputs, activation: str, h: Any, kept: list[Any], dh: Any, dc: Any, every_step: bool
) -> tuple[Any, Any, Any]:
    """Return the gradients of the gates' inputs at all steps, and of the first states.

    ``dh`` is the gradient of the outputs of every step, or of the last one.
    """
    step = functools.partial(
        _backward_step,
        ACTIVATION_GRADIENTS[activation],
        inputs.blocks(tf.transpose(inputs.recurrent)),
    )
    given = [array.read for array in kept]
    if every_step:
        given.append(_reader(tf.ensure_shape(dh, h.shape)))
    states = tf.zeros_like(inputs.h0) if every_step else dh, dc
    (dh0, dc0), (dz,) = _scan(step, states, given, inputs.n_steps, 1, reverse=True)
    return dz.stack(), dh0, dc0


def _backward_step(
    activation_gradient: Any, recurrent_transposed: list[Any], states: Any, inputs: Any
) -> tuple[Any, Any]:
    (dh, dc), (factors, sigmoids, *dh_out) = states, inputs
    i, f, o = tf.split(sigmoids, 3, axis=1)
    candidate, _, active = tf.split(factors, 3, axis=1)
    dh = dh + dh_out[0] if dh_out else dh
    dc = dc + activation_gradient(active, dh * o)
    dsigmoids = factors * tf.concat([dc, dc, dh], axis=1)
    dz = tf.concat(
        [
            tf.raw_ops.SigmoidGrad(y=sigmoids, dy=dsigmoids),
            activation_gradient(candidate, dc * i),
        ],
        axis=1,
    )
    return (_product(dz, recurrent_transposed), dc * f), (dz,)


def _gradients_from(inputs: _Inputs, h: Any, dz: Any) -> tuple[Any, Any, Any, Any]:
    """Return the gradients of input, kernel, recurrent kernel and bias, of all steps at once."""
    units = inputs.units
    dz_rows, later_rows = (tf.reshape(d, [-1, 4 * units]) for d in (dz, dz[1:]))
    h_rows = tf.reshape(h[:-1], [-1, units])
    drecurrent = _product(h_rows, inputs.blocks(later_rows), transpose=True)
    drecurrent += tf.matmul(inputs.h0, dz[0], transpose_a=True)
    dkernel = _product(inputs.x_rows, inputs.blocks(dz_rows), transpose=True)
    dx = _product(dz_rows, inputs.blocks(tf.transpose(inputs.kernel)))
    return tf.reshape(dx, tf.shape(inputs.x)), dkernel, drecurrent, tf.reduce_sum(dz_rows, axis=0)


def _column_blocks(matrix: Any, number: int) -> list[Any]:
    """Cut a matrix into blocks of columns, about equally wide.

    TensorFlow may round differently with the number of threads that share a product. So each
    product keeps to one thread, and the products of a wide layer's blocks run side by side.
    """
    n_columns = matrix.shape[1]
    number = min(number, n_columns)
    sizes = [len(part) for part in np.array_split(np.arange(n_columns), number)]
    return tf.split(matrix, sizes, axis=1) if number > 1 else [matrix]


def _product(left: Any, blocks: list[Any], *, transpose: bool = False) -> Any:
    """Multiply by a matrix that comes in blocks of columns."""
    products = [tf.matmul(left, block, transpose_a=transpose) for block in blocks]
    return tf.concat(products, axis=1) if len(products) > 1 else products[0]


def _reader(sequence: Any) -> Any:
    """Return a function that reads a sequence at a step."""
    return lambda step: tf.gather(sequence, step)


def _scan(
    step: Any, states: Any, inputs: list[Any], n_steps: Any, n_kept: int, *, reverse: bool = False
) -> tuple[Any, list[Any]]:
    """Apply a step along time; keep the ``n_kept`` tensors that it returns, in one array each.

    A graph loop runs over chunks of steps that are laid out one by one: an iteration costs as
    much as several operations, and hundreds of steps in a straight line take long to trace.
    Nothing is stacked or cut on the way, since moving memory costs more than computing with it.

    Parameters
    ----------
    step : callable
        Maps states and inputs to new states and a tuple of tensors to keep.
    inputs : list of callables
        Each returns its input at a step.
    reverse : bool
        Begin with the last step.
    """

    def run(first: Any, number: int, states: Any, arrays: list[Any]) -> tuple[Any, list[Any]]:
        for i in range(number):
            t = n_steps - 1 - (first + i) if reverse else first + i
            states, kept = step(states, [read(t) for read in inputs])
            arrays = [a.write(t, value) for a, value in zip(arrays, kept, strict=True)]
        return states, arrays

    def loop(begin: Any, end: Any, number: int, states: Any, arrays: Any) -> tuple[Any, Any]:
        """Run chunks of a number of steps up to an end."""

        def one_chunk(first: Any, states: Any, arrays: Any) -> Any:
            return first + number, *run(first, number, states, arrays)

        _, states, arrays = tf.while_loop(
            lambda first, *_: first < end,
            one_chunk,
            (begin, states, arrays),
            parallel_iterations=1,
        )
        return states, arrays

    arrays = [tf.TensorArray(tf.float32, n_steps) for _ in range(n_kept)]
    n_looped = n_steps - n_steps % CHUNK_STEPS
    if not isinstance(n_steps, int):
        states, arrays = loop(0, n_looped, CHUNK_STEPS, states, arrays)
        return loop(n_looped, n_steps, 1, states, arrays)
    if n_looped > CHUNK_STEPS:
        states, arrays = loop(0, n_looped, CHUNK_STEPS, states, arrays)
    else:
        n_looped = 0
    return run(n_looped, n_steps - n_looped, states, arrays)
