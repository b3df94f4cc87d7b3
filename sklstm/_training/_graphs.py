"""Traced graphs of a model."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

from sklstm._kernels._execution import calls_functions, executor, traced_for_any_executor
from sklstm._kernels._fast_loops import is_sequential
from sklstm._kernels._tensorflow import gc_paused, tf

building = threading.RLock()  # Keras builds and TensorFlow traces one network at a time


def trace(function: Any, model: Any, *signature: Any) -> Any:
    """Trace a function of a model once; return what runs its graph.

    Parameters
    ----------
    function : callable
        Takes tensors, uses the model's layers.
    signature : tf.TensorSpec
        One for each tensor that the function takes.
    """
    sequential = is_sequential(model)
    tracing = traced_for_any_executor if sequential else contextlib.nullcontext
    with building, tracing(), gc_paused():
        graph = tf.function(function, autograph=False).get_concrete_function(*signature)
    sequential = sequential and not calls_functions(graph)

    def run(*arguments: Any) -> Any:
        with executor(sequential=sequential):
            return graph(*arguments)

    return run
