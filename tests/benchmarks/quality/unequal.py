"""Sequences of unequal length, as they are and in three ways that make them equal by hand."""

import numpy as np

from quality.task import Unequal

SHORTEST = 0.4  # of a sequence, of which a random part from its beginning is kept


def as_they_are(sequences, like):
    return sequences


def cut_to_the_shortest(sequences, like):
    """Keep as many first steps of each as the shortest of all has."""
    shortest = min(map(len, like))
    return np.array([sequence[:shortest] for sequence in sequences])


def resampled(sequences, like):
    """Stretch each to the longest by linear interpolation."""
    longest = max(map(len, like))
    return np.array([stretch(sequence, longest) for sequence in sequences])


def padded(sequences, like):
    """Fill up to the longest with the mean, which is 0 once the sequences are standardized."""
    longest, mean = max(map(len, like)), np.concatenate(like).mean(axis=0)
    filled = np.tile(mean, (len(sequences), longest, 1))
    for row, sequence in zip(filled, sequences, strict=True):
        row[: len(sequence)] = sequence[:longest]
    return filled


WAYS = {
    "masked": as_they_are,
    "cut": cut_to_the_shortest,
    "resampled": resampled,
    "padded": padded,
}


def unequal(name, load, way):
    """A set whose sequences end early, each after a random part of its steps."""
    task, rng = load(), np.random.default_rng(0)
    train, test = ([shorten(sequence, rng) for sequence in X] for X in (task.X, task.X_test))
    everything = train + test if way == "cut" else train
    parts = [WAYS[way](sequences, everything) for sequences in (train, test)]
    return Unequal(name, parts[0], task.y, parts[1], task.y_test)


def shorten(sequence, rng):
    return sequence[: round(len(sequence) * rng.uniform(SHORTEST, 1))]


def stretch(sequence, length):
    steps = np.linspace(0, len(sequence) - 1, length)
    return np.column_stack([np.interp(steps, np.arange(len(sequence)), x) for x in sequence.T])
