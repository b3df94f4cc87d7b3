"""The loop over time of an LSTM, with everything that can be computed outside taken out of it.

What is left in the loop is the product with the last output and the gates.

Notation: ``h`` are outputs, ``c`` cell states; ``i``, ``f``, ``o`` are the input, forget and output
gates, and ``candidate`` is what the input gate lets into the cell.
"""

from __future__ import annotations

import functools
from typing import Any

from sklstm._kernels._inner_loop import (
    all_outputs,
    lengths_of,
    read_weights,
    time_major_input,
)
from sklstm._kernels._outside_loop import LoopInputs, gradients_from, product, with_ends
from sklstm._kernels._tensorflow import tf

CHUNK_STEPS = 4  # steps that are laid out in the graph one by one

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
        x, kernel = with_ends(x, kernel, mask)
    every_step = layer.return_sequences or mask is not None
    recurrence = _recurrence(layer.activation.__name__, every_step)
    h, c = recurrence(x, kernel, recurrent, bias, h, c)
    if every_step:
        return all_outputs(layer, h, c, lengths)
    return h, h[:, tf.newaxis], [h, c]


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
        inputs = LoopInputs(x, kernel, recurrent, bias, h0, c0)
        (last_h, last_c), h, kept = _run_forward(inputs, activation)

        def gradient(dh: Any, dc: Any) -> tuple[Any, ...]:
            dz, dh0, dc0 = _run_backward(inputs, activation, h, kept, dh, dc, return_sequences)
            before = tf.concat([h0[tf.newaxis], h[:-1]], axis=0)
            return *gradients_from(inputs, before, dz), dh0, dc0

        return (h if return_sequences else last_h, last_c), gradient

    return recurrence


def _run_forward(inputs: LoopInputs, activation: str) -> tuple[Any, Any, list[Any]]:
    """Return the last states, the outputs of all steps, and what the gradient needs."""
    n_steps, units = inputs.n_steps, inputs.units
    projected = inputs.projected()
    activate = getattr(tf.nn, activation, tf.identity)
    step = functools.partial(_forward_step, activate, inputs.blocks(inputs.recurrent))
    states, (outputs, *kept) = _scan(step, (inputs.h0, inputs.c0), [_reader(projected)], n_steps, 3)
    h = tf.ensure_shape(outputs.stack(), [inputs.x.shape[0], None, units])
    return states, h, kept


def _forward_step(activate: Any, recurrent: list[Any], states: Any, inputs: Any) -> tuple[Any, Any]:
    (h, c), (projected,) = states, inputs
    units = h.shape[1]
    z = projected + product(h, recurrent)
    sigmoids, candidate = tf.split(z, [3 * units, units], axis=1)
    sigmoids, candidate = tf.sigmoid(sigmoids), activate(candidate)
    i, f, o = tf.split(sigmoids, 3, axis=1)
    before, c = c, f * c + i * candidate
    active = activate(c)
    h = o * active
    return (h, c), (h, tf.concat([candidate, before, active], axis=1), sigmoids)


def _run_backward(
    inputs: LoopInputs, activation: str, h: Any, kept: list[Any], dh: Any, dc: Any, every_step: bool
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
    return (product(dz, recurrent_transposed), dc * f), (dz,)


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
