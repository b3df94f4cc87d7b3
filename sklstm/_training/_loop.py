"""The engine: everything that trains a network or runs one forward.

All randomness comes from one integer. The epoch's number is mixed into it, and so a fit that is
resumed after epoch k goes on exactly as one that never stopped.
"""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sklstm._training._compiled_networks import (
    Builder,
    Compilation,
    Samples,
    Slot,
    State,
    forward_function,
    lent_slot,
)
from sklstm._kernels._tensorflow import keras, tf

__all__ = ["Compilation", "DivergedError", "EarlyStopping", "Samples", "State", "predict", "train"]

PREDICT_BATCH = 512  # rows of one forward pass; larger gains nothing, and memory grows with it
ROSE, EXPLODED = 10.0, 1e4  # how many times its beginning a final loss is worth a warning, an error

_weight_tensors: WeakKeyDictionary[State, list[Any]] = WeakKeyDictionary()


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
    with lent_slot(network, compilation) as slot:
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
                _check_finite(f"the validation loss of epoch {epoch + 1}", logs["val_loss"])
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


def _validate(slot: Slot, data: tuple[Any, Any, Any], hooks: Any) -> dict[str, float]:
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
    forward = forward_function(network)
    weights = _weight_tensors.get(state)
    if weights is None:
        weights = _weight_tensors[state] = [tf.constant(array) for array in state.weights or ()]
    batches = (X[i : i + PREDICT_BATCH] for i in range(0, len(X), PREDICT_BATCH))
    outputs = [forward(tf.constant(_pad_rows(batch)), *weights).numpy() for batch in batches]
    return np.concatenate(outputs)[: len(X)]


def _pad_rows(batch: np.ndarray) -> np.ndarray:
    """Fill a batch up to a multiple of 8 rows.

    Matrix products of one row take another path than those of many and round differently: a
    sequence should get the same answer alone as in company.
    """
    missing = -len(batch) % 8
    return np.pad(batch, [(0, missing), (0, 0), (0, 0)]) if missing else batch


def _epoch_order(seed: int, epoch: int, n_samples: int, shuffle: bool) -> np.ndarray:
    if not shuffle:
        return np.arange(n_samples)
    return np.random.default_rng([seed, epoch]).permutation(n_samples)


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
    last = ended.epoch - first_epoch - 1
    # The loss is a mean over an epoch of changing weights, the validation loss that of the weights
    # that are kept, on other samples: as long as one of them is fine, nothing went wrong.
    loss = min(history[name][last] for name in ("loss", "val_loss") if name in history)
    course = f"the loss was {began:.3g} before training and {loss:.3g} after it"
    floor = max(began, 1e-3)  # a fit that begins near perfection may jitter
    if loss > EXPLODED * floor:
        raise DivergedError(f"Training diverged: {course}. {REMEDY}")
    if loss > ROSE * floor:
        warnings.warn(f"Training did not converge: {course}. {REMEDY}", ConvergenceWarning, 2)
