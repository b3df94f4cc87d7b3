"""The README's code runs as printed, and so does the worked example of the design."""

import re
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sklstm import (
    ARCHITECTURES,
    LSTMRegressor,
    PurgedTimeSeriesSplit,
    SlidingWindow,
    TimeDistributedTransformer,
    last_window,
    make_windows,
)
from sklstm.datasets import load_elnino

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """All blocks of the README, run one after the other as a reader would paste them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("readme"))
        patch.setenv("MPLBACKEND", "Agg")
        namespace = {}
        for block in re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL):
            exec(block, namespace)
        namespace["loaded"] = joblib.load("forecaster.joblib")
        namespace["pictures"] = {path.name for path in Path.cwd().glob("*.png")}
    return namespace


def test_from_a_csv_file_to_a_picture(session):
    forecast = session["forecast"]
    assert list(forecast) == ["sst", "sst_lower_80", "sst_upper_80"]
    assert [str(date.date()) for date in forecast.index[[0, -1]]] == ["2011-01-01", "2011-12-01"]
    # the sea off Peru is warm in March and cool in September
    assert forecast["sst"].iloc[2] > 24 > 23 > forecast["sst"].iloc[8]
    assert (forecast["sst_lower_80"] < forecast["sst"]).all()
    assert (forecast["sst"] < forecast["sst_upper_80"]).all()
    assert session["pictures"] == {"backtest.png", "forecast.png", "forecasts.png"}


def test_a_forecast_with_its_interval_takes_fifteen_lines():
    blocks = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)[:3]
    assert "IntervalDisplay.from_forecast" in blocks[2]
    assert sum(bool(line.strip()) for block in blocks for line in block.splitlines()) <= 15


def test_the_forecast(session):
    df, search = session["df"], session["search"]
    forecast = search.predict(last_window(df, 48))
    assert forecast.shape == (1, 6)
    # the sea off Peru has been between 18 and 30 degrees Celsius in all of sixty years
    assert ((forecast > 18) & (forecast < 30)).all()
    np.testing.assert_array_equal(session["loaded"].predict(last_window(df, 48)), forecast)
    assert set(search.cv_results_["param_forecast__regressor__arch"]) == set(ARCHITECTURES)


def test_networks_beside_simple_models(session):
    summary = session["result"].summary(baseline="last year")
    assert set(summary.index) == {"network", "ridge", "last year"}
    assert summary.loc[["network", "ridge"], "folds_won"].tolist() == [3, 3]


def test_the_picture(session):
    lines = session["display"].forecast_lines_
    assert [len(line.get_xdata()) for line in lines] == [7] * 4  # an origin and six months
    assert all(line.get_xdata().dtype.kind == "M" for line in lines)


def test_the_classification(session):
    model = session["model"]
    assert model.predict_proba(session["X"][:2]).shape == (2, 3)
    assert model.score(session["X"], session["y"]) > 0.95


def test_the_worked_example_of_the_design():
    df = load_elnino(as_frame=True).frame.iloc[-360:]  # less to fit
    X, Y = make_windows(df, df["sst"], lookback=96, horizon=24)
    pipe = Pipeline(
        [
            ("scale", TimeDistributedTransformer(StandardScaler())),
            ("window", SlidingWindow()),
            ("lstm", LSTMRegressor(units=4, filters=4, fcn_filters=(4, 3, 4), epochs=1)),
        ]
    )
    search = GridSearchCV(
        pipe,
        {"window__lookback": [24, 48, 96], "lstm__arch": ARCHITECTURES},
        cv=PurgedTimeSeriesSplit(5, horizon=24),
        error_score="raise",
    ).fit(X, Y)
    assert search.predict(last_window(df, 96)).shape == (1, 24)
