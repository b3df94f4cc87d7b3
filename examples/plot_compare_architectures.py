"""
====================================================
Four architectures on sixty years of sea temperature
====================================================

Which LSTM forecasts the sea surface off Peru best, and how many months should it look back? One
grid search compares both. Every candidate is scored on the same targets, in folds that lie after
its training data, next to three simple baselines: the last value, the value of a year ago, and a
linear regression on the same window.
"""

# %%
# The series, cut into windows
# ----------------------------
# Windows are cut before the folds are split, so that the first windows of a fold keep their past.
# Each holds 48 months; a pipeline step trims it to the look-back of the candidate.

import subprocess
import sys
from pathlib import Path

import joblib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklstm import (
    LSTMRegressor,
    PurgedTimeSeriesSplit,
    SlidingWindow,
    TimeDistributedTransformer,
    last_window,
    make_windows,
)
from sklstm.datasets import load_elnino
from sklstm.plotting import ArchitectureComparisonDisplay

HORIZON, LOOKBACKS = 6, [24, 48]
OUTPUT = Path("examples/output") if Path("examples").is_dir() else Path("output")
OUTPUT.mkdir(parents=True, exist_ok=True)

elnino = load_elnino(as_frame=True)
series = elnino.data["sst"]
X, Y, origins = make_windows(
    elnino.data, lookback=max(LOOKBACKS), horizon=HORIZON, return_origins=True
)
print(f"{series.index[0]:%B %Y} to {series.index[-1]:%B %Y}: {len(series)} months, degrees Celsius")
print(f"windows {X.shape}, targets {Y.shape}\n")

# %%
# The search
# ----------
# The splitter leaves a gap: a window is trained on only if its last target is known when the first
# forecast of the test fold is made.

FOUR = "vanilla", "bidirectional", "stacked", "cnn_lstm"  # the lecture's networks
SCORING = "neg_root_mean_squared_error"
cv = PurgedTimeSeriesSplit(3, horizon=HORIZON, test_size=120)
pipe = Pipeline(
    [
        ("scale", TimeDistributedTransformer(StandardScaler())),
        ("window", SlidingWindow()),
        ("lstm", LSTMRegressor(units=16, epochs=20, learning_rate=5e-3, random_state=0)),
    ]
)
grid = {"lstm__arch": FOUR, "window__lookback": LOOKBACKS}
search = GridSearchCV(pipe, grid, cv=cv, scoring=SCORING).fit(X, Y)

# %%
# Simple baselines
# ----------------


class Repeat(RegressorMixin, BaseEstimator):
    """Forecast that the last ``period`` steps repeat; a period of 1 repeats the last value."""

    def __init__(self, period=1):
        self.period = period

    def fit(self, X, y):
        self.n_outputs_ = y.shape[1]
        return self

    def predict(self, X):
        steps = np.arange(self.n_outputs_) % self.period
        return X[:, X.shape[1] - self.period + steps, 0]


baselines = {
    "last value": Repeat(1),
    "value a year ago": Repeat(12),
    "linear regression": make_pipeline(
        FunctionTransformer(lambda windows: windows.reshape(len(windows), -1)), Ridge()
    ),
}

# %%
# The table
# ---------


def n_parameters(params):
    """Count the weights of the network of a candidate."""
    candidate = clone(pipe).set_params(**params)
    windows = candidate[:-1].fit_transform(X)
    return candidate[-1].initialize(windows, Y).model_.count_params()


def row(name, lookback, parameters, rmse, spread, seconds=""):
    print(f"{name:<18} {lookback:>8} {parameters:>10} {rmse:>7} {spread:>7} {seconds:>8}")


results = search.cv_results_
print(
    f"Root-mean-square error of {HORIZON}-month forecasts in degrees Celsius, {cv.n_splits} folds"
)
row("", "look-back", "parameters", "mean", "spread", "fit in s")
for i in np.argsort(results["rank_test_score"], kind="stable"):
    params = results["params"][i]
    row(
        params["lstm__arch"],
        params["window__lookback"],
        f"{n_parameters(params):,}",
        f"{-results['mean_test_score'][i]:.2f}",
        f"{results['std_test_score'][i]:.2f}",
        f"{results['mean_fit_time'][i]:.1f}",
    )
free = {}
for name, baseline in baselines.items():
    free[name] = cross_val_score(baseline, X, Y, cv=cv, scoring=SCORING)
    row(name, max(LOOKBACKS), "", f"{-free[name].mean():.2f}", f"{free[name].std():.2f}")

# %%
# Fold by fold
# ------------
# The figure shows the best candidate of each architecture. A grey line joins the scores of one
# fold, in which all architectures forecast the same years. Architectures mostly differ less than
# folds do, so this search does not show which network is best. The linear regression on the same
# windows is better than all of them, because the series is short and nearly linear. Only a baseline
# shows this.

display = ArchitectureComparisonDisplay.from_search(
    search, baseline={name: free[name] for name in ("value a year ago", "linear regression")}
)
display.ax_.set_ylabel("negative error (°C)")
display.figure_.savefig(OUTPUT / "architectures.png", dpi=150)

# %%
# Beyond the end of the series
# ----------------------------
# The search has fitted the winner again, on all windows. Here it forecasts from the last window.

forecast = search.predict(last_window(series, max(LOOKBACKS)))[0]
future = pd.date_range(series.index[-1], periods=HORIZON + 1, freq="MS")[1:]
print(f"\nThe winner is {search.best_params_}. Its forecast:")
for month, value in zip(future, forecast, strict=True):
    print(f"  {month:%B %Y}  {value:.1f}")

# %%
# Saved, and loaded in another process
# ------------------------------------
# The whole search is saved in one file. A fresh process, which knows nothing of this script, loads
# it and makes the same forecast.

path = OUTPUT / "forecaster.joblib"
joblib.dump(search, path)
elsewhere = f"""
import joblib
from sklstm import last_window
from sklstm.datasets import load_elnino
search = joblib.load({str(path)!r})
print(search.predict(last_window(load_elnino().target, {max(LOOKBACKS)}))[0].tolist())
"""
answer = subprocess.run(
    [sys.executable, "-c", elsewhere], check=True, capture_output=True, text=True
).stdout
assert np.array_equal(np.array(eval(answer)), forecast)
print(f"\nSaved to {path} ({path.stat().st_size / 1024:.0f} KiB).")
print("A fresh process loaded it and made the same forecast, bit for bit.")

# %%
# The forecasts in one figure
# ---------------------------
# Above: forecasts made twice a year in the last test fold, by networks that were not trained on it.
# Below: the forecast of the months after the end of the record.

train, test = list(cv.split(X))[-1]
shown = test[-60::HORIZON]
colours = dict(zip(FOUR, ["#0072b2", "#e69f00", "#009e73", "#cc79a7"], strict=True))

figure, (above, below) = plt.subplots(2, figsize=(7.5, 7), layout="constrained")
recent = series.iloc[origins[shown[0]] - 12 :]
for axes in (above, below):
    axes.plot(recent.index, recent, color="0.2", lw=1.2, label="observed")
    axes.set_ylabel("sea surface (°C)")
for arch, colour in colours.items():
    scores = np.where(results["param_lstm__arch"] == arch, results["mean_test_score"], -np.inf)
    best = clone(pipe).set_params(**results["params"][scores.argmax()]).fit(X[train], Y[train])
    for window, values in zip(origins[shown], best.predict(X[shown]), strict=True):
        months = series.index[window + 1 : window + 1 + HORIZON]
        above.plot(months, values, color=colour, lw=1.6, label=arch)
        arch = None  # one entry in the legend is enough
above.set_title(f"Forecasts {HORIZON} months ahead, made twice a year, against what came")
below.axvspan(series.index[-1], future[-1], color="0.93")
below.plot(
    [series.index[-1], *future], [series.iloc[-1], *forecast], "o-", color="#d55e00", ms=4,
    label=f"forecast, {search.best_params_['lstm__arch']}",
)  # fmt: skip
below.set_xlim(recent.index[-36], future[-1] + pd.Timedelta(days=15))
below.set_title("Beyond the end of the record")
for axes in (above, below):
    axes.legend(ncols=3, loc="lower left", frameon=False, fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    low, high = axes.get_ylim()
    axes.set_ylim(low - 0.25 * (high - low), high)
figure.savefig(OUTPUT / "forecasts.png", dpi=150)
print(f"The figures are in {OUTPUT}: architectures.png and forecasts.png.")
