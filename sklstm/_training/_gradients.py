"""Gradients of what a network gives with respect to the sequences that it reads."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

import numpy as np

from sklstm._kernels._memory import anonymous_variables
from sklstm._kernels._tensorflow import start, tf
from sklstm._networks import NetworkPlan
from sklstm._training._graphs import building, trace
from sklstm._training._network_pool import MAX_NETWORKS, free_model
from sklstm._training._prediction import (
    ROW_MULTIPLE,
    batch_size,
    input_specs,
    pad_rows,
    stateless,
    weight_specs,
    weights_of,
)
from sklstm._training._state import TrainingState

MEMORY_FACTOR = 4  # a gradient keeps what each step computes

_gradient_functions: OrderedDict[tuple[Hashable, Hashable], Any] = OrderedDict()


def input_gradients(
    plan: NetworkPlan,
    state: TrainingState,
    X: np.ndarray,
    columns: np.ndarray,
    lengths: np.ndarray | None = None,
) -> np.ndarray:
    """Return the gradient of one output of the head for each sequence.

    Parameters
    ----------
    plan : NetworkPlan
        The network.
    state : TrainingState
        A fitted state.
    X : ndarray of shape (n_samples, n_timesteps, n_features), float32
        Sequences.
    columns : ndarray of int of shape (n_samples,)
        Which output to differentiate, for each.
    lengths : ndarray of int32 of shape (n_samples,), optional
        Time steps of each, for a plan that takes them.

    Returns
    -------
    ndarray of shape (n_samples, n_timesteps, n_features), float32
        Zero behind the end of a sequence.
    """
    function, weights = _gradient_function(plan), weights_of(state)
    chosen = np.eye(plan.n_outputs, dtype=np.float32)[columns]
    size = max(ROW_MULTIPLE, batch_size(plan, X.shape[1]) // MEMORY_FACTOR)
    gradients = np.zeros(X.shape, np.float32)
    order = np.arange(len(X)) if lengths is None else np.argsort(-lengths, kind="stable")
    for first in range(0, len(X), size):
        rows = order[first : first + size]
        n_timesteps = X.shape[1] if lengths is None else int(lengths[rows[0]])
        batch = [X[rows, :n_timesteps], chosen[rows]]
        if lengths is not None:
            batch.insert(1, lengths[rows])
        tensors = (tf.constant(pad_rows(array)) for array in batch)
        gradients[rows, :n_timesteps] = function(*tensors, *weights).numpy()[: len(rows)]
    return gradients


def _gradient_function(plan: NetworkPlan) -> Any:
    """Return the traced gradient of a network: of sequences, lengths, outputs, and weights."""
    start()
    key = plan.graph_key(), plan.environment()
    with building:
        if key not in _gradient_functions:
            _gradient_functions[key] = _trace_gradient(plan)
            while len(_gradient_functions) > MAX_NETWORKS:
                _gradient_functions.popitem(last=False)
        return _gradient_functions[key]


def _trace_gradient(plan: NetworkPlan) -> Any:
    with anonymous_variables():
        model = free_model(plan) or plan.build()
    forward, n_inputs = stateless(plan, model), len(model.inputs)

    def gradient(*arguments: Any) -> Any:
        inputs, chosen, weights = (
            arguments[:n_inputs],
            arguments[n_inputs],
            arguments[n_inputs + 1 :],
        )
        with tf.GradientTape() as tape:
            tape.watch(inputs[0])
            output = tf.reduce_sum(forward(*inputs, *weights) * chosen)
        return tape.gradient(output, inputs[0])

    outputs = tf.TensorSpec((None, plan.n_outputs), tf.float32)
    return trace(gradient, model, *input_specs(model), outputs, *weight_specs(model))
