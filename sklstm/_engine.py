"""The engine: everything that trains a network or runs one forward.

Keras and TensorFlow pay for each traced graph with seconds and with megabytes that they never
give back. So compiled networks are kept in *slots*: a slot is lent to one fit at a time, set to
the weights that the fit starts from, trained with one graph call an epoch, and its weights are
copied out. What identifies a slot is the network and what it is compiled with. Learning rate,
batch size, seed and number of samples are inputs, so that a search over them traces once.

Prediction has no state at all: its graph takes the weights as arguments.

All randomness comes from one integer. The epoch's number is mixed into it, and so a fit that is
resumed after epoch k goes on exactly as one that never stopped.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sklstm._layers import accelerate
from sklstm._objects import identity
from sklstm._tensorflow import keras, tf

Weights = list[np.ndarray]

MAX_SLOTS = 16  # compiled networks kept, over all threads
PREDICT_BATCH = 512  # rows of one forward pass; larger gains nothing, and memory grows with it
EVALUATE_BATCH = 256
ROSE, EXPLODED = 10.0, 1e4  # how many times its beginning a final loss is worth a warning, an error

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


@dataclass
class EarlyStopping:
    """Stop when the validation loss has stopped falling, and keep the best epoch's weights.

    Parameters
    ----------
    patience : int
        Epochs in a row that must each fail to better the best loss by ``tol``.
    tol : float
        Improvement that counts, in units of the loss.
    """

    patience: int
    tol: float
    best_loss: float = np.inf
    best: State | None = None
    waited: int = 0

    def update(self, loss: float, snapshot: Callable[[], State]) -> bool:
        """Take note of an epoch's validation loss; True says to stop."""
        self.waited = 0 if loss < self.best_loss - self.tol else self.waited + 1
        if loss < self.best_loss:
            self.best_loss, self.best = loss, snapshot()
        return self.waited >= self.patience


class DivergedError(ValueError):
    """Training ended in numbers that mean nothing."""


def train(
    network: Builder,
    compilation: Compilation,
    state: State,
    samples: Samples,
    *,
    epochs: int,
    batch_size: int,
    shuffle: bool,
    validation: Samples | None = None,
    early_stopping: EarlyStopping | None = None,
    callbacks: Sequence[Any] = (),
    verbose: int = 0,
) -> tuple[State, dict[str, list[float]]]:
    """Train a network from a state for a number of epochs.

    Parameters
    ----------
    network : Builder
        Hashable plan whose ``build()`` gives an uncompiled Keras model.
    compilation : Compilation
        Optimizer, loss and metrics.
    state : State
        Where to begin; it is not changed.
    samples, validation : Samples
        What to train on, and what to be validated on after each epoch.
    epochs, batch_size, shuffle
        As in ``keras.Model.fit``; epochs are counted on from ``state.epoch``.
    early_stopping : EarlyStopping, optional
        Needs ``validation``.
    callbacks : sequence of keras.callbacks.Callback
        The fit's own copies.
    verbose : int
        0: silent, 1: a progress bar over the epochs, 2: a line an epoch.

    Returns
    -------
    state : State
        Where training ended; with early stopping, where it was best.
    history : dict of str to list of float
        Loss and metrics, and their ``val_`` counterparts, an entry an epoch.

    Raises
    ------
    DivergedError
        If a loss or the weights are not finite, or the loss ends beyond all reason.

    Warns
    -----
    ConvergenceWarning
        If the loss ends far above where it began.
    """
    with _lent_slot(network, compilation) as slot:
        slot.load(state, compilation.learning_rate())
        n_batches = -(-len(samples) // batch_size)
        last = state.epoch + epochs
        hooks = keras.callbacks.CallbackList(
            [*callbacks, *([_Progress(state.epoch, verbose)] if verbose else [])],
            add_history=True,
            model=slot.model,
            epochs=last,
            steps=n_batches,
            verbose=verbose,
        )
        stops = _batch_stops(callbacks, n_batches)
        data = samples.tensors()
        validation_data = validation.tensors() if validation is not None else None
        hooks.on_train_begin()
        end = state.epoch
        for epoch in range(state.epoch, last):
            hooks.on_epoch_begin(epoch)
            order = _epoch_order(state.seed, epoch, len(samples), shuffle)
            slot.reseed(state.seed, epoch)
            # the first batch by itself: its loss is that of the weights before training
            parts = sorted({1, *stops}) if epoch == state.epoch else stops
            logs = slot.train_epoch(data, order, batch_size, parts, hooks)
            _check_finite(f"the loss of epoch {epoch + 1}", logs["loss"])
            if validation_data is not None:
                logs |= _validate(slot, validation_data, hooks)
            hooks.on_epoch_end(epoch, logs)
            end = epoch + 1
            snapshot = functools.partial(slot.state, state.seed, end)
            if early_stopping is not None and early_stopping.update(logs["val_loss"], snapshot):
                slot.model.stop_training = True
            if slot.model.stop_training:
                break
        slot.optimizer.finalize_variable_values(slot.model.trainable_variables)
        hooks.on_train_end()
        ended = slot.state(state.seed, end)
        if early_stopping is not None and early_stopping.best is not None:
            ended = early_stopping.best
        recorded = slot.model.history.history
        history = {name: [float(v) for v in values] for name, values in recorded.items()}
        _check_outcome(slot.first_loss, history, ended, first_epoch=state.epoch)
        return ended, history


def _validate(slot: _Slot, data: tuple[Any, Any, Any], hooks: Any) -> dict[str, float]:
    hooks.on_test_begin()
    scores = slot.evaluate(data)
    hooks.on_test_end(scores)
    return {f"val_{name}": value for name, value in scores.items()}


def predict(network: Builder, state: State, X: np.ndarray) -> np.ndarray:
    """Run a network forward.

    Parameters
    ----------
    network : Builder
        Hashable plan whose ``build()`` gives an uncompiled Keras model.
    state : State
        A fitted state.
    X : ndarray of shape (n_samples, n_timesteps, n_features), float32
        Sequences.

    Returns
    -------
    ndarray of shape (n_samples, n_outputs), float32
        What the head gives.
    """
    forward = _forward_function(network)
    weights = _weight_tensors.get(state)
    if weights is None:
        weights = _weight_tensors[state] = [tf.constant(array) for array in state.weights or ()]
    batches = (X[i : i + PREDICT_BATCH] for i in range(0, len(X), PREDICT_BATCH))
    outputs = [forward(tf.constant(_pad_rows(batch)), *weights).numpy() for batch in batches]
    return np.concatenate(outputs)[: len(X)]


# --- slots ---------------------------------------------------------------------------------


class _Slot:
    """A compiled network with its traced graphs, used by one fit at a time."""

    def __init__(self, network: Builder, compilation: Compilation) -> None:
        self.model = network.build()
        accelerate(self.model)
        self.optimizer = compilation.optimizer
        self.model.compile(
            optimizer=self.optimizer, loss=compilation.loss, metrics=compilation.metrics
        )
        self.optimizer.build(self.model.trainable_variables)
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
            return tf.function(function, autograph=False).get_concrete_function(*arrays, *more)

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
        for variable, value in zip(
            self.optimizer.variables, state.optimizer or self._fresh_optimizer, strict=True
        ):
            variable.assign(value)
        if learning_rate is not None:
            self.optimizer.learning_rate = learning_rate
        self.model.stop_training = False
        self.first_loss = None

    def reseed(self, seed: int, epoch: int) -> None:
        """Seed the dropout layers for one epoch."""
        for layer, state in enumerate(self._seeds):
            state.assign([*_words(seed, epoch, 1 + layer)])

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
        optimizer = [variable.numpy() for variable in self.optimizer.variables]
        return State(seed, self.model.get_weights(), optimizer, epoch)


_slots: OrderedDict[tuple[Hashable, Hashable], list[_Slot]] = OrderedDict()
_slots_lock = threading.Lock()


@contextlib.contextmanager
def _lent_slot(network: Builder, compilation: Compilation) -> Iterator[_Slot]:
    """Lend a slot for this network and compilation, made now if none is free."""
    key = network, compilation.key()
    with _slots_lock:
        free = _slots.pop(key, [])
        slot = free.pop() if free else None
        if free:
            _slots[key] = free
    if slot is None:
        with _building:
            slot = _Slot(network, compilation)
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


# --- prediction ----------------------------------------------------------------------------

_forward_functions: OrderedDict[Builder, Any] = OrderedDict()
_weight_tensors: WeakKeyDictionary[State, list[Any]] = WeakKeyDictionary()


def _forward_function(network: Builder) -> Any:
    """Return the traced forward pass of a network, a function of sequences and weights."""
    forward = _forward_functions.get(network)
    if forward is None:
        with _building:
            forward = _forward_functions.get(network) or _trace_forward(network)
            _forward_functions[network] = forward
            while len(_forward_functions) > MAX_SLOTS:
                _forward_functions.popitem(last=False)
    return forward


def _trace_forward(network: Builder) -> Any:
    model = network.build()
    accelerate(model)
    others = [tf.constant(v.numpy()) for v in model.non_trainable_variables]

    def forward(X: Any, *weights: Any) -> Any:
        outputs, _ = model.stateless_call(weights, others, X, training=False)
        return outputs

    shapes = [tf.TensorSpec(v.shape, v.dtype) for v in model.trainable_variables]
    X = tf.TensorSpec([None, *model.input_shape[1:]], tf.float32)
    return tf.function(forward, autograph=False).get_concrete_function(X, *shapes)


def _pad_rows(batch: np.ndarray) -> np.ndarray:
    """Fill a batch up to a multiple of 8 rows.

    Matrix products of one row take another path than those of many and round differently: a
    sequence should get the same answer alone as in company.
    """
    missing = -len(batch) % 8
    return np.pad(batch, [(0, missing), (0, 0), (0, 0)]) if missing else batch


# --- randomness ----------------------------------------------------------------------------


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
            value = draw(seed=_words(seed, 0, number)[0])(variable.shape, variable.dtype)
        variable.assign(value)


def _words(*entropy: int) -> tuple[int, int]:
    """Two 31-bit seeds from a few integers, well mixed."""
    first, second = np.random.SeedSequence(entropy).generate_state(2) >> 1
    return int(first), int(second)


def _epoch_order(seed: int, epoch: int, n_samples: int, shuffle: bool) -> np.ndarray:
    if not shuffle:
        return np.arange(n_samples)
    return np.random.default_rng([seed, epoch]).permutation(n_samples)


# --- small helps ---------------------------------------------------------------------------


class _Progress(keras.callbacks.Callback):
    """Progress of a fit: a bar over its epochs where one can be redrawn, else a line an epoch."""

    def __init__(self, first: int, verbose: int) -> None:
        super().__init__()
        self.first = first
        self.draws_bar = verbose == 1 and (sys.stdout.isatty() or "ipykernel" in sys.modules)
        self.bar: Any = None

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if not self.draws_bar:
            values = " - ".join(f"{name}: {value:.4g}" for name, value in logs.items())
            print(f"Epoch {epoch + 1}/{self.params['epochs']} - {values}", flush=True)
            return
        if self.bar is None:
            self.bar = keras.utils.Progbar(
                self.params["epochs"] - self.first,
                unit_name="epoch",
                stateful_metrics=list(logs),  # shown as they are, not averaged over epochs
            )
        finished = self.model.stop_training or None
        self.bar.update(epoch + 1 - self.first, list(logs.items()), finalize=finished)


def _batch_stops(callbacks: Sequence[Any], n_batches: int) -> Sequence[int]:
    """After which batches to leave the graph: after each if a callback looks at batches."""
    names = "on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end"
    base = keras.callbacks.Callback
    for callback in callbacks:
        if any(getattr(type(callback), name) is not getattr(base, name) for name in names):
            return range(1, n_batches + 1)
    return (n_batches,)


REMEDY = (
    "Scale the input (for example with TimeDistributedTransformer(StandardScaler())), lower "
    "learning_rate, or clip the gradients with optimizer__clipnorm=1.0."
)


def _check_finite(what: str, values: Any) -> None:
    if not np.isfinite(values).all():
        raise DivergedError(f"Training diverged: {what} became NaN or infinite. {REMEDY}")


def _check_outcome(
    began: float | None, history: dict[str, list[float]], ended: State, first_epoch: int
) -> None:
    """Refuse weights that are not finite and a loss that exploded; warn of one that rose."""
    for weights in ended.weights or ():
        _check_finite("a weight of the network", weights)
    if began is None:
        return  # nothing was trained
    loss = history["loss"][ended.epoch - first_epoch - 1]
    course = f"the loss was {began:.3g} before training and {loss:.3g} after it"
    floor = max(began, 1e-3)  # a fit that begins near perfection may jitter
    if loss > EXPLODED * floor:
        raise DivergedError(f"Training diverged: {course}. {REMEDY}")
    if loss > ROSE * floor:
        warnings.warn(f"Training did not converge: {course}. {REMEDY}", ConvergenceWarning, 2)


def _as_floats(logs: Any) -> dict[str, float]:
    return {name: float(value) for name, value in logs.items()}


def _compact(array: np.ndarray) -> np.ndarray:
    """Keep a constant array as a view of one number: optimizers begin with zeros."""
    first = array.reshape(-1)[:1]
    same = array.size > 1 and bool((array == first).all())
    return np.broadcast_to(first.copy(), array.shape) if same else array
