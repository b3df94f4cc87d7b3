"""Batches of sequences of similar lengths, so that little time is spent on padding."""

from __future__ import annotations

import numpy as np

NOISE = 0.05  # of a length, so that samples meet others in each epoch


def similar_lengths(
    lengths: np.ndarray, sizes: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Divide samples into batches of similar lengths, in random order.

    The samples are sorted by their lengths times a random number near 1, so that batches differ
    from epoch to epoch, and the batches are shuffled. A batch that is smaller than the others may
    hold samples of any length.

    Parameters
    ----------
    lengths : ndarray of int of shape (n_samples,)
        Time steps of each sample.
    sizes : ndarray of int of shape (n_batches,)
        Samples of each batch; their sum is n_samples.
    rng : Generator
        Source of the randomness.

    Returns
    -------
    order : ndarray of int of shape (n_samples,)
        Numbers of the samples, batch after batch.
    ends : ndarray of int of shape (n_batches,)
        Where in it each batch ends.

    References
    ----------
    V. Khomenko, O. Shyshkov, O. Radyvonenko and K. Bokhan, "Accelerating recurrent neural network
    training using sequence bucketing and multi-GPU data parallelization", DSMP 2016.

    M. Gardner et al., "AllenNLP: A Deep Semantic Natural Language Processing Platform", NLP-OSS
    2018, for the noise.
    """
    noise = rng.uniform(1 - NOISE, 1 + NOISE, len(lengths))
    sizes = rng.permutation(sizes)
    batches = np.split(np.argsort(lengths * noise), np.cumsum(sizes)[:-1])
    shuffled = rng.permutation(len(batches))
    order = np.concatenate([batches[number] for number in shuffled])
    return order, np.cumsum(sizes[shuffled])
