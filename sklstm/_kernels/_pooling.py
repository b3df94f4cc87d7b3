"""The maximum of neighbouring steps, with a gradient that is made of a few large operations.

The gradient of TensorFlow's own operation takes more time than the convolution below it.
"""

from __future__ import annotations

from typing import Any

from sklstm._kernels._tensorflow import tf


def max_pool(x: Any, size: int) -> Any:
    """Return the maximum of every ``size`` steps; steps that are left at the end do not count.

    As in TensorFlow, the first of several equal maxima has the gradient.

    Parameters
    ----------
    x : tensor of shape (n_samples, n_steps, n_channels)

    Returns
    -------
    tensor of shape (n_samples, n_steps // size, n_channels)
    """
    n_steps = x.shape[1] or tf.shape(x)[1]
    n_pools, n_channels = n_steps // size, x.shape[2]
    used = x if n_steps is x.shape[1] and not n_steps % size else x[:, : n_pools * size]
    return _largest(tf.reshape(used, [-1, n_pools, size, n_channels]))


@tf.custom_gradient
def _largest(pools: Any) -> tuple[Any, Any]:
    y = tf.reduce_max(pools, axis=2, keepdims=True)

    def gradient(dy: Any) -> Any:
        size = pools.shape[2]
        priorities = tf.range(size, 0, -1, dtype=pools.dtype)[:, tf.newaxis]
        candidates = tf.cast(tf.equal(pools, y), pools.dtype) * priorities
        first = tf.equal(candidates, tf.reduce_max(candidates, axis=2, keepdims=True))
        return tf.cast(first, dy.dtype) * dy[:, :, tf.newaxis]

    return y[:, :, 0], gradient
