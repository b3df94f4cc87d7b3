"""A convolution along time, with a gradient that is made of matrix products.

TensorFlow computes outputs, and the gradient of the input, at the full speed of a processor, but
the gradient of the kernel at half of it. That gradient is one product for each step of the kernel:
of the input, moved by as many steps, and the gradient of the output.
"""

from __future__ import annotations

from typing import Any

from sklstm._kernels._tensorflow import tf


@tf.custom_gradient
def convolve(x: Any, kernel: Any, bias: Any) -> tuple[Any, Any]:
    """Convolve along time; sequences are padded with zeros to keep their length.

    Parameters
    ----------
    x : tensor of shape (n_samples, n_steps, n_channels)
    kernel : tensor of shape (kernel_size, n_channels, n_filters)
    bias : tensor of shape (n_filters,)

    Returns
    -------
    tensor of shape (n_samples, n_steps, n_filters)
    """
    flat_kernel = kernel[tf.newaxis]  # as of an image of one row
    y = tf.nn.conv2d(x[:, tf.newaxis], flat_kernel, strides=1, padding="SAME")
    y = tf.nn.bias_add(tf.squeeze(y, [1]), bias)

    def gradient(dy: Any) -> tuple[Any, Any, Any]:
        dx = tf.raw_ops.Conv2DBackpropInput(
            input_sizes=tf.shape(x[:, tf.newaxis]),
            filter=flat_kernel,
            out_backprop=dy[:, tf.newaxis],
            strides=[1, 1, 1, 1],
            padding="SAME",
        )
        dbias = tf.raw_ops.BiasAddGrad(out_backprop=dy)
        return tf.squeeze(dx, [1]), _kernel_gradient(x, dy, kernel.shape[0]), dbias

    return y, gradient


def _kernel_gradient(x: Any, dy: Any, size: int) -> Any:
    """Multiply what each output was computed from by the gradient of the output."""
    n_steps, n_channels = x.shape[1] or tf.shape(x)[1], x.shape[2]
    left = (size - 1) // 2
    x = tf.pad(x, [[0, 0], [left, size - 1 - left], [0, 0]])
    windows = tf.concat([x[:, first : first + n_steps] for first in range(size)], axis=2)
    windows, dy = (tf.reshape(each, [-1, each.shape[2]]) for each in (windows, dy))
    product = tf.matmul(dy, windows, transpose_a=True)  # faster than the transposed product
    return tf.reshape(tf.transpose(product), [size, n_channels, -1])
