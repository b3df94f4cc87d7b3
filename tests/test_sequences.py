"""Sequences in: any real dtype and layout gives the same answer, all else is refused."""

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.calibration import CalibratedClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklstm import (
    LSTMClassifier,
    LSTMRegressor,
    SlidingWindow,
    TimeDistributedTransformer,
    WindowImputer,
    Windows,
    last_window,
    make_windows,
)
from sklstm._sequences import check_sequences
from sklstm.inspection import permutation_importance

SMALL = dict(units=3, epochs=1, random_state=0)
# small integers are exact in every dtype
X = np.random.default_rng(0).integers(-8, 8, (12, 5, 2))
Y = X[:, 0, 0].astype(float)


@pytest.fixture(scope="module")
def fitted():
    return LSTMRegressor(**SMALL).fit(X, Y)


LAYOUTS = {
    "float64": lambda a: a.astype("f8"),
    "float32": lambda a: a.astype("f4"),
    "float16": lambda a: a.astype("f2"),
    "int8": lambda a: a.astype("i1"),
    "big-endian": lambda a: a.astype(">f8"),
    "objects": lambda a: a.astype(object),
    "Fortran": np.asfortranarray,
    "strided": lambda a: np.repeat(a, 2, axis=1)[:, ::2],
    "read-only": lambda a: np.broadcast_to(a, a.shape),
    "lists": lambda a: a.tolist(),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_give_the_same_answer(fitted, layout):
    other = LAYOUTS[layout](X)
    expected = fitted.predict(X)
    np.testing.assert_array_equal(fitted.predict(other), expected)
    np.testing.assert_array_equal(LSTMRegressor(**SMALL).fit(other, Y).predict(X), expected)


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_frames_are_univariate_sequences(frame):
    flat = X[:, :, 0]
    names = [f"t{i}" for i in range(5)]
    data = frame(dict(zip(names, flat.T, strict=True)))
    model = LSTMRegressor(**SMALL).fit(data, Y)
    np.testing.assert_array_equal(model.feature_names_in_, names)
    expected = LSTMRegressor(**SMALL).fit(flat, Y).predict(flat)
    np.testing.assert_array_equal(model.predict(data), expected)
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(data[names[::-1]])


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.where(X.max() == X, np.nan, X), "contains NaN.*interpolate"),
        (pd.DataFrame({"when": pd.date_range("2020", periods=12), "b": range(12)}), "dates into"),
        (pl.DataFrame({"when": pd.date_range("2020", periods=12).to_numpy()}), "dates into"),
        (np.where(X.max() == X, np.inf, X), "contains infinity"),
        (np.where(np.arange(120).reshape(12, 5, 2) == 37, np.nan, X), "sample 3 of X, time step 3"),
        (X.astype("f8") * 1e300, "too large for dtype"),
        (X + 1j, "Complex data not supported"),
        (X.astype(str), "dtype|strings"),
        (sparse.csr_matrix(X[:, :, 0]), "(?i)sparse"),
        (X[:, 0, 0], "1D array"),
        (X[..., np.newaxis], "dim 4"),
        (X[:0], "0 sample"),
        (X[:, :0], "minimum of 1|shape"),
        (X[:, :, :0], "minimum of 1|shape"),
    ],
)
def test_what_is_no_sequence_is_refused(fitted, bad, message):
    model = LSTMRegressor(**SMALL)
    with pytest.raises((ValueError, TypeError), match=message):
        model.fit(bad, Y)
    assert vars(model) == vars(LSTMRegressor(**SMALL))
    with pytest.raises((ValueError, TypeError), match=message):
        fitted.predict(bad)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (X[:, :4], r"\(12, 4, 2\).* 5 time steps of 2 feature"),
        (X[:, :, :1], r"\(12, 5, 1\).* 5 time steps of 2 feature"),
        (X[:, :, 0], r"\(12, 5\).* 5 time steps of 2 feature"),
    ],
)
def test_other_shapes_than_those_of_fit_are_refused(fitted, other, message):
    with pytest.raises(ValueError, match=message):
        fitted.predict(other)


def test_univariate_sequences_of_another_length_are_refused():
    model = LSTMRegressor(**SMALL).fit(X[:, :, 0], Y)
    with pytest.raises(ValueError, match="X has 4 features, but LSTMRegressor is expecting 5"):
        model.predict(X[:, :4, 0])


# --- numbers that float32 cannot hold ------------------------------------------------------

NOISE = np.random.default_rng(0).normal(size=(40, 6))


def test_timestamps_that_collapse_in_float32_are_warned_of():
    """Seconds since 1970: float32 has one number every 128 of them."""
    seconds = 1.7e9 + 60.0 * np.arange(40)[:, np.newaxis] + 10.0 * np.arange(6)
    stacked = np.stack([NOISE, seconds], axis=2)
    with pytest.warns(UserWarning, match=r"Features \[1\] of X vary by less.*Scale X"):
        LSTMRegressor(**SMALL).fit(stacked, NOISE[:, -1])
    with pytest.warns(UserWarning, match=r"Features \[0\] of X"):
        LSTMRegressor(**SMALL).fit(seconds.astype(np.int64), NOISE[:, -1])


@pytest.mark.parametrize("offset", [0.0, 300.0, 1e4])
def test_ordinary_offsets_are_not_warned_of(offset):
    LSTMRegressor(**SMALL).fit(NOISE + offset, NOISE[:, -1])  # warnings are errors


def test_constant_features_are_fine():
    with_constant = np.stack([NOISE, np.full_like(NOISE, 1.7e9)], axis=2)
    assert np.isfinite(
        LSTMRegressor(**SMALL).fit(with_constant, NOISE[:, -1]).predict(with_constant)
    ).all()


@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize(("unit", "warns"), [(1e-43, True), (1e-40, True), (1e-33, False)])
def test_numbers_that_vanish_in_float32_are_warned_of(dtype, unit, warns):
    """The least normal number of float32 is 1.2e-38; in a network, smaller ones count as 0."""
    tiny = np.stack([NOISE, NOISE * unit], axis=2).astype(dtype)
    model = LSTMRegressor(**SMALL)
    if warns:
        with pytest.warns(UserWarning, match=r"Features \[1\] of X vary by less.*Scale X"):
            model.fit(tiny, NOISE[:, -1])
    else:
        model.fit(tiny, NOISE[:, -1])  # warnings are errors


@pytest.mark.parametrize("weight", [1e-46, 1e-40, 1e-19, 1e19, 1e38, 1e300])
def test_weights_that_float32_cannot_hold_are_refused(weight):
    message = r"largest weight of a sample.* is 1e.*between 1e-18 and 1e\+18.*by its mean"
    with pytest.raises(ValueError, match=message):
        LSTMRegressor(**SMALL).fit(NOISE, NOISE[:, 0], sample_weight=np.full(40, weight))
    mixed = np.r_[np.full(39, min(1.0, weight)), weight]
    with pytest.raises(ValueError, match=message):
        LSTMRegressor(**SMALL).fit(NOISE, NOISE[:, 0], sample_weight=mixed)


@pytest.mark.parametrize("weight", [1e-17, 1e17])
def test_weights_of_an_unusual_unit_train(weight):
    """A mean squared error near 1, in units of the weight."""
    model = LSTMRegressor(**SMALL).fit(NOISE, NOISE[:, 0], sample_weight=np.full(40, weight))
    plain = LSTMRegressor(**SMALL).fit(NOISE, NOISE[:, 0])
    assert model.loss_curve_[0] == pytest.approx(weight * plain.loss_curve_[0], rel=0.1)


def test_weights_that_are_lost_beside_others_are_told_of():
    weight = np.r_[np.ones(37), 1e-46, 1e-40, 0.0]
    with pytest.warns(UserWarning, match="2 of the positive sample weights are too small"):
        LSTMRegressor(**SMALL).fit(NOISE, NOISE[:, 0], sample_weight=weight)


# --- lazy windows ---------------------------------------------------------------------------


def test_rows_on_disk_stay_there(tmp_path):
    np.save(tmp_path / "rows.npy", np.arange(200, dtype=np.float32).reshape(100, 2))
    rows = np.load(tmp_path / "rows.npy", mmap_mode="r")
    windows = Windows(rows, lookback=5)
    for part in (windows, windows[::7], windows[[3, 90, 40]]):
        checked = check_sequences(LSTMRegressor(), part, reset=True).values
        assert np.shares_memory(checked.rows, rows)
        np.testing.assert_array_equal(checked, part)


def test_rows_in_another_precision_are_copied_as_far_as_windows_cover_them():
    windows = Windows(np.arange(200.0).reshape(100, 2), lookback=5)
    checked = check_sequences(LSTMRegressor(), windows[[3, 4, 40]], reset=True).values
    assert checked.rows.dtype == np.float32 and checked.rows.shape == (11, 2)
    np.testing.assert_array_equal(checked, windows[[3, 4, 40]])


# --- names ----------------------------------------------------------------------------------

SERIES = pd.DataFrame({"load": np.arange(20.0) % 7, "price": np.arange(20.0) % 3})


@pytest.mark.parametrize("lazy", [False, True])
def test_networks_note_names_of_windows_and_check_them(lazy, tmp_path):
    windows, y = make_windows(SERIES, "load", lookback=4, lazy=lazy)
    model = LSTMRegressor(**SMALL, warm_start=True).fit(windows, y)
    assert model.feature_names_in_.tolist() == ["load", "price"]
    joblib.dump(model, tmp_path / "model")
    loaded = joblib.load(tmp_path / "model")
    last = last_window(SERIES, 4)
    np.testing.assert_array_equal(loaded.predict(last), model.predict(last))
    swapped = SERIES[["price", "load"]]
    for other in (last_window(swapped, 4), Windows(swapped, lookback=4)):
        with pytest.raises(ValueError, match="feature names should match"):
            loaded.predict(other)
    with pytest.warns(UserWarning, match="X does not have valid feature names, but LSTMRegressor"):
        loaded.predict(np.asarray(last))
    with pytest.raises(ValueError, match="feature names should match"):
        loaded.fit(make_windows(swapped, "load", lookback=4)[0], y)
    with pytest.warns(UserWarning, match="X has feature names, but .* without feature names"):
        LSTMRegressor(**SMALL).fit(np.asarray(windows), y).predict(last)


def test_names_reach_the_network_at_the_end_of_a_pipeline():
    frame = SERIES.copy()
    frame.loc[9, "price"] = np.nan
    windows, labels = make_windows(frame, SERIES["load"] > 3, lookback=6, horizon=0, allow_nan=True)
    pipeline = make_pipeline(
        WindowImputer(add_indicator=True, padding=None),
        TimeDistributedTransformer(StandardScaler()),
        SlidingWindow(3),
        CalibratedClassifierCV(LSTMClassifier(**SMALL), cv=2, ensemble=False, n_jobs=2),
    ).fit(windows, labels)
    names = ["load", "price", "missingindicator_load", "missingindicator_price"]
    assert pipeline[-1].feature_names_in_.tolist() == names
    assert pipeline.feature_names_in_.tolist() == ["load", "price"]
    assert pipeline.predict_proba(windows[-2:]).shape == (2, 2)


def test_missing_values_are_told_by_the_name_of_their_column():
    frame = SERIES.copy()
    frame.loc[9, "price"] = np.nan
    windows, y = make_windows(frame, "load", lookback=6, allow_nan=True)
    network = LSTMRegressor(**SMALL)
    with pytest.raises(ValueError, match=r"NaN. .* in sample 4 of X, 'price' at t \(time step 5\)"):
        network.fit(windows, y)
    with pytest.raises(ValueError, match=r"row 9 of the rows of X, column 'price'"):
        network.fit(make_windows(frame, "load", lookback=6, allow_nan=True, lazy=True)[0], y)
    padded = windows.copy()
    padded[0, 3:] = np.nan
    with pytest.raises(ValueError, match=r"NaN. .* in sample 4 of X, 'price' at t \(time step 5\)"):
        network.fit(padded, y)


# --- sequences that are DataFrames -----------------------------------------------------------


def test_names_of_sequences_are_those_of_their_columns():
    sequences = [pd.DataFrame(X[i, : 2 + i % 3], columns=["load", "heat"]) for i in range(12)]
    model = LSTMClassifier(**SMALL).fit(sequences, Y > 0)
    assert model.feature_names_in_.tolist() == ["load", "heat"]
    plain = LSTMClassifier(**SMALL).fit([each.to_numpy() for each in sequences], Y > 0)
    expected = plain.predict_proba([each.to_numpy() for each in sequences])
    np.testing.assert_array_equal(model.predict_proba(sequences), expected)
    with pytest.raises(ValueError, match=r"\['heat', 'load'\], but .* on \['load', 'heat'\]"):
        model.predict([each[["heat", "load"]] for each in sequences])
    result = permutation_importance(model, sequences, Y > 0, n_repeats=1, random_state=0)
    assert result.feature_names == ["load", "heat"]
    sequences[3] = sequences[3].assign(heat=[0.0, np.nan])
    with pytest.raises(ValueError, match=r"sample 3 of X, 'heat' at t \(time step 1"):
        model.predict(sequences)
