"""Memory that TensorFlow would keep for as long as the process lives, and how it is released.

A search over widths makes a different network for each candidate. Without this module each of
them would leave some 10 MB behind, whether or not it is still in use.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from tensorflow.python.framework.ops import gradient_registry
from tensorflow.python.ops.handle_data_util import create_handle_data

from sklstm._kernels._tensorflow import tf


def without_graph(traced: Any) -> Any:
    """Return what runs a traced function, released from the graph that it was made from.

    The graph is as large as what runs, is one great cycle of references, and is used for gradients
    only, which are not taken of a training step or a prediction. Without it, a function that is no
    longer referenced is freed at once, with all that the C++ runtime has made for it.

    Parameters
    ----------
    traced : ConcreteFunction
        Of no further use to the caller.

    Returns
    -------
    callable
        Takes the tensors that the function takes.
    """
    captured = traced.captured_inputs
    functions = [traced.inference_fn]
    for function in functions:  # the list grows by the functions of loops and conditionals
        _unregister_gradients(function.graph)
        function._cached_graph = None
        functions.extend(child for child in function.children if child._cached_graph is not None)
    run = functions[0].call_preflattened
    return lambda *arguments: run([*arguments, *captured])


def _unregister_gradients(graph: Any) -> None:
    """Remove the custom gradients of a traced graph from TensorFlow's registry.

    They were used while the graph was traced and are not used again. The registry would keep them
    for ever, and with them the graph: Keras's optimizers leave one in each, where they sum
    gradients over devices. Operations name their gradients, so none of a user's is removed.
    """
    for operation in graph.get_operations():
        if operation.type == "IdentityN":  # what custom gradients are attached to
            with contextlib.suppress(ValueError):  # none is attached to this one
                name = operation.get_attr("_gradient_op_type").decode()
                gradient_registry._registry.pop(name, None)


@contextlib.contextmanager
def anonymous_variables() -> Iterator[None]:
    """Make variables whose handles have neither name nor shape for TensorFlow's runtime.

    Its cache of kernels keeps 36 kB for each new name of a variable, and 110 kB for each new
    shape, and emptying it would change a user's random numbers. Keras's variables have names of
    their own, and graphs get the shape from Python's side of the handle.
    """

    def create(create_next: Any, **arguments: Any) -> Any:
        if arguments.get("shape") is not None:
            return create_next(**arguments)
        anonymous = {"name": "variable/", "shape": tf.TensorShape(None)}  # the slash: no scope
        variable = create_next(**arguments | anonymous)
        variable._handle_name = f"{arguments.get('name')}:0"  # Keras looks names up
        variable._shape = shape = variable.read_value().shape
        variable.handle._handle_data = create_handle_data(shape, variable.dtype)
        return variable

    with tf.variable_creator_scope(create):
        yield
