"""
====================================================
Four architectures on sixty years of sea temperature
====================================================

Which LSTM forecasts the sea surface off Peru best, a year ahead, and does it beat what needs no
network at all? Four networks and three simple models forecast the same months, in folds that lie
after their training data. The best network then forecasts the year after the end of the record,
with an interval.
"""

# %%
# The series, cut into windows
# ----------------------------
# Each window holds 36 months. The twelve months after it are its targets. Windows are cut before
# the folds are split, so that the first windows of a fold keep their past.

import subprocess
import sys
from pathlib import Path

import joblib
import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import RidgeCV

from sklstm import (
    Forecaster,
    LSTMRegressor,
    NaiveForecaster,
    PurgedTimeSeriesSplit,
    backtest,
    make_windows,
)
from sklstm.datasets import load_elnino
from sklstm.plotting import IntervalDisplay

LOOKBACK, HORIZON, SEASON = 36, 12, 12
OUTPUT = Path("examples/output") if Path("examples").is_dir() else Path("output")
OUTPUT.mkdir(parents=True, exist_ok=True)

df = load_elnino(as_frame=True).data
X, Y, origins = make_windows(df, lookback=LOOKBACK, horizon=HORIZON, return_origins=True)
print(f"{df.index[0]:%B %Y} to {df.index[-1]:%B %Y}: {len(df)} months, degrees Celsius")
print(f"windows {X.shape}, targets {Y.shape}\n")

# %%
# Networks and simple models
# --------------------------
# ``Forecaster`` measures each window, and the months after it, from the window's last value. A
# linear regression makes a first forecast, and the network learns what is left. The linear
# regression on the windows as they are is the one to beat.


def with_network(arch):
    network = LSTMRegressor(arch, loss="mean_absolute_error", epochs=10)
    return Forecaster(network, random_state=0)


FOUR = "vanilla", "bidirectional", "stacked", "cnn_lstm"  # the lecture's networks
models = {arch: with_network(arch) for arch in FOUR} | {
    "linear regression": Forecaster(
        RidgeCV(np.logspace(-3, 3, 7)), scaling=None, log=False, baseline=None
    ),
    "value a year ago": NaiveForecaster("seasonal", season=SEASON),
    "last value": NaiveForecaster("last"),
}

# %%
# The table
# ---------
# ``backtest`` fits every model anew in each fold. The splitter leaves a gap: a window is trained
# on only if its last target is known when the first forecast of the test part is made. A gain of
# 0.05 is an error that is 5 % smaller than that of the linear regression.

cv = PurgedTimeSeriesSplit(3, horizon=HORIZON)
result = backtest(models, X, Y, cv=cv, origins=origins, index=df.index)
print("Mean absolute error of 12-month forecasts in degrees Celsius, and gain by fold")
errors = result.summary()["mean_absolute_error"]
gains = result.compare("linear regression")
seconds = result.summary()["fit_time"]
print(f"{'':<18} {'error':>6}  {'fold 1':>7} {'fold 2':>7} {'fold 3':>7}  {'fit in s':>8}")
for name, error in errors.items():
    by_fold = [f"{gains.loc[name, k]:+.3f}" if name in gains.index else "" for k in range(3)]
    print(f"{name:<18} {error:6.3f}  {' '.join(f'{g:>7}' for g in by_fold)}  {seconds[name]:8.1f}")

best = errors.index[errors.index.isin(FOUR)][0]
won = gains.loc[best, "folds_won"]
print(f"\nThe best network is {best}: better than the linear regression in {won} of 3 folds.\n")

# %%
# Fold by fold
# ------------
# Networks differ less from each other than folds do, so this comparison does not show which of the
# four is best. It does show what is gained over a linear regression, and that all of them are far
# better than last year's values. Above are the last ten years; the errors below are of all folds.

recent = np.arange(len(X)) >= len(X) - 120
shown = [best, "linear regression", "value a year ago"]
display = result.plot(estimators=shown, windows=recent)
display.figure_.savefig(OUTPUT / "backtest.png", dpi=150)

# %%
# The year after the end of the record
# ------------------------------------
# ``calibration_fraction`` holds out the latest fifth of the windows to measure how wrong forecasts
# are, step by step; then all windows are learnt from. Four of five months should lie within the
# interval.

forecaster = models[best].set_params(calibration_fraction=0.2).fit(X, Y)
forecast = forecaster.forecast(df, coverage=0.8)
print(forecast.round(1).to_string())

display = IntervalDisplay.from_forecast(forecast, df, name=f"forecast, {best}")
display.ax_.set_ylabel("sea surface (°C)")
display.figure_.savefig(OUTPUT / "forecast.png", dpi=150)
plt.show()

# %%
# Saved, and loaded in another process
# ------------------------------------
# A fresh process, which knows nothing of this script, loads the forecaster and makes the same
# forecast.

path = OUTPUT / "forecaster.joblib"
joblib.dump(forecaster, path)
elsewhere = f"""
import joblib
from sklstm.datasets import load_elnino
forecaster = joblib.load({str(path)!r})
print(forecaster.forecast(load_elnino(as_frame=True).data, coverage=0.8).to_numpy().tolist())
"""
answer = subprocess.run(
    [sys.executable, "-c", elsewhere], check=True, capture_output=True, text=True
).stdout
assert np.array_equal(np.array(eval(answer)), forecast.to_numpy())
print(f"\nSaved to {path} ({path.stat().st_size / 1024:.0f} KiB).")
print("A fresh process loaded it and made the same forecast, bit for bit.")
print(f"The figures are in {OUTPUT}: backtest.png and forecast.png.")
