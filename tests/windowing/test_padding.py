import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklstm.windowing import pad_sequences, unpad_sequences

pd = pytest.importorskip("pandas")

SEQUENCES = [
    np.array([[1, 10], [2, 20]]),
    np.array([[3, 30]]),
    np.array([[4, 40], [5, 50], [6, 60]]),
]


def test_padding_at_the_end():
    X = pad_sequences(SEQUENCES)
    assert X.dtype == np.float64
    assert_array_equal(X[:, :, 0], [[1, 2, np.nan], [3, np.nan, np.nan], [4, 5, 6]])
    assert_array_equal(X[:, :, 1], 10 * X[:, :, 0])


def test_padding_at_the_beginning():
    X = pad_sequences(SEQUENCES, padding="begin", n_timesteps=4)
    nan = np.nan
    assert_array_equal(X[:, :, 0], [[nan, nan, 1, 2], [nan, nan, nan, 3], [nan, 4, 5, 6]])


def test_another_value_keeps_integers():
    X = pad_sequences([np.array([1, 2], np.int8), np.array([3], np.int8)], value=-1)
    assert X.dtype == np.int8
    assert_array_equal(X[:, :, 0], [[1, 2], [3, -1]])


@pytest.mark.parametrize("padding", ["begin", "end"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("n_features", [1, 3])
def test_round_trip(padding, dtype, n_features):
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 9, size=20)
    sequences = [rng.normal(size=(length, n_features)).astype(dtype) for length in lengths]
    sequences[3][:, 0] = np.nan if n_features > 1 else 0  # a gap in one feature is no padding
    X = pad_sequences(sequences, padding=padding)
    assert X.shape == (20, lengths.max(), n_features)
    back = unpad_sequences(X)
    assert len(back) == 20
    for before, after in zip(sequences, back, strict=True):
        assert after.dtype == dtype
        assert_array_equal(before, after)
    longer = pad_sequences(sequences, padding=padding, n_timesteps=30)
    for before, after in zip(sequences, unpad_sequences(longer, padding=padding), strict=True):
        assert_array_equal(before, after)


@pytest.mark.parametrize(
    "container",
    [
        lambda items: items,
        tuple,
        lambda items: np.array([*map(np.array, items), None], dtype=object)[:-1],
        lambda items: [pd.Series(item) for item in items],
        lambda items: [[[value] for value in item] for item in items],
    ],
)
def test_one_dimensional_items_and_other_containers(container):
    X = pad_sequences(container([[1.0, 2.0], [3.0]]))
    assert_array_equal(X, [[[1], [2]], [[3], [np.nan]]])
    first, second = unpad_sequences(X)
    assert_array_equal(first, [[1], [2]])
    assert_array_equal(second, [[3]])


def test_sequences_of_one_length_need_no_padding():
    X = pad_sequences([[[1.0], [2.0]], [[3.0], [4.0]]])
    assert_array_equal(X[:, :, 0], [[1, 2], [3, 4]])
    copies = unpad_sequences(X)
    copies[0][:] = 7
    assert_array_equal(X[:, :, 0], [[1, 2], [3, 4]])
    assert [len(sequence) for sequence in unpad_sequences(np.ones((2, 3, 1), int))] == [3, 3]


@pytest.mark.parametrize(
    ("sequences", "options", "message"),
    [
        ([], {}, "sequences is empty: pass a list of at least one"),
        (np.ones((2, 3, 1)), {}, "sequences must be a list of arrays .* got ndarray"),
        (pd.DataFrame({"a": [1.0]}), {}, "sequences must be a list of arrays .* got DataFrame"),
        ([1.0, 2.0], {}, r"sequences\[0\] is 1.0, but a sequence is an array"),
        ([[1.0], []], {}, r"sequences\[1\] is a sequence of length 0"),
        ([[[1.0]], [[1.0, 2.0]]], {}, r"sequences\[0\] has 1 and sequences\[1\] has 2"),
        ([["a"], ["b", "c"]], {}, "numeric"),
        ([[[[1.0]]]], {}, r"sequences\[0\] has the shape \(1, 1, 1\)"),
        (
            [[1.0, 2.0], [3.0]],
            {"n_timesteps": 1},
            r"n_timesteps=1 is less than the 2 .*sequences\[0",
        ),
        ([[1.0, 2.0], [3.0, np.nan]], {}, r"sequences\[1\] ends with a time step of NaN.*'begin'"),
        ([[1.0], [np.nan, 3.0]], {"padding": "begin"}, r"sequences\[1\] begins with .*'end'"),
        ([np.ma.array([1.0, 2.0], mask=[0, 1]), [3.0]], {}, r"sequences\[0\] is a masked array"),
        ([[1.0]], {"padding": "left"}, "The 'padding' parameter of pad_sequences"),
    ],
)
def test_errors_of_pad_sequences(sequences, options, message):
    with pytest.raises(ValueError, match=message):
        pad_sequences(sequences, **options)


def test_what_ends_with_a_gap_is_padded_with_another_value():
    X = pad_sequences([[1.0, np.nan], [3.0]], value=0)
    assert_array_equal(X[:, :, 0], [[1, np.nan], [3, 0]])


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([[1.0, np.nan]], r"shape \(1, 2\). Add an axis to univariate"),
        ([[[np.nan], [1.0]], [[1.0], [np.nan]]], "padded with NaN at both ends"),
        ([[[1.0], [np.nan]], [[np.nan], [np.nan]]], "Sample 1 of X is all NaN"),
        ([[["a"]]], "numeric"),
    ],
)
def test_errors_of_unpad_sequences(X, message):
    with pytest.raises(ValueError, match=message):
        unpad_sequences(X)
    with pytest.raises(ValueError, match="Sample 1 of X is all NaN"):
        unpad_sequences([[[1.0], [np.nan]], [[np.nan], [np.nan]]], padding="end")
