"""The fast LSTM layer: what ``keras.layers.LSTM`` computes, from the same weights.

Two loops stand in for Keras's on a CPU, each where it is the faster one:

- ``"fused"``: TensorFlow's ``BlockLSTM`` kernel runs the whole loop over time of a tanh LSTM as
  one operation. It wins while a step is small, and overhead counts.
- ``"hoisted"``: the projection of the input is taken out of the loop as one large product, and
  the gradient, written by hand, does the same with the gradients of the weights. It wins on wide
  layers and on many features, and it knows relu.

Everything else, and every GPU, keeps Keras's own loop (``"keras"``), which is cuDNN there.

The loops are put beneath stock Keras layers through the layers' own seam, ``inner_loop``, so that
Bidirectional, sequences, saving and summaries know nothing of them.
"""

from __future__ import annotations

import functools
import types
from typing import Any

import numpy as np

from sklstm._kernels._tensorflow import keras, tf

FUSED_UNITS, FUSED_FEATURES = 112, 192  # up to here the fused kernel wins, by measurement
CHUNK_STEPS = 4  # steps of the hoisted loop that are laid out in the graph one by one

# Gradients of activations, from their outputs alone.
_ACTIVATION_GRADIENTS = {
    "relu": lambda y, dy: tf.raw_ops.ReluGrad(gradients=dy, features=y),
    "tanh": lambda y, dy: tf.raw_ops.TanhGrad(y=y, dy=dy),
    "linear": lambda y, dy: dy,
}


def accelerate(model: Any) -> list[str]:
    """Let every LSTM layer of a model run the fastest loop that computes the same.

    Parameters
    ----------
    model : keras.Model
        Changed in place: its LSTM layers get another ``inner_loop`` where one fits.

    Returns
    -------
    list of str
        The path that each LSTM layer takes, as :func:`path_of` says.
    """
    layers = [layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.LSTM)]
    paths = [path_of(layer) for layer in layers]
    for layer, path in zip(layers, paths, strict=True):
        if path in _LOOPS:
            layer.inner_loop = types.MethodType(_LOOPS[path], layer)
    return paths


def path_of(layer: Any) -> str:
    """Say which loop fits a built LSTM layer best: "fused", "hoisted" or "keras"."""
    plain = (
        layer.recurrent_activation is keras.activations.sigmoid
        and layer.use_bias
        and not layer.dropout
        and not layer.recurrent_dropout
    )
    if not plain or tf.config.list_physical_devices("GPU"):
        return "keras"
    small = layer.units <= FUSED_UNITS and layer.cell.kernel.shape[0] <= FUSED_FEATURES
    if small and layer.activation is keras.activations.tanh:
        return "fused"
    known = [getattr(keras.activations, name) for name in _ACTIVATION_GRADIENTS]
    return "hoisted" if layer.activation in known else "keras"


def is_chain(model: Any) -> bool:
    """Say whether the operations of a model are best run one after another, by one thread.

    They are where a step of each LSTM layer is too small for handing parts of it to other threads,
    unless two layers run side by side.
    """
    layers = list(model._flatten_layers())
    if any(isinstance(layer, keras.layers.Bidirectional) for layer in layers):
        return False
    return all(
        layer.units <= FUSED_UNITS for layer in layers if isinstance(layer, keras.layers.LSTM)
    )


def _time_major(layer: Any, sequences: Any, mask: Any) -> Any:
    if mask is not None:
        raise ValueError("the fast LSTM loops know no masks")
    x = _untransposed(sequences)
    return tf.reverse(x, [0]) if layer.go_backwards else x


def _untransposed(sequences: Any) -> Any:
    """Put the steps first; where a layer below has just put them second, take what it had."""
    made_by = getattr(sequences, "op", None)  # there is none outside of graphs
    if made_by is not None and made_by.type == "Transpose":
        before, order = made_by.inputs
        if np.array_equal(tf.get_static_value(order), [1, 0, 2]):
            return before
    return tf.transpose(sequences, [1, 0, 2])


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
    weights = (_sigmoids_first(each) for each in _weights(layer))
    recurrence = _recurrence(layer.activation.__name__, layer.return_sequences)
    h, c = recurrence(x, *weights, h, c)
    if layer.return_sequences:
        return _outputs(layer, h, c)
    return h, h[:, tf.newaxis], [h, c]


def _sigmoids_first(weights: Any) -> Any:
    """From Keras's order of gates, i, f, c, o, to i, f, o, c: one sigmoid does for three."""
    i, f, c, o = tf.split(weights, 4, axis=-1)
    return tf.concat([i, f, o, c], axis=-1)


@functools.cache
def _recurrence(activation: str, sequences: bool) -> Any:
    """Return the recurrence over time for one activation, with its gradient.

    It maps the inputs (n_steps, n_samples, n_features), the weights and the states before the
    first step to the outputs, of all steps or of the last, and the last cell state.
    """
    activate = getattr(tf.nn, activation, tf.identity)
    activation_gradient = _ACTIVATION_GRADIENTS[activation]

    def forward_step(recurrent: list[Any], states: Any, inputs: Any) -> tuple[Any, Any]:
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

    def backward_step(recurrent_transposed: list[Any], states: Any, inputs: Any) -> tuple[Any, Any]:
        (dh, dc), (factors, sigmoids, *dh_out) = states, inputs
        i, f, o = tf.split(sigmoids, 3, axis=1)
        candidate, _, active = tf.split(factors, 3, axis=1)
        dh = dh + dh_out[0] if sequences else dh
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

    @tf.custom_gradient
    def recurrence(x: Any, kernel: Any, recurrent: Any, bias: Any, h0: Any, c0: Any) -> Any:
        n_steps, _, n_features = x.shape
        units = h0.shape[1]
        x_rows = tf.reshape(x, [-1, n_features])
        blocks = functools.partial(_blocks, number=4 if units > FUSED_UNITS else 1)
        projected = tf.nn.bias_add(_product(x_rows, blocks(kernel)), bias)
        projected = tf.reshape(projected, [n_steps, -1, 4 * units])
        step = functools.partial(forward_step, blocks(recurrent))
        (last_h, last_c), kept = _scan(step, (h0, c0), [_slices(projected)], n_steps, 3)
        h = tf.ensure_shape(kept[0].stack(), [n_steps, None, units])

        def gradient(dh: Any, dc: Any) -> tuple[Any, ...]:
            step = functools.partial(backward_step, blocks(tf.transpose(recurrent)))
            given = [array.read for array in kept[1:]]
            if sequences:
                given.append(_slices(tf.ensure_shape(dh, h.shape)))
            states = tf.zeros_like(h0) if sequences else dh, dc
            (dh0, dc0), (dz,) = _scan(step, states, given, n_steps, 1, reverse=True)
            dz = dz.stack()
            dz_rows, later_rows = (tf.reshape(d, [-1, 4 * units]) for d in (dz, dz[1:]))
            h_rows = tf.reshape(h[:-1], [-1, units])
            drecurrent = _product(h_rows, blocks(later_rows), transpose=True)
            drecurrent += tf.matmul(h0, dz[0], transpose_a=True)
            dkernel = _product(x_rows, blocks(dz_rows), transpose=True)
            dx = tf.reshape(_product(dz_rows, blocks(tf.transpose(kernel))), tf.shape(x))
            return dx, dkernel, drecurrent, tf.reduce_sum(dz_rows, axis=0), dh0, dc0

        return (h if sequences else last_h, last_c), gradient

    return recurrence


def _blocks(matrix: Any, number: int) -> list[Any]:
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


def _slices(sequence: Any) -> Any:
    """Return a function that gives the slice of a sequence at a step."""
    return lambda step: tf.gather(sequence, step)


def _scan(
    step: Any, states: Any, inputs: list[Any], n_steps: int, n_kept: int, *, reverse: bool = False
) -> tuple[Any, list[Any]]:
    """Apply a step along time; keep the ``n_kept`` tensors that it gives, an array for each.

    A graph loop runs over chunks of steps that are laid out one by one: an iteration costs as
    much as several operations, and hundreds of steps in a straight line take long to trace.
    Nothing is stacked or cut on the way: to move memory costs more than to compute with it.

    Parameters
    ----------
    step : callable
        Maps states and inputs to new states and a tuple of tensors to keep.
    inputs : list of callables
        Each gives its input at a step.
    reverse : bool
        Begin with the last step.
    """

    def run(first: Any, number: int, states: Any, arrays: list[Any]) -> tuple[Any, list[Any]]:
        for i in range(number):
            t = n_steps - 1 - (first + i) if reverse else first + i
            states, kept = step(states, [read(t) for read in inputs])
            arrays = [a.write(t, value) for a, value in zip(arrays, kept, strict=True)]
        return states, arrays

    arrays = [tf.TensorArray(tf.float32, n_steps) for _ in range(n_kept)]
    n_looped = n_steps - n_steps % CHUNK_STEPS

    def one_chunk(first: Any, states: Any, arrays: Any) -> Any:
        return first + CHUNK_STEPS, *run(first, CHUNK_STEPS, states, arrays)

    if n_looped > CHUNK_STEPS:
        _, states, arrays = tf.while_loop(
            lambda first, *_: first < n_looped,
            one_chunk,
            (0, states, arrays),
            parallel_iterations=1,
        )
    else:
        n_looped = 0
    return run(n_looped, n_steps - n_looped, states, arrays)


_LOOPS = {"fused": _fused_loop, "hoisted": _hoisted_loop}
