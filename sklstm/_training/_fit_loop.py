"""Training: ``train`` → ``_Fit.run`` → ``run_epoch`` → ``train_batches``."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from sklstm._kernels._tensorflow import keras, tf
from sklstm._networks import NetworkPlan
from sklstm._training._callbacks import EpochTasks, restored_epoch, watches_batches
from sklstm._training._compilation import Compilation
from sklstm._training._compiled_network import CompiledNetwork, Tensors
from sklstm._training._divergence import (
    REMEDY,
    BadBeginningError,
    DivergedError,
    check_beginning,
    check_finite,
    check_outcome,
    check_resumption,
    check_rise,
)
from sklstm._training._early_stopping import EarlyStopping
from sklstm._training._history import History, recorded_history
from sklstm._training._network_pool import borrow_network
from sklstm._training._progress import Progress
from sklstm._training._recovery import Recovery
from sklstm._training._schedule import Batches, Course, Schedule
from sklstm._training._state import Samples, TrainingState
from sklstm._training._tensors import has_lengths


class Outcome(NamedTuple):
    """What a fit gives.

    Parameters
    ----------
    state : TrainingState
        Where training ended; with early stopping, with the weights of the best epoch.
    history : dict of str to list of float
        Loss and metrics, and their ``val_`` counterparts, one entry per epoch.
    best_epoch : int
        The epoch, counted from 1, that the weights are from.
    """

    state: TrainingState
    history: History
    best_epoch: int


def train(
    plan: NetworkPlan,
    compilation: Compilation,
    state: TrainingState,
    samples: Samples,
    *,
    epochs: int,
    batch_size: int,
    shuffle: bool,
    schedule: Course = "constant",
    validation: Samples | None = None,
    random_crop: bool = False,
    early_stopping: EarlyStopping | None = None,
    last_loss: float | None = None,
    callbacks: Sequence[Any] = (),
    verbose: int = 0,
) -> Outcome:
    """Train a network from a state for a number of epochs.

    Parameters
    ----------
    plan : NetworkPlan
        The network.
    compilation : Compilation
        Optimizer, loss and metrics.
    state : TrainingState
        Where to begin; it is not changed.
    samples, validation : Samples
        What to train on, and what to validate on after each epoch.
    epochs, batch_size, shuffle
        As in ``keras.Model.fit``; epochs are counted on from ``state.epoch``.
    schedule : str or callable
        Course of the learning rate over these epochs, see ``Schedule``.
    random_crop : bool
        Whether each epoch sees random beginnings of sequences of unequal length.
    early_stopping : EarlyStopping, optional
        Needs ``validation``.
    last_loss : float, optional
        The loss of the state, where it was trained before.
    callbacks : sequence of keras.callbacks.Callback
        The fit's own copies.
    verbose : int
        0: silent, 1: a progress bar over the epochs, 2: one line per epoch.

    Returns
    -------
    Outcome
        The state to keep, the history, and the best epoch.

    Raises
    ------
    DivergedError
        If a loss or the weights are not finite, or the loss is far above its beginning, and neither
        a smaller learning rate nor smaller initial weights helped.

    Warns
    -----
    ConvergenceWarning
        If the loss ends above its beginning, or if training diverged and was taken back.
    UserWarning
        If the data are not what a trained state was trained on.
    """
    with borrow_network(plan, compilation) as network:
        size = min(batch_size, len(samples))
        network.load(state, compilation.learning_rate(), size)
        even = plan.architecture.wants_even_batches
        rates = Schedule(schedule, epochs)
        batches = Batches(len(samples), size, shuffle, even, rates, samples.lengths, random_crop)
        fit = _Fit(network, state, samples, batches, validation, early_stopping)
        fit.last_loss = last_loss
        try:
            return fit.run(epochs, callbacks, verbose)
        finally:  # a fit that fails may have been changed, too
            if fit.of_user:
                network.note_changes()


class _Fit:
    """One fit on a borrowed network."""

    def __init__(
        self,
        network: CompiledNetwork,
        state: TrainingState,
        samples: Samples,
        batches: Batches,
        validation: Samples | None,
        early_stopping: EarlyStopping | None,
    ) -> None:
        self.network, self.model = network, network.model
        self.seed, self.first_epoch = state.seed, state.epoch
        self.batches, self.n_batches = batches, len(batches)
        self.data = samples.tensors()
        self.validation_data = validation.by_length().tensors() if validation is not None else None
        self.early_stopping = early_stopping
        self.of_user: list[Any] = []  # callbacks
        self.last_loss: float | None = None
        self.first_loss: float | None = None  # of the weights before training
        self.end = self.first_epoch  # the epochs of this fit, and those before
        self.snapshot = network.snapshot()  # of the beginning of an epoch, or its end
        self.recovery = Recovery(self.snapshot, network, is_new=state.weights is None)

    def run(self, epochs: int, callbacks: Sequence[Any], verbose: int) -> Outcome:
        """Train for a number of epochs, or until a callback or early stopping ends it."""
        last = self.end = self.first_epoch + epochs
        self.of_user = [each for each in callbacks if not isinstance(each, EpochTasks)]
        self.callbacks = self._callback_list(callbacks, last, verbose)
        self.watched = watches_batches(callbacks)
        self.callbacks.on_train_begin()
        end = begin = self.model._initial_epoch or self.first_epoch  # BackupAndRestore sets it
        for epoch in range(begin, last):
            self.run_epoch(epoch)
            end = epoch + 1
            if self.model.stop_training:
                break
        if end > begin:  # else averages of the weights have no values yet
            self.network.optimizer.finalize_variable_values(self.model.trainable_variables)
        self.callbacks.on_train_end()
        self.recovery.report()
        return self._finish(begin, end)

    def run_epoch(self, epoch: int) -> None:
        """Train on all samples once, again if that diverged, and validate."""
        self.callbacks.on_epoch_begin(epoch)
        begin, logs = self.snapshot, self.train_and_validate(epoch)
        while (error := self._find_divergence(epoch, logs)) is not None:
            self._take_back(epoch, error)
            if self.recovery.has_given_up:
                self.model.stop_training = True
                break
            begin, logs = self.network.snapshot(), self.train_and_validate(epoch)
        else:
            self.recovery.note(begin, logs)
        if self.model.stop_training or epoch + 1 == self.end:
            logs = self.recovery.best_of(logs)
        self.callbacks.on_epoch_end(epoch, logs)
        if self.early_stopping is not None:
            self._judge(self.early_stopping, epoch, logs)

    def _judge(self, rule: EarlyStopping, epoch: int, logs: dict[str, float]) -> None:
        """Keep the epoch if it is the best; stop after too many that are not."""
        if rule.can_judge(logs["loss"], self._constant_loss):
            snapshot = functools.partial(self.network.state, self.seed, epoch + 1)
            is_last = rule.update(logs["val_loss"], snapshot)
            if epoch - self.first_epoch < self.batches.schedule.warmup_epochs:
                rule.waited = 0  # hardly anything is learnt yet
            elif is_last:
                self.model.stop_training = True

    def train_and_validate(self, epoch: int) -> dict[str, float]:
        """Train on all samples once; return loss and metrics, also of the validation part."""
        logs = self.train_batches(epoch)
        if self.validation_data is not None and np.isfinite(logs["loss"]):
            logs |= self.validate(self.validation_data)
        return logs

    def train_batches(self, epoch: int) -> dict[str, float]:
        """Train on the batches of an epoch, in as many calls as callbacks look at batches."""
        data = self._data_of(epoch)
        order, ends, factors = self.batches.of_epoch(self.seed, epoch, self.first_epoch)
        factors = factors * np.float32(self.recovery.rate_factor)
        begins = np.append(0, ends[:-1])
        spans = np.stack([begins, ends - begins], axis=1)[..., np.newaxis]
        batches = tf.constant(order, tf.int32), tf.constant(spans, tf.int32), tf.constant(factors)
        self.network.begin_epoch(self.seed, epoch)
        begin, logs = 0, {}
        for end in self._ends_of_calls():
            self.callbacks.on_train_batch_begin(end - 1)
            if self.first_loss is None and self.of_user:
                self.network.adopt_changes()
            logs = self.network.train_batches(data, batches, begin, end)
            if self.first_loss is None:
                self._note_first_loss(logs["loss"], order[: ends[end - 1]])
            self.callbacks.on_train_batch_end(end - 1, logs)
            begin = end
            if self.model.stop_training or not np.isfinite(logs["loss"]):
                break
        return logs

    def _data_of(self, epoch: int) -> Tensors:
        """Return the samples, which may be cropped in each epoch."""
        if not self.batches.random_crop or not has_lengths(self.data):
            return self.data
        X, _, *others = self.data
        return X, tf.constant(self.batches.lengths_of(self.seed, epoch)), *others

    # --- divergence ------------------------------------------------------------------------

    def _find_divergence(self, epoch: int, logs: dict[str, float]) -> DivergedError | None:
        try:
            if self.recovery.weights_are_initial:
                check_beginning(self.first_loss, self._constant_loss)
            check_finite(f"the loss of epoch {epoch + 1}", logs["loss"])
            check_finite(f"the validation loss of epoch {epoch + 1}", logs.get("val_loss", 0.0))
            check_rise(epoch, logs["loss"], self.first_loss, self._constant_loss)
            self.snapshot = self.network.snapshot()
            if not self.network.is_finite(self.snapshot):
                raise DivergedError(f"Training diverged: a weight became NaN or infinite. {REMEDY}")
        except DivergedError as error:
            return error
        return None

    def _take_back(self, epoch: int, error: DivergedError) -> None:
        if self.model.stop_training:  # a callback has seen it, too
            raise error
        self.recovery.take_back(epoch, error)
        if isinstance(error, BadBeginningError):
            self.first_loss = None

    def _note_first_loss(self, loss: float, rows: np.ndarray) -> None:
        self.first_loss = loss
        if self.last_loss is not None:
            y, weight = (tf.gather(array, rows) for array in self.data[-2:])
            check_resumption(self.last_loss, loss, self.network.constant_loss(y, weight))

    def validate(self, data: Tensors) -> dict[str, float]:
        """Return loss and metrics of the validation part."""
        self.callbacks.on_test_begin()
        scores = self.network.evaluate(data)
        self.callbacks.on_test_end(scores)
        return {f"val_{name}": value for name, value in scores.items()}

    def _callback_list(self, callbacks: Sequence[Any], last: int, verbose: int) -> Any:
        shown = [Progress(self.first_epoch, verbose)] if verbose else []
        return keras.callbacks.CallbackList(
            [*callbacks, *shown],
            add_history=True,
            model=self.model,
            epochs=last,
            steps=self.n_batches,
            verbose=verbose,
        )

    def _ends_of_calls(self) -> Sequence[int]:
        """Return after which batches to leave the graph."""
        if self.watched:
            return range(1, self.n_batches + 1)
        # the first batch by itself: its loss is that of the weights before training
        first = [1] if self.first_loss is None else []
        return sorted({*first, self.n_batches})

    def _finish(self, begin: int, end: int) -> Outcome:
        ended, best = self.network.state(self.seed, end), end
        if self.early_stopping is not None and self.early_stopping.best is not None:
            best = self.early_stopping.best.epoch
            ended = replace(self.early_stopping.best, epoch=end)
        else:
            best = restored_epoch(self.of_user) or end
        history = recorded_history(self.model)
        check_outcome(self.first_loss, self._constant_loss, history, ended, best - begin - 1)
        return Outcome(ended, history, best)

    def _constant_loss(self) -> float:
        return self.network.constant_loss(*self.data[-2:])
