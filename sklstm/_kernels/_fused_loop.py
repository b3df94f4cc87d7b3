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
from sklstm._kernels._outside_loop import filled_up, with_more_units, without_more_units
from sklstm._kernels._tensorflow import tf

MULTIPLE = 2  # of odd numbers of rows and columns the kernel complains at each step


def fused_loop(
    layer: Any, sequences: Any, initial_state: Any, mask: Any, training: bool = False
) -> tuple[Any, Any, list[Any]]:
    """Replace ``inner_loop`` of a tanh LSTM."""
    lengths = lengths_of(mask)
    x = time_major_input(layer, sequences, lengths)
    h, c = (filled_up(state, 1, MULTIPLE) for state in initial_state)
    h, c = _recurrence(x, *read_weights(layer), h, c)
    h, c = (each if each.shape[2] == layer.units else each[..., : layer.units] for each in (h, c))
    return all_outputs(layer, h, at_end(c, lengths), lengths)


@tf.custom_gradient
def _recurrence(x: Any, kernel: Any, recurrent: Any, bias: Any, h0: Any, c0: Any) -> Any:
    """Map input, Keras's weights and first states to outputs and cell states of all steps.

    The kernel's version 2 takes Keras's order of gates, but its registered gradient is wrong;
    version 1 is right and takes the gates in the order i, c, f, o. Its gradient is written out
    here, with that of the weights' layout, since what TensorFlow derives has twice the operations.
    """
    units = bias.shape[0] // 4
    kernel_rows, recurrent_rows = (
        filled_up(_for_kernel(each, units), 0, MULTIPLE) for each in (kernel, recurrent)
    )
    no_peephole = tf.zeros([h0.shape[1]], x.dtype)
    inputs = {
        "seq_len_max": tf.cast(x.shape[0] or tf.shape(x)[0], tf.int64),
        "x": filled_up(x, 2, MULTIPLE),
        "cs_prev": c0,
        "h_prev": h0,
        "w": tf.concat([kernel_rows, recurrent_rows], axis=0),
        "b": _for_kernel(bias, units),
        "wci": no_peephole,
        "wcf": no_peephole,
        "wco": no_peephole,
        "use_peephole": False,
    }
    out = tf.raw_ops.BlockLSTM(forget_bias=0.0, cell_clip=-1.0, **inputs)

    def gradient(dh: Any, dc: Any) -> tuple[Any, ...]:
        d = tf.raw_ops.BlockLSTMGrad(**inputs, **out._asdict(), cs_grad=dc, h_grad=dh)
        n_rows = kernel.shape[0], kernel_rows.shape[0] - kernel.shape[0], units, h0.shape[1] - units
        dkernel, _, drecurrent, _ = tf.split(d.w_grad, n_rows, axis=0)
        dweights = (_for_keras(each, units) for each in (dkernel, drecurrent, d.b_grad))
        dx = d.x_grad[..., : x.shape[2]] if x.shape[2] % MULTIPLE else d.x_grad
        return dx, *dweights, d.h_prev_grad, d.cs_prev_grad

    return (out.h, out.cs), gradient


def _for_kernel(weights: Any, units: int) -> Any:
    """From Keras's order of gates, i, f, c, o, to the kernel's, i, c, f, o; fill up the units."""
    return _swap_gates(with_more_units(weights, units, MULTIPLE))


def _for_keras(weights: Any, units: int) -> Any:
    """Undo what ``_for_kernel`` does."""
    return without_more_units(_swap_gates(weights), units)


def _swap_gates(weights: Any) -> Any:
    first, second, third, fourth = tf.split(weights, 4, axis=-1)
    return tf.concat([first, third, second, fourth], axis=-1)
