"""Numbers in: what is none is refused, and its place is named."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from sklstm._validation import check_finite, check_numbers

DAYS = pd.date_range("2024-01-01", periods=4)


def check(values, **options):
    remedies = {"if_not_numbers": "Encode it.", "if_missing": "Interpolate."}
    return check_numbers(values, "X", ensure_2d=False, **remedies, **options)


@pytest.mark.parametrize(
    "values",
    [
        np.arange(4.0),
        np.ones((4, 2), dtype=np.int8),
        np.ones((4, 2, 3), dtype=bool),
        pd.DataFrame(np.arange(8.0).reshape(4, 2)),
        pl.Series([1.0, 2.0]),
    ],
    ids=lambda values: type(values).__name__,
)
def test_numbers_are_not_copied(values):
    array = check(values)
    assert np.shares_memory(array, np.asarray(values)) and array.dtype.kind in "bif"


@pytest.mark.parametrize(
    ("nullable", "dtype"),
    [("Int64", "int64"), ("UInt8", "uint8"), ("boolean", "bool"), ("Float32", "float32")],
)
def test_nullable_numbers_are_those_of_numpy(nullable, dtype):
    values = np.array([[1, 0], [2**53 + 1, 1]]).astype(dtype)
    frame = pd.DataFrame(values, columns=["a", "b"]).astype(nullable)
    for data, expected in ((frame, values), (frame["a"], values[:, 0])):
        array = check(data)
        assert array.dtype == dtype and array.tolist() == expected.tolist()


@pytest.mark.parametrize("convert_objects", [False, True])
def test_nullable_numbers_beside_others(convert_objects):
    frame = pd.DataFrame({"a": pd.array([1, 2], dtype="Int64"), "b": [0.5, 1.5]})
    assert check(frame, convert_objects=convert_objects).tolist() == [[1, 0.5], [2, 1.5]]
    with pytest.raises(ValueError, match=r"its columns \['c'\] do not"):
        check(frame.assign(c=pd.Categorical(["a", "b"])))
    with pytest.raises(ValueError, match=r"Input X contains NaN.* row 1 of X, column 'a'"):
        check(frame.replace(2, pd.NA), convert_objects=convert_objects)


def with_nan(*shape, at):
    values = np.zeros(shape)
    values[at] = np.nan
    return values


BY_DAY = pd.DataFrame(with_nan(4, 2, at=(2, 1)), DAYS, ["load", "heat"])


@pytest.mark.parametrize(
    ("values", "place"),
    [
        (with_nan(4, at=2), "row 2 of X"),
        (with_nan(4, 1, at=2), "row 2 of X"),
        (with_nan(4, 2, at=(2, 1)), "row 2 of X, column 1"),
        (with_nan(4, 3, 2, at=(2, 1, 0)), "sample 2 of X, time step 1, feature 0"),
        (BY_DAY, "row 2 of X (2024-01-03 00:00:00), column 'heat'"),
        (BY_DAY["heat"], "row 2 of X (2024-01-03 00:00:00)"),
        (BY_DAY[["heat"]], "row 2 of X (2024-01-03 00:00:00)"),
        (BY_DAY.reset_index(drop=True), "row 2 of X, column 'heat'"),
        (BY_DAY.set_axis(list("abcd")), "row 2 of X (c), column 'heat'"),
        (
            BY_DAY.set_axis(pd.MultiIndex.from_product([["north"], DAYS])),
            "row 2 of X (north, 2024-01-03 00:00:00), column 'heat'",
        ),
        (pl.DataFrame({"a": [1.0, 2.0], "b": [3.0, None]}), "row 1 of X, column 'b'"),
    ],
)
def test_the_first_missing_value_is_named(values, place):
    with pytest.raises(ValueError, match="Input X contains NaN") as error:
        check(values)
    assert str(error.value) == f"Input X contains NaN. The first is in {place}. Interpolate."


def masked(*shape, at):
    values = np.ma.zeros(shape)
    values[at] = np.ma.masked
    return values


@pytest.mark.parametrize(
    ("values", "place"),
    [
        (masked(4, at=2), "row 2 of X"),
        (masked(4, 2, at=(2, 1)), "row 2 of X, column 1"),
        (masked(4, 3, 2, at=(2, 1, 0)), "sample 2 of X, time step 1, feature 0"),
        ([np.ma.zeros(2), masked(2, at=1)], "row 1 of X, column 1"),
        ([1.0, np.ma.masked], "row 1 of X"),
    ],
)
# NumPy warns when it makes an array of a list that holds np.ma.masked.
@pytest.mark.filterwarnings("ignore:.*converting a masked element")
def test_the_first_masked_value_is_named(values, place):
    with pytest.raises(ValueError, match="masked") as error:
        check(values)
    assert str(error.value) == (
        f"Input X is a masked array with masked values. The first is in {place}. Fill them in, as "
        ".filled() does. Interpolate."
    )


def test_a_masked_array_without_masked_values_is_not_copied():
    values = np.ma.array([[1.0], [2.0]], mask=[[False], [False]])
    array = check(values)
    assert type(array) is np.ndarray and np.shares_memory(array, values)


def test_only_some_rows_need_be_finite():
    values = np.array([np.nan, 1.0, np.inf, 2.0, np.nan])
    check_finite(values, "X", "Interpolate.", rows=[3, 1])
    with pytest.raises(ValueError, match=r"infinity .* in row 2 of X"):
        check_finite(values, "X", "Interpolate.", rows=slice(1, 4))


def test_a_missing_label_is_named():
    labels = np.array(["a", np.nan, "b"], dtype=object)
    with pytest.raises(ValueError, match=r"contains NaN\. The first is in row 1 of y\. Drop it\."):
        check_finite(labels, "y", "Drop it.")


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
@pytest.mark.parametrize("convert_objects", [False, True])
def test_columns_of_dates_are_named(frame, convert_objects):
    values = frame({"a": [1, 2, 3, 4], "day": DAYS.to_numpy()})
    with pytest.raises(ValueError, match=r"X .* its columns \['day'\] do not\. Encode it\."):
        check(values, convert_objects=convert_objects)


def test_objects_are_converted_on_demand():
    values = np.array([[1, 2.5], [3, 4]], dtype=object)
    np.testing.assert_array_equal(check(values, convert_objects=True), [[1, 2.5], [3, 4]])
    with pytest.raises(ValueError, match=r"X must hold numbers, got dtype object\. Encode it\."):
        check(values)


@pytest.mark.parametrize(
    "value",
    [
        np.timedelta64("NaT"),
        np.timedelta64(3, "D"),
        np.datetime64("2024-01-01"),
        pd.NaT,
        DAYS[0],
        DAYS[1] - DAYS[0],
    ],
    ids=repr,
)
def test_times_among_objects_are_no_numbers(value):
    values = np.array([[1, 2.5], [3, value]], dtype=object)
    message = "X must hold numbers, but .* is in row 1 of X, column .*1.* Encode it."
    for container in (values, pd.DataFrame(values, columns=["a1", "b1"]), values.tolist()):
        with pytest.raises(ValueError, match=message):
            check(container, convert_objects=True)


def test_complex_numbers_are_refused_by_name():
    with pytest.raises(ValueError, match="Complex data not supported: X must hold real numbers"):
        check(np.zeros(3, dtype=complex))


def test_rows_of_unequal_lengths():
    with pytest.raises(ValueError, match="X must hold rows or sequences of one length"):
        check([[1.0, 2.0], [3.0]])
