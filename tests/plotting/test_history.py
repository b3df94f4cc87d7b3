"""Histories: the curves, their names and the best epochs."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.model_selection import cross_validate
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sklstm import ARCHITECTURES, LSTMClassifier, LSTMRegressor, TimeDistributedTransformer
from sklstm.plotting import TrainingHistoryDisplay

SMALL = dict(units=3, epochs=3, random_state=0)


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("estimator", [LSTMRegressor, LSTMClassifier])
def test_a_history_shows_what_was_recorded(estimator, arch, X, y, labels, legend_labels):
    metric = "mean_squared_error" if estimator is LSTMRegressor else "accuracy"
    model = estimator(arch, metrics=[metric], early_stopping=True, **SMALL)
    model.fit(X, y if estimator is LSTMRegressor else labels)
    display = TrainingHistoryDisplay.from_estimator(model)
    assert {name for _, name in display.lines_} == {"loss", "val_loss", metric, f"val_{metric}"}
    for (_, name), line in display.lines_.items():
        np.testing.assert_array_equal(line.get_xdata(), [1, 2, 3])
        np.testing.assert_array_equal(line.get_ydata(), model.history_[name])
    assert len(display.axes_) == 2 and display.ax_ is display.axes_[0]
    star, _ = display.best_lines_[""]
    best = model.best_epoch_
    assert (star.get_xdata()[0], star.get_ydata()[0]) == (best, min(model.history_["val_loss"]))
    assert legend_labels(display.ax_) == ["training", "validation", f"best epoch, {best}"]


def test_histories_of_folds_share_axes_and_differ_without_colour(X, y):
    pipe = Pipeline(
        [
            ("scale", TimeDistributedTransformer(StandardScaler())),
            ("lstm", LSTMRegressor(early_stopping=True, **SMALL)),
        ]
    )
    results = cross_validate(pipe, X, y, cv=3, return_estimator=True)
    figure, axes = plt.subplots()
    display = TrainingHistoryDisplay.from_cv_results(results, ax=axes)
    assert display.ax_ is axes and display.figure_ is figure
    for number, fitted in enumerate(results["estimator"], 1):
        for name in ("loss", "val_loss"):
            drawn = display.lines_[f"fold {number}", name].get_ydata()
            np.testing.assert_array_equal(drawn, fitted[-1].history_[name])
    looks = {(line.get_linestyle(), line.get_marker()) for line in display.lines_.values()}
    assert len(looks) == len(display.lines_) == 6


def test_estimators_are_named_by_what_tells_them_apart(X, y):
    models = [LSTMRegressor(arch, **SMALL).fit(X, y) for arch in ("vanilla", "stacked")]
    display = TrainingHistoryDisplay.from_estimators(models)
    assert {label for label, _ in display.lines_} == {"vanilla", "stacked"}
    display = TrainingHistoryDisplay.from_estimators([models[0], models[0]])
    assert {label for label, _ in display.lines_} == {"fit 1", "fit 2"}
    with pytest.raises(ValueError, match="a name of its own"):
        TrainingHistoryDisplay.from_estimators(models, labels=["a", "a"])


def test_what_has_no_history_is_refused(X, y):
    with pytest.raises(ValueError, match="No fitted LSTMRegressor"):
        TrainingHistoryDisplay.from_estimator(StandardScaler())
    with pytest.raises(ValueError, match="initialized, not trained"):
        TrainingHistoryDisplay.from_estimator(LSTMRegressor(**SMALL).initialize(X, y))
    with pytest.raises(ValueError, match="return_estimator=True"):
        TrainingHistoryDisplay.from_cv_results({"test_score": [1.0]})
    model = LSTMRegressor(**SMALL).fit(X, y)
    with pytest.raises(ValueError, match=r"quantities=\['accuracy'\].*\['loss'\]"):
        TrainingHistoryDisplay.from_estimator(model, quantities=["accuracy"])


def test_every_quantity_needs_axes():
    histories = {"": {"loss": [2.0, 1.0], "mean_absolute_error": [1.0, 0.5]}}
    _, ax = plt.subplots()
    with pytest.raises(ValueError, match=r"ax must be 2 Axes, .* got 1"):
        TrainingHistoryDisplay(histories).plot(ax)
    display = TrainingHistoryDisplay(histories).plot(ax, quantities=["mean_absolute_error"])
    assert display.ax_ is ax and ax.get_ylabel() == "mean absolute error"
    assert list(display.lines_) == [("", "mean_absolute_error")]
