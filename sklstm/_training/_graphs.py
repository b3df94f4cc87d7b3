"""Traced graphs of a model, and calls of them that can be interrupted."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Any

from sklstm._kernels._execution import calls_functions, executor, traced_for_any_executor
from sklstm._kernels._fast_layers import is_sequential
from sklstm._kernels._memory import without_graph
from sklstm._kernels._tensorflow import gc_paused, tf

CALL_SECONDS = 0.25  # a graph call that lasts longer gets no more batches

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
        traced = tf.function(function, autograph=False).get_concrete_function(*signature)
    sequential = sequential and not calls_functions(traced)
    graph = without_graph(traced)
    del traced

    def run(*arguments: Any) -> Any:
        with executor(sequential=sequential):
            return graph(*arguments)

    return run


class ShortCalls:
    """Runs batches in graph calls that are short enough for an interrupt to be noticed.

    Python reacts to Ctrl-C between two calls. The first call is one batch, and calls double while
    they are short: soon an epoch of a small fit is one call. It makes no difference to the results.
    """

    def __init__(self) -> None:
        self.n_batches = 1

    def run(self, graph: Any, inputs: tuple[Any, ...], begin: int, end: int) -> Any:
        """Run batches ``begin`` to ``end - 1``; return what the last call does."""
        result: Any = None
        while result is None or begin < end:
            stop = min(begin + self.n_batches, end)
            started = time.perf_counter()
            result = graph(*inputs, tf.constant(begin), tf.constant(stop))
            self._adapt(time.perf_counter() - started, grow=stop - begin == self.n_batches)
            begin = stop
        return result

    def _adapt(self, seconds: float, *, grow: bool) -> None:
        if seconds > 4 * CALL_SECONDS:
            self.n_batches = max(1, self.n_batches // 2)
        elif seconds < CALL_SECONDS and grow:
            self.n_batches *= 2
