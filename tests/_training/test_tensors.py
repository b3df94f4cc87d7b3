"""Arrays as tensors: shared with NumPy where they can be, and windows as rows and starts."""

import sys

import numpy as np
import pytest

from sklstm._kernels._tensorflow import tf
from sklstm._precision import aligned, is_finite, needs_copy, to_float32
from sklstm._training import _tensors
from sklstm._training._tensors import (
    batch_of,
    gathered,
    has_lengths,
    is_lazy,
    is_streamed,
    parts_of_batches,
    shared,
    tensors_of,
)
from sklstm.windowing import Windows


def test_a_tensor_shares_the_memory_of_an_aligned_array():
    array = aligned(np.arange(20.0).reshape(4, 5))
    tensor = shared(array)
    array[2, 3] = 99  # for the test alone
    assert tensor.numpy()[2, 3] == 99
    assert tensor.shape == (4, 5) and tensor.dtype == tf.float32


def test_read_only_arrays_and_memory_maps_are_shared_too(tmp_path):
    np.save(tmp_path / "rows.npy", np.arange(20, dtype=np.float32).reshape(10, 2))
    rows = np.load(tmp_path / "rows.npy", mmap_mode="r")
    assert aligned(rows) is rows  # NumPy aligns what it saves
    assert float(tf.reduce_sum(shared(rows))) == 190


def test_a_tensor_keeps_the_array_until_it_is_gone():
    array = aligned(np.ones(1000))
    before = sys.getrefcount(array)
    tensor = shared(array)
    assert sys.getrefcount(array) > before
    del tensor
    assert sys.getrefcount(array) == before


@pytest.mark.parametrize(
    "array",
    [np.arange(6.0).reshape(2, 3), np.arange(6).reshape(2, 3).T, np.arange(9, dtype="f4")[1::2]],
)
def test_other_arrays_are_copied_once(array):
    assert needs_copy(array)
    copy = to_float32(array, "LSTMRegressor")
    assert aligned(copy) is copy and copy.dtype == np.float32 and copy.flags.c_contiguous
    np.testing.assert_array_equal(copy, array)
    np.testing.assert_array_equal(shared(array), array)


def test_an_array_in_float32_is_not_copied():
    array = np.ones((50, 4, 2), np.float32)
    assert to_float32(array, "LSTMRegressor") is array


@pytest.mark.parametrize(
    ("values", "finite"), [([1e38] * 9, True), ([1, np.inf], False), ([np.inf, -np.inf], False)]
)
def test_a_sum_tells_whether_all_are_finite(values, finite):
    assert is_finite(np.array(values, np.float32)) == finite


def test_windows_that_a_graph_cannot_gather_are_gathered_for_it():
    windows = Windows(np.arange(20.0).reshape(10, 2), lookback=3)  # float64
    data = (*tensors_of(windows), tf.range(8.0), tf.ones([8]))
    assert is_streamed(data) and not is_lazy(data)
    X, y, _ = gathered(data, np.array([6, 0]))
    np.testing.assert_array_equal(X, windows[[6, 0]])
    assert X.dtype == tf.float32 and y.numpy().tolist() == [6, 0]
    assert gathered(data, slice(2, 5))[1].numpy().tolist() == [2, 3, 4]


def test_batches_are_cut_into_parts_of_a_few_megabytes(monkeypatch):
    monkeypatch.setattr(_tensors, "PART_BYTES", 7 * 4 * 3 * 2)  # seven windows
    data = tensors_of(Windows(np.arange(80.0).reshape(40, 2), lookback=3))
    ends = np.array([3, 6, 9, 18, 20])
    found = list(parts_of_batches(data, ends, 0, 5))
    assert found == [slice(0, 2), slice(2, 3), slice(3, 4), slice(4, 5)]
    assert list(parts_of_batches(data, ends, 1, 3)) == [slice(1, 3)]


def test_windows_are_gathered_from_their_rows():
    rows = aligned(np.arange(20.0).reshape(10, 2))
    lazy = (*tensors_of(Windows(rows, [6, 0, 2], lookback=3)), tf.zeros([3, 1]), tf.ones([3]))
    dense = (*tensors_of(np.zeros((3, 3, 2))), tf.zeros([3, 1]), tf.ones([3]))
    ragged = dense[0], tf.constant([1, 2, 3]), *dense[1:]
    assert [is_lazy(data) for data in (lazy, dense, ragged)] == [True, False, False]
    assert [has_lengths(data) for data in (lazy, dense, ragged)] == [False, False, True]
    X, _, weight = batch_of(lazy, lambda array: tf.gather(array, [2, 0]), 3)
    np.testing.assert_array_equal(X, [rows[2:5], rows[6:9]])
    assert weight.shape == (2,)
