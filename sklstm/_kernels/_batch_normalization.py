"""Batch normalization of a batch in parts, with a gradient written by hand.

Keras writes it as some ten operations on the whole batch, and TensorFlow's gradient of them is as
many again, which move more memory than there is to compute.
"""

from __future__ import annotations

from typing import Any

from sklstm._kernels._tensorflow import tf


def normalize(
    parts: list[Any], gamma: Any, beta: Any, epsilon: float, masks: list[Any] | None = None
) -> tuple[Any, Any, Any]:
    """Normalize each channel over all samples and steps of all parts.

    Parameters
    ----------
    parts : list of tensors of shape (n_samples, n_steps, n_channels)
        A batch.
    gamma, beta : tensors of shape (n_channels,)
        Standard deviation and mean of the result.
    epsilon : float
        Added to the variance.
    masks : list of tensors of shape (n_samples, n_steps), optional
        1 for the steps that mean and variance are taken of, and 0 for others; one for each part. By
        default they are taken of all steps.

    Returns
    -------
    parts : list of tensors
        The result.
    mean, variance : tensors of shape (n_channels,)
        Of the batch; the gradient does not pass through them.
    """
    *outputs, mean, variance = _normalize(epsilon, masks)(gamma, beta, *parts)
    return outputs, mean, variance


def normalize_by(
    parts: list[Any], mean: Any, variance: Any, gamma: Any, beta: Any, epsilon: float
) -> list[Any]:
    """Normalize by statistics that are given."""
    scale = gamma * tf.math.rsqrt(variance + epsilon)
    return [tf.nn.bias_add(part * scale, beta - mean * scale) for part in parts]


def _normalize(epsilon: float, masks: list[Any] | None) -> Any:
    @tf.custom_gradient
    def normalize(gamma: Any, beta: Any, *parts: Any) -> Any:
        n_rows = _number_of_rows(parts, masks, gamma.dtype)
        mean = _sum_of_rows(parts, masks) / n_rows
        centred = [part - mean for part in parts]
        variance = _sum_of_rows([part * part for part in centred], masks) / n_rows
        inverse = tf.math.rsqrt(variance + epsilon)
        scale = gamma * inverse
        outputs = [tf.nn.bias_add(part * scale, beta) for part in centred]

        def gradient(*upstream: Any) -> tuple[Any, ...]:
            dy = upstream[: len(parts)]
            dbeta = _sum_of_rows(dy)
            dgamma = inverse * _sum_of_rows([d * x for d, x in zip(dy, centred, strict=True)])
            # what reaches x through mean and variance, which are of all samples
            shift, slope = -scale * dbeta / n_rows, -scale * inverse * dgamma / n_rows
            if masks is None:
                dx = [
                    tf.nn.bias_add(d * scale + x * slope, shift)
                    for d, x in zip(dy, centred, strict=True)
                ]
            else:
                dx = [
                    d * scale + tf.nn.bias_add(x * slope, shift) * mask[:, :, tf.newaxis]
                    for d, x, mask in zip(dy, centred, masks, strict=True)
                ]
            return dgamma, dbeta, *dx

        return (*outputs, mean, variance), gradient

    return normalize


def _number_of_rows(parts: Any, masks: list[Any] | None, dtype: Any) -> Any:
    if masks is not None:
        return tf.add_n([tf.reduce_sum(mask) for mask in masks])
    return tf.cast(sum(tf.reduce_prod(tf.shape(part)[:2]) for part in parts), dtype)


def _sum_of_rows(parts: Any, masks: list[Any] | None = None) -> Any:
    """Sum over samples and steps; this operation, made for biases, is twice as fast as others."""
    if masks is None:
        return tf.add_n([tf.raw_ops.BiasAddGrad(out_backprop=part) for part in parts])
    return tf.add_n([_masked_sum(part, mask) for part, mask in zip(parts, masks, strict=True)])


def _masked_sum(part: Any, mask: Any) -> Any:
    """Sum over the steps of the mask; as a product, it needs no masked copy."""
    rows = tf.reshape(part, [-1, part.shape[2]])
    return tf.matmul(tf.reshape(mask, [1, -1]), rows)[0]
