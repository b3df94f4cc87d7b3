"""Batches of similar lengths: every sample once, little padding, other batches in each epoch."""

import numpy as np
import pytest

from sklstm._training._buckets import similar_lengths
from sklstm._training._schedule import Batches, Schedule

LENGTHS = np.random.default_rng(0).integers(20, 201, 500)


def batches(epoch=0, *, seed=1, shuffle=True, even=False):
    order, ends, _ = Batches(500, 32, shuffle, even, Schedule(), LENGTHS).of_epoch(seed, epoch, 0)
    return np.split(order, ends[:-1])


def test_every_sample_comes_once():
    for epoch in range(3):
        np.testing.assert_array_equal(np.sort(np.concatenate(batches(epoch))), np.arange(500))


def test_little_is_padded():
    """Without sorting, a batch of 32 takes about as many steps as the longest sequence."""
    parts = batches()
    steps = sum(len(part) * LENGTHS[part].max() for part in parts)
    assert LENGTHS.sum() <= steps < 1.15 * LENGTHS.sum()
    means = np.array([LENGTHS[part].mean() for part in parts])
    assert abs(np.corrcoef(means, np.arange(len(parts)))[0, 1]) < 0.7  # and in random order


def test_batches_are_seeded_and_differ_between_epochs():
    def as_sets(parts):
        return {frozenset(part.tolist()) for part in parts}

    assert [p.tolist() for p in batches(2)] == [p.tolist() for p in batches(2)]
    assert not as_sets(batches(0)) & as_sets(batches(1))
    assert not as_sets(batches(0)) & as_sets(batches(0, seed=2))


@pytest.mark.parametrize(
    ("even", "sizes"), [(False, [20] + 15 * [32]), (True, 12 * [31] + 4 * [32])]
)
def test_sizes_are_those_of_other_batches(even, sizes):
    assert sorted(map(len, batches(even=even))) == sizes


def test_the_small_batch_is_not_always_of_the_longest():
    rng = np.random.default_rng(0)
    small = []
    for _ in range(20):
        order, ends = similar_lengths(np.arange(1, 10), np.array([4, 4, 1]), rng)
        (part,) = (part for part in np.split(order, ends[:-1]) if len(part) == 1)
        small.append(int(part[0]))
    assert len(set(small)) > 2


def test_without_shuffling_the_order_stays():
    np.testing.assert_array_equal(np.concatenate(batches(shuffle=False)), np.arange(500))
