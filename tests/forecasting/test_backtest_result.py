"""What a backtest says of its forecasts, by hand."""

import numpy as np
import pandas as pd
import pytest

from sklstm import NaiveForecaster, backtest, make_windows
from sklstm.metrics import MASEScorer

# Changes of 1, 2, 3, ...: the last value misses by these, step by step ahead.
SERIES = pd.Series(
    [0.0, 1.0, 3.0, 6.0, 10.0, 15.0, 21.0, 28.0],
    index=pd.date_range("2024-01-01", periods=8, freq="MS"),
)
MODELS = {"last": NaiveForecaster(), "drift": NaiveForecaster("drift")}


@pytest.fixture(scope="module")
def result():
    X, Y, origins = make_windows(SERIES, lookback=3, horizon=2, return_origins=True)
    # windows [0 1 3], [1 3 6], [3 6 10], [6 10 15]; targets [6 10], [10 15], [15 21], [21 28]
    folds = [([0], [1]), ([0, 1], [2, 3])]
    scoring = {
        "mae": "mean_absolute_error",
        "mase": MASEScorer(),
        "rmse": "root_mean_squared_error",
    }
    return backtest(MODELS, X, Y, cv=folds, origins=origins, index=SERIES.index, scoring=scoring)


# Errors of "last": [4 9]; [5 11] and [6 13]. "drift" adds 2.5, 3.5 and 4.5 per step.
LAST = [[4.0, 9.0], [5.5, 12.0]]
DRIFT = [[1.5, 4.0], [1.5, 4.0]]


def test_scores_per_fold_and_step(result):
    scores = result.scores()
    assert scores.index.names == ["estimator", "fold"]
    np.testing.assert_allclose(scores["mae"], [6.5, 8.75, 2.75, 2.75])
    # the changes within the windows are 2.5; 3.5 and 4.5
    np.testing.assert_allclose(
        scores["mase"],
        [-6.5 / 2.5, -(8 / 3.5 + 9.5 / 4.5) / 2, -1.1, -(2.75 / 3.5 + 2.75 / 4.5) / 2],
    )
    assert (scores["fit_time"] > 0).all()
    steps = result.scores_per_step()
    assert steps.columns.tolist() == [1, 2] and steps.columns.name == "step"
    np.testing.assert_allclose(steps, LAST + DRIFT)
    rmse = result.scores_per_step("rmse")
    np.testing.assert_allclose(rmse.loc["last", 1], [np.sqrt(30.5), np.sqrt(145)])


def test_the_frame_of_all_forecasts(result):
    frame = result.to_frame()
    assert list(frame.columns) == ["estimator", "fold", "window", "origin", "step", "time",
                                   "y_true", "y_pred"]  # fmt: skip
    assert len(frame) == 2 * 3 * 2
    rows = frame.query("estimator == 'drift' and fold == 1 and window == 3")
    assert rows["origin"].tolist() == [pd.Timestamp("2024-06-01")] * 2
    assert rows["time"].tolist() == [pd.Timestamp("2024-07-01"), pd.Timestamp("2024-08-01")]
    assert rows["step"].tolist() == [1, 2]
    assert rows["y_true"].tolist() == [21, 28] and rows["y_pred"].tolist() == [19.5, 24]


def test_rows_stand_for_labels_where_there_are_none():
    X, Y = make_windows(SERIES, lookback=3, horizon=2)
    frame = backtest(NaiveForecaster(), X, Y, cv=[([0], [1])]).to_frame()
    assert frame["origin"].tolist() == [1, 1] and frame["time"].tolist() == [2, 3]


def test_the_summary_ranks_by_the_first_score(result):
    summary = result.summary("last")
    assert summary.index.tolist() == ["drift", "last"]
    assert list(summary.columns) == ["mae", "mae_std", "mase", "mase_std", "rmse", "rmse_std",
                                     "fit_time", "gain", "folds_won"]  # fmt: skip
    np.testing.assert_allclose(summary["mae"], [2.75, 7.625])
    np.testing.assert_allclose(summary["mae_std"], [0, np.std([6.5, 8.75], ddof=1)])
    gains = [1 - 2.75 / 6.5, 1 - 2.75 / 8.75]
    assert summary.loc["drift", "gain"] == pytest.approx(np.mean(gains))
    assert summary.loc["drift", "folds_won"] == 2 and summary["folds_won"].isna()["last"]


def test_models_are_compared_fold_by_fold(result):
    compared = result.compare("drift")
    assert list(compared.columns) == [0, 1, "mean", "folds_won"]
    losses = [1 - 6.5 / 2.75, 1 - 8.75 / 2.75]
    np.testing.assert_allclose(compared.loc["last"], [*losses, np.mean(losses), 0])
    mase = result.compare("last", "mase").loc["drift"]  # a score, of which more is better
    assert mase[0] == pytest.approx((2.6 - 1.1) / 2.6) and mase["folds_won"] == 2
    with pytest.raises(ValueError, match=r"'ridge' is no estimator.*\['last', 'drift'\]"):
        result.compare("ridge")
    with pytest.raises(ValueError, match=r"'r2' was not scored.*\['mae', 'mase', 'rmse'\]"):
        result.compare("last", "r2")


def test_the_best_comes_first_where_more_is_better():
    X, Y = make_windows(SERIES, lookback=3, horizon=2)
    result = backtest(MODELS, X, Y, cv=[([0], [1, 2])], scoring=MASEScorer())
    assert result.summary().index.tolist() == ["drift", "last"]
    with pytest.raises(ValueError, match="Scorers give no scores per step"):
        result.scores_per_step()


def test_several_targets_are_named():
    """Outputs are all steps of the first target, then all of the second."""
    windows = np.stack([np.arange(12.0).reshape(4, 3), 100 + np.arange(12.0).reshape(4, 3)], axis=2)
    targets = np.hstack([windows[:, -1:, 0] + [1, 2], windows[:, -1:, 1] + [10, 20]])
    result = backtest(
        NaiveForecaster(target=[0, 1]), windows, targets, cv=[([0], [1, 2, 3])],
        target_names=["load", "price"],
    )  # fmt: skip
    steps = result.scores_per_step()
    assert steps.loc[("naiveforecaster", 0), "price"].tolist() == [10, 20]
    assert steps.loc[("naiveforecaster", 0), "load"].tolist() == [1, 2]
    frame = result.to_frame()
    assert frame["target"].tolist() == ["load", "load", "price", "price"] * 3
    assert frame["step"].tolist() == [1, 2] * 6
    assert frame["time"].tolist() == [2, 3, 2, 3, 3, 4, 3, 4, 4, 5, 4, 5]
    assert (frame["y_true"] - frame["y_pred"]).tolist() == [1, 2, 10, 20] * 3
