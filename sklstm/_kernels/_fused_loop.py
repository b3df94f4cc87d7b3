"""The loop over time of a tanh LSTM as one ``BlockLSTM`` operation."""

from __future__ import annotations

from typing import Any

from sklstm._kernels._inner_loop import (
    all_outputs,
    at_end,
    lengths_of,
    read_weights,
    time_major_input,
)
from sklstm._kernels._tensorflow import tf


def fused_loop(
    layer: Any, sequences: Any, initial_state: Any, mask: Any, training: bool = False
) -> tuple[Any, Any, list[Any]]:
    """Replace ``inner_loop`` of a tanh LSTM.

    The kernel's version 2 takes Keras's order of gates, but its registered gradient is wrong;
    version 1 is right and takes the gates in the order i, c, f, o.
    """
    lengths = lengths_of(mask)
    x, (h, c), units = time_major_input(layer, sequences, lengths), initial_state, layer.units
    kernel, recurrent, bias = read_weights(layer)
    n_samples = tf.shape(x)[1]
    if units % 2 or x.shape[-1] % 2:
        # The kernel prints a warning at each step if the number of rows is odd as well.
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
    last_c = at_end(out.cs[:, :n_samples], lengths)
    return all_outputs(layer, out.h[:, :n_samples], last_c, lengths)


def _swap_gates(weights: Any) -> Any:
    """From Keras's order of gates, i, f, c, o, to the kernel's, i, c, f, o."""
    i, f, c, o = tf.split(weights, 4, axis=-1)
    return tf.concat([i, c, f, o], axis=-1)
