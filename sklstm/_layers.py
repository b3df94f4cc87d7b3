"""The fast LSTM layer: what ``keras.layers.LSTM`` computes, from the same weights.

Two loops stand in for Keras's on a CPU, each where it is the faster one:

- ``"fused"``: TensorFlow's ``BlockLSTM`` kernel runs the whole loop over time of a tanh LSTM as
  one operation. It wins while a step is small, and overhead counts.
- ``"hoisted"``: the projection of the input is taken out of the loop as one large product, and
  the gradient, written by hand, does the same with the gradients of the weights. It wins on wide
  layers, and it knows relu.

Everything else, and every GPU, keeps Keras's own loop (``"keras"``), which is cuDNN there.

The loops are put beneath stock Keras layers through the layers' own seam, ``inner_loop``, so that
Bidirectional, sequences, saving and summaries know nothing of them.
"""

from __future__ import annotations

import functools
import types
from typing import Any

from sklstm._tensorflow import keras, tf

FUSED_UNITS = 112  # up to here the fused kernel beats the hoisted loop, by measurement
UNROLLED_STEPS = 16  # steps of the hoisted loop that are laid out in the graph one by one

# Gradients of activations, from their outputs alone.
_ACTIVATION_GRADIENTS = {
    "relu": lambda y, dy: tf.raw_ops.ReluGrad(gradients=dy, features=y),
    "tanh": lambda y, dy: tf.raw_ops.TanhGrad(y=y, dy=dy),
    "linear": lambda y, dy: dy,
}


def accelerate(model: Any) -> None:
    """Let every LSTM layer of a model run the fastest loop that computes the same.

    Parameters
    ----------
    model : keras.Model
        Changed in place: its LSTM layers get another ``inner_loop`` where one fits.
    """
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.LSTM):
            loop = _LOOPS.get(path_of(layer))
            if loop is not None:
                layer.inner_loop = types.MethodType(loop, layer)


def path_of(layer: Any) -> str:
    """Say which loop fits an LSTM layer best: "fused", "hoisted" or "keras"."""
    plain = (
        layer.recurrent_activation is keras.activations.sigmoid
        and layer.use_bias
        and not layer.dropout
        and not layer.recurrent_dropout
    )
    if not plain or tf.config.list_physical_devices("GPU"):
        return "keras"
    if layer.activation is keras.activations.tanh and layer.units <= FUSED_UNITS:
        return "fused"
    known = [getattr(keras.activations, name) for name in _ACTIVATION_GRADIENTS]
    return "hoisted" if layer.activation in known else "keras"


def _time_major(layer: Any, sequences: Any, mask: Any) -> Any:
    if mask is not None:
        raise ValueError("the fast LSTM loops know no masks")
    x = tf.transpose(sequences, [1, 0, 2])
    return tf.reverse(x, [0]) if layer.go_backwards else x


def _outputs(layer: Any, h: Any, last_c: Any) -> tuple[Any, Any, list[Any]]:
    """Return what Keras's loop returns: last output, outputs, states."""
    outputs = tf.transpose(h, [1, 0, 2]) if layer.return_sequences else h[-1][:, tf.newaxis]
    return h[-1], outputs, [h[-1], last_c]


def _weights(layer: Any) -> tuple[Any, Any, Any]:
    cell = layer.cell
    variables = cell.kernel, cell.recurrent_kernel, cell.bias
    kernel, recurrent, bias = (tf.identity(keras.ops.convert_to_tensor(v)) for v in variables)
    return kernel, recurrent, bias


# --- the fused kernel ----------------------------------------------------------------------


def _fused_loop(
    layer: Any, sequences: Any, initial_state: Any, mask: Any, training: bool = False
) -> tuple[Any, Any, list[Any]]:
    """Run the loop over time as one ``BlockLSTM`` operation.

    The kernel's version 2 takes Keras's order of gates, but its registered gradient is wrong;
    version 1 is right and wants the gates in the order i, c, f, o.
    """
    x, (h, c), units = _time_major(layer, sequences, mask), initial_state, layer.units
    kernel, recurrent, bias = _weights(layer)
    n_samples = tf.shape(x)[1]
    if units % 2 or x.shape[-1] % 2:
        # The kernel writes a warning at each step when it meets an odd number of rows too.
        one_more = [0, n_samples % 2]
        x = tf.pad(x, [[0, 0], one_more, [0, 0]])
        h, c = tf.pad(h, [one_more, [0, 0]]), tf.pad(c, [one_more, [0, 0]])
    no_peephole = tf.zeros([units], x.dtype)
    out = tf.raw_ops.BlockLSTM(
        seq_len_max=tf.shape(x, out_type=tf.int64)[0],
        x=x,
        cs_prev=c,
        h_prev=h,
        w=_swap_gates(tf.concat([kernel, recurrent], axis=0)),
        b=_swap_gates(bias),
        wci=no_peephole,
        wcf=no_peephole,
        wco=no_peephole,
        forget_bias=0.0,
        cell_clip=-1.0,
        use_peephole=False,
    )
    return _outputs(layer, out.h[:, :n_samples], out.cs[-1, :n_samples])


def _swap_gates(weights: Any) -> Any:
    """From Keras's order of gates, i, f, c, o, to the kernel's, i, c, f, o."""
    i, f, c, o = tf.split(weights, 4, axis=-1)
    return tf.concat([i, c, f, o], axis=-1)


# --- the hoisted loop ----------------------------------------------------------------------


def _hoisted_loop(
    layer: Any, sequences: Any, initial_state: Any, mask: Any, training: bool = False
) -> tuple[Any, Any, list[Any]]:
    """Run the loop over time with all that does not depend on it taken out."""
    x, (h, c) = _time_major(layer, sequences, mask), initial_state
    kernel, recurrent, bias = (_sigmoids_first(weights) for weights in _weights(layer))
    n_steps, n_features = x.shape[0], x.shape[2]
    projected = tf.matmul(tf.reshape(x, [-1, n_features]), kernel) + bias
    projected = tf.reshape(projected, [n_steps, -1, 4 * layer.units])
    h, c = _recurrence(layer.activation.__name__)(projected, recurrent, h, c)
    return _outputs(layer, h, c[-1])


def _sigmoids_first(weights: Any) -> Any:
    """From Keras's order of gates, i, f, c, o, to i, f, o, c: one sigmoid does for three."""
    i, f, c, o = tf.split(weights, 4, axis=-1)
    return tf.concat([i, f, o, c], axis=-1)


@functools.cache
def _recurrence(activation: str) -> Any:
    """Return the recurrence over time for one activation, with its gradient.

    It maps the projected input (n_steps, n_samples, 4 units), the recurrent kernel and the
    states before the first step to the outputs and the cell states of all steps.
    """
    activate = getattr(tf.nn, activation, tf.identity)
    activation_gradient = _ACTIVATION_GRADIENTS[activation]

    def forward_step(recurrent: Any, states: Any, inputs: Any) -> tuple[Any, Any]:
        (h, c), (projected,) = states, inputs
        z = projected + tf.matmul(h, recurrent)
        units = recurrent.shape[0]
        sigmoids, candidate = tf.split(z, [3 * units, units], axis=1)
        sigmoids, candidate = tf.sigmoid(sigmoids), activate(candidate)
        i, f, o = tf.split(sigmoids, 3, axis=1)
        c = f * c + i * candidate
        active = activate(c)
        h = o * active
        return (h, c), (h, c, sigmoids, candidate, active)

    def backward_step(recurrent: Any, states: Any, inputs: Any) -> tuple[Any, Any]:
        (dh, dc), (dh_out, dc_out, c_before, sigmoids, candidate, active) = states, inputs
        i, f, o = tf.split(sigmoids, 3, axis=1)
        dh = dh + dh_out
        dc = dc + dc_out + activation_gradient(active, dh * o)
        dsigmoids = tf.concat([dc * candidate, dc * c_before, dh * active], axis=1)
        dz = tf.concat(
            [
                tf.raw_ops.SigmoidGrad(y=sigmoids, dy=dsigmoids),
                activation_gradient(candidate, dc * i),
            ],
            axis=1,
        )
        return (tf.matmul(dz, recurrent, transpose_b=True), dc * f), (dz,)

    @tf.custom_gradient
    def recurrence(projected: Any, recurrent: Any, h0: Any, c0: Any) -> Any:
        forward = functools.partial(forward_step, recurrent)
        _, (h, c, *gates) = _scan(forward, (h0, c0), (projected,), n_kept=5)

        def gradient(dh: Any, dc: Any) -> tuple[Any, Any, Any, Any]:
            h_before = tf.concat([h0[tf.newaxis], h[:-1]], axis=0)
            c_before = tf.concat([c0[tf.newaxis], c[:-1]], axis=0)
            backward = functools.partial(backward_step, recurrent)
            zeros = tf.zeros_like(h0), tf.zeros_like(c0)
            given = [tf.ensure_shape(d, h.shape) for d in (dh, dc)]
            (dh0, dc0), (dz,) = _scan(
                backward, zeros, (*given, c_before, *gates), n_kept=1, reverse=True
            )
            drecurrent = tf.matmul(
                tf.reshape(h_before, [-1, h_before.shape[-1]]),
                tf.reshape(dz, [-1, dz.shape[-1]]),
                transpose_a=True,
            )
            return dz, drecurrent, dh0, dc0

        return (h, c), gradient

    return recurrence


def _scan(
    step: Any, states: Any, sequences: tuple[Any, ...], *, n_kept: int, reverse: bool = False
) -> tuple[Any, list[Any]]:
    """Apply a step along the first axis of sequences; keep what it gives at each.

    Steps are laid out in the graph chunk by chunk, and a loop runs over whole chunks: an
    operation of a graph loop costs several of a straight line, and a straight line of hundreds
    of steps takes long to trace.
    """
    n_steps = sequences[0].shape[0]
    first = n_steps % UNROLLED_STEPS  # a shorter chunk at the beginning of time
    n_chunks = n_steps // UNROLLED_STEPS
    if n_steps < 2 * UNROLLED_STEPS:
        return _run_chunk(step, states, sequences, reverse)
    pieces = []
    if first and not reverse:
        states, kept = _run_chunk(step, states, [s[:first] for s in sequences], reverse)
        pieces.append(kept)
    if n_chunks:
        states, kept = _loop_over_chunks(
            step, states, [s[first:] for s in sequences], n_chunks, n_kept, reverse
        )
        pieces.append(kept)
    if first and reverse:
        states, kept = _run_chunk(step, states, [s[:first] for s in sequences], reverse)
        pieces.insert(0, kept)
    if len(pieces) == 1:
        return states, pieces[0]
    return states, [tf.concat(parts, axis=0) for parts in zip(*pieces, strict=True)]


def _run_chunk(step: Any, states: Any, sequences: Any, reverse: bool) -> tuple[Any, list[Any]]:
    steps = list(zip(*(tf.unstack(sequence) for sequence in sequences), strict=True))
    kept = []
    for inputs in reversed(steps) if reverse else steps:
        states, outputs = step(states, inputs)
        kept.append(outputs)
    if reverse:
        kept.reverse()
    return states, [tf.stack(values) for values in zip(*kept, strict=True)]


def _loop_over_chunks(
    step: Any, states: Any, sequences: Any, n_chunks: int, n_kept: int, reverse: bool
) -> tuple[Any, list[Any]]:
    arrays = [tf.TensorArray(tf.float32, n_chunks) for _ in range(n_kept)]

    def one_chunk(i: Any, states: Any, arrays: Any) -> Any:
        chunk = n_chunks - 1 - i if reverse else i
        begin = chunk * UNROLLED_STEPS
        parts = [sequence[begin : begin + UNROLLED_STEPS] for sequence in sequences]
        parts = [tf.ensure_shape(part, [UNROLLED_STEPS, *part.shape[1:]]) for part in parts]
        new_states, kept = _run_chunk(step, states, parts, reverse)
        written = [a.write(chunk, values) for a, values in zip(arrays, kept, strict=True)]
        return i + 1, new_states, written

    _, states, arrays = tf.while_loop(
        lambda i, *_: i < n_chunks, one_chunk, (0, states, arrays), parallel_iterations=1
    )
    n_steps = n_chunks * UNROLLED_STEPS  # which TensorFlow does not infer
    return states, [tf.ensure_shape(array.concat(), [n_steps, None, None]) for array in arrays]


_LOOPS = {"fused": _fused_loop, "hoisted": _hoisted_loop}
