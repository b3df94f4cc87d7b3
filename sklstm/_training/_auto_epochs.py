"""How many epochs ``epochs="auto"`` are: by the size of the data, and by a trial."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from sklstm._training._early_stopping import FAR_SHIFT, hold_out_last, level_shift

# At most MAX_EPOCHS, and as many as give this number of time steps, over all samples and epochs,
# which one LSTM layer takes half a minute for. That would be fewer than FEW_EPOCHS for much data:
# then twice the data take 1.4 times as long, and not as long.
AUTO_TIMESTEPS = 6_400_000
MIN_EPOCHS, FEW_EPOCHS, MAX_EPOCHS = 10, 20, 200

CROPPED_EPOCHS = 600  # the most where each epoch crops sequences anew, and so is harder to learn

USUAL_EPOCHS = 100  # the most where no trial tells how many are enough, but should

# A trial: the part that is held out, the fewest samples for one, and how much above the least a
# loss may be. The part is small and its loss noisy; fewer epochs are the safer choice.
TRIAL_FRACTION, TRIAL_SAMPLES, TRIAL_TOLERANCE = 0.2, 100, 0.1


def auto_epochs(n_samples: int, n_timesteps: int, cost: float = 1.0, most: int = MAX_EPOCHS) -> int:
    """Return how many epochs give few samples enough steps, and many no absurd time.

    Parameters
    ----------
    n_samples, n_timesteps : int
        Size of the data.
    cost : float
        Time of an epoch, compared with that of one LSTM layer.
    most : int
        Epochs of small data.
    """
    affordable = AUTO_TIMESTEPS / (cost * n_samples * n_timesteps)
    affordable = max(affordable, math.sqrt(FEW_EPOCHS * affordable))
    return round(min(max(affordable, MIN_EPOCHS), most))


def trial_parts(targets: np.ndarray) -> tuple[slice, slice] | None:
    """Return what a trial trains on and what it holds out; None where it would tell nothing.

    That is where the samples are few, or the part that is held out is of another level.

    Parameters
    ----------
    targets : ndarray of shape (n_samples, n_targets)
        In the order of time; the steps of one forecast are its columns.
    """
    n_samples, n_targets = targets.shape
    gap = n_targets - 1
    n_training = math.floor((1 - TRIAL_FRACTION) * n_samples) - gap
    if n_samples < TRIAL_SAMPLES or n_training < n_samples // 2:
        return None
    first, last = hold_out_last(n_samples, TRIAL_FRACTION, gap=gap)
    if level_shift(targets[first], targets[last]) > FAR_SHIFT:
        return None
    return first, last


def enough_epochs(losses: Sequence[float]) -> int:
    """Return how many epochs a trial has found to be enough.

    All, where it ends within a tenth of its least loss: nothing is overfitted. Otherwise the first
    that are within a tenth of it.
    """
    near = np.asarray(losses) <= (1 + TRIAL_TOLERANCE) * min(losses)
    return len(near) if near[-1] else max(int(near.argmax()) + 1, MIN_EPOCHS)
