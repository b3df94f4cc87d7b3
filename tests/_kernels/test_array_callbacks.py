"""Arrays that graphs are given."""

import numpy as np
import pytest

from sklstm._kernels import _array_callbacks
from sklstm._kernels._array_callbacks import Callback, empty
from sklstm._kernels._tensorflow import tf


@pytest.fixture(autouse=True)
def no_free_memory(monkeypatch):
    monkeypatch.setattr(_array_callbacks, "_free_memory", {})


def address(array):
    return array.__array_interface__["data"][0]


def test_memory_is_used_again_once_nothing_refers_to_it():
    first = empty(100, 300)
    place, kept = address(first), empty(100, 300)
    assert place % 64 == address(kept) % 64 == 0
    del first
    again, other = empty(300, 100), empty(300, 100)
    assert address(again) == place
    assert len({address(again), address(other), address(kept)}) == 3


def test_kept_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(_array_callbacks, "MAX_FREE_MEMORY", 1_000_000)
    arrays = [empty(100_000) for _ in range(4)]  # of 400,000 bytes
    places = list(map(address, arrays))
    while arrays:
        del arrays[0]
    assert len(_array_callbacks._free_memory) == 2
    assert {address(empty(100_000)), address(empty(100_000))} <= set(places[2:])


def test_graphs_neither_copy_arrays_nor_lose_them():
    places = []

    def twice(x):
        y = empty(*x.shape)
        y[...] = 2 * x
        places.append((address(x), address(y)))
        return (y,)

    callback = Callback(twice, n_outputs=1)

    @tf.function
    def graph(x):
        (y,) = callback(x)
        (z,) = callback(y)
        return z

    x = tf.ones((100, 300))
    for _ in range(3):
        np.testing.assert_array_equal(graph(x), np.full((100, 300), 4.0))
    assert all(places[i][1] == places[i + 1][0] for i in (0, 2, 4))
