"""Which parts are shuffled, between which samples, and what the scores say of it."""

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import make_scorer, mean_absolute_error
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklstm import (
    Forecaster,
    LSTMClassifier,
    SlidingWindow,
    TimeDistributedTransformer,
    make_windows,
    metrics,
    pad_sequences,
)
from sklstm.inspection import _shuffling, permutation_importance
from sklstm.inspection._shuffling import Cell, shuffler_of

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 6, 3))


class Reader(RegressorMixin, BaseEstimator):
    """Predict a weighted sum of the last steps, without learning anything; keep what it is given.

    Weights are of shape (n_steps, n_features), for the last steps.
    """

    def __init__(self, weights=None):
        self.weights = weights

    def fit(self, X, y):
        return self

    def predict(self, X):
        self.seen_ = X
        weights = np.asarray(self.weights)
        return np.array([(np.asarray(x)[-len(weights) :] * weights[-len(x) :]).sum() for x in X])

    def __sklearn_is_fitted__(self):
        return True


class Sign(ClassifierMixin, Reader):
    classes_ = np.array(["falls", "rises"])

    def predict(self, X):
        return self.classes_[(super().predict(X) > 0).astype(int)]


def reader(cells, n_steps=6, n_features=3):
    weights = np.zeros((n_steps, n_features))
    for step, feature, weight in cells:
        weights[step, feature] = weight
    return Reader(weights)


TWO_CELLS = reader([(4, 0, 2.0), (1, 2, 1.0)])
Y = TWO_CELLS.predict(X)


def test_two_true_cells_are_found():
    result = permutation_importance(
        TWO_CELLS, X, Y, by="feature_and_step", n_repeats=20, random_state=0
    )
    # R^2 falls by E (w x - w x')^2 / var y = 2 w^2 / 5
    expected = np.zeros((6, 3))
    expected[4, 0], expected[1, 2] = 2 * 4 / 5, 2 * 1 / 5
    assert_allclose(result.importances_mean, expected, atol=0.1)
    assert_array_equal(result.importances_mean[expected == 0], 0)
    assert result.importances.shape == (6, 3, 20)
    assert_allclose(result.importances_std, result.importances.std(axis=-1))
    assert result.baseline_score == 1
    assert result.step_names == ["t-5", "t-4", "t-3", "t-2", "t-1", "t"]
    assert result.feature_names == ["x0", "x1", "x2"]


def test_a_network_trained_on_two_cells_shows_them():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(400, 5, 3))
    y = np.where(X[:, 3, 1] + X[:, 1, 0] > 0, "up", "down")
    model = LSTMClassifier(units=8, epochs=30, learning_rate=0.02, random_state=0)
    pipe = make_pipeline(TimeDistributedTransformer(StandardScaler()), model).fit(X[:300], y[:300])
    result = permutation_importance(
        pipe, X[300:], y[300:], by="feature_and_step", scoring="neg_log_loss", random_state=0
    )
    best = np.argsort(result.importances_mean.ravel())[-2:]
    assert set(map(tuple, np.argwhere(np.isin(np.arange(15).reshape(5, 3), best)))) == {
        (3, 1),
        (1, 0),
    }


def test_features_steps_and_blocks_sum_over_what_they_hold():
    """Cells that are independent of each other lose as much together as each for itself."""
    arguments = dict(n_repeats=30, random_state=0)
    by_feature = permutation_importance(TWO_CELLS, X, Y, **arguments)
    assert_allclose(by_feature.importances_mean, [1.6, 0, 0.4], atol=0.1)
    assert by_feature.step_names is None
    by_step = permutation_importance(TWO_CELLS, X, Y, by="step", **arguments)
    assert_allclose(by_step.importances_mean, [0, 0.4, 0, 0, 1.6, 0], atol=0.1)
    assert by_step.feature_names is None
    blocks = permutation_importance(TWO_CELLS, X, Y, by="block", block_size=4, **arguments)
    assert blocks.step_names == ["t-5 to t-4", "t-3 to t"]
    assert_allclose(blocks.importances_mean, [0.4, 1.6], atol=0.1)
    both = permutation_importance(
        TWO_CELLS, X, Y, by="feature_and_block", block_size=3, **arguments
    )
    assert_allclose(both.importances_mean, [[0, 0, 0.4], [1.6, 0, 0]], atol=0.1)


def test_all_parts_are_shuffled_in_the_same_orders():
    """So a part that holds another one's cell, and nothing else of use, has its importance."""
    step = permutation_importance(TWO_CELLS, X, Y, by="step", random_state=3)
    cell = permutation_importance(TWO_CELLS, X, Y, by="feature_and_step", random_state=3)
    assert_allclose(step.importances[4], cell.importances[4, 0])


def test_blocks_by_default_are_about_ten():
    series = RNG.normal(size=(20, 95, 1))
    model = reader([], n_steps=95, n_features=1)
    result = permutation_importance(model, series, np.arange(20.0), by="block")
    assert len(result.step_names) == 10
    assert result.step_names[0] == "t-94 to t-90" and result.step_names[-1] == "t-9 to t"


def test_neighbours_that_are_alike_hide_each_other_but_not_from_a_block():
    """The mean of steps that are equal loses little with each, all with all."""
    level = RNG.normal(size=(300, 1, 1)) + np.zeros((1, 6, 1))
    model = reader([(step, 0, 1 / 6) for step in range(6)], n_features=1)
    y = level[:, 0, 0]
    single = permutation_importance(model, level, y, by="step", random_state=0)
    whole = permutation_importance(model, level, y, by="block", block_size=6, random_state=0)
    assert single.importances_mean.sum() < 0.5 and whole.importances_mean[0] > 1.5


def test_groups_of_features():
    frame = ["a", "b", "c"]
    result = permutation_importance(
        TWO_CELLS,
        X,
        Y,
        feature_groups={"first": ["a", "b"], "last": [-1]},
        feature_names=frame,
        n_repeats=20,
        random_state=0,
    )
    assert result.feature_names == ["first", "last"]
    assert_allclose(result.importances_mean, [1.6, 0.4], atol=0.1)
    result = permutation_importance(TWO_CELLS, X, Y, feature_groups=[[0, 1]], feature_names=frame)
    assert result.feature_names == ["a + b"]
    steps = permutation_importance(
        TWO_CELLS, X, Y, by="step", feature_groups=[[1, 2]], random_state=0
    )
    assert steps.importances_mean[4] == 0 and steps.importances_mean[1] > 0.2


def test_scorers_weights_and_samples():
    scoring = {"mae": "neg_mean_absolute_error", "r2": "r2"}
    results = permutation_importance(TWO_CELLS, X, Y, scoring=scoring, random_state=0)
    assert set(results) == {"mae", "r2"}
    alone = permutation_importance(
        TWO_CELLS, X, Y, scoring=make_scorer(mean_absolute_error, greater_is_better=False),
        random_state=0,
    )  # fmt: skip
    assert_allclose(results["mae"].importances, alone.importances)

    weight = np.r_[np.ones(100), np.zeros(200)]
    weighted = permutation_importance(TWO_CELLS, X, Y + X[:, 0, 0], sample_weight=weight)
    part = TWO_CELLS.score(X[:100], (Y + X[:, 0, 0])[:100])
    assert weighted.baseline_score == pytest.approx(part)

    model = reader([(4, 0, 2.0)])
    drawn = permutation_importance(model, X, Y, max_samples=0.1, random_state=0)
    assert len(model.seen_) == 30
    rows = [int(np.flatnonzero(X[:, 0, 1] == x[0, 1])[0]) for x in model.seen_]
    assert drawn.baseline_score == pytest.approx(model.score(X[rows], Y[rows]))
    with pytest.raises(ValueError, match="max_samples=301 is more than the 300 samples"):
        permutation_importance(model, X, Y, max_samples=301)


def test_jobs_and_seeds_repeat_each_other():
    one = permutation_importance(TWO_CELLS, X, Y, by="step", random_state=7)
    with parallel_config("threading"):
        two = permutation_importance(TWO_CELLS, X, Y, by="step", random_state=7, n_jobs=2)
    assert_array_equal(one.importances, two.importances)


def test_other_samples_stay_as_they_are():
    before = X.copy()
    permutation_importance(TWO_CELLS, X, Y, by="feature_and_block")
    assert_array_equal(X, before)


# --- sequences of unequal length -----------------------------------------------------------


def test_each_step_is_permuted_among_the_sequences_that_have_it():
    lengths = [1, 4, 2, 4, 3]
    sequences = [np.arange(10.0 * i, 10 * i + n)[:, np.newaxis] for i, n in enumerate(lengths)]
    order = np.array([1, 2, 0, 4, 3])
    shuffler = shuffler_of(sequences, columns_are_steps=True)
    # t: 0 <- 1 <- 2 <- 0, 3 <- 4 <- 3. t-1, without sample 0: 1 <- 2 <- 1. t-2, without 2: 1 <- 1.
    # t-3, without 4: 3 <- 3.
    expected = [[13], [10, 11, 20, 21], [12, 0], [30, 40, 41, 42], [31, 32, 33]]
    everything = shuffler.shuffled(Cell(3, 0, np.array([0])), order)
    assert [x.ravel().tolist() for x in everything] == expected
    part = shuffler.shuffled(Cell(1, 1, np.array([0])), order)
    changed = [[0], [10, 11, 20, 13], [12, 21], [30, 31, 41, 33], [40, 32, 42]]
    assert [x.ravel().tolist() for x in part] == changed


def test_padded_sequences_are_shuffled_as_lists_are():
    lengths = RNG.integers(1, 7, len(X))
    ragged = [x[-n:] for x, n in zip(X, lengths, strict=True)]
    y = TWO_CELLS.predict(ragged)
    arguments = dict(by="feature_and_step", random_state=0, n_repeats=10)
    result = permutation_importance(TWO_CELLS, ragged, y, **arguments)
    best = [(step, feature) for step, feature in np.argwhere(result.importances_mean > 0)]
    assert best == [(1, 2), (4, 0)]

    class OfPadded(Reader):
        def predict(self, X):
            return super().predict([x[~np.isnan(x).all(axis=1)] for x in X])

    for padding in "begin", "end":
        padded = pad_sequences(ragged, padding=padding)
        other = permutation_importance(OfPadded(TWO_CELLS.weights), padded, y, **arguments)
        assert_allclose(other.importances, result.importances)
    drawn = permutation_importance(TWO_CELLS, ragged, y, max_samples=20, random_state=0)
    assert drawn.importances_mean.shape == (3,)


def test_sequences_of_one_length_are_shuffled_as_an_array_is():
    dense = shuffler_of(X[:9], columns_are_steps=True)
    ragged = _shuffling._Unequal(_shuffling.Ragged.from_list([*X[:9]]))
    order, cell = RNG.permutation(9), Cell(3, 1, np.array([0, 2]))
    assert_array_equal(np.stack(ragged.shuffled(cell, order)), dense.shuffled(cell, order))


# --- lazy windows, rows and columns --------------------------------------------------------


def test_lazy_windows_are_gathered_in_batches(monkeypatch):
    rows = RNG.normal(size=(205, 3))
    lazy, _ = make_windows(rows, rows[:, 0], lookback=6, lazy=True)
    dense, _ = make_windows(rows, rows[:, 0], lookback=6)
    y = TWO_CELLS.predict(dense)
    monkeypatch.setattr(_shuffling, "BATCH_BYTES", 30 * 6 * 3 * 8)
    model = reader([(4, 0, 2.0), (1, 2, 1.0)])
    scorings = [None, "neg_mean_absolute_error", ["r2", "neg_max_error"], metrics.MASEScorer()]
    for scoring in scorings:
        one = permutation_importance(model, lazy, y, by="step", scoring=scoring, random_state=0)
        assert type(model.seen_) is np.ndarray and len(model.seen_) == 199 % 30
        two = permutation_importance(model, dense, y, by="step", scoring=scoring, random_state=0)
        pairs = [(one, two)] if "importances" in one else [(one[k], two[k]) for k in two]
        for lazily, at_once in pairs:
            assert_allclose(lazily.importances, at_once.importances, atol=1e-12)
    rises = np.where(y > 0, "rises", "falls")
    accuracy = permutation_importance(Sign(TWO_CELLS.weights), lazy, rises, random_state=0)
    assert accuracy.baseline_score == 1 and accuracy.importances_mean[0] > 0.2
    drawn = permutation_importance(model, lazy, y, max_samples=50, random_state=0)
    assert drawn.importances.shape == (3, 5)


def test_the_default_score_of_a_search_is_its_own():
    lazy, target = make_windows(np.arange(60.0) ** 2, lookback=3, lazy=True)

    class Flat(LinearRegression):
        def predict(self, X):
            return super().predict(np.asarray(X).reshape(len(X), -1))

        def fit(self, X, y):
            return super().fit(np.asarray(X).reshape(len(X), -1), y)

    search = GridSearchCV(Flat(), {}, cv=2, scoring="neg_mean_absolute_error")
    search.fit(lazy, target[:, 0])
    result = permutation_importance(make_pipeline(search), lazy, target[:, 0], random_state=0)
    assert result.baseline_score == pytest.approx(0, abs=1e-6)
    assert result.importances_mean[0] > 100  # not between 0 and 2, as R^2


def test_columns_of_rows():
    """A pipeline that makes windows of rows; its columns have names and types of their own."""
    frame = pd.DataFrame({"noise": RNG.integers(0, 9, 200), "wave": RNG.normal(size=200)})
    y = frame["wave"].shift(1, fill_value=frame["wave"][0]).to_numpy()
    model = reader([(1, 1, 1.0)], n_steps=3, n_features=2)
    pipe = make_pipeline(SlidingWindow(3), model).fit(frame, y)
    result = permutation_importance(pipe, frame, y, random_state=0)
    assert result.feature_names == ["noise", "wave"]
    assert result.importances_mean[0] == 0 and result.importances_mean[1] > 1.5
    with pytest.raises(ValueError, match="by='step' needs windows, but X holds rows"):
        permutation_importance(pipe, frame, y, by="step")
    with pytest.raises(ValueError, match="needs windows"):
        permutation_importance(GridSearchCV(pipe, {}).fit(frame, y), frame, y, by="block")


def test_columns_as_steps():
    table = RNG.normal(size=(100, 4))
    y = table[:, 1]
    model = LinearRegression().fit(table, y)
    steps = permutation_importance(model, table, y, by="step", random_state=0)
    assert steps.step_names == ["t-3", "t-2", "t-1", "t"]
    assert steps.importances_mean.argmax() == 1
    frame = pd.DataFrame(table, columns=list("abcd"))
    named = LinearRegression().fit(frame, y)
    by_frame = permutation_importance(named, frame, y, by="block", block_size=1, random_state=0)
    assert_allclose(by_frame.importances, steps.importances)
    columns = permutation_importance(model, table, y, random_state=0)
    assert_allclose(columns.importances, steps.importances)
    assert columns.feature_names == ["x0", "x1", "x2", "x3"]


def test_a_forecaster_and_what_it_calls_its_features():
    rng = np.random.default_rng(0)
    table = np.cumsum(rng.normal(size=(120, 2)), axis=0)
    table[1:, 0] += table[:-1, 1]
    windows, y = make_windows(table, table[:, 0], lookback=4)
    forecaster = Forecaster(Ridge(), baseline=None, feature_names=["load", "wind"]).fit(windows, y)
    result = permutation_importance(forecaster, windows, y, by="feature_and_step", random_state=0)
    assert result.feature_names == ["load", "wind"]
    assert result.importances_mean.argmax() == 3 * 2  # the last value, the level of the window


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(by="block", feature_groups=[[]]), "at least one feature each"),
        (dict(feature_groups=[["height"]]), "'height', which is no feature of X"),
        (dict(feature_groups=[[3]]), "3, which is no feature of X"),
        (dict(feature_names=["a"]), "1 names, but X has 3"),
        (dict(feature_names=["a", "a", "b"]), "must differ"),
        (dict(block_size=2), "block_size=2 is for by='block'"),
        (dict(by="blok"), "The 'by' parameter"),
        (dict(by="block", block_size=0), "The 'block_size' parameter"),
    ],
)
def test_arguments_that_do_not_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        permutation_importance(TWO_CELLS, X, Y, **arguments)


@pytest.mark.parametrize("lazy", [False, True])
def test_names_of_windows_stay_while_their_values_are_shuffled(lazy):
    frame = pd.DataFrame({"load": np.arange(30.0) % 7, "price": np.arange(30.0) % 5})
    X, Y = make_windows(frame, "load", lookback=4, lazy=lazy)
    model = Forecaster(Ridge()).fit(X, Y)
    result = permutation_importance(model, X, Y, by="feature", n_repeats=1, random_state=0)
    assert result.feature_names == ["load", "price"]  # without a warning of missing names
