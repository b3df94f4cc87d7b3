"""Every use of a seed: all randomness of a fit comes from one integer.

The number of the epoch is mixed into it, so a fit that is resumed after epoch k goes on exactly
as one that never stopped. No global random state, of Python, NumPy or TensorFlow, is read or set
(except NumPy's, where a user passes it as ``random_state``).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from sklstm._kernels._tensorflow import keras

_WEIGHTS, _DROPOUT, _CROPS = 0, 1, 2**31  # numbers that keep the streams apart


def draw_seed(random_state: Any) -> int:
    """Return the seed of a fit; for None it comes from the operating system."""
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0] >> 1)
    return int(check_random_state(random_state).randint(2**31 - 1))


def weight_seed(seed: int, number: int) -> int:
    """Return the seed for the initial values of a network's weight of this number."""
    return _derive(seed, _WEIGHTS, number)[0]


def epoch_order(seed: int, epoch: int, n_samples: int, *, shuffle: bool) -> np.ndarray:
    """Return the order in which an epoch takes its samples."""
    if not shuffle:
        return np.arange(n_samples)
    return np.random.default_rng([seed, epoch]).permutation(n_samples)


def epoch_generator(seed: int, epoch: int) -> np.random.Generator:
    """Return what forms the batches of an epoch at random, where their samples differ in length."""
    return np.random.default_rng([seed, epoch])


def cropped_lengths(seed: int, epoch: int, lengths: np.ndarray) -> np.ndarray:
    """Return how many steps of each sequence an epoch sees, at least those of the shortest."""
    generator = np.random.default_rng([seed, epoch, _CROPS])
    return generator.integers(lengths.min(), lengths, endpoint=True, dtype=lengths.dtype)


def dropout_seeds(model: Any) -> list[Any]:
    """Return the variables that hold the seeds of a model's dropout layers."""
    kind = keras.layers.Dropout
    return [layer.seed_generator.state for layer in model.layers if isinstance(layer, kind)]


def reseed_dropout(variables: list[Any], seed: int, epoch: int) -> None:
    """Set the seeds of the dropout layers for one epoch."""
    for number, variable in enumerate(variables):
        variable.assign([*_derive(seed, epoch, _DROPOUT + number)])


def _derive(*entropy: int) -> tuple[int, int]:
    """Mix a few integers well; return two seeds of 31 bits."""
    first, second = np.random.SeedSequence(entropy).generate_state(2) >> 1
    return int(first), int(second)
