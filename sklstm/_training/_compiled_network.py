"""A compiled network: a Keras model with its optimizer, loss and metrics, and traced graphs.

Learning rate, batch size, seed and number of samples are inputs of the graphs, so that fits that
differ in them share one compiled network. Large batches have graphs of their own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Hashable, Iterator
from typing import Any

import numpy as np

from sklstm._kernels._adam import install_fast_adam
from sklstm._kernels._fast_layers import install_fast_layers
from sklstm._kernels._fast_loops import LARGE_BATCH, for_batches
from sklstm._kernels._memory import anonymous_variables
from sklstm._kernels._tensorflow import keras, tf
from sklstm._networks import NetworkPlan
from sklstm._training._compilation import Compilation, rate_variable
from sklstm._training._graphs import ShortCalls, building, trace
from sklstm._training._identity import ByIdentity, identity
from sklstm._training._initial_weights import initialize
from sklstm._training._seeds import dropout_seeds, reseed_dropout
from sklstm._training._state import TrainingState
from sklstm._training._tensors import (
    Tensors,
    batch_of,
    gathered,
    has_lengths,
    is_lazy,
    is_streamed,
    parts_of_batches,
)

EVALUATE_BATCH = 256  # samples evaluated at once


class CompiledNetwork:
    """A compiled network, used by one fit at a time.

    Parameters
    ----------
    plan : NetworkPlan
        What to build.
    compilation : Compilation
        What to compile it with; its objects belong to the network from now on.
    """

    def __init__(self, plan: NetworkPlan, compilation: Compilation) -> None:
        self.optimizer = compilation.optimizer
        with anonymous_variables():
            self.model = _without_values(plan)
            self.model.compile(
                optimizer=self.optimizer,
                loss=compilation.loss,
                metrics=compilation.metrics,
                auto_scale_loss=False,  # the network is in float32, whatever Keras's policy is
            )
            self._build_optimizer()
        install_fast_layers(self.model)
        install_fast_adam(self.optimizer)
        self._dropout_seeds = dropout_seeds(self.model)
        weights, of_optimizer = self.model.weights, self.optimizer.variables
        self._variables = [variable.value for variable in (*weights, *of_optimizer)]
        self._n_weights = len(weights)
        self.is_changed = False
        self._compiled_settings = self._settings()
        self._has_metrics = False
        # by whether windows are gathered, and whether batches are large
        self._train_graphs: dict[tuple[bool, bool], Any] = {}
        self._evaluate_graphs: dict[bool, Any] = {}

    def _build_optimizer(self) -> None:
        """Build the optimizer; note what its variables begin as: values, or copies of weights.

        Copies, which schedule-free optimizers keep, differ from fit to fit. They are recognised by
        the number that each weight is filled with here.
        """
        weights = self.model.trainable_variables
        for number, weight in enumerate(weights):
            weight.assign(np.full(weight.shape, number + 0.5))
        self.optimizer.build(weights)
        copies = {number + 0.5: weight for number, weight in enumerate(weights)}
        self._new_optimizer = []
        for variable in self.optimizer.variables:
            value = _compact(variable.numpy())
            weight = copies.get(float(value.reshape(-1)[0]))
            copied = weight is not None and weight.shape == variable.shape
            self._new_optimizer.append(weight if copied else value)

    # --- state -----------------------------------------------------------------------------

    def load(self, state: TrainingState, learning_rate: float | None, batch_size: int) -> None:
        """Set weights, optimizer and learning rate to where a fit begins, in batches of a size."""
        if state.weights is None:
            initialize(self.model, state.seed)
        else:
            self.model.set_weights(state.weights)
        if state.optimizer is None:
            self._load_optimizer([np.asarray(value) for value in self._new_optimizer], None)
        else:
            self._load_optimizer(state.optimizer, state.optimizer_kind)
        if learning_rate is not None:
            self.optimizer.learning_rate = learning_rate
        self.model.stop_training, self.model._initial_epoch = False, None
        self._train_calls, self._evaluate_calls = ShortCalls(), ShortCalls()
        self._has_large_batches = batch_size >= LARGE_BATCH

    def _load_optimizer(self, values: list[np.ndarray], kind: str | None) -> None:
        variables, own = self.optimizer.variables, _kind_of(self.optimizer)
        fits = [np.shape(value) for value in values] == [tuple(v.shape) for v in variables]
        if not fits or kind not in (None, own):
            raise ValueError(
                "The state of the optimizer does not fit: training was begun with another optimizer"
                f" than {own}{f', {kind}' if kind else ''}. Set the optimizer back, or fit anew "
                "with warm_start=False."
            )
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)

    def state(self, seed: int, epoch: int) -> TrainingState:
        """Copy out where training stands."""
        optimizer = [np.asarray(variable.numpy()) for variable in self.optimizer.variables]
        kind = _kind_of(self.optimizer)
        return TrainingState(seed, self.model.get_weights(), optimizer, epoch, kind)

    def snapshot(self) -> list[Any]:
        """Note where training stands; TensorFlow copies a value when it is written to next."""
        read = tf.raw_ops.ReadVariableOp  # done for every epoch, and faster than all that wraps it
        return [read(resource=v.handle, dtype=v.dtype) for v in self._variables]

    def restore(self, snapshot: list[Any]) -> None:
        """Bring back what was noted."""
        for variable, value in zip(self._variables, snapshot, strict=True):
            variable.assign(value)

    def is_finite(self, snapshot: list[Any]) -> bool:
        """Return whether all weights in a snapshot are finite, at the price of their sums."""
        weights = snapshot[: self._n_weights]
        with np.errstate(over="ignore", invalid="ignore"):
            return all(np.isfinite(weight.numpy().sum()) for weight in weights)

    def scale_weights(self, factor: float) -> None:
        """Multiply all weights that are trained."""
        for variable in self.model.trainable_variables:
            variable.assign(factor * variable)

    # --- what callbacks may change ---------------------------------------------------------

    def adopt_changes(self) -> None:
        """Trace anew what has been changed since the network was compiled.

        As in Keras, changes count that are made before the first batch of a fit.
        """
        self.note_changes()
        if self.is_changed:
            self._train_graphs, self._evaluate_graphs = {}, {}

    def note_changes(self) -> None:
        """Note whether the network is still as it was compiled, so that others may use it."""
        self.is_changed = self.is_changed or self._settings() != self._compiled_settings

    def _settings(self) -> Hashable:
        """Return everything but state that a graph depends on."""
        layers = self.model._flatten_layers(include_self=False)
        of_layers = [
            {name: value for name, value in vars(layer).items() if name[0] != "_"}
            | {"trainable": layer.trainable}
            for layer in layers
        ]
        own = self.model.optimizer, self.model.loss, of_layers
        return identity(own, unknown=ByIdentity)

    # --- training and evaluation -----------------------------------------------------------

    def begin_epoch(self, seed: int, epoch: int) -> None:
        """Seed the dropout layers and set the metrics back for an epoch."""
        reseed_dropout(self._dropout_seeds, seed, epoch)
        self.model.reset_metrics()

    def train_batches(
        self, data: Tensors, batches: tuple[Any, Any, Any], begin: int, end: int
    ) -> dict[str, float]:
        """Train on batches ``begin`` to ``end - 1`` of an epoch.

        Parameters
        ----------
        data : tuple of tensors
            X, or rows and starts of windows, or windows that are gathered here; lengths if the
            network takes them; y and sample weights.
        batches : tuple of tensors
            The order of the samples; where in it each batch begins and how many they are, of shape
            (n_batches, 2, 1); the factor that the learning rate is multiplied by in each batch,
            unless it is the optimizer's own schedule.

        Returns
        -------
        dict of str to float
            Loss and metrics over the batches of the epoch so far.
        """
        if not is_streamed(data):
            return self._train(data, batches, begin, end)
        order, spans, factors = (each.numpy() for each in batches)
        ends = spans.sum(axis=(1, 2))
        for part in parts_of_batches(data, ends, begin, end):
            first = spans[part.start, 0]
            rows = order[first.item() : ends[part.stop - 1]]
            of_part = spans[part] - [first, [0]]
            numbers = np.arange(len(rows), dtype=np.int32), of_part.astype(np.int32), factors[part]
            of_part = tuple(map(tf.constant, numbers))
            logs = self._train(gathered(data, rows), of_part, 0, part.stop - part.start)
        return logs

    def _train(
        self, data: Tensors, batches: tuple[Any, Any, Any], begin: int, end: int
    ) -> dict[str, float]:
        key = is_lazy(data), self._has_large_batches
        graph = self._train_graphs.get(key)
        if graph is None:
            order, number = tf.TensorSpec([None], tf.int32), tf.TensorSpec([], tf.int32)
            spans = tf.TensorSpec([None, 2, 1], tf.int32)
            more = order, spans, tf.TensorSpec([None], tf.float32), number, number
            with for_batches(large=self._has_large_batches):
                graph = self._trace(self._train_step_loop, data, *more)
            self._train_graphs[key] = graph
        return _as_floats(self._train_calls.run(graph, (*data, *batches), begin, end))

    def evaluate(self, data: Tensors) -> dict[str, float]:
        """Compute loss and metrics without training."""
        self.model.reset_metrics()
        if not is_streamed(data):
            return self._evaluate(data)
        n_batches = -(-len(data[-1]) // EVALUATE_BATCH)
        ends = EVALUATE_BATCH * np.arange(1, n_batches + 1)
        for part in parts_of_batches(data, ends, 0, n_batches):
            rows = slice(EVALUATE_BATCH * part.start, EVALUATE_BATCH * part.stop)
            logs = self._evaluate(gathered(data, rows))
        return logs

    def _evaluate(self, data: Tensors) -> dict[str, float]:
        graph = self._evaluate_graphs.get(is_lazy(data))
        if graph is None:
            number = tf.TensorSpec([], tf.int32)
            graph = self._trace(self._test_step_loop, data, number, number)
            self._evaluate_graphs[is_lazy(data)] = graph
        n_batches = -(-len(data[-1]) // EVALUATE_BATCH)
        return _as_floats(self._evaluate_calls.run(graph, data, 0, n_batches))

    def _train_step_loop(self, *inputs: Any) -> Any:
        *data, order, spans, factors, begin, end = inputs

        def one_batch(i: Any) -> Any:
            rows = tf.slice(order, *tf.unstack(tf.gather(spans, i)))
            with self._learning_rate_times(tf.gather(factors, i)):
                self.model.train_step(self._batch(data, lambda array: tf.gather(array, rows)))
            return (i + 1,)

        tf.while_loop(lambda i: i < end, one_batch, (begin,), parallel_iterations=1)
        return self.model.get_metrics_result()

    @contextlib.contextmanager
    def _learning_rate_times(self, factor: Any) -> Iterator[None]:
        """Take steps with a part of the optimizer's learning rate, which callbacks may set."""
        rate = rate_variable(self.optimizer)
        if rate is None:
            yield
            return
        before = tf.identity(rate)
        rate.assign(before * tf.cast(factor, before.dtype))
        yield
        rate.assign(before)

    def _test_step_loop(self, *inputs: Any) -> Any:
        *data, begin, end = inputs

        def one_batch(i: Any) -> Any:
            rows = slice(i * EVALUATE_BATCH, (i + 1) * EVALUATE_BATCH)
            self.model.test_step(self._batch(data, lambda array: array[rows]))
            return (i + 1,)

        tf.while_loop(lambda i: i < end, one_batch, (begin,), parallel_iterations=1)
        return self.model.get_metrics_result()

    def _batch(self, data: Any, take: Any) -> Any:
        n_timesteps = self.model.input_shape[1] if is_lazy(data) else None
        return batch_of(data, take, n_timesteps)

    def _trace(self, function: Any, data: Tensors, *more: Any) -> Any:
        """Trace a graph once, for any number of samples like these."""
        shapes: list[list[int | None]] = [[None, *array.shape[1:]] for array in data]
        if has_lengths(data):  # sequences of any length
            shapes[0][1] = None
        arrays = [tf.TensorSpec(shape, a.dtype) for shape, a in zip(shapes, data, strict=True)]
        with building, anonymous_variables():
            if not self._has_metrics:
                self._build_metrics(data)
                self._has_metrics = True
            return trace(function, self.model, *arrays, *more)

    def _build_metrics(self, data: Tensors) -> None:
        """Call loss and metrics once: their first call builds them, and must not be in a graph."""
        # More samples than outputs: no loss of the wrong shape happens to fit the weights.
        n_samples = self.model.output_shape[-1] + 1
        y, weight = (tf.repeat(array[:1], n_samples, axis=0) for array in data[-2:])
        outputs = self._constant_outputs(n_samples)
        with _refusing("loss", y, outputs):
            self.model.compute_loss(y=y, y_pred=outputs, sample_weight=weight)
        with _refusing("metrics", y, outputs):
            results = self.model.compute_metrics(None, y, outputs, sample_weight=weight)
        _check_scalars(results)
        self.model.reset_metrics()

    def constant_loss(self, y: Any, weight: Any) -> float:
        """Return the loss of a network that answers all samples the same, knowing nothing."""
        outputs = self._constant_outputs(len(y))
        return float(self.model.compute_loss(y=y, y_pred=outputs, sample_weight=weight))

    def _constant_outputs(self, n_samples: int) -> Any:
        n_outputs = self.model.output_shape[-1]
        value = {"softmax": 1 / n_outputs, "sigmoid": 0.5, "linear": 0.0}
        return tf.fill([n_samples, n_outputs], value[self.model.layers[-1].activation.__name__])


_METRICS_OF_ROWS = (
    "The targets are class numbers, as loss='sparse_categorical_crossentropy' asks. Metrics of "
    "one-hot rows, such as 'AUC', need the default loss. "
)
_METRICS_OF_NUMBERS = (
    "Metrics of class numbers, such as 'sparse_categorical_accuracy', need a classifier with "
    "loss='sparse_categorical_crossentropy'. "
)


@contextlib.contextmanager
def _refusing(argument: str, y: Any, outputs: Any) -> Iterator[None]:
    """Say which argument does not fit, where Keras fails to compute it."""
    try:
        yield
    except (TypeError, ValueError, AttributeError, tf.errors.OpError) as error:
        hint = "A loss function returns one number per sample. "
        if argument == "metrics":
            hint = _METRICS_OF_ROWS if y.shape[1] < outputs.shape[1] else _METRICS_OF_NUMBERS
        raise ValueError(
            f"Keras cannot compute the {argument} from targets of shape "
            f"(n_samples, {y.shape[1]}) and outputs of shape (n_samples, {outputs.shape[1]}): "
            f"{str(error).strip()} {hint}Pass another value of {argument}."
        ) from error


def _check_scalars(results: dict[str, Any]) -> None:
    for name, value in results.items():
        if (size := int(tf.size(value))) != 1:
            raise ValueError(
                f"The metric {name!r} has {size} values, but a history holds one number per epoch. "
                "Pass a metric with one value, such as keras.metrics.F1Score(average='macro') or "
                "one threshold."
            )


def _without_values(plan: NetworkPlan) -> Any:
    """Build a model whose weights are 0: to draw them can take long, and every fit does anyway."""
    zeros = keras.initializers.Zeros()
    with keras.StatelessScope():  # variables begin at its end
        model = plan.build()
        for variable in model.variables:
            variable._initializer = zeros
    return model


def _kind_of(optimizer: Any) -> str:
    """Return the name of the optimizer's class, with that of an optimizer that it wraps."""
    inner = getattr(optimizer, "inner_optimizer", None)
    name = type(optimizer).__name__
    return name if inner is None else f"{name}({_kind_of(inner)})"


def _as_floats(logs: Any) -> dict[str, float]:
    return {name: float(value) for name, value in logs.items()}


def _compact(array: np.ndarray) -> np.ndarray:
    """Keep a constant array as a view of one number: optimizers begin with zeros."""
    first = array.reshape(-1)[:1]
    same = array.size > 1 and bool((array == first).all())
    return np.broadcast_to(first.copy(), array.shape) if same else array
