"""Whatever comes as y, weights and X: a right fit, or words that name the argument."""

import datetime
import decimal
import io
import pickle
import re
import warnings

import joblib
import numpy as np
import pandas as pd
import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.dtypes import StringDType

from sklstm import LSTMClassifier, LSTMRegressor

N = 12
SMALL = dict(units=1, epochs=1, random_state=0)
RNG = np.random.default_rng(0)
NOISE = RNG.normal(size=(N, 3, 2))
SIDE = np.arange(N) % 3

BOUNDED = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def objects(values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


# --- labels --------------------------------------------------------------------------------

DAY = datetime.date(2020, 1, 1)
VALUES = {
    "ints": st.integers(-(2**7), 2**7 - 1),
    "big ints": st.integers(-(2**70), 2**70),
    "floats": st.integers(-5, 5).map(float),
    "any floats": st.floats(),
    "bools": st.booleans(),
    "texts": st.text(max_size=3),
    "ascii": st.text("ab01 ", min_size=1, max_size=3),
    "bytes": st.binary(min_size=1, max_size=3),
    "dates": st.integers(0, 1000).map(lambda days: DAY + datetime.timedelta(days)),
    "durations": st.integers(-1000, 1000).map(lambda days: datetime.timedelta(days)),
    "decimals": st.integers(-5, 5).map(decimal.Decimal),
    "complex": st.integers(-5, 5).map(complex),
    "tuples": st.tuples(st.integers(0, 2), st.integers(0, 2)),
    "missing": st.sampled_from([None, float("nan"), pd.NA, pd.NaT, np.datetime64("NaT")]),
}
DTYPES = [
    "?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "g", ">i4", ">f8", "U",
    ">U3", "S", "O", "c16", "M8[D]", "M8[ns]", "m8[s]", StringDType(),
]  # fmt: skip
CONTAINERS = {
    "array": lambda y: y,
    "list": lambda y: y.tolist(),
    "tuple": lambda y: tuple(y.tolist()),
    "Series": lambda y: pd.Series(y, index=np.arange(len(y)) * 7),
    "Categorical": lambda y: pd.Series(pd.Categorical(y)),
    "nullable": lambda y: pd.Series(y).convert_dtypes(),
    "frame": pd.DataFrame,
    "polars": lambda y: pl.Series(y.tolist()),
    "polars frame": lambda y: pl.DataFrame({"y": y.tolist()}),
    "masked": lambda y: np.ma.array(y, mask=np.arange(y.size).reshape(y.shape) == 1),
    "unmasked": np.ma.array,
    "strided": lambda y: np.repeat(y, 2, axis=0)[::2],
    "read-only": lambda y: np.broadcast_to(y, y.shape),
}
SHAPES = {
    "1-D": lambda y: y,
    "column": lambda y: y[:, np.newaxis],
    "rows": lambda y: np.stack([y, y], axis=1),
    "one-hot": lambda y: (y[:, np.newaxis] == np.asarray(sorted(set(y.tolist())), y.dtype)).astype(
        y.dtype
    ),
    "indicator": lambda y: np.eye(3, dtype=int)[SIDE] + np.eye(3, dtype=int)[SIDE[::-1]] > 0,
    "3-D": lambda y: y[:, np.newaxis, np.newaxis],
    "short": lambda y: y[:-1],
    "empty": lambda y: y[:0],
    "scalar": lambda y: y[0],
}


def with_dtype(y, dtype):
    return np.array(y.tolist()) if dtype == "natural" else y.astype(dtype)


@st.composite
def targets(draw):
    """Some values, of a dtype, in a shape and a container; what NumPy refuses is no target."""
    usual = ["ints", "floats", "bools", "ascii"] * 4
    kinds = draw(st.lists(st.sampled_from(usual + sorted(VALUES)), min_size=1, max_size=2))
    kinds = kinds if draw(st.integers(0, 4)) == 0 else kinds[:1]  # mixed ones are refused
    several = st.lists(st.one_of([VALUES[kind] for kind in kinds]), min_size=2, max_size=3)
    some = draw(several)
    values = [some[i % len(some)] for i in range(N)]
    dtype = draw(st.sampled_from(["natural"] * 20 + DTYPES))
    shape = draw(st.sampled_from(["1-D"] * 20 + ["one-hot", "indicator"] * 4 + sorted(SHAPES)))
    container = draw(st.sampled_from(["array"] * 10 + sorted(CONTAINERS)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        y = objects(values)
        for change in (lambda y: with_dtype(y, dtype), SHAPES[shape], CONTAINERS[container]):
            try:
                y = change(y)
            except Exception:  # then as it was
                continue
    return y


# --- weights and sequences -----------------------------------------------------------------

WEIGHTS = {
    "none": None,
    "ones": np.ones(N),
    "number": 2.0,
    "random": RNG.uniform(0, 2, N),
    "some zeros": SIDE % 2 * 1.0,
    "a class of zeros": (SIDE > 0) * 1.0,
    "all but one zero": np.eye(N)[0],
    "zeros": np.zeros(N),
    "tiny": np.full(N, 1e-46),
    "small": np.full(N, 1e-19),
    "huge": np.full(N, 1e300),
    "beyond": np.full(N, np.longdouble("1e4000")),
    "mixed": np.r_[np.full(N - 1, 1e-46), 1.0],
    "mixed huge": np.r_[np.ones(N - 1), 1e60],
    "negative": -np.ones(N),
    "NaN": np.full(N, np.nan),
    "infinite": np.full(N, np.inf),
    "ints": SIDE + 1,
    "bools": SIDE > 0,
    "float16": np.full(N, 0.5, "f2"),
    "objects": objects([1.0] * N),
    "None": objects([None] * N),
    "text": np.array(["1"] * N),
    "durations": np.ones(N, "m8[s]"),
    "complex": np.ones(N) + 1j,
    "masked": np.ma.array(np.ones(N), mask=SIDE == 0),
    "column": np.ones((N, 1)),
    "short": np.ones(N - 1),
    "Series": pd.Series(np.ones(N), index=range(3, N + 3)),
    "nullable": pd.Series([1.0, None] * (N // 2), dtype="Float64"),
    "polars": pl.Series(np.ones(N)),
}
SEQUENCES = {
    "noise": NOISE,
    "2-D": NOISE[:, :, 0],
    "float32": NOISE.astype("f4"),
    "float16": NOISE.astype("f2"),
    "longdouble": NOISE.astype("g"),
    "ints": SIDE[:, np.newaxis] + np.arange(3),
    "bools": NOISE > 0,
    "objects": NOISE.astype(object),
    "frame": pd.DataFrame(NOISE[:, :, 0], columns=["a", "b", "c"]),
    "nullable": pd.DataFrame(SIDE[:, np.newaxis] + np.arange(3)).astype("Int64"),
    "polars": pl.DataFrame(NOISE[:, :, 0]),
    "list": NOISE.tolist(),
    "constant": np.ones((N, 3)),
    "large": NOISE * 1e30,
    "too large": NOISE * 1e300,
    "vanishing": NOISE * 1e-50,
    "far off": NOISE + 1e12,
    "NaN": np.where(NOISE > 2, np.nan, NOISE),
    "text": NOISE.astype(str),
    "dates": np.zeros((N, 3), "M8[D]"),
    "complex": NOISE + 1j,
    "1-D": NOISE[:, 0, 0],
    "4-D": NOISE[..., np.newaxis],
    "one step": NOISE[:, :1],
    "no steps": NOISE[:, :0],
    "short": NOISE[:-2],
}
usual_weights = st.sampled_from(["none"] * 80 + sorted(WEIGHTS))
usual_sequences = st.sampled_from(["noise"] * 80 + sorted(SEQUENCES))


# --- properties ----------------------------------------------------------------------------


NAMES = (
    r"\by\b|\bX\b|sample_weight|[Ss]ample weights|label|class|inconsistent numbers|diverged"
    # scikit-learn's words for X
    r"|Complex data|2D array|Found array|numeric values|must hold numbers"
)


def fit_or_refuse(model, X, y, weight):
    """Fit; None where the input is refused in words that name what is refused."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of columns, lost weights and collapsed features
        try:
            return model.fit(X, y, sample_weight=weight)
        except (TypeError, ValueError) as error:
            if not re.search(NAMES, str(error)):
                raise
            return None


def stored_and_loaded(model):
    stream = io.BytesIO()
    joblib.dump(model, stream)
    stream.seek(0)
    return [pickle.loads(pickle.dumps(model)), joblib.load(stream)]


@BOUNDED
@given(y=targets(), weight=usual_weights, X=usual_sequences)
def test_a_classifier_answers_with_its_labels_or_says_why_not(y, weight, X):
    model = fit_or_refuse(LSTMClassifier(**SMALL), SEQUENCES[X], y, WEIGHTS[weight])
    if model is None:
        return
    predicted, probabilities = model.predict(SEQUENCES[X]), model.predict_proba(SEQUENCES[X])
    known = np.asarray(y)
    assert len(predicted) == len(known) and np.isfinite(probabilities).all()
    if model.target_encoder_.kind_ == "labels":
        assert set(predicted.tolist()) <= set(model.classes_.tolist())
        assert set(model.classes_.tolist()) <= set(known.ravel().tolist())
        assert known.dtype.kind in "OT" or predicted.dtype == known.dtype.newbyteorder("=")
    else:
        assert predicted.shape == known.shape and set(np.unique(predicted)) <= {0, 1}
    if model.target_encoder_.kind_ != "indicator":
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)
    for loaded in stored_and_loaded(model):
        again = loaded.predict(SEQUENCES[X])
        np.testing.assert_array_equal(again, predicted)
        assert again.dtype == predicted.dtype
        np.testing.assert_array_equal(loaded.predict_proba(SEQUENCES[X]), probabilities)


@st.composite
def numbers(draw):
    """Targets of a regression: mostly numbers of any magnitude."""
    if draw(st.booleans()):
        return draw(targets())
    some = draw(st.lists(st.floats(allow_nan=False), min_size=1, max_size=N))
    columns = draw(st.integers(0, 2))
    y = np.resize(some, (N, columns) if columns else N)
    with np.errstate(over="ignore"):
        return y.astype(draw(st.sampled_from(["f8", "f8", "f4", "f2", "g", "O"])))


@BOUNDED
@given(y=numbers(), weight=usual_weights, X=usual_sequences, normalize_y=st.booleans())
def test_a_regressor_answers_with_finite_numbers_or_says_why_not(y, weight, X, normalize_y):
    model = LSTMRegressor(**SMALL, normalize_y=normalize_y)
    if fit_or_refuse(model, SEQUENCES[X], y, WEIGHTS[weight]) is None:
        return
    predicted = model.predict(SEQUENCES[X])
    assert predicted.shape == np.shape(y) and predicted.dtype == np.float64
    assert np.isfinite(predicted).all()
    for loaded in stored_and_loaded(model):
        np.testing.assert_array_equal(loaded.predict(SEQUENCES[X]), predicted)


@BOUNDED
@given(y=targets(), more=targets())
def test_more_labels_are_learnt_or_refused_and_change_nothing(y, more):
    model = fit_or_refuse(LSTMClassifier(**SMALL, warm_start=True), NOISE, y, None)
    if model is None:
        return
    before, classes = model.predict_proba(NOISE), model.classes_
    if fit_or_refuse(model, NOISE, more, None) is None:
        np.testing.assert_array_equal(model.predict_proba(NOISE), before)
    assert model.classes_ is classes
