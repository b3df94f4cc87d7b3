"""Displays: the artists and their data."""

import subprocess
import sys

import matplotlib as mpl
import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV, KFold, TimeSeriesSplit, cross_validate
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sklstm import (
    ARCHITECTURES,
    LSTMClassifier,
    LSTMRegressor,
    PurgedTimeSeriesSplit,
    TimeDistributedTransformer,
    make_windows,
)
from sklstm.plotting import (
    ArchitectureComparisonDisplay,
    ForecastDisplay,
    TrainingHistoryDisplay,
    WindowsDisplay,
)

X = np.random.default_rng(0).normal(size=(40, 8, 2))
TARGETS = {
    LSTMRegressor: X.sum(axis=(1, 2)),
    LSTMClassifier: np.where(X.sum(axis=(1, 2)) > 0, "rises", "falls"),
}
SMALL = dict(units=3, epochs=3, random_state=0)


@pytest.fixture(autouse=True, scope="module")
def no_window():
    with mpl.rc_context({"backend": "Agg"}):
        yield


@pytest.fixture(autouse=True)
def figures_are_closed():
    yield
    plt.close("all")


def texts(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


# --- histories -----------------------------------------------------------------------------


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("estimator", TARGETS)
def test_a_history_shows_what_was_recorded(estimator, arch):
    metric = "mean_squared_error" if estimator is LSTMRegressor else "accuracy"
    model = estimator(arch, metrics=[metric], early_stopping=True, **SMALL)
    model.fit(X, TARGETS[estimator])
    display = TrainingHistoryDisplay.from_estimator(model)
    assert {name for _, name in display.lines_} == {"loss", "val_loss", metric, f"val_{metric}"}
    for (_, name), line in display.lines_.items():
        np.testing.assert_array_equal(line.get_xdata(), [1, 2, 3])
        np.testing.assert_array_equal(line.get_ydata(), model.history_[name])
    assert len(display.axes_) == 2 and display.ax_ is display.axes_[0]
    star, _ = display.best_lines_[""]
    best = model.best_epoch_
    assert (star.get_xdata()[0], star.get_ydata()[0]) == (best, min(model.history_["val_loss"]))
    assert texts(display.ax_) == ["training", "validation", f"best epoch, {best}"]


def test_histories_of_folds_share_axes_and_differ_without_colour():
    pipe = Pipeline(
        [
            ("scale", TimeDistributedTransformer(StandardScaler())),
            ("lstm", LSTMRegressor(early_stopping=True, **SMALL)),
        ]
    )
    results = cross_validate(pipe, X, TARGETS[LSTMRegressor], cv=3, return_estimator=True)
    figure, axes = plt.subplots()
    display = TrainingHistoryDisplay.from_cv_results(results, ax=axes)
    assert display.ax_ is axes and display.figure_ is figure
    for number, fitted in enumerate(results["estimator"], 1):
        for name in ("loss", "val_loss"):
            drawn = display.lines_[f"fold {number}", name].get_ydata()
            np.testing.assert_array_equal(drawn, fitted[-1].history_[name])
    looks = {(line.get_linestyle(), line.get_marker()) for line in display.lines_.values()}
    assert len(looks) == len(display.lines_) == 6


def test_estimators_are_named_by_what_tells_them_apart():
    y = TARGETS[LSTMRegressor]
    models = [LSTMRegressor(arch, **SMALL).fit(X, y) for arch in ("vanilla", "stacked")]
    display = TrainingHistoryDisplay.from_estimators(models)
    assert {label for label, _ in display.lines_} == {"vanilla", "stacked"}
    display = TrainingHistoryDisplay.from_estimators([models[0], models[0]])
    assert {label for label, _ in display.lines_} == {"fit 1", "fit 2"}
    with pytest.raises(ValueError, match="a name of its own"):
        TrainingHistoryDisplay.from_estimators(models, labels=["a", "a"])


def test_what_has_no_history_is_said():
    y = TARGETS[LSTMRegressor]
    with pytest.raises(ValueError, match="No fitted LSTMRegressor"):
        TrainingHistoryDisplay.from_estimator(StandardScaler())
    with pytest.raises(ValueError, match="initialized, not trained"):
        TrainingHistoryDisplay.from_estimator(LSTMRegressor(**SMALL).initialize(X, y))
    with pytest.raises(ValueError, match="return_estimator=True"):
        TrainingHistoryDisplay.from_cv_results({"test_score": [1.0]})
    model = LSTMRegressor(**SMALL).fit(X, y)
    with pytest.raises(ValueError, match=r"quantities=\['accuracy'\].*\['loss'\]"):
        TrainingHistoryDisplay.from_estimator(model, quantities=["accuracy"])


# --- forecasts -----------------------------------------------------------------------------


def test_forecasts_begin_at_their_origins():
    series = np.arange(50.0) ** 2
    origins = np.array([20, 25, 30, 35, 40])
    forecasts = series[origins, np.newaxis] + [[1.0, 2.0, 3.0]]
    display = ForecastDisplay.from_predictions(series, origins, forecasts, n_shown=2, context=5)
    first, last = display.forecast_lines_
    np.testing.assert_array_equal(first.get_xdata(), [20, 21, 22, 23])
    np.testing.assert_array_equal(first.get_ydata(), [400, 401, 402, 403])
    np.testing.assert_array_equal(last.get_xdata(), [40, 41, 42, 43])
    shown = display.series_line_.get_xdata()
    assert (shown[0], shown[-1]) == (15, 43)
    edges = [(s.get_x(), s.get_x() + s.get_width()) for s in display.horizon_spans_]
    assert edges == [(20, 23), (40, 43)]


@pytest.mark.parametrize(
    "as_index",
    [
        lambda dates: dates,
        lambda dates: dates.to_period("M"),
        lambda dates: dates.tz_localize("Europe/Paris"),
    ],
)
def test_dates_are_on_the_axis_beyond_the_end_too(as_index):
    index = as_index(pd.date_range("2020-01-01", periods=24, freq="MS"))
    series = pd.Series(np.arange(24.0), index=index, name="load")
    display = ForecastDisplay.from_predictions(series, [23], [[24.0, 25.0]])
    (line,) = display.forecast_lines_
    expected = np.array(["2021-12-01", "2022-01-01", "2022-02-01"], dtype="datetime64[D]")
    np.testing.assert_array_equal(mdates.date2num(line.get_xdata()), mdates.date2num(expected))
    assert display.ax_.get_ylabel() == "load" and display.ax_.get_xlabel() == "time"


def test_an_index_of_names_is_no_time():
    series = pd.Series([1.0, 2.0, 3.0], index=["a", "b", "c"])
    (line,) = ForecastDisplay.from_predictions(series, [1], [[2.5]]).forecast_lines_
    np.testing.assert_array_equal(line.get_xdata(), [1, 2])


def test_the_error_of_each_step_ahead():
    """By hand: errors 1 and 3 one step ahead; 2 two ahead, where the second has no answer."""
    series = [0.0, 1.0, 2.0, 3.0]
    display = ForecastDisplay.from_predictions(series, [1, 2], [[3.0, 5.0], [6.0, 9.0]])
    np.testing.assert_allclose(display.error_by_horizon("mae"), [2.0, 2.0])
    np.testing.assert_allclose(display.error_by_horizon(), [np.sqrt(5.0), 2.0])
    drawn = display.plot_error_by_horizon(metric="mae").error_line_
    np.testing.assert_array_equal(drawn.get_xdata(), [1, 2])
    np.testing.assert_allclose(drawn.get_ydata(), [2.0, 2.0])
    unknown = ForecastDisplay.from_predictions(series, [3], [[1.0]])
    assert np.isnan(unknown.error_by_horizon()).all()
    with pytest.raises(ValueError, match="'rmse' or 'mae'"):
        display.error_by_horizon("r2")


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_an_estimator_forecasts_for_its_display(arch):
    series = np.sin(np.arange(60) / 3)
    windows, targets, origins = make_windows(series, lookback=8, horizon=3, return_origins=True)
    model = LSTMRegressor(arch, **SMALL).fit(windows, targets)
    display = ForecastDisplay.from_estimator(model, windows, series, origins)
    np.testing.assert_array_equal(display.forecasts, model.predict(windows))
    assert len(display.forecast_lines_) == 4


@pytest.mark.parametrize(
    ("series", "origins", "message"),
    [
        (np.zeros((5, 2)), [1], "one dimension"),
        (np.zeros(5), [1, 2], "as many origins"),
        (np.zeros(5), [5], "rows of the series"),
        (np.zeros(5), [1.0], "rows of the series"),
    ],
)
def test_forecasts_that_fit_nowhere_are_refused(series, origins, message):
    with pytest.raises(ValueError, match=message):
        ForecastDisplay.from_predictions(series, origins, [[1.0, 2.0]])


# --- architectures -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def search():
    pipe = Pipeline([("lstm", LSTMRegressor(**SMALL))])
    grid = {"lstm__arch": list(ARCHITECTURES), "lstm__units": [2, 3]}
    scoring = "neg_mean_absolute_error"
    return GridSearchCV(pipe, grid, cv=3, scoring=scoring).fit(X, TARGETS[LSTMRegressor])


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
    assert len(looks) == 4


def test_grids_that_search_other_things_besides_are_left_out():
    grids = [{"arch": ["stacked", "vanilla"]}, {"units": [2, 4]}]
    search = GridSearchCV(LSTMRegressor(**SMALL), grids, cv=2).fit(X, TARGETS[LSTMRegressor])
    display = ArchitectureComparisonDisplay.from_search(search)
    assert list(display.scores) == ["stacked", "vanilla"]
    table = pd.DataFrame(search.cv_results_)
    of_stack = table.loc[
        table["param_arch"] == "stacked", ["split0_test_score", "split1_test_score"]
    ]
    np.testing.assert_array_equal(display.scores["stacked"], of_stack.to_numpy()[0])


def test_weights_are_counted(search):
    """4 (features + units + 1) units of the LSTM, and units + 1 of the head."""
    display = ArchitectureComparisonDisplay.from_search(
        search, against="parameters", X=X[:5], y=TARGETS[LSTMRegressor][:5]
    )
    units = best_of(search).set_index("param_lstm__arch")["param_lstm__units"]["vanilla"]
    (weights,) = display.mean_points_["vanilla"].get_xdata()
    assert weights == 4 * (2 + units + 1) * units + units + 1


def test_weights_are_counted_with_several_outputs():
    Y = X[:, -2:, 0]
    search = GridSearchCV(LSTMRegressor(**SMALL), {"arch": ["vanilla"]}, cv=2).fit(X, Y)
    display = ArchitectureComparisonDisplay.from_search(search, against="parameters", X=X, y=Y)
    (weights,) = display.mean_points_["vanilla"].get_xdata()
    assert weights == 4 * (2 + 3 + 1) * 3 + (3 + 1) * 2


def test_weights_are_counted_from_a_few_labels():
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


def test_a_search_that_compares_nothing_is_refused(search):
    with pytest.raises(ValueError, match="needs X and y"):
        ArchitectureComparisonDisplay.from_search(search, against="parameters")
    with pytest.raises(ValueError, match=r"metric='r2' was not scored.*\['score'\]"):
        ArchitectureComparisonDisplay.from_search(search, metric="r2")
    with pytest.raises(ValueError, match="against='money'"):
        ArchitectureComparisonDisplay.from_search(search, against="money")
    other = GridSearchCV(LSTMRegressor(**SMALL), {"units": [2]}, cv=2)
    with pytest.raises(ValueError, match="did not compare architectures"):
        ArchitectureComparisonDisplay.from_search(other.fit(X, TARGETS[LSTMRegressor]))


# --- windows -------------------------------------------------------------------------------


def stretches(bars):
    """First and last edge of each bar of a collection."""
    return [(path.vertices[:, 0].min(), path.vertices[:, 0].max()) for path in bars.get_paths()]


def test_folds_lie_in_time_as_drawn():
    """By hand: 12 rows, look-back 3, horizon 2: origins 2 to 9, targets to row 11."""
    windows, targets = make_windows(np.arange(12.0), lookback=3, horizon=2)
    splitter = PurgedTimeSeriesSplit(1 + 1, horizon=2, test_size=2)
    display = WindowsDisplay.from_cv(splitter, windows, targets, n_windows=2)
    assert [stretches(b) for b in display.lookback_bars_] == [[(0, 3)], [(7, 10)]]
    assert [stretches(b) for b in display.horizon_bars_] == [[(3, 5)], [(10, 12)]]
    # the last fold tests origins 8 and 9; 7 would be trained with the answers of row 9
    assert stretches(display.train_bars_[1]) == [(2, 7)]
    assert stretches(display.reach_bars_[1]) == [(7, 9)]
    assert stretches(display.test_bars_[1]) == [(9, 12)]
    assert stretches(display.gap_bars_[1]) == [(7, 8)]
    assert display.leaks_ == [False, False]
    assert not any(stretches(bars) for bars in display.leak_bars_)
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels == ["window 1", "window 2", "fold 1", "fold 2"]


def test_leaks_are_drawn():
    """Without a gap the targets of the last training origin, 7, are rows 8 and 9; 9 is tested."""
    windows, targets = make_windows(np.arange(12.0), lookback=3, horizon=2)
    display = WindowsDisplay.from_cv(TimeSeriesSplit(2, test_size=2), windows, targets)
    assert display.leaks_ == [True, True]
    assert stretches(display.leak_bars_[1]) == [(9, 10)]
    assert any("leak" in text for text in texts(display.ax_))
    assert WindowsDisplay.from_cv(KFold(2), windows, targets).leaks_ == [True, True]


def test_training_on_the_future_is_a_leak_even_where_no_target_is_shared():
    """By hand: origins 2 to 10, each with the next row as target; the first fold tests 2 to 4."""
    windows, targets = make_windows(np.arange(12.0), lookback=3, horizon=1)
    display = WindowsDisplay.from_cv(KFold(3), windows, targets)
    assert display.leaks_ == [True, True, False]
    assert stretches(display.leak_bars_[0]) == [(6, 12)]  # targets 6 to 11 of origins 5 to 10
    assert stretches(display.leak_bars_[1]) == [(9, 12)]


def test_windows_labelled_by_their_last_row():
    """By hand: 12 rows, look-back 3: origins 2 to 11 are their own targets; 9 to 11 are tested."""
    windows, labels = make_windows(np.arange(12.0), np.arange(12), lookback=3, horizon=0)
    splitter = PurgedTimeSeriesSplit(2, horizon=0, test_size=3)
    display = WindowsDisplay.from_cv(splitter, windows, labels, horizon=0)
    assert stretches(display.train_bars_[1]) == [(2, 9)]
    assert stretches(display.test_bars_[1]) == [(9, 12)]
    assert not any(stretches(bars) for bars in display.reach_bars_)
    assert display.leaks_ == [False, False]
    shuffled = KFold(2, shuffle=True, random_state=0)
    assert any(WindowsDisplay.from_cv(shuffled, windows, labels, horizon=0).leaks_)


def test_origins_of_other_windows_are_refused():
    windows, targets = make_windows(np.arange(12.0), lookback=3, horizon=2)
    with pytest.raises(ValueError, match="each of the 8 windows"):
        WindowsDisplay.from_cv(KFold(2), windows, targets, origins=[1, 2])


# --- all -----------------------------------------------------------------------------------


def test_the_wrong_number_of_axes_is_refused():
    model = LSTMRegressor(metrics=["mae"], **SMALL).fit(X, TARGETS[LSTMRegressor])
    _, axes = plt.subplots()
    with pytest.raises(ValueError, match="ax must be 2 Axes"):
        TrainingHistoryDisplay.from_estimator(model, ax=axes)


def test_without_matplotlib_the_remedy_is_named():
    code = """
import sys
sys.modules["matplotlib"] = None
import numpy as np
from sklstm.plotting import ForecastDisplay
assert "tensorflow" not in sys.modules
try:
    ForecastDisplay.from_predictions(np.zeros(5), [1], [[1.0]])
except ImportError as error:
    assert ".[plot]" in str(error)
else:
    raise AssertionError("drawn without matplotlib")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def test_forecasts_of_two_models_lie_in_one_picture():
    series = np.arange(30.0)
    origins = [9, 19]
    first = ForecastDisplay.from_predictions(series, origins, [[10, 11], [20, 21]], name="ours")
    other = ForecastDisplay.from_predictions(
        series,
        origins,
        [[9, 9], [19, 19]],
        ax=first.ax_,
        name="last value",
        plot_series=False,
        curve_kwargs={"color": "black"},
    )
    labels = [text.get_text() for text in other.ax_.get_legend().get_texts()]
    assert sorted(labels) == ["horizon", "last value", "ours", "series"]
    assert other.forecast_lines_[0].get_color() == "black"
    assert other.forecast_lines_[1].get_ydata().tolist() == [19, 19, 19]
    assert len(first.ax_.lines) == 1 + 2 + 2  # the series once


def test_errors_of_two_models_lie_in_one_picture():
    series = np.arange(30.0)
    good = ForecastDisplay.from_predictions(series, [9], [[11, 12]])
    bad = ForecastDisplay.from_predictions(series, [9], [[60, 61]])
    good.plot_error_by_horizon(name="good")
    bad.plot_error_by_horizon(ax=good.ax_, name="bad", curve_kwargs={"color": "black"})
    assert bad.error_line_.get_ydata().tolist() == [50, 50]
    assert good.ax_.get_ylim()[0] == 0
    assert good.ax_.get_ylim()[1] > 50  # the larger error is not cut off
    assert [text.get_text() for text in bad.ax_.get_legend().get_texts()] == ["good", "bad"]


def test_one_step_ahead_is_named_so():
    display = ForecastDisplay.from_predictions(np.arange(9.0), [4], [5.0])
    assert display.forecast_lines_[0].get_label() == "forecast, 1 step ahead"


def test_the_legend_lists_what_there_is():
    X, Y = make_windows(np.arange(40.0), lookback=4, horizon=2)
    for cv, has_gap in (KFold(3), False), (PurgedTimeSeriesSplit(3, horizon=2), True):
        display = WindowsDisplay.from_cv(cv, X, Y)
        labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
        assert ("origins of neither part" in labels) == has_gap
