"""What a replacement of ``keras.layers.LSTM.inner_loop`` receives and returns."""

from __future__ import annotations

from typing import Any

import numpy as np

from sklstm._kernels._tensorflow import keras, tf


def time_major_input(layer: Any, sequences: Any, mask: Any) -> Any:
    """Return the input as (n_steps, n_samples, n_features), in the order the layer reads it."""
    if mask is not None:
        raise ValueError("The fast LSTM loops do not support masks.")
    x = _steps_first(sequences)
    return tf.reverse(x, [0]) if layer.go_backwards else x


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


def all_outputs(layer: Any, h: Any, last_c: Any) -> tuple[Any, Any, list[Any]]:
    """Return what Keras's loop returns: last output, outputs, states."""
    outputs = tf.transpose(h, [1, 0, 2]) if layer.return_sequences else h[-1][:, tf.newaxis]
    return h[-1], outputs, [h[-1], last_c]
