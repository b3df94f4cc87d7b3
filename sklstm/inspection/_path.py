"""Integrals of gradients along straight paths, refined until they add up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from sklstm._sequences import Sequences
from sklstm.inspection._explained import Explained

__all__ = ["Integral", "integrate"]

MAX_VALUES = 2**23  # of sequences on paths, at once
MAX_BISECTIONS = 9
LEAST_SHARE = 1 / 16  # of the tolerance, that a short piece may use up


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
    Where Gauss and Legendre's quadrature misses that by more than the tolerance, the piece is cut
    in two.

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
    paths = _Paths(network, explained, starts, ends)
    n_samples = len(ends)
    everyone = np.arange(n_samples)
    first = paths.values(everyone, np.zeros(n_samples))
    last = paths.values(everyone, np.ones(n_samples))
    gradients = np.zeros(ends.values.shape)
    pieces = _Pieces(everyone, np.zeros(n_samples), np.ones(n_samples), first, last)
    size = max(1, MAX_VALUES // (n_steps * int(np.prod(ends.values.shape[1:]))))
    nodes, weights = np.polynomial.legendre.leggauss(n_steps)
    for bisections in range(MAX_BISECTIONS + 1):
        remaining = []
        for part in pieces.parts(size):
            width = part.end - part.begin
            means = paths.mean_gradients(part, (nodes + 1) / 2, weights / 2)
            integrals = means * width[:, np.newaxis, np.newaxis]
            gap = np.einsum("ptf,ptf->p", integrals, paths.way(part.samples))
            gap -= part.last - part.first
            allowed = tol / 2 * np.maximum(width, LEAST_SHARE)
            good = (abs(gap) <= allowed) | (bisections == MAX_BISECTIONS)
            np.add.at(gradients, part.samples[good], integrals[good])
            remaining.append(part.take(~good))
        pieces = _bisected(_Pieces(*map(np.concatenate, zip(*remaining, strict=True))), paths)
        if not len(pieces.samples):
            break
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
        self, network: Any, explained: Explained, starts: Sequences, ends: Sequences
    ) -> None:
        self._network = network
        self._explained = explained
        self._starts = np.asarray(starts.values, dtype=np.float64)
        self._ways = np.asarray(ends.values, dtype=np.float64) - self._starts
        self._lengths = ends.lengths

    def way(self, samples: np.ndarray) -> np.ndarray:
        return self._ways[samples]

    def values(self, samples: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Return the explained outputs of the head at places between 0 and 1."""
        outputs = self._network._outputs(self._points(samples, places))
        return outputs[np.arange(len(samples)), self._explained.find(outputs, samples)]

    def mean_gradients(self, pieces: _Pieces, nodes: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return weighted means of gradients on pieces."""
        width = pieces.end - pieces.begin
        places = pieces.begin[:, np.newaxis] + width[:, np.newaxis] * nodes
        samples = np.repeat(pieces.samples, len(nodes))
        points = self._points(samples, places.ravel())
        outputs = self._network._outputs(points) if self._explained.is_sorted else None
        columns = self._explained.find(outputs, samples)
        gradients = self._network._input_gradients(points, columns)
        by_piece = gradients.reshape(len(pieces.samples), len(nodes), *gradients.shape[1:])
        return np.einsum("pntf,n->ptf", by_piece, weights)

    def _points(self, samples: np.ndarray, places: np.ndarray) -> Sequences:
        ways = places[:, np.newaxis, np.newaxis] * self._ways[samples]
        values = (self._starts[samples] + ways).astype(np.float32)
        return Sequences(values, None if self._lengths is None else self._lengths[samples])
