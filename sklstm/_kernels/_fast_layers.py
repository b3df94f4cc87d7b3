"""Fast kernels in stock Keras layers: the same results from the same weights.

LSTM layers get the loops of ``_fast_loops``. What makes a convolutional network is replaced as
well: convolutions that keep the length of a sequence, batch normalization and relu. They run on
the parts of a batch side by side, and have gradients written by hand, as pooling has. Averages over
time are computed so that a sequence's average does not depend on its place in the batch. Everything
else keeps what Keras runs, and so does every layer on a GPU.

The kernels are installed in stock layers by overriding ``call``, or ``inner_loop`` of an LSTM, so
that saving and summaries work unchanged.
"""

from __future__ import annotations

import types
from typing import Any

from sklstm._kernels import _fast_loops
from sklstm._kernels._batch_normalization import normalize, normalize_by
from sklstm._kernels._convolution import convolve
from sklstm._kernels._parts import cut, join, parts_of
from sklstm._kernels._pooling import max_pool
from sklstm._kernels._tensorflow import keras, tf

N_PARTS = 2  # of a batch
# A convolution with as many outputs per sample, or more, is worth the overhead of parts.
CUT_OUTPUTS = 4096
# TensorFlow sums as many channels at once, or half or a quarter of them, as a processor can.
CHANNELS_AT_ONCE = 16


def install_fast_layers(model: Any) -> None:
    """Let every layer of a built model run the fastest kernel that computes the same.

    Parameters
    ----------
    model : keras.Model
        Changed in place.
    """
    _fast_loops.install_fast_loops(model)
    for layer in model._flatten_layers():
        call = choose_call(layer)
        if call is not None:
            layer.call = types.MethodType(call, layer)


def is_sequential(model: Any) -> bool:
    """Return whether one thread runs the operations of a model fastest."""
    in_parts = any(
        choose_call(layer) is _convolve and _is_large(layer) for layer in model._flatten_layers()
    )
    return not in_parts and _fast_loops.is_sequential(model)


def choose_call(layer: Any) -> Any:
    """Return what suits a built layer better than its own ``call``, or None."""
    choice = _CHOICES.get(type(layer))
    if choice is None or tf.config.list_physical_devices("GPU"):
        return None
    call, is_supported = choice
    return call if is_supported(layer) else None


# --- convolutions --------------------------------------------------------------------------


def _convolve(layer: Any, inputs: Any) -> Any:
    parts = parts_of(inputs)
    if len(parts) == 1 and _is_large(layer):
        parts = cut(inputs, N_PARTS)
    kernel, bias = _tensors(layer.kernel, layer.bias)
    return join([convolve(part, kernel, bias) for part in parts])


def _is_supported_convolution(layer: Any) -> bool:
    return (
        layer.padding == "same"
        and layer.strides == layer.dilation_rate == (1,)
        and layer.groups == 1
        and layer.use_bias
        and layer.activation is keras.activations.linear
        and layer.data_format == "channels_last"
    )


def _is_large(layer: Any) -> bool:
    """Return whether a batch is worth cutting; so is one whose length is not known."""
    _, n_steps, n_filters = layer.output.shape
    return n_steps is None or n_steps * n_filters >= CUT_OUTPUTS


# --- batch normalization -------------------------------------------------------------------


def _normalize(layer: Any, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
    parts = parts_of(inputs)
    gamma, beta = _tensors(layer.gamma, layer.beta)
    moving = layer.moving_mean, layer.moving_variance
    before = _tensors(*moving)
    if not (training and layer.trainable):
        mean, variance = before
        return join(normalize_by(parts, mean, variance, gamma, beta, layer.epsilon))
    masks = None if mask is None else cut(tf.cast(mask, inputs.dtype), len(parts))
    outputs, mean, variance = normalize(parts, gamma, beta, layer.epsilon, masks)
    for variable, old, new in zip(moving, before, (mean, variance), strict=True):
        variable.assign(old * layer.momentum + new * (1.0 - layer.momentum))
    return join(outputs)


def _is_supported_normalization(layer: Any) -> bool:
    return (
        layer.output.ndim == 3
        and layer.axis in (2, -1)
        and layer.center
        and layer.scale
        and not layer.synchronized
        and not getattr(layer, "renorm", False)
    )


# --- relu, products, maxima and averages ---------------------------------------------------


def _relu(layer: Any, inputs: Any) -> Any:
    return join([tf.nn.relu(part) for part in parts_of(inputs)])


def _is_supported_relu(layer: Any) -> bool:
    return layer.max_value is None and not layer.negative_slope and not layer.threshold


def _multiply(layer: Any, inputs: Any) -> Any:
    parts = parts_of(inputs[0])
    factors = cut(inputs[1], len(parts)) if len(parts) > 1 else inputs[1:]
    return join([part * factor for part, factor in zip(parts, factors, strict=True)])


def _is_supported_product(layer: Any) -> bool:
    return len(layer.input) == 2


def _max_pool(layer: Any, inputs: Any) -> Any:
    return max_pool(inputs, *layer.pool_size)


def _is_supported_pooling(layer: Any) -> bool:
    return (
        layer.padding == "valid"
        and layer.strides == layer.pool_size
        and layer.data_format == "channels_last"
    )


def _average(layer: Any, inputs: Any, mask: Any = None) -> Any:
    """Average over time.

    TensorFlow rounds channels that do not fill a step of its sum in another way, and which ones do
    depends on the place of a sequence in the batch. So the last step is filled up.
    """
    if mask is not None:
        weights = tf.cast(mask, inputs.dtype)
        total = tf.matmul(weights[:, tf.newaxis], inputs)[:, 0]
        return total / tf.reduce_sum(weights, axis=1, keepdims=True)
    n_channels = inputs.shape[2]
    missing = -n_channels % CHANNELS_AT_ONCE
    padded = tf.pad(inputs, [[0, 0], [0, 0], [0, missing]]) if missing else inputs
    return tf.reduce_mean(padded, axis=1)[:, :n_channels]


def _is_supported_average(layer: Any) -> bool:
    return layer.data_format == "channels_last" and not layer.keepdims


def _tensors(*variables: Any) -> list[Any]:
    """Return the values of variables, which are tensors themselves where weights are inputs."""
    return [tf.identity(keras.ops.convert_to_tensor(variable)) for variable in variables]


_CHOICES = {
    keras.layers.Conv1D: (_convolve, _is_supported_convolution),
    keras.layers.BatchNormalization: (_normalize, _is_supported_normalization),
    keras.layers.ReLU: (_relu, _is_supported_relu),
    keras.layers.Multiply: (_multiply, _is_supported_product),
    keras.layers.MaxPooling1D: (_max_pool, _is_supported_pooling),
    keras.layers.GlobalAveragePooling1D: (_average, _is_supported_average),
}
