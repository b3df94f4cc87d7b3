"""Integrals of gradients along straight paths, refined until they add up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import gen_batches

from sklstm._sequences import Sequences
from sklstm.inspection._explained import Explained

__all__ = ["Integral", "integrate"]

MAX_VALUES = 2**23  # of sequences on paths, at once
MAX_PIECES = 64  # that are cut at once, per sample: more are a tolerance that float32 cannot hold
MAX_BISECTIONS = 18


class Integral(NamedTuple):
    """What came of the paths of all samples."""

    gradients: np.ndarray  # (n_samples, n_timesteps, n_features): means over the path
    first: np.ndarray  # (n_samples,), values of the head at the beginning
    last: np.ndarray  # (n_samples,), and at the end


class _Pieces(NamedTuple):
    """Pieces of paths, and what the head gives at their ends."""

    samples: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    first: np.ndarray
    last: np.ndarray

    def take(self, rows: Any) -> _Pieces:
        return _Pieces(*(column[rows] for column in self))

    def parts(self, size: int) -> Iterator[_Pieces]:
        for start in range(0, len(self.samples), size):
            yield self.take(slice(start, start + size))


def integrate(
    network: Any,
    explained: Explained,
    starts: Sequences,
    ends: Sequences,
    *,
    n_steps: int,
    tol: float,
) -> Integral:
    """Integrate the gradients of one output of a network from one sequence to another.

    The integral over a piece of a path, times the way, is by how much the output changes over it.
    Where Gauss and Legendre's quadrature misses that by more than its share of the tolerance, the
    piece is cut in two, until the whole path is within the tolerance.

    Parameters
    ----------
    network : LSTMRegressor or LSTMClassifier
        The fitted network.
    explained : Explained
        The output.
    starts, ends : Sequences
        Where paths begin and end.
    n_steps : int
        Points on each piece.
    tol : float
        In units of the head.
    """
    paths = _Paths(network, explained, starts, ends, *np.polynomial.legendre.leggauss(n_steps))
    size = max(1, MAX_VALUES // (n_steps * int(np.prod(ends.values.shape[1:]))))
    n_samples = len(ends)
    first = paths.values(np.arange(n_samples), np.zeros(n_samples))
    last = paths.values(np.arange(n_samples), np.ones(n_samples))
    gradients = np.zeros(ends.values.shape)
    gaps = np.zeros(n_samples)  # by how much the gradients miss the change of the output
    for samples in gen_batches(n_samples, size):
        numbers = np.arange(n_samples)[samples]
        whole = np.zeros(len(numbers)), np.ones(len(numbers))
        pieces = _Pieces(numbers, *whole, first[samples], last[samples])
        for cuts_left in reversed(range(MAX_BISECTIONS)):
            found = [paths.integrate(part) for part in pieces.parts(size)]
            integrals, gap = (np.concatenate(column) for column in zip(*found, strict=True))
            np.add.at(gradients, pieces.samples, integrals)
            np.add.at(gaps, pieces.samples, gap)
            bad = abs(gaps[pieces.samples]) > tol / 2
            bad &= abs(gap) > tol / 2 * (pieces.end - pieces.begin)
            if not (cuts_left and 0 < np.count_nonzero(bad) <= MAX_PIECES * len(numbers)):
                break
            np.subtract.at(gradients, pieces.samples[bad], integrals[bad])
            np.subtract.at(gaps, pieces.samples[bad], gap[bad])
            pieces = _bisected(pieces.take(bad), paths)
    return Integral(gradients, first, last)


def _bisected(pieces: _Pieces, paths: _Paths) -> _Pieces:
    """Cut every piece in two."""
    middle = (pieces.begin + pieces.end) / 2
    value = paths.values(pieces.samples, middle) if len(middle) else middle
    return _Pieces(
        np.concatenate([pieces.samples, pieces.samples]),
        np.concatenate([pieces.begin, middle]),
        np.concatenate([middle, pieces.end]),
        np.concatenate([pieces.first, value]),
        np.concatenate([value, pieces.last]),
    )


class _Paths:
    """Straight paths between sequences, and what a network gives on them."""

    def __init__(
        self,
        network: Any,
        explained: Explained,
        starts: Sequences,
        ends: Sequences,
        nodes: np.ndarray,
        weights: np.ndarray,
    ) -> None:
        self._network = network
        self._explained = explained
        self._starts = np.asarray(starts.values, dtype=np.float64)
        self._ways = np.asarray(ends.values, dtype=np.float64) - self._starts
        self._lengths = ends.lengths
        self._nodes, self._weights = (nodes + 1) / 2, weights / 2  # from [-1, 1] to [0, 1]

    def values(self, samples: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Return the explained outputs of the head at places between 0 and 1."""
        outputs = self._network._outputs(self._points(samples, places))
        return outputs[np.arange(len(samples)), self._explained.find(outputs, samples)]

    def integrate(self, pieces: _Pieces) -> tuple[np.ndarray, np.ndarray]:
        """Return integrals of gradients over pieces, and what each misses the change by."""
        width = pieces.end - pieces.begin
        places = pieces.begin[:, np.newaxis] + width[:, np.newaxis] * self._nodes
        samples = np.repeat(pieces.samples, len(self._nodes))
        points = self._points(samples, places.ravel())
        outputs = self._network._outputs(points) if self._explained.is_sorted else None
        columns = self._explained.find(outputs, samples)
        gradients = self._network._input_gradients(points, columns)
        by_node = gradients.reshape(len(width), len(self._nodes), *gradients.shape[1:])
        integrals = np.einsum("pntf,n,p->ptf", by_node, self._weights, width)
        change = np.einsum("ptf,ptf->p", integrals, self._ways[pieces.samples])
        return integrals, change - (pieces.last - pieces.first)

    def _points(self, samples: np.ndarray, places: np.ndarray) -> Sequences:
        ways = places[:, np.newaxis, np.newaxis] * self._ways[samples]
        values = (self._starts[samples] + ways).astype(np.float32)
        return Sequences(values, None if self._lengths is None else self._lengths[samples])
