"""What a replacement of ``keras.layers.LSTM.inner_loop`` receives and returns.

A mask says which steps of each sequence are real. They come first, so a mask is as good as the
lengths of the sequences. The loops run over all steps: a forward layer has its answer after the
last real one, and a backward layer is given the real steps in reverse. Outputs behind the end of a
sequence mean nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sklstm._kernels._tensorflow import keras, tf


def lengths_of(mask: Any) -> Any:
    """Return the number of real steps of each sequence; None without a mask."""
    return None if mask is None else tf.reduce_sum(tf.cast(mask, tf.int32), axis=1)


def time_major_input(layer: Any, sequences: Any, lengths: Any) -> Any:
    """Return the input as (n_steps, n_samples, n_features), in the order the layer reads it."""
    x = _steps_first(sequences)
    return _reversed(x, lengths) if layer.go_backwards else x


def _reversed(x: Any, lengths: Any) -> Any:
    """Reverse the real steps of each sequence; x has its steps first."""
    if lengths is None:
        return tf.reverse(x, [0])
    return tf.reverse_sequence(x, lengths, seq_axis=0, batch_axis=1)


def _steps_first(sequences: Any) -> Any:
    """Transpose to steps first; undo the transpose of a layer below instead of adding another."""
    made_by = getattr(sequences, "op", None)  # there is none outside of graphs
    if made_by is not None and made_by.type == "Transpose":
        before, order = made_by.inputs
        if np.array_equal(tf.get_static_value(order), [1, 0, 2]):
            return before
    return tf.transpose(sequences, [1, 0, 2])


def read_weights(layer: Any) -> tuple[Any, Any, Any]:
    """Return kernel, recurrent kernel and bias of a layer as tensors."""
    cell = layer.cell
    variables = cell.kernel, cell.recurrent_kernel, cell.bias
    kernel, recurrent, bias = (tf.identity(keras.ops.convert_to_tensor(v)) for v in variables)
    return kernel, recurrent, bias


def at_end(values: Any, lengths: Any) -> Any:
    """Return the values of the last real steps; they have their steps first."""
    if lengths is None:
        return values[-1]
    numbers = tf.range(tf.shape(values)[1])
    return tf.gather_nd(values, tf.stack([tf.maximum(lengths - 1, 0), numbers], axis=1))


def all_outputs(layer: Any, h: Any, last_c: Any, lengths: Any) -> tuple[Any, Any, list[Any]]:
    """Return what Keras's loop returns: last output, outputs, states."""
    last = at_end(h, lengths)
    if not layer.return_sequences:
        return last, tf.expand_dims(last, 1), [last, last_c]
    if layer.go_backwards and lengths is not None:
        # the order of Keras, whose masked loop begins with what lies behind the end
        h = tf.reverse(_reversed(h, lengths), [0])
    return last, tf.transpose(h, [1, 0, 2]), [last, last_c]
