"""What a loop over time of an LSTM leaves to few large products outside of it.

The projection of the input is one product over all steps, and so are the gradients of the
weights.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sklstm._kernels._parts import join
from sklstm._kernels._tensorflow import tf

WIDE_UNITS = 112  # wider layers multiply several blocks side by side
NARROW_FEATURES = 16  # so few are multiplied faster than blocks are put together
SATURATING = 1e9  # the sigmoid of it is exactly 1, of its negative 0, whatever is added


def with_ends(x: Any, kernel: Any, mask: Any) -> tuple[Any, Any]:
    """Let the cell keep its state behind the end of a sequence.

    Without a bound, as with relu, it could grow there beyond all numbers. One more input, which is
    1 behind the end, shuts the input gate and opens the forget gate.
    """
    ended = tf.transpose(1.0 - tf.cast(mask, x.dtype))[:, :, tf.newaxis]
    gates = tf.repeat([-SATURATING, SATURATING, 0.0, 0.0], kernel.shape[1] // 4)
    return tf.concat([x, ended], axis=2), tf.concat([kernel, gates[tf.newaxis]], axis=0)


def filled_up(tensor: Any, axis: int, multiple: int) -> Any:
    """Add zeros until the length of an axis is a multiple of a number."""
    missing = -tensor.shape[axis] % multiple
    paddings = [[0, missing if i == axis else 0] for i in range(tensor.shape.rank)]
    return tf.pad(tensor, paddings) if missing else tensor


def with_more_units(weights: Any, units: int, multiple: int) -> Any:
    """Fill up the units of each gate; gates and their units are the last axis of the weights."""
    if not units % multiple:
        return weights
    by_gate = filled_up(tf.reshape(weights, [-1, 4, units]), 2, multiple)
    return tf.reshape(by_gate, [*weights.shape[:-1], 4 * by_gate.shape[2]])


def without_more_units(weights: Any, units: int) -> Any:
    """Undo what ``with_more_units`` does."""
    if weights.shape[-1] == 4 * units:
        return weights
    by_gate = tf.reshape(weights, [-1, 4, weights.shape[-1] // 4])
    return tf.reshape(by_gate[..., :units], [*weights.shape[:-1], 4 * units])


class LoopInputs(NamedTuple):
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

    def blocks(self, matrix: Any, axis: int = 1) -> list[Any]:
        """Cut a matrix into blocks that are worth a product each."""
        return _blocks(matrix, 4 if self.units > WIDE_UNITS else 1, axis)

    def projected(self) -> Any:
        """Return the part of the gates' inputs that comes from the input, of all steps."""
        narrow = self.kernel.shape[0] < NARROW_FEATURES
        blocks = [self.kernel] if narrow else self.blocks(self.kernel)
        rows = tf.nn.bias_add(product(self.x_rows, blocks), self.bias)
        return tf.reshape(rows, [self.n_steps, -1, 4 * self.units])


def gradients_from(inputs: LoopInputs, before: Any, dz: Any) -> tuple[Any, Any, Any, Any]:
    """Return the gradients of input, kernel, recurrent kernel and bias, of all steps at once.

    ``before`` are the outputs before each step, ``dz`` the gradients of the gates' inputs in it.
    """
    dz_rows = tf.reshape(dz, [-1, 4 * inputs.units])
    before_rows = tf.reshape(before, [-1, inputs.units])
    drecurrent, dkernel = (
        join([tf.matmul(block, dz_rows, transpose_a=True) for block in inputs.blocks(rows)])
        for rows in (before_rows, inputs.x_rows)
    )
    dx = product(dz_rows, inputs.blocks(inputs.kernel, axis=0), transpose_b=True)
    return tf.reshape(dx, tf.shape(inputs.x)), dkernel, drecurrent, tf.reduce_sum(dz_rows, axis=0)


def _blocks(matrix: Any, number: int, axis: int) -> list[Any]:
    """Cut a matrix into blocks of rows or columns, about equally many.

    TensorFlow may round differently with the number of threads that share a product. So each
    product keeps to one thread, and the products of a wide layer's blocks run side by side.
    """
    length = matrix.shape[axis]
    number = min(number, length)
    sizes = [len(part) for part in np.array_split(np.arange(length), number)]
    return tf.split(matrix, sizes, axis=axis) if number > 1 else [matrix]


def product(left: Any, blocks: list[Any], **transposed: bool) -> Any:
    """Multiply by a matrix that comes in blocks, as ``tf.matmul`` does."""
    products = [tf.matmul(left, block, **transposed) for block in blocks]
    return tf.concat(products, axis=1) if len(products) > 1 else products[0]
