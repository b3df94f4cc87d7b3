"""Prediction: a network's forward pass, whose graph takes the weights as inputs.

So it has no state: one graph serves all estimators of a plan, in all threads.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from sklstm._kernels._fast_layers import install_fast_layers
from sklstm._kernels._memory import anonymous_variables
from sklstm._kernels._tensorflow import start, tf
from sklstm._networks import NetworkPlan
from sklstm._training._graphs import building, trace
from sklstm._training._network_pool import MAX_NETWORKS, free_model
from sklstm._training._state import TrainingState
from sklstm.windowing._lazy_array import LazyWindows

MAX_ROWS = 504  # of one forward pass; more gain nothing
MAX_BYTES = 100e6  # of one forward pass, roughly
ROW_MULTIPLE = 24  # rows that a matrix product takes at once with AVX2

_forward_functions: OrderedDict[tuple[Hashable, Hashable], Any] = OrderedDict()
_weight_tensors: WeakKeyDictionary[TrainingState, list[Any]] = WeakKeyDictionary()
_keras_models: WeakKeyDictionary[TrainingState, Any] = WeakKeyDictionary()


def predict(
    plan: NetworkPlan,
    state: TrainingState,
    X: np.ndarray | LazyWindows,
    lengths: np.ndarray | None = None,
) -> np.ndarray:
    """Run a network forward.

    Parameters
    ----------
    plan : NetworkPlan
        The network.
    state : TrainingState
        A fitted state.
    X : ndarray or LazyWindows of shape (n_samples, n_timesteps, n_features)
        Sequences.
    lengths : ndarray of int32 of shape (n_samples,), optional
        Time steps of each, for a plan that takes them.

    Returns
    -------
    ndarray of shape (n_samples, n_outputs), float32
        What the head gives.
    """
    forward = _forward_function(plan)
    weights = _weight_tensors.get(state)
    if weights is None:
        weights = _weight_tensors[state] = [tf.constant(array) for array in state.weights or ()]
    size = _batch_size(plan, X.shape[1])
    if lengths is None:
        batches = ([np.asarray(X[i : i + size], np.float32)] for i in range(0, len(X), size))
        return _run_batches(forward, weights, batches)[: len(X)]
    order = np.argsort(-lengths, kind="stable")  # in batches of similar lengths
    numbers = (order[i : i + size] for i in range(0, len(X), size))
    batches = ([X[rows, : lengths[rows[0]]], lengths[rows]] for rows in numbers)
    return _run_batches(forward, weights, batches)[np.argsort(order)]


def _run_batches(forward: Any, weights: list[Any], batches: Iterable[list[np.ndarray]]) -> Any:
    """Run one batch after another; the last may get more rows."""
    padded = (map(_pad_rows, batch) for batch in batches)
    return np.concatenate([forward(*map(tf.constant, b), *weights).numpy() for b in padded])


def _batch_size(plan: NetworkPlan, n_timesteps: int) -> int:
    """Return how many sequences are predicted at once, so that memory stays bounded."""
    widest = max(shape[-1] for shape in plan.weight_shapes())
    rows = int(MAX_BYTES / (2 * 4 * widest * n_timesteps))  # what it computes, and its output
    return max(ROW_MULTIPLE, min(MAX_ROWS, rows - rows % ROW_MULTIPLE))


def _pad_rows(batch: np.ndarray) -> np.ndarray:
    """Fill a batch up to a multiple of the rows that a matrix product takes at once.

    What is left over is computed in another way and rounds differently, and a sequence should get
    the same answer whatever others it is predicted with.
    """
    missing = -len(batch) % ROW_MULTIPLE
    return np.concatenate([batch, np.repeat(batch[:1], missing, axis=0)]) if missing else batch


def _forward_function(plan: NetworkPlan) -> Any:
    """Return the traced forward pass of a network: of sequences, lengths if any, and weights."""
    start()
    key = plan.graph_key(), plan.environment()
    forward = _forward_functions.get(key)
    if forward is None:
        with building:
            forward = _forward_functions.get(key) or _trace_forward(plan)
            _forward_functions[key] = forward
            while len(_forward_functions) > MAX_NETWORKS:
                _forward_functions.popitem(last=False)
    return forward


def _trace_forward(plan: NetworkPlan) -> Any:
    with anonymous_variables():
        model = free_model(plan) or plan.build()  # tracing makes use of the layers alone
    install_fast_layers(model)
    # Seeds of dropout are variables too; inference does not read them.
    n_inputs = len(model.inputs)
    others = {id(v): tf.constant(v.numpy()) for v in model.non_trainable_variables}

    def forward(*arguments: Any) -> Any:
        inputs, weights = arguments[:n_inputs], arguments[n_inputs:]
        given = others | {id(v): w for v, w in zip(model.weights, weights, strict=True)}
        trainable = [given[id(v)] for v in model.trainable_variables]
        non_trainable = [given[id(v)] for v in model.non_trainable_variables]
        inputs = inputs if plan.ragged else inputs[0]
        outputs, _ = model.stateless_call(trainable, non_trainable, inputs, training=False)
        return outputs

    dtypes = tf.float32, tf.int32  # of sequences and lengths, whatever Keras's own is
    inputs = [tf.TensorSpec(x.shape, dtype) for x, dtype in zip(model.inputs, dtypes, strict=False)]
    return trace(forward, model, *inputs, *(tf.TensorSpec(v.shape, v.dtype) for v in model.weights))


def keras_model(plan: NetworkPlan, state: TrainingState) -> Any:
    """Return a Keras model of stock layers with the weights of a state; the same one each time."""
    if state not in _keras_models:
        model = plan.build()
        model.set_weights(state.weights)
        _keras_models[state] = model
    return _keras_models[state]
