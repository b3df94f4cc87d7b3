"""The steps of an LSTM's loop over time, forward and backward, as compiled functions.

The units are cut into chunks of as many as a vector has. An array of states has the shape
(n_steps + 1, n_samples, n_chunks, LANES), beginning with the state before the first step, and one
of gates (n_steps, n_samples, 4, n_chunks, LANES), in the order of Keras: input gate, forget gate,
candidate, output gate.

Each sample is computed in the same way whatever others there are. So the functions take a range of
samples, and several threads can share a batch without changing a bit.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

from sklstm._kernels._vector_code import LANES, Floats, Function, Int, sigmoid, tanh

# Rows of a product that are summed up at once: as many as fill the registers, then what is left.
ROWS = 4, 1

_ACTIVATIONS = {
    "relu": lambda x: x.if_below(0.0, 0.0, x),
    "tanh": tanh,
    "linear": lambda x: x,
}

# Gradients of activations, from their outputs.
_ACTIVATION_GRADIENTS = {
    "relu": lambda y, dy: y.if_above(0.0, dy, 0.0),
    "tanh": lambda y, dy: dy * (1.0 - y * y),
    "linear": lambda y, dy: dy,
}


@functools.cache
def forward_steps(activation: str) -> Callable[..., None]:
    """Return the compiled steps forward.

    They take the arrays ``projected`` (gates, from the inputs alone), ``recurrent`` of shape
    (n_chunks, 4, units, LANES), outputs ``h`` and cell states ``c``, whose first step is given,
    and ``gates``; then n_steps, n_samples, n_chunks, the first sample and the end of the range, and
    how many of the units count in the first step: all, or one if all states before it are 0. They
    fill ``h``, ``c`` and ``gates``, the latter with the values of the activations.
    """
    code = Function("forward_steps", 5, 6)
    projected, recurrent, h, c, gates = code.arrays
    n_steps, n_samples, n_chunks, begin, end, n_first = code.ints
    units, width = n_chunks * LANES, n_chunks * (4 * LANES)
    activate = _ACTIVATIONS[activation]
    with code.loop(0, n_steps) as step, code.loop(0, n_chunks) as chunk:
        n_rows = units.or_if_zero(step, n_first)
        states = _Rows(h, step * n_samples * units, units)
        chunks = _Rows(gates, step * n_samples * width + chunk * LANES, width)
        with code.loop(0, 4) as gate:
            out = _Rows(gates, chunks.first + gate * units, width)
            matrix = _Matrix(recurrent, (chunk * 4 + gate) * units * LANES, n_rows)
            _multiply(code, (begin, end), states, matrix, out, projected)
        with code.loop(begin, end) as sample:
            places = [chunks.at(sample) + units * gate for gate in range(4)]
            i, f, candidate, o = (code.load(gates, place) for place in places)
            i, f, candidate, o = sigmoid(i), sigmoid(f), activate(candidate), sigmoid(o)
            before = states.at(sample) + chunk * LANES
            after = before + n_samples * units
            state = f * code.load(c, before) + i * candidate
            for value, place in zip((i, f, candidate, o), places, strict=True):
                code.store(value, gates, place)
                code.prefetch(projected, place + n_samples * width)
            code.store(state, c, after)
            code.store(o * activate(state), h, after)
    return code.compile()


@functools.cache
def backward_steps(activation: str, every_step: bool) -> Callable[..., None]:
    """Return the compiled steps backward.

    They take the arrays ``recurrent``, transposed, of shape (n_chunks, 4 * units, LANES), ``c`` and
    ``gates`` from the steps forward, the gradients ``dout`` of the outputs of all steps, not read
    unless ``every_step``, ``dh`` and ``dc`` of the last states, and ``dz``; then the integers that
    the steps forward take, of which the last says how many gradients of gates count for the first
    states: all, or one if theirs are not needed. They fill ``dz`` with the gradients of the gates
    before activation, and ``dh`` and ``dc`` with those of the first states.
    """
    code = Function("backward_steps", 7, 6)
    recurrent, c, gates, dout, dh, dc, dz = code.arrays
    n_steps, n_samples, n_chunks, begin, end, n_first = code.ints
    units, width = n_chunks * LANES, n_chunks * (4 * LANES)
    activate, gradient = _ACTIVATIONS[activation], _ACTIVATION_GRADIENTS[activation]
    with code.loop(0, n_steps) as steps_done:
        step = n_steps - 1 - steps_done
        first = step * n_samples
        with code.loop(begin, end) as sample, code.loop(0, n_chunks) as chunk:
            row = first + sample
            places = [row * width + units * gate + chunk * LANES for gate in range(4)]
            i, f, candidate, o = (code.load(gates, place) for place in places)
            before, here = (each * units + chunk * LANES for each in (row, sample))
            d = code.load(dh, here)
            if every_step:
                d = d + code.load(dout, before)
            active = activate(code.load(c, before + n_samples * units))
            dstate = code.load(dc, here) + gradient(active, d * o)
            gradients = (
                dstate * candidate * (i * (1.0 - i)),
                dstate * code.load(c, before) * (f * (1.0 - f)),
                gradient(candidate, dstate * i),
                d * active * (o * (1.0 - o)),
            )
            for value, place in zip(gradients, places, strict=True):
                code.store(value, dz, place)
            code.store(dstate * f, dc, here)
        with code.loop(0, n_chunks) as chunk:
            matrix = _Matrix(recurrent, chunk * width * LANES, width.or_if_zero(step, n_first))
            out = _Rows(dh, chunk * LANES, units)
            _multiply(code, (begin, end), _Rows(dz, first * width, width), matrix, out)
    return code.compile()


class _Rows(NamedTuple):
    """One row for each sample, in an array."""

    array: Any
    first: Int
    stride: Int

    def at(self, sample: Int) -> Int:
        return self.first + sample * self.stride


class _Matrix(NamedTuple):
    """A matrix with as many columns as a vector has places, in an array."""

    array: Any
    first: Int
    n_rows: Int


def _multiply(
    code: Function,
    samples: tuple[Int, Int],
    left: _Rows,
    right: _Matrix,
    out: _Rows,
    more: Any = None,
) -> None:
    """Write the product of rows and a matrix, plus what ``more`` holds at the place of each."""
    first, end = samples
    for n_rows in ROWS:
        stop = end - (end - first) % n_rows
        with code.loop(first, stop, n_rows) as sample:
            _multiply_rows(code, [sample + i for i in range(n_rows)], left, right, out, more)
        first = stop


def _multiply_rows(
    code: Function, samples: list[Int], left: _Rows, right: _Matrix, out: _Rows, more: Any
) -> None:
    factors, places = [left.at(each) for each in samples], [out.at(each) for each in samples]

    def add(k: Int, sums: list[Floats]) -> list[Floats]:
        row = code.load(right.array, right.first + k * LANES)
        return [
            total + code.load_one(left.array, factor + k) * row
            for total, factor in zip(sums, factors, strict=True)
        ]

    start = [
        Floats(code.builder, 0.0) if more is None else code.load(more, place) for place in places
    ]
    for total, place in zip(code.accumulate(right.n_rows, start, add), places, strict=True):
        code.store(total, out.array, place)
