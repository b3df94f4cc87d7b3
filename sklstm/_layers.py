"""The fast LSTM layer: what ``keras.layers.LSTM`` computes, from the same weights.

TensorFlow has a fused kernel that runs the whole loop over time of a tanh LSTM as one CPU
operation. It is put beneath a stock Keras layer through the layer's own seam, ``inner_loop``,
so that Bidirectional, sequences, saving and summaries know nothing of it.
"""

from __future__ import annotations

import types
from typing import Any

from sklstm._tensorflow import keras, tf


def accelerate(model: Any) -> None:
    """Let every LSTM layer of a model run the fastest loop that computes the same.

    Parameters
    ----------
    model : keras.Model
        Changed in place: its LSTM layers get another ``inner_loop`` where one fits.
    """
    if tf.config.list_physical_devices("GPU"):
        return  # Keras's own path is cuDNN there
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.LSTM) and _fits_fused_kernel(layer):
            layer.inner_loop = types.MethodType(_fused_loop, layer)


def _fits_fused_kernel(layer: Any) -> bool:
    """Whether the kernel computes this layer: a plain LSTM with its classic activations."""
    return (
        layer.activation is keras.activations.tanh
        and layer.recurrent_activation is keras.activations.sigmoid
        and layer.use_bias
        and not layer.dropout
        and not layer.recurrent_dropout
    )


def _fused_loop(
    layer: Any, sequences: Any, initial_state: Any, mask: Any, training: bool = False
) -> tuple[Any, Any, list[Any]]:
    """Run the loop over time as one ``BlockLSTM`` operation.

    The kernel's version 2 takes Keras's order of gates, but its registered gradient is wrong;
    version 1 is right and wants the gates in the order i, c, f, o.
    """
    if mask is not None:
        raise ValueError("the fused LSTM kernel knows no masks")
    cell, (h, c) = layer.cell, initial_state
    kernel = tf.concat([_as_tensor(cell.kernel), _as_tensor(cell.recurrent_kernel)], axis=0)
    x = tf.transpose(sequences, [1, 0, 2])
    n_samples = tf.shape(x)[1]
    if cell.units % 2 or x.shape[-1] % 2:
        # The kernel writes a warning at each step when it meets an odd number of rows too.
        one_more = [0, n_samples % 2]
        x = tf.pad(x, [[0, 0], one_more, [0, 0]])
        h, c = tf.pad(h, [one_more, [0, 0]]), tf.pad(c, [one_more, [0, 0]])
    if layer.go_backwards:
        x = tf.reverse(x, [0])
    no_peephole = tf.zeros([cell.units], x.dtype)
    out = tf.raw_ops.BlockLSTM(
        seq_len_max=tf.shape(x, out_type=tf.int64)[0],
        x=x,
        cs_prev=c,
        h_prev=h,
        w=_swap_gates(kernel),
        b=_swap_gates(_as_tensor(cell.bias)),
        wci=no_peephole,
        wcf=no_peephole,
        wco=no_peephole,
        forget_bias=0.0,
        cell_clip=-1.0,
        use_peephole=False,
    )
    last_h, last_c = out.h[-1, :n_samples], out.cs[-1, :n_samples]
    if layer.return_sequences:
        outputs = tf.transpose(out.h[:, :n_samples], [1, 0, 2])
    else:
        outputs = last_h[:, tf.newaxis]
    return last_h, outputs, [last_h, last_c]


def _as_tensor(variable: Any) -> Any:
    return keras.ops.convert_to_tensor(variable)


def _swap_gates(weights: Any) -> Any:
    """From Keras's order of gates, i, f, c, o, to the kernel's, i, c, f, o."""
    i, f, c, o = tf.split(weights, 4, axis=-1)
    return tf.concat([i, c, f, o], axis=-1)
