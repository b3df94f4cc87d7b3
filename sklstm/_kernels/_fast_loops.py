"""Fast loops for ``keras.layers.LSTM``: the same results from the same weights.

Three loops replace Keras's own on a CPU, each where it is the fastest one:

- ``"fused"``: TensorFlow's ``BlockLSTM`` kernel runs the whole loop over time of a tanh LSTM as
  one operation. It wins while a step is small and overhead counts.
- ``"compiled"``: the projection of the input is taken out of the loop as one large product, and
  so are the gradients of the weights. Code of our own, compiled when it is first needed, runs the
  loop. It wins elsewhere, and it supports relu. It needs llvmlite.
- ``"hoisted"``: does the same without llvmlite, as operations of TensorFlow. It wins where a layer
  that is not wide reads one step.

Everything else, and every GPU, keeps Keras's loop (``"keras"``), which is cuDNN there.

The loops are installed in stock Keras layers by overriding their ``inner_loop``, so that
``Bidirectional``, saving and summaries work unchanged.
"""

from __future__ import annotations

import contextlib
import contextvars
import types
from collections.abc import Iterator
from typing import Any

from sklstm._kernels._compiled_loop import compiled_loop, is_available
from sklstm._kernels._fused_loop import fused_loop
from sklstm._kernels._hoisted_loop import ACTIVATION_GRADIENTS, hoisted_loop
from sklstm._kernels._outside_loop import WIDE_UNITS
from sklstm._kernels._tensorflow import keras, tf

# Up to these sizes the fused kernel is the faster one, by measurement.
FUSED_UNITS, FUSED_FEATURES = WIDE_UNITS, 192

# Sequences of as many steps are worth the calls of compiled code.
LONG_STEPS = 100

# So are large batches of layers that are not narrow, since threads share them.
LARGE_BATCH, SHARED_STEPS, SHARED_UNITS = 128, 16, 32

_HOISTED = [getattr(keras.activations, name) for name in ACTIVATION_GRADIENTS]
_LOOPS = {"compiled": compiled_loop, "fused": fused_loop, "hoisted": hoisted_loop}
_large_batches = contextvars.ContextVar("_large_batches", default=False)


@contextlib.contextmanager
def for_batches(*, large: bool) -> Iterator[None]:
    """Trace a graph for batches of at least ``LARGE_BATCH`` samples, or for smaller ones.

    It computes the same for batches of any size.
    """
    token = _large_batches.set(large)
    try:
        yield
    finally:
        _large_batches.reset(token)


def install_fast_loops(model: Any) -> None:
    """Let every LSTM layer of a built model run the fastest loop that computes the same.

    Parameters
    ----------
    model : keras.Model
        Changed in place: its LSTM layers get another ``inner_loop`` where one fits.
    """
    for layer in _lstm_layers(model):
        if choose_loop(layer) != "keras":
            layer.inner_loop = types.MethodType(_run_chosen_loop, layer)
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Bidirectional):
            layer.forward_layer.runs_beside_another = True
            layer.backward_layer.runs_beside_another = True


def _run_chosen_loop(layer: Any, sequences: Any, *arguments: Any, **more: Any) -> Any:
    loop = choose_loop(layer, sequences.shape[1])
    return _LOOPS[loop](layer, sequences, *arguments, **more)


def choose_loop(layer: Any, n_steps: int | None = None) -> str:
    """Return which loop suits a built LSTM layer best.

    Parameters
    ----------
    layer : keras.layers.LSTM
        A built layer.
    n_steps : int, optional
        Length of its sequences, if it is known and always the same.

    Returns
    -------
    {"fused", "compiled", "hoisted", "keras"}
    """
    supported = (
        layer.recurrent_activation is keras.activations.sigmoid
        and layer.use_bias
        and not layer.dropout
        and not layer.recurrent_dropout
    )
    if not supported or tf.config.list_physical_devices("GPU"):
        return "keras"
    small = layer.units <= FUSED_UNITS and layer.cell.kernel.shape[0] <= FUSED_FEATURES
    if small and layer.activation is keras.activations.tanh:
        n_steps = n_steps or 0
        shared = _is_shared(layer) and n_steps >= SHARED_STEPS
        worth_calls = shared or n_steps >= LONG_STEPS
        return "compiled" if worth_calls and is_available() else "fused"
    if layer.activation not in _HOISTED:
        return "keras"
    is_loop = n_steps != 1 or layer.units > WIDE_UNITS
    return "compiled" if is_loop and is_available() else "hoisted"


def is_sequential(model: Any) -> bool:
    """Return whether one thread runs the operations of a model fastest.

    It does where a step of each LSTM layer is too small for handing parts of it to other
    threads, unless two layers run side by side.
    """
    if any(isinstance(layer, keras.layers.Bidirectional) for layer in model._flatten_layers()):
        return False
    return not any(
        layer.units > FUSED_UNITS or (_is_shared(layer) and is_available())
        for layer in _lstm_layers(model)
    )


def _is_shared(layer: Any) -> bool:
    return _large_batches.get() and layer.units >= SHARED_UNITS


def _lstm_layers(model: Any) -> list[Any]:
    return [layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.LSTM)]
