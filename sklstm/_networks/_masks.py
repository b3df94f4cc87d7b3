"""Masks: which steps of sequences of unequal length are real, as operations of a Keras model.

The sequences of a batch are padded at the end. A mask is a KerasTensor of bool of shape
(n_samples, n_timesteps), True for real steps, which come first; None, where all steps are real.
"""

from __future__ import annotations

from typing import Any

from sklstm._kernels._tensorflow import keras
from sklstm._networks._layers import named

LOWEST = -3.4e38  # no output of a layer is lower in float32


def real_steps(x: Any, lengths: Any) -> Any:
    """Return the mask of sequences of these lengths.

    The number of steps differs from batch to batch, and a model of Keras operations cannot ask for
    it: steps are counted by a sum.
    """
    ops = keras.ops
    channel = named(x[:, :, 0], "mask_channel")
    ones = named(ops.ones_like(channel, dtype="int32"), "mask_ones")
    numbers = named(ops.cumsum(ones, axis=1), "mask_numbers")
    last = named(ops.expand_dims(lengths, axis=1), "mask_last")
    return named(ops.less_equal(numbers, last), "mask")


def after_convolution(mask: Any, kernel_size: int, pool_size: int = 1) -> Any:
    """Return which steps are made of real ones alone after a convolution and pooling.

    The convolution is without padding; a step is real if the last one that it is made of is.
    """
    if mask is None:
        return None
    return named(mask[:, kernel_size + pool_size - 2 :: pool_size], "mask_after_convolution")


def with_zeros(x: Any, mask: Any, name: str) -> Any:
    """Set the steps behind the end to zero."""
    if mask is None:
        return x
    factor = named(keras.ops.expand_dims(mask, axis=2), f"{name}_mask")
    factor = named(keras.ops.cast(factor, "float32"), f"{name}_factor")
    return keras.layers.Multiply(name=name, dtype="float32")([x, factor])


def with_lowest(x: Any, mask: Any) -> Any:
    """Set the steps behind the end to what no maximum takes."""
    if mask is None:
        return x
    by_step = named(keras.ops.expand_dims(mask, axis=2), "lowest_mask")
    return named(keras.ops.where(by_step, x, LOWEST), "lowest")
