"""How the operations of a graph are executed: by a pool of threads, or all by the calling thread.

The calling thread is faster where operations are small and few of them can run at once, since none
is handed over. It must not be used for graphs that call other graphs: see ``calls_functions``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from tensorflow.python.ops import control_flow_util_v2 as control_flow

from sklstm._kernels._tensorflow import tf


def executor(*, sequential: bool) -> Any:
    """Return the context in which to call graphs.

    Parameters
    ----------
    sequential : bool
        Whether the calling thread runs all operations. Only for graphs that were traced in
        ``traced_for_any_executor`` and for which ``calls_functions`` is false.
    """
    return tf.experimental.function_executor_type("SINGLE_THREADED_EXECUTOR" if sequential else "")


@contextlib.contextmanager
def traced_for_any_executor() -> Iterator[None]:
    """Trace a graph so that either executor can run it; by one thread at a time.

    By default TensorFlow marks loops, while it traces them, to be laid out for the pool of
    threads. Tracing in the context of the other executor would prevent that as well, but what a
    user wrapped in ``tf.function`` would keep that executor for good.
    """
    with executor(sequential=False):
        control_flow._DISABLE_LOWER_USING_SWITCH_MERGE = True
        try:
            yield
        finally:
            control_flow._DISABLE_LOWER_USING_SWITCH_MERGE = False


def calls_functions(graph: Any) -> bool:
    """Return whether a graph calls others: conditionals, assertions, functions of a user.

    The calling thread would hand each such call to TensorFlow's pool and wait for it. Calls within
    calls, or of several fits at once, would take all threads of the pool and wait for another one
    for ever. Loops are no such calls: the thread that meets them runs them.

    Parameters
    ----------
    graph : ConcreteFunction
        A traced graph, which is searched with everything that it calls.
    """
    definition = graph.graph.as_graph_def()
    bodies = [definition.node, *(function.node_def for function in definition.library.function)]
    return any(
        attribute.HasField("func") or attribute.list.func
        for body in bodies
        for node in body
        if node.op not in ("While", "StatelessWhile")
        for attribute in node.attr.values()
    )
