"""Targets, labels and weights in: what is taken, and words for what is not."""

import datetime
import decimal
import fractions

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.dtypes import StringDType
from scipy.sparse import csr_matrix

from sklstm import LSTMClassifier, LSTMRegressor
from sklstm._target_checks import check_labels, check_targets, real_numbers

SMALL = dict(units=2, epochs=1, random_state=0)
X = np.random.default_rng(0).normal(size=(6, 3))
DAYS = [datetime.date(2020, 1, day) for day in (1, 2, 5)]
EXACT = [0.5, -2.0, 3.0]  # in every precision


def objects(*values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


# --- numbers -------------------------------------------------------------------------------

NUMBERS = {
    "list": EXACT,
    "float16": np.array(EXACT, "f2"),
    "longdouble": np.array(EXACT, "g"),
    "big-endian": np.array(EXACT, ">f8"),
    "objects": objects(0.5, -2, np.float32(3)),
    "decimals": objects(*map(decimal.Decimal, EXACT)),
    "fractions": objects(*map(fractions.Fraction, EXACT)),
    "mask of nothing": np.ma.array(EXACT, mask=[False, False, False]),
    "Series": pd.Series(EXACT, index=["a", "b", "c"]),
    "Float64": pd.Series(EXACT, dtype="Float64"),
    "polars": pl.Series(EXACT),
}


@pytest.mark.parametrize("kind", NUMBERS)
def test_real_numbers_of_every_kind(kind):
    numbers = check_targets(NUMBERS[kind])
    assert numbers.dtype == np.float64 and type(numbers) is np.ndarray
    np.testing.assert_array_equal(numbers, EXACT)


def test_integers_and_booleans_are_numbers():
    np.testing.assert_array_equal(real_numbers([True, False], "y"), [1.0, 0.0])
    frame = pd.DataFrame({"a": [1, 2], "b": [3, 4]}, dtype="Int64")
    np.testing.assert_array_equal(check_targets(frame), [[1.0, 3.0], [2.0, 4.0]])


NO_TARGETS = {
    "dates": (np.array(DAYS * 2, "M8[D]"), r"dtype datetime64\[D\].*such as days"),
    "Series of dates": (pd.Series(pd.to_datetime(DAYS * 2)), "dtype datetime64.*such as days"),
    "dates with a zone": (pd.Series(pd.date_range("2020", periods=6, tz="UTC")), "Timestamp.*days"),
    "polars dates": (pl.Series(DAYS * 2), "dtype datetime64.*such as days"),
    "objects of dates": (objects(*DAYS * 2), "objects of type date.*such as days"),
    "durations": (np.arange(6).astype("m8[s]"), r"dtype timedelta64\[s\].*such as hours"),
    "objects of durations": (objects(*[datetime.timedelta(1)] * 6), "timedelta.*such as hours"),
    "complex": (np.arange(6) + 1j, "dtype complex128.*two columns"),
    "objects of complex": (objects(*np.arange(6) + 1j), "objects of type complex.*two columns"),
    "text": (np.array(["1.5"] * 6), r"dtype <U3.*astype\(float\)"),
    "objects of text": (objects(*["1.5"] * 6), r"objects of type str.*astype\(float\)"),
    "strings": (np.array(["1.5"] * 6, StringDType()), r"dtype StringDType.*astype\(float\)"),
    "bytes": (np.array([b"1.5"] * 6), r"dtype \|S3.*astype\(float\)"),
    "records": (np.zeros(6, [("a", int)]), "must hold real numbers, got dtype"),
    "other objects": (objects(*[object()] * 6), "objects of type object"),
    "None": (objects(1.0, None, *[2.0] * 4), "missing values: None in row 1"),
    "NA": (pd.Series([1, pd.NA, 2, 3, 4, 5], dtype="object"), "missing values: <NA> in row 1"),
    "Int64 with NA": (pd.Series([1, 2, None, 4, 5, 6], dtype="Int64"), "NaN.* row 2"),
    "a null of polars": (pl.Series([1.0, None, *[2.0] * 4]), "NaN.* row 1"),
    "masked": (np.ma.array(np.arange(6.0), mask=[0, 1, 0, 0, 1, 0]), r"2 masked value\(s\)"),
    "longdouble": (np.full(6, np.longdouble("1e4000")), "too large for dtype"),
    "1e303": (np.array([-1e303, *EXACT, 1, 2]), r"magnitude 1e\+303.*at most 1.8e\+302"),
    "ragged": ([[1], [1, 2]] * 3, "rows of one length"),
    "no columns": (np.zeros((6, 0)), "one value or row per sample"),
    "one number": (3.0, "one value or row per sample"),
    "three dimensions": (np.zeros((6, 1, 1)), "expected y of shape"),
}


@pytest.mark.parametrize("kind", NO_TARGETS)
def test_targets_that_are_no_finite_numbers_are_refused(kind):
    y, message = NO_TARGETS[kind]
    with pytest.raises(ValueError, match=rf"y .*{message}|{message}"):
        LSTMRegressor(**SMALL).fit(X, y)


@pytest.mark.parametrize("estimator", [LSTMRegressor, LSTMClassifier])
def test_sparse_targets_are_refused(estimator):
    with pytest.raises(TypeError, match=r"y is a sparse matrix.*y\.toarray\(\)"):
        estimator(**SMALL).fit(X, csr_matrix(np.eye(6)))


NO_WEIGHTS = {
    "durations": (np.arange(6).astype("m8[s]"), r"sample_weight .*timedelta64"),
    "dates": (np.array(DAYS * 2, "M8[D]"), r"sample_weight .*datetime64"),
    "text": (np.array(["1"] * 6), r"sample_weight .*<U1"),
    "complex": (np.ones(6) + 1j, r"sample_weight .*complex128"),
    "None": (objects(*[None] * 6), "sample_weight contains missing values"),
    "masked": (np.ma.array(np.ones(6), mask=[1, 0, 0, 0, 0, 0]), "sample_weight is a masked"),
}


@pytest.mark.parametrize("kind", NO_WEIGHTS)
def test_weights_that_are_no_numbers_are_refused(kind):
    weight, message = NO_WEIGHTS[kind]
    with pytest.raises(ValueError, match=message):
        LSTMRegressor(**SMALL).fit(X, np.arange(6.0), sample_weight=weight)


# --- labels --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "dtype", "values"),
    [
        (pd.Series([1, 2], dtype="Int64"), "i8", [1, 2]),
        (pd.Series([True, False], dtype="boolean"), "?", [True, False]),
        (np.array([1, 2], ">i4"), "=i4", [1, 2]),
        (np.array(["a", "b"], ">U1"), "=U1", ["a", "b"]),
        (np.array(["a", "bc"], StringDType()), "O", ["a", "bc"]),
        (pd.Series(["a", "b"], dtype="string"), "O", ["a", "b"]),
        (pd.DataFrame({"a": [True, False], "b": [0, 1]}), "i8", [[1, 0], [0, 1]]),
        (["a", "b"], "U1", ["a", "b"]),
    ],
)
def test_labels_are_plain_arrays(labels, dtype, values):
    array = check_labels(labels, "y")
    assert array.dtype == np.dtype(dtype) and array.dtype.isnative
    np.testing.assert_array_equal(array, values)


MISSING = {
    "None": objects("a", None),
    "None in a list": ["a", None],
    "NaN in a list of strings": ["a", float("nan")],
    "NaN": np.array([1.0, np.nan]),
    "NaN among objects": objects("a", np.nan),
    "NA": pd.Series(["a", pd.NA], dtype="string"),
    "NA of Int64": pd.Series([1, pd.NA], dtype="Int64"),
    "NA of boolean": pd.Series([True, pd.NA], dtype="boolean"),
    "category": pd.Series(pd.Categorical(["a", None])),
    "NaT": np.array(["2020", "NaT"], "M8[D]"),
    "NaT duration": np.array([1, "NaT"], "m8[s]"),
    "pandas NaT": objects("a", pd.NaT),
    "StringDType": np.array(["a", None], StringDType(na_object=None)),
    "null of polars": pl.Series(["a", None]),
}


@pytest.mark.parametrize("kind", MISSING)
def test_missing_labels_are_told_of_with_their_row(kind):
    labels = MISSING[kind]
    labels = labels[:1] * 3 + labels[1:] if isinstance(labels, list) else labels
    row = len(labels) - 1
    with pytest.raises(ValueError, match=rf"Input y contains (missing values|NaN).* row {row}\b"):
        check_labels(labels, "y")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (objects(1, 2, 1), r"objects of type int\..*y\.astype\(int\)"),
        (objects("a", 2, 1), r"objects of type int, str.*y\.astype\(str\)"),
        (["a", 2, 1], r"objects of type int, str.*y\.astype\(str\)"),
        (objects((1, 2), (3, 4)), "objects of type tuple"),
        (objects(*DAYS), "objects of type date"),
        (np.ones(3) + 1j, "y has dtype complex128"),
        (np.zeros(3, [("a", int)]), "y has dtype"),
    ],
)
def test_labels_that_scikit_learn_does_not_know_are_refused(labels, message):
    with pytest.raises(ValueError, match=f"Unknown label type: .*{message}"):
        check_labels(labels, "y")


def test_labels_of_bytes_are_refused():
    with pytest.raises(TypeError, match=r"y holds labels of bytes.*y\.astype\(str\)"):
        check_labels(np.array([b"a", b"b"]), "y")


@pytest.mark.parametrize("rows", [[[0, 2], [2, 0]], [[-1, 1], [1, -1]]])
def test_rows_hold_zeros_and_ones(rows):
    with pytest.raises(ValueError, match=r"rows of the values \[.*\].*\(y > 0\)"):
        LSTMClassifier(**SMALL).fit(X, np.array(rows * 3))


def test_classes_are_checked_like_labels():
    model = LSTMClassifier(**SMALL)
    with pytest.raises(ValueError, match="classes contains missing values"):
        model.partial_fit(X, ["a", "b"] * 3, classes=["a", "b", None])
    model.partial_fit(X, ["a", "b"] * 3, classes=pd.Series(["b", "a"], dtype="string"))
    np.testing.assert_array_equal(model.classes_, ["a", "b"])
