"""Compiled networks, kept and lent.

Keras and TensorFlow pay for each traced graph with seconds and with megabytes that they never
give back. So compiled networks are kept in *slots*: a slot is lent to one fit at a time, set to
the weights that the fit starts from, trained with one graph call an epoch, and its weights are
copied out. What identifies a slot is the network and what it is compiled with. Learning rate,
batch size, seed and number of samples are inputs, so that a search over them traces once.

Prediction has no state at all: its graph takes the weights as arguments.
"""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from sklstm._kernels._lstm_loops import accelerate, is_chain
from sklstm._storage._keras_objects import identity
from sklstm._kernels._adam import accelerate_adam
from sklstm._kernels._tensorflow import executor, garbage_kept, keras, start, tf

Weights = list[np.ndarray]

MAX_SLOTS = 16  # compiled networks kept, over all threads
EVALUATE_BATCH = 256  # samples evaluated at once

_building = threading.RLock()  # Keras builds and TensorFlow traces one network at a time


class Builder(Protocol):
    """What the engine knows of a network: it is hashable, and it builds a Keras model."""

    def build(self) -> Any: ...
    def __hash__(self) -> int: ...


@dataclass(frozen=True)
class Compilation:
    """What a network is compiled with: fresh Keras objects that belong to one fit.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        Unbuilt.
    loss, metrics : object
        What ``keras.Model.compile`` takes.
    """

    optimizer: Any
    loss: Any
    metrics: Any = None

    def key(self) -> Hashable:
        return identity((self.optimizer, self.loss, self.metrics))

    def learning_rate(self) -> float | None:
        """Return the optimizer's constant learning rate; None where a schedule rules."""
        rate = self.optimizer.get_config()["learning_rate"]
        return rate if isinstance(rate, float) else None


@dataclass(frozen=True)
class Samples:
    """Arrays that a network trains or is validated on, all float32 and equally long.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_timesteps, n_features)
    y : ndarray of shape (n_samples, n_targets)
    weight : ndarray of shape (n_samples,)
    """

    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray

    def __len__(self) -> int:
        return len(self.X)

    def __getitem__(self, rows: Any) -> Samples:
        return Samples(self.X[rows], self.y[rows], self.weight[rows])

    def tensors(self) -> tuple[Any, Any, Any]:
        return tuple(tf.constant(array, tf.float32) for array in (self.X, self.y, self.weight))


@dataclass(eq=False)
class State:
    """Where training stands: all that is needed to predict, or to go on from there.

    Parameters
    ----------
    seed : int
        What all randomness of the fit comes from.
    weights : list of ndarray, optional
        In the order of ``keras.Model.get_weights``; None: draw them from the seed.
    optimizer : list of ndarray, optional
        The optimizer's variables; None: as new.
    epoch : int
        Epochs trained so far.
    """

    seed: int
    weights: Weights | None = None
    optimizer: Weights | None = None
    epoch: int = 0


class Slot:
    """A compiled network with its traced graphs, used by one fit at a time."""

    def __init__(self, network: Builder, compilation: Compilation) -> None:
        self.model = network.build()
        self.paths = accelerate(self.model)
        self.optimizer = compilation.optimizer
        self.model.compile(
            optimizer=self.optimizer, loss=compilation.loss, metrics=compilation.metrics
        )
        self.optimizer.build(self.model.trainable_variables)
        accelerate_adam(self.optimizer)
        self._fresh_optimizer = [_compact(v.numpy()) for v in self.optimizer.variables]
        self._seeds = [
            layer.seed_generator.state
            for layer in self.model.layers
            if isinstance(layer, keras.layers.Dropout)
        ]
        self.first_loss: float | None = None
        self._compiled = False
        self._train_graph: Any = None
        self._test_graph: Any = None

    def _trace(self, function: Any, data: tuple[Any, Any, Any], *more: Any) -> Any:
        """Trace a graph once, for any number of samples like these."""
        arrays = [tf.TensorSpec([None, *array.shape[1:]], array.dtype) for array in data]
        with _building:
            if not self._compiled:
                # Loss and metrics are built by their first call, which must not be in a graph.
                _, y, weight = (array[:1] for array in data)
                outputs = tf.zeros([1, *self.model.output_shape[1:]])
                self.model.compute_loss(y=y, y_pred=outputs, sample_weight=weight)
                self.model.compute_metrics(None, y, outputs, sample_weight=weight)
                self._compiled = True
            return _graph(function, self.model, *arrays, *more)

    def _train_batches(
        self, X: Any, y: Any, weight: Any, order: Any, size: Any, begin: Any, end: Any
    ) -> Any:
        """Train on batches ``begin`` to ``end - 1`` of the samples taken in ``order``."""

        def one_batch(i: Any) -> Any:
            rows = order[i * size : tf.minimum((i + 1) * size, tf.shape(order)[0])]
            self.model.train_step(tuple(tf.gather(array, rows) for array in (X, y, weight)))
            return (i + 1,)

        tf.while_loop(lambda i: i < end, one_batch, (begin,), parallel_iterations=1)
        return self.model.get_metrics_result()

    def _test_batches(self, X: Any, y: Any, weight: Any) -> Any:
        def one_batch(begin: Any) -> Any:
            rows = slice(begin, begin + EVALUATE_BATCH)
            self.model.test_step((X[rows], y[rows], weight[rows]))
            return (begin + EVALUATE_BATCH,)

        n_samples = tf.shape(X)[0]
        tf.while_loop(lambda i: i < n_samples, one_batch, (0,), parallel_iterations=1)
        return self.model.get_metrics_result()

    def load(self, state: State, learning_rate: float | None) -> None:
        """Set weights, optimizer and learning rate to where the fit begins."""
        if state.weights is None:
            initialize(self.model, state.seed)
        else:
            self.model.set_weights(state.weights)
        begins_with = state.optimizer or self._fresh_optimizer
        variables = self.optimizer.variables
        if [np.shape(value) for value in begins_with] != [tuple(v.shape) for v in variables]:
            raise ValueError(
                "The state of the optimizer does not fit: training was begun with another optimizer"
                f" than {type(self.optimizer).__name__}. Set the optimizer back, or fit anew with "
                "warm_start=False."
            )
        for variable, value in zip(variables, begins_with, strict=True):
            variable.assign(value)
        if learning_rate is not None:
            self.optimizer.learning_rate = learning_rate
        self.model.stop_training = False
        self.first_loss = None

    def reseed(self, seed: int, epoch: int) -> None:
        """Seed the dropout layers for one epoch."""
        for layer, state in enumerate(self._seeds):
            state.assign([*words(seed, epoch, 1 + layer)])

    def train_epoch(
        self,
        data: tuple[Any, Any, Any],
        order: np.ndarray,
        batch_size: int,
        stops: Sequence[int],
        hooks: Any,
    ) -> dict[str, float]:
        """Train for an epoch, in as many graph calls as callbacks look at batches."""
        if self._train_graph is None:
            number, numbers = tf.TensorSpec([], tf.int32), tf.TensorSpec([None], tf.int32)
            self._train_graph = self._trace(
                self._train_batches, data, numbers, number, number, number
            )
        self.model.reset_metrics()
        order, size = tf.constant(order, tf.int32), tf.constant(batch_size)
        begin, logs = 0, {}
        for end in stops:
            hooks.on_train_batch_begin(end - 1)
            part = tf.constant(begin), tf.constant(end)
            logs = _as_floats(self._train_graph(*data, order, size, *part))
            if self.first_loss is None:
                self.first_loss = logs["loss"]
            hooks.on_train_batch_end(end - 1, logs)
            begin = end
            if self.model.stop_training:
                break
        return logs

    def evaluate(self, data: tuple[Any, Any, Any]) -> dict[str, float]:
        """Compute loss and metrics without training."""
        if self._test_graph is None:
            self._test_graph = self._trace(self._test_batches, data)
        self.model.reset_metrics()
        return _as_floats(self._test_graph(*data))

    def state(self, seed: int, epoch: int) -> State:
        """Copy out where training stands."""
        optimizer = [np.asarray(variable.numpy()) for variable in self.optimizer.variables]
        return State(seed, self.model.get_weights(), optimizer, epoch)


_slots: OrderedDict[tuple[Hashable, Hashable], list[Slot]] = OrderedDict()
_slots_lock = threading.Lock()


@contextlib.contextmanager
def lent_slot(network: Builder, compilation: Compilation) -> Iterator[Slot]:
    """Lend a slot for this network and compilation, made now if none is free."""
    start()
    key = network, compilation.key()
    with _slots_lock:
        free = _slots.pop(key, [])
        slot = free.pop() if free else None
        if free:
            _slots[key] = free
    if slot is None:
        with _building:
            slot = Slot(network, compilation)
    try:
        yield slot
    finally:
        slot.model.history = None  # callbacks end with their fit
        with _slots_lock:
            _slots[key] = [*_slots.pop(key, []), slot]
            while sum(map(len, _slots.values())) > MAX_SLOTS:
                oldest = next(iter(_slots))
                _slots[oldest].pop(0)
                if not _slots[oldest]:
                    del _slots[oldest]


_forward_functions: OrderedDict[Builder, Any] = OrderedDict()


def forward_function(network: Builder) -> Any:
    """Return the traced forward pass of a network, a function of sequences and weights."""
    start()
    forward = _forward_functions.get(network)
    if forward is None:
        with _building:
            forward = _forward_functions.get(network) or _trace_forward(network)
            _forward_functions[network] = forward
            while len(_forward_functions) > MAX_SLOTS:
                _forward_functions.popitem(last=False)
    return forward


def _trace_forward(network: Builder) -> Any:
    model = _free_model(network) or network.build()
    accelerate(model)
    others = [tf.constant(v.numpy()) for v in model.non_trainable_variables]

    def forward(X: Any, *weights: Any) -> Any:
        outputs, _ = model.stateless_call(weights, others, X, training=False)
        return outputs

    shapes = [tf.TensorSpec(v.shape, v.dtype) for v in model.trainable_variables]
    X = tf.TensorSpec([None, *model.input_shape[1:]], tf.float32)
    return _graph(forward, model, X, *shapes)


def _free_model(network: Builder) -> Any:
    """Return the model of a free slot of this network: tracing makes use of its layers alone."""
    with _slots_lock:
        free = [slot.model for (of, _), slots in _slots.items() if of == network for slot in slots]
    return free[-1] if free else None


def _graph(function: Any, model: Any, *signature: Any) -> Any:
    """Trace a function of a model once; return what runs its graph."""
    chain = is_chain(model)
    with executor(chain=chain), garbage_kept():
        graph = tf.function(function, autograph=False).get_concrete_function(*signature)

    def run(*arguments: Any) -> Any:
        with executor(chain=chain):
            return graph(*arguments)

    return run


def initialize(model: Any, seed: int) -> None:
    """Draw a model's weights from a seed, as Keras initialises its layers by default."""
    for number, variable in enumerate(model.trainable_variables):
        if variable.name == "bias":
            value = np.zeros(variable.shape, np.float32)
            if variable.path.endswith("lstm_cell/bias"):
                units = len(value) // 4
                value[units : 2 * units] = 1.0  # an open forget gate to begin with
        else:
            recurrent = variable.name == "recurrent_kernel"
            draw = keras.initializers.Orthogonal if recurrent else keras.initializers.GlorotUniform
            value = draw(seed=words(seed, 0, number)[0])(variable.shape, variable.dtype)
        variable.assign(value)


def words(*entropy: int) -> tuple[int, int]:
    """Two 31-bit seeds from a few integers, well mixed."""
    first, second = np.random.SeedSequence(entropy).generate_state(2) >> 1
    return int(first), int(second)


def _as_floats(logs: Any) -> dict[str, float]:
    return {name: float(value) for name, value in logs.items()}


def _compact(array: np.ndarray) -> np.ndarray:
    """Keep a constant array as a view of one number: optimizers begin with zeros."""
    first = array.reshape(-1)[:1]
    same = array.size > 1 and bool((array == first).all())
    return np.broadcast_to(first.copy(), array.shape) if same else array
