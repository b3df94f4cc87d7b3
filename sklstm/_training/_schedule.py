"""In which batches a fit trains, and with what learning rates."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sklstm._training._buckets import similar_lengths
from sklstm._training._seeds import cropped_lengths, epoch_generator, epoch_order

Course = str | Callable[[float], Any]  # of the learning rate

_WARMUP = 0.1  # parts of a fit
_ONE_CYCLE_WARMUP = 0.3


def _constant(progress: np.ndarray) -> np.ndarray:
    return np.ones_like(progress)


def _cosine(progress: np.ndarray) -> np.ndarray:
    """Rise linearly over the first tenth, then fall to 0 along half a cosine."""
    falling = np.clip((progress - _WARMUP) / (1 - _WARMUP), 0, 1)
    return np.minimum(progress / _WARMUP, (1 + np.cos(np.pi * falling)) / 2)


def _one_cycle(progress: np.ndarray) -> np.ndarray:
    """Rise from 1/25 over the first 30 % along a cosine, then fall to 1/10,000 of the beginning."""
    low, end, top = 1 / 25, 1 / 25e4, _ONE_CYCLE_WARMUP
    rising = (1 - np.cos(np.pi * np.clip(progress / top, 0, 1))) / 2
    falling = (1 + np.cos(np.pi * np.clip((progress - top) / (1 - top), 0, 1))) / 2
    return np.where(progress < top, low + (1 - low) * rising, end + (1 - end) * falling)


COURSES = {"constant": _constant, "cosine": _cosine, "one_cycle": _one_cycle}


def choose_course(asked: Course, *, has_one_rate: bool, continues: bool) -> Course:
    """Return the course of the learning rate that an argument stands for.

    Parameters
    ----------
    asked : str or callable
        A course, or "auto".
    has_one_rate : bool
        Whether the optimizer has one constant rate, and no schedule of its own.
    continues : bool
        Whether training is to be continued.
    """
    if asked == "auto":
        return "cosine" if has_one_rate and not continues else "constant"
    if asked != "constant" and not has_one_rate:
        raise ValueError(
            f"learning_rate_schedule={asked!r} multiplies a constant learning rate, but the "
            "optimizer has a schedule of its own, or several rates. Leave "
            "learning_rate_schedule at 'auto', or pass a number as learning_rate."
        )
    return asked


@dataclass(frozen=True)
class Schedule:
    """The course of the learning rate over one fit.

    Parameters
    ----------
    course : str or callable
        A name of COURSES, or a function that takes the part of the fit that is done, a float in
        [0, 1], and returns the factor that the learning rate is multiplied by.
    epochs : int
        Length of the fit.
    """

    course: Course = "constant"
    epochs: int = 1

    def factors(self, epoch: int, n_batches: int) -> np.ndarray:
        """Return the factor for each batch of an epoch, counted from 0 in this fit."""
        progress = (epoch + (np.arange(n_batches) + 0.5) / n_batches) / self.epochs
        if isinstance(self.course, str):
            return COURSES[self.course](progress).astype(np.float32)
        own = [_checked(self.course(float(each)), each) for each in progress]
        return np.array(own, np.float32)

    @property
    def warmup_epochs(self) -> int:
        """Epochs in which the rate still rises, so that little is learnt."""
        parts = {"cosine": _WARMUP, "one_cycle": _ONE_CYCLE_WARMUP}
        part = parts.get(self.course, 0.0) if isinstance(self.course, str) else 0.0
        return math.floor(part * self.epochs)


def _checked(value: Any, progress: float) -> float:
    factor = float(value)
    if not (math.isfinite(factor) and factor >= 0):
        raise ValueError(
            "learning_rate_schedule must return a finite factor of at least 0, got "
            f"{factor!r} for the part {progress:.3g} of the fit."
        )
    return factor


@dataclass(frozen=True, eq=False)
class Batches:
    """The batches of a fit.

    Parameters
    ----------
    n_samples, batch_size : int
        Samples of an epoch, and the most in one batch.
    shuffle : bool
        Whether each epoch takes the samples in another order.
    even : bool
        Whether all batches have the same size, or one sample less. Otherwise the last batch holds
        what is left, as in Keras.
    schedule : Schedule
        Of the learning rate.
    lengths : ndarray of int of shape (n_samples,), optional
        Time steps of each sample. With ``shuffle``, samples of similar lengths share a batch.
    random_crop : bool
        Whether each epoch takes fewer of them at random.
    """

    n_samples: int
    batch_size: int
    shuffle: bool
    even: bool
    schedule: Schedule
    lengths: np.ndarray | None = None
    random_crop: bool = False

    def __len__(self) -> int:
        return math.ceil(self.n_samples / self.batch_size)

    def of_epoch(
        self, seed: int, epoch: int, first_epoch: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the order of the samples, where in it each batch ends, and the rate's factors."""
        ends, factors = self.ends(), self.schedule.factors(epoch - first_epoch, len(self))
        lengths = self.lengths_of(seed, epoch)
        if lengths is not None and self.shuffle:
            sizes = np.diff(ends, prepend=0)
            order, ends = similar_lengths(lengths, sizes, epoch_generator(seed, epoch))
        else:
            order = epoch_order(seed, epoch, self.n_samples, shuffle=self.shuffle)
        return order, ends, factors

    def lengths_of(self, seed: int, epoch: int) -> np.ndarray | None:
        """Return the time steps of each sample in an epoch."""
        if self.lengths is None or not self.random_crop:
            return self.lengths
        return cropped_lengths(seed, epoch, self.lengths)

    def ends(self) -> np.ndarray:
        """Return the number of samples up to the end of each batch."""
        numbers = np.arange(1, len(self) + 1)
        if self.even:
            return numbers * self.n_samples // len(self)
        return np.minimum(numbers * self.batch_size, self.n_samples)
