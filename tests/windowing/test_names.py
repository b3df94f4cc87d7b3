"""Names of features in steps of pipelines: kept, handed on, checked, and told in errors."""

import pickle
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, PolynomialFeatures

from sklstm import SlidingWindow, TimeDistributedTransformer, WindowImputer, make_windows
from sklstm.windowing import _time_distributed

FRAME = pd.DataFrame({"load": np.arange(12.0), "heat": np.arange(12.0) ** 2 % 7})
STEPS = [SlidingWindow(2), WindowImputer(), TimeDistributedTransformer(MinMaxScaler())]


def windows(frame=FRAME, lazy=False, **options):
    return make_windows(frame, frame.iloc[:, 0], lookback=4, lazy=lazy, **options)[0]


class Failing(TransformerMixin, BaseEstimator):
    """It has no names for what it returns."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X

    def get_feature_names_out(self, input_features=None):
        raise ValueError("no names")


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("step", STEPS)
def test_steps_note_names_and_hand_them_on(step, lazy):
    X, step = windows(lazy=lazy), clone(step)
    out = step.fit(X).transform(X)
    assert step.feature_names_in_.tolist() == ["load", "heat"] and step.n_features_in_ == 2
    assert step.feature_names_in_.dtype == object
    assert out.feature_names == ["load", "heat"]
    plain = step.fit(np.asarray(X)).transform(np.asarray(X))
    assert not hasattr(step, "feature_names_in_") and type(plain) is np.ndarray
    if lazy and isinstance(step, TimeDistributedTransformer):
        return  # its scaler has seen each row once
    np.testing.assert_array_equal(np.asarray(out), plain)


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("step", STEPS)
def test_names_are_checked_as_scikit_learn_does(step, lazy):
    X, step = windows(lazy=lazy), clone(step)
    step.fit(X)
    for names in (["heat", "load"], ["load", "cold"]):
        other = windows(FRAME.set_axis(names, axis=1), lazy)
        found, fitted = re.escape(f"X has the features {names}"), re.escape("['load', 'heat']")
        with pytest.raises(ValueError, match=f"should match.*{found}.* fitted on {fitted}"):
            step.transform(other)
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        step.transform(np.asarray(X))
    step.fit(np.asarray(X))
    with pytest.warns(UserWarning, match="X has feature names, but .* without feature names"):
        step.transform(X)


@pytest.mark.parametrize("lazy", [False, True])
def test_added_features_have_names(lazy):
    X = windows(lazy=lazy)
    pipeline = make_pipeline(
        WindowImputer(add_indicator=True),
        TimeDistributedTransformer(MinMaxScaler()),
        SlidingWindow(3),
    )
    out = pipeline.fit_transform(X)
    names = ["load", "heat", "missingindicator_load", "missingindicator_heat"]
    assert out.shape == (8, 3, 4) and out.feature_names == names
    assert np.asarray(out).shape == (8, 3, 4)  # lazy ones are filled in without a warning
    assert out[2:4].feature_names == names


@pytest.mark.parametrize(
    ("transformer", "names"),
    [
        (PCA(2), ["pca0", "pca1"]),
        (PolynomialFeatures(2, interaction_only=True), ["1", "load", "heat", "load heat"]),
        (
            ColumnTransformer([("unit", MinMaxScaler(), [1])], remainder="passthrough"),
            ["unit__heat", "remainder__load"],
        ),
        (FunctionTransformer(np.sqrt), None),
        (make_pipeline(MinMaxScaler(), FunctionTransformer(np.sqrt)), None),
        (Failing(), None),
    ],
)
def test_transformers_name_their_output_or_do_not(transformer, names):
    X = windows()
    step = TimeDistributedTransformer(transformer).fit(X)
    assert getattr(step.transform(X), "feature_names", None) == names


@pytest.mark.parametrize("step", [SlidingWindow(2), WindowImputer(add_elapsed=True)])
def test_windows_through_blocks_keep_names(step, monkeypatch):
    monkeypatch.setattr(_time_distributed, "needs_blocks", lambda X: True)
    X = step.fit_transform(windows(lazy=True))
    scale = TimeDistributedTransformer(MinMaxScaler()).fit(X)
    out = scale.transform(X)
    assert scale.feature_names_in_.tolist() == out.feature_names == X.feature_names
    assert scale.inverse_transform(out).feature_names == X.feature_names


@pytest.mark.parametrize("lazy", [False, True])
def test_names_come_back_with_the_units(lazy):
    X = windows(lazy=lazy)
    step = TimeDistributedTransformer(PCA(2)).fit(X)
    back = step.inverse_transform(step.transform(X))
    assert back.feature_names == ["load", "heat"]
    np.testing.assert_allclose(np.asarray(back), np.asarray(X), atol=1e-12)


def test_rows_of_a_frame_give_windows_with_names():
    assert SlidingWindow(3).fit_transform(FRAME).feature_names == ["load", "heat"]


def test_padded_windows_keep_names():
    X = windows().copy()
    X[0, 2:] = np.nan
    for step in (SlidingWindow(3), *map(clone, STEPS[1:])):
        out = step.fit_transform(X)
        assert out.feature_names == ["load", "heat"] and np.isnan(out[0, -1]).all()
    assert SlidingWindow(2).fit_transform([[[1.0]], [[1.0], [2.0]]])[1].tolist() == [[1.0], [2.0]]


# --- errors --------------------------------------------------------------------------------


def test_errors_call_values_by_name():
    frame = FRAME.copy()
    frame.loc[5, "heat"] = np.nan
    X = windows(frame, allow_nan=True, horizon=1)
    with pytest.raises(ValueError, match=r"sample 2 of X, 'heat' at t \(time step 3\)\. Interp"):
        SlidingWindow(2).fit(X)
    with pytest.raises(ValueError, match=r"sample 0 of X, 'heat' at t-1 \(time step 2\)\. Interp"):
        SlidingWindow(2).fit(X[3:])
    infinite = windows().copy()
    infinite[1, 0, 1] = np.inf
    with pytest.raises(ValueError, match=r"sample 1 of X, 'heat' at t-3 \(time step 0\)\. Repl"):
        WindowImputer().fit(infinite)
    infinite[0, 2:] = np.nan
    with pytest.raises(ValueError, match=r"sample 1 of X, 'heat' at t-3 \(time step 0\)\. Repl"):
        WindowImputer().fit(infinite)
    lazy = windows(frame, allow_nan=True, lazy=True)
    with pytest.raises(ValueError, match="row 5 of the rows of X, column 'heat'"):
        SlidingWindow(2).fit(lazy)
    nothing = windows(frame.assign(heat=np.nan), allow_nan=True)
    with pytest.raises(ValueError, match="Feature 'heat' of X has no value at all"):
        WindowImputer(padding=None).fit(nothing)


# --- lists of DataFrames ---------------------------------------------------------------------


def frames(columns=("load", "heat"), lengths=(5, 3, 4, 6)):
    return [FRAME[list(columns)].iloc[start : start + n] for start, n in enumerate(lengths)]


@pytest.mark.parametrize("lengths", [(5, 3, 4, 6), (4, 4, 4, 4)])
@pytest.mark.parametrize("step", STEPS[1:])
def test_sequences_that_are_dataframes_hand_their_names_on(step, lengths):
    X, step = frames(lengths=lengths), clone(step)
    out = step.fit(X).transform(X)
    assert step.feature_names_in_.tolist() == ["load", "heat"]
    assert out.feature_names == ["load", "heat"]
    assert (
        out[1:].feature_names == pickle.loads(pickle.dumps(out)).feature_names == out.feature_names
    )
    plain = [frame.to_numpy() for frame in X]
    for named, nameless in zip(out, clone(step).fit(plain).transform(plain), strict=True):
        np.testing.assert_array_equal(named, nameless)


def test_sequences_with_columns_in_another_order_are_refused():
    scaler = TimeDistributedTransformer(MinMaxScaler()).fit(frames())
    with pytest.raises(ValueError, match=r"\['heat', 'load'\], but .* on \['load', 'heat'\]"):
        scaler.transform(frames(["heat", "load"]))
    mixed = [*frames()[:2], *frames(["heat", "load"])[2:]]
    with pytest.raises(ValueError, match=r"Sequence 2 has .*'heat', 'load'.*same order"):
        scaler.transform(mixed)


def test_columns_that_become_one_have_the_name_of_what_they_become():
    out = TimeDistributedTransformer(PCA(1)).fit_transform(frames())
    assert out.feature_names == ["pca0"] and out[0].shape == (5, 1)
