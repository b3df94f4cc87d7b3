"""Architectures: which candidates are compared, their scores by fold, and their cost."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from sklstm import ARCHITECTURES, LSTMClassifier, LSTMRegressor
from sklstm.plotting import ArchitectureComparisonDisplay

SMALL = dict(units=3, fcn_filters=(4, 3, 4), epochs=3, random_state=0)


@pytest.fixture(scope="module")
def search(X, y):
    pipe = Pipeline([("lstm", LSTMRegressor(**SMALL))])
    grid = {"lstm__arch": list(ARCHITECTURES), "lstm__units": [2, 3]}
    scoring = "neg_mean_absolute_error"
    return GridSearchCV(pipe, grid, cv=3, scoring=scoring).fit(X, y)


def best_of(search):
    """The best candidate of each architecture, found with pandas."""
    table = pd.DataFrame(search.cv_results_)
    return table.loc[table.groupby("param_lstm__arch")["mean_test_score"].idxmax()]


def test_scores_are_paired_by_fold(search):
    display = ArchitectureComparisonDisplay.from_search(search, baseline=[-2.0, -4.0, -3.0])
    best = best_of(search).sort_values("mean_fit_time")
    assert len(display.fold_lines_) == 3
    for fold, line in enumerate(display.fold_lines_):
        np.testing.assert_array_equal(line.get_xdata(), best["mean_fit_time"])
        np.testing.assert_array_equal(line.get_ydata(), best[f"split{fold}_test_score"])
    for _, row in best.iterrows():
        (mean,) = display.mean_points_[row["param_lstm__arch"]].get_ydata()
        assert mean == pytest.approx(row["mean_test_score"])
    assert set(display.baseline_lines_["baseline"].get_ydata()) == {-3.0}
    assert display.ax_.get_ylabel() == "neg mean absolute error"
    looks = {point.get_marker() for point in display.mean_points_.values()}
    assert len(looks) == 5


def test_grids_that_search_other_things_besides_are_left_out(X, y):
    grids = [{"arch": ["stacked", "vanilla"]}, {"units": [2, 4]}]
    search = GridSearchCV(LSTMRegressor(**SMALL), grids, cv=2).fit(X, y)
    display = ArchitectureComparisonDisplay.from_search(search)
    assert list(display.scores) == ["stacked", "vanilla"]
    table = pd.DataFrame(search.cv_results_)
    of_stack = table.loc[
        table["param_arch"] == "stacked", ["split0_test_score", "split1_test_score"]
    ]
    np.testing.assert_array_equal(display.scores["stacked"], of_stack.to_numpy()[0])


def test_weights_are_counted(search, X, y):
    """4 (features + units + 1) units of the LSTM, and units + 1 of the head."""
    display = ArchitectureComparisonDisplay.from_search(
        search, against="parameters", X=X[:5], y=y[:5]
    )
    units = best_of(search).set_index("param_lstm__arch")["param_lstm__units"]["vanilla"]
    (weights,) = display.mean_points_["vanilla"].get_xdata()
    assert weights == 4 * (2 + units + 1) * units + units + 1


def test_weights_are_counted_with_several_outputs(X):
    Y = X[:, -2:, 0]
    search = GridSearchCV(LSTMRegressor(**SMALL), {"arch": ["vanilla"]}, cv=2).fit(X, Y)
    display = ArchitectureComparisonDisplay.from_search(search, against="parameters", X=X, y=Y)
    (weights,) = display.mean_points_["vanilla"].get_xdata()
    assert weights == 4 * (2 + 3 + 1) * 3 + (3 + 1) * 2


def test_weights_are_counted_from_a_few_labels(X):
    """Nothing is held out of them, though the fits of the search do; no class may lack."""
    y = np.resize(["a", "b", "c"], len(X))
    model = LSTMClassifier(**SMALL, early_stopping=True, validation_fraction=0.2)
    search = GridSearchCV(model, {"arch": ["stacked", "bidirectional"]}, cv=2).fit(X, y)
    display = ArchitectureComparisonDisplay.from_search(
        search, against="parameters", X=X[:3], y=y[:3]
    )
    (weights,) = display.mean_points_["bidirectional"].get_xdata()
    assert weights == 2 * 4 * (2 + 3 + 1) * 3 + (2 * 3 + 1) * 3
    assert list(display.scores) == ["stacked", "bidirectional"]  # colours in the grid's order
    with pytest.raises(ValueError, match=r"lacks the classes \['c'\]"):
        ArchitectureComparisonDisplay.from_search(search, against="parameters", X=X[:2], y=y[:2])


def test_a_search_that_compares_nothing_is_refused(search, X, y):
    with pytest.raises(ValueError, match="needs X and y"):
        ArchitectureComparisonDisplay.from_search(search, against="parameters")
    with pytest.raises(ValueError, match=r"metric='r2' was not scored.*\['score'\]"):
        ArchitectureComparisonDisplay.from_search(search, metric="r2")
    with pytest.raises(ValueError, match="against='money'"):
        ArchitectureComparisonDisplay.from_search(search, against="money")
    other = GridSearchCV(LSTMRegressor(**SMALL), {"units": [2]}, cv=2)
    with pytest.raises(ValueError, match="did not compare architectures"):
        ArchitectureComparisonDisplay.from_search(other.fit(X, y))
