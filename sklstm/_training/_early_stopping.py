"""Early stopping: which samples are held out, when training stops, and which epoch is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import train_test_split

from sklstm._training._state import TrainingState
from sklstm._warnings import warn

# A validation part of another level: how far it lies, in standard deviations of the targets. Its
# loss judges only epochs whose training loss is below this part of that of a constant answer.
FAR_SHIFT, LEARNT_PART = 1.0, 0.5


@dataclass
class EarlyStopping:
    """Stop when the validation loss has stopped falling, and keep the best epoch's weights.

    Parameters
    ----------
    patience : int
        Epochs in a row that must each fail to improve the best loss by ``tol``.
    tol : float
        Improvement that counts, in units of the loss.
    shift : float
        How far the targets of the validation part lie from those trained on, in standard
        deviations. A network that has learnt nothing may then have the smallest validation loss.
    """

    patience: int
    tol: float
    shift: float = 0.0
    best_loss: float = np.inf
    best: TrainingState | None = None
    waited: int = 0

    def can_judge(self, loss: float, constant_loss: Callable[[], float]) -> bool:
        """Return whether an epoch of this training loss may be the best."""
        return self.shift <= FAR_SHIFT or loss < LEARNT_PART * constant_loss()

    def update(self, loss: float, snapshot: Callable[[], TrainingState]) -> bool:
        """Take note of an epoch's validation loss; return whether to stop."""
        self.waited = 0 if loss < self.best_loss - self.tol else self.waited + 1
        if loss < self.best_loss:
            self.best_loss, self.best = loss, snapshot()
        return self.waited >= self.patience


def hold_out_last(n_samples: int, fraction: float, *, gap: int) -> tuple[slice, slice]:
    """Hold out the last samples of a regression, and leave out the ``gap`` samples before them.

    Returns
    -------
    training, validation : slice
        The parts, which share no targets where windows overlap by ``gap`` steps.
    """
    n_validation = int(np.ceil(fraction * n_samples))
    n_training = n_samples - n_validation - gap
    if n_training < 1:
        raise ValueError(
            f"early_stopping leaves no sample to train on: of {n_samples}, "
            f"validation_fraction={fraction} holds out {n_validation}, and "
            f"the {gap} before them share targets with them. Pass more samples, a "
            "smaller validation_fraction, or early_stopping=False."
        )
    return slice(n_training), slice(n_samples - n_validation, None)


def level_shift(training: np.ndarray, validation: np.ndarray) -> float:
    """Return how far the mean of validation targets lies from that of training targets.

    Parameters
    ----------
    training, validation : ndarray of shape (n_samples, n_targets)
        Targets.

    Returns
    -------
    float
        The largest distance of a column, in standard deviations of its training targets.
    """
    distance = np.abs(validation.mean(axis=0) - training.mean(axis=0))
    scale = training.std(axis=0)
    return float(np.max(distance[scale > 0] / scale[scale > 0], initial=0.0))


def warn_of_shift(shift: float) -> None:
    """Warn that the validation part is of another level than the training part."""
    if shift > FAR_SHIFT:
        warn(
            f"early_stopping judges by the last samples, whose targets lie {shift:.2g} standard "
            "deviations from those trained on: the series has a trend, or its level has changed. "
            "The validation loss then says little about other times. Remove the trend (forecast "
            "differences, or what is left of a linear fit), or use early_stopping=False and choose "
            "epochs with PurgedTimeSeriesSplit."
        )


def hold_out_stratified(
    target: np.ndarray, fraction: float, *, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Hold out a random part of a classification, stratified where each sample has one label.

    Returns
    -------
    training, validation : ndarray of int
        Numbers of the samples of each part.
    """
    labels: np.ndarray | None = target
    if target.ndim == 2:
        single = (target.sum(axis=1) == 1).all()
        labels = target.argmax(axis=1) if single else None
    try:
        return train_test_split(
            np.arange(len(target)), test_size=fraction, random_state=seed, stratify=labels
        )
    except ValueError as error:
        raise ValueError(
            f"early_stopping=True cannot hold out validation_fraction={fraction} of "
            f"{len(target)} samples with each class in both parts: {error} Use more samples, "
            "another validation_fraction, or early_stopping=False."
        ) from error
