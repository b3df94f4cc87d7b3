"""Fast steps of Adam: what ``keras.optimizers.Adam`` computes, as one operation a variable.

Keras writes a step of Adam as some fifteen operations on each variable. TensorFlow has a kernel
that reads and writes everything once: that is less to trace, and, where the weights do not fit
into the cache, half the time of a training step.
"""

from __future__ import annotations

import types
from typing import Any

from sklstm._kernels._tensorflow import keras, tf


def install_fast_adam(optimizer: Any) -> None:
    """Let an optimizer that is plain Adam update each variable by one kernel.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        Changed in place where a kernel fits; its variables stay as they are. Within a strategy of
        ``tf.distribute``, which updates copies of variables, it stays as it is.
    """
    kinds = keras.optimizers.Adam, keras.optimizers.AdamW  # not what users derive from them
    if type(optimizer) in kinds and not optimizer.amsgrad and not tf.distribute.has_strategy():
        optimizer._backend_update_step = types.MethodType(_adam_step, optimizer)
        if optimizer.global_clipnorm:
            optimizer._clip_gradients = types.MethodType(_clip_by_global_norm, optimizer)


def _clip_by_global_norm(optimizer: Any, gradients: Any) -> Any:
    """Clip as Keras does, without squares in memory."""
    return tf.clip_by_global_norm(gradients, optimizer.global_clipnorm)[0]


def _adam_step(optimizer: Any, gradients: Any, variables: Any, learning_rate: Any) -> None:
    """Update all variables; what they have in common is computed once."""
    dtype = gradients[0].dtype
    # iterations is a tensor, and no variable, where gradients are accumulated
    step = tf.cast(optimizer.iterations + 1, dtype)
    beta1, beta2 = (tf.constant(beta, dtype) for beta in (optimizer.beta_1, optimizer.beta_2))
    common = {
        "beta1_power": tf.pow(beta1, step),
        "beta2_power": tf.pow(beta2, step),
        "lr": tf.cast(learning_rate, dtype),
        "beta1": beta1,
        "beta2": beta2,
        "epsilon": tf.constant(optimizer.epsilon, dtype),
    }
    for gradient, variable in zip(gradients, variables, strict=True):
        index = optimizer._get_variable_index(variable)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=optimizer._momentums[index].handle,
            v=optimizer._velocities[index].handle,
            grad=gradient,
            **common,
        )
