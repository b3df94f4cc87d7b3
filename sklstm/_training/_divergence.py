"""What counts as diverged: numbers that mean nothing, and losses far above their beginning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sklstm._sequences import KEEP_THE_SCALE
from sklstm._training._state import TrainingState
from sklstm._warnings import warn

# How many times its beginning the loss may be at the end, before a warning and before an error.
WARN_RATIO, ERROR_RATIO = 10.0, 1e4

# How many times the loss of a constant answer initial weights may begin with; a loss that is not
# large is not compared.
HOPELESS_RATIO, LARGE_LOSS = 100.0, 10.0

REMEDY = (
    "Scale the input (for example with TimeDistributedTransformer(StandardScaler())), lower "
    "learning_rate, or bound the network with activation='tanh'."
)


# A warm start meets unknown data where the loss is that many times its last value, and above this
# part of the loss of a constant answer.
UNKNOWN_RATIO, UNKNOWN_PART = 10.0, 1 / 3


class DivergedError(ValueError):
    """Training ended in numbers that mean nothing."""


class BadBeginningError(DivergedError):
    """The loss was not finite, or huge, before the first step."""


def check_finite(what: str, values: Any) -> None:
    """Raise a DivergedError unless all values are finite."""
    if not np.isfinite(values).all():
        raise DivergedError(f"Training diverged: {what} became NaN or infinite. {REMEDY}")


def check_rise(
    epoch: int, loss: float, first_loss: float | None, constant_loss: Callable[[], float]
) -> None:
    """Raise a DivergedError if the loss of an epoch is far above its beginning."""
    floor = WARN_RATIO * max(first_loss or 0.0, 1e-3)
    if loss > floor and loss > WARN_RATIO * constant_loss():
        raise DivergedError(
            f"Training diverged: the loss was {first_loss:.3g} before training and {loss:.3g} in "
            f"epoch {epoch + 1}. {REMEDY}"
        )


def check_beginning(first_loss: float | None, constant_loss: Callable[[], float]) -> None:
    """Raise a BadBeginningError if initial weights give a loss that no training starts from."""
    if first_loss is None or first_loss <= LARGE_LOSS:
        return
    if not np.isfinite(first_loss) or first_loss > HOPELESS_RATIO * constant_loss():
        raise BadBeginningError(
            f"Training diverged: the loss was {first_loss:.3g} before training. {REMEDY}"
        )


def check_outcome(
    first_loss: float | None,
    constant_loss: Callable[[], float],
    history: dict[str, list[float]],
    ended: TrainingState,
    epoch: int,
) -> None:
    """Refuse weights that are not finite and a loss that exploded; warn of one that rose.

    Parameters
    ----------
    first_loss : float or None
        Of the first batch before training; None: nothing was trained.
    constant_loss : callable
        Returns the loss of answering all samples the same. One batch may be far from the others.
    history : dict
        Of the fit.
    ended : TrainingState
        What is kept of it.
    epoch : int
        Where in the history this is found, counted from 0.
    """
    for weights in ended.weights or ():
        check_finite("a weight of the network", weights)
    if first_loss is None:
        return
    # The loss is a mean over an epoch of changing weights, the validation loss that of the weights
    # that are kept, on other samples: as long as one of them is fine, nothing went wrong.
    loss = min(history[name][epoch] for name in ("loss", "val_loss") if name in history)
    began = first_loss
    if loss > WARN_RATIO * max(began, 1e-3):
        began = max(began, constant_loss())
    course = f"the loss was {began:.3g} before training and {loss:.3g} after it"
    floor = max(began, 1e-3)  # a fit that begins near perfection may jitter
    if loss > ERROR_RATIO * floor:
        raise DivergedError(f"Training diverged: {course}. {REMEDY}")
    if loss > WARN_RATIO * floor:
        warn(f"Training did not converge: {course}. {REMEDY}", ConvergenceWarning)


def check_resumption(last_loss: float, first_loss: float, constant_loss: float) -> None:
    """Warn of a warm start on data that mean something else to the network than those before.

    Parameters
    ----------
    last_loss, first_loss : float
        The loss at the end of the last fit, and on the first batch of this one before any step.
    constant_loss : float
        What answering all samples the same would give on that batch.
    """
    if first_loss > max(UNKNOWN_RATIO * last_loss, UNKNOWN_PART * constant_loss):
        warn(
            f"Training continues on data that the network does not understand: the loss is "
            f"{first_loss:.3g} before the first step, and was {last_loss:.3g} at the end of the "
            "last fit. If a scaler before the network was fitted anew, the network sees other "
            f"numbers for the same values: {KEEP_THE_SCALE}. If the data are of another kind, fit "
            "anew with warm_start=False.",
        )
