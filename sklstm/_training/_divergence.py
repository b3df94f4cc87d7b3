"""What counts as diverged: numbers that mean nothing, and losses far above their beginning."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sklstm._training._state import TrainingState

# How many times its beginning the loss may be at the end, before a warning and before an error.
WARN_RATIO, ERROR_RATIO = 10.0, 1e4

REMEDY = (
    "Scale the input (for example with TimeDistributedTransformer(StandardScaler())), lower "
    "learning_rate, or clip the gradients with optimizer__clipnorm=1.0."
)


class DivergedError(ValueError):
    """Training ended in numbers that mean nothing."""


def check_finite(what: str, values: Any) -> None:
    """Raise a DivergedError unless all values are finite."""
    if not np.isfinite(values).all():
        raise DivergedError(f"Training diverged: {what} became NaN or infinite. {REMEDY}")


def check_outcome(
    began: float | None, history: dict[str, list[float]], ended: TrainingState, first_epoch: int
) -> None:
    """Refuse weights that are not finite and a loss that exploded; warn of one that rose."""
    for weights in ended.weights or ():
        check_finite("a weight of the network", weights)
    if began is None:
        return  # nothing was trained
    last = ended.epoch - first_epoch - 1
    # The loss is a mean over an epoch of changing weights, the validation loss that of the weights
    # that are kept, on other samples: as long as one of them is fine, nothing went wrong.
    loss = min(history[name][last] for name in ("loss", "val_loss") if name in history)
    course = f"the loss was {began:.3g} before training and {loss:.3g} after it"
    floor = max(began, 1e-3)  # a fit that begins near perfection may jitter
    if loss > ERROR_RATIO * floor:
        raise DivergedError(f"Training diverged: {course}. {REMEDY}")
    if loss > WARN_RATIO * floor:
        warnings.warn(f"Training did not converge: {course}. {REMEDY}", ConvergenceWarning, 2)
