"""
====================
How far to look back
====================

The look-back, the number of past steps that a forecast may use, is a hyperparameter. Here a grid
search chooses it for the sea temperature off Peru, with every candidate scored on the same targets.
A second series, carbon dioxide in the air, shows a problem that no look-back solves: values beyond
everything seen in training. A network can forecast them if it is trained on changes instead.
"""

# %%
# Windows as long as the longest look-back
# ----------------------------------------
# :func:`~sklstm.make_windows` cuts windows of five years once. In the pipeline
# :class:`~sklstm.SlidingWindow` trims them to the look-back of the candidate, so windows, folds and
# targets are the same for all candidates. If windows were cut anew for each look-back, they would
# begin at other dates, and the scores would compare years as much as look-backs.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklstm import (
    LSTMRegressor,
    PurgedTimeSeriesSplit,
    SlidingWindow,
    TimeDistributedTransformer,
    make_windows,
)
from sklstm.datasets import load_co2, load_elnino

LOOKBACKS, HORIZON = [3, 6, 12, 24, 36, 60], 6

df = load_elnino(as_frame=True).frame
X, Y = make_windows(df, df["sst"], lookback=max(LOOKBACKS), horizon=HORIZON)
known, later = slice(None, -120 - HORIZON + 1), slice(-120, None)  # keep ten years for the test
print(f"windows {X.shape}, targets {Y.shape}")

# %%
# The search
# ----------
# A linear regression goes through the same search, as a baseline.

pipes = {
    "LSTM": Pipeline(
        [
            ("scale", TimeDistributedTransformer(StandardScaler())),
            ("window", SlidingWindow()),
            ("lstm", LSTMRegressor(units=32, epochs=20, learning_rate=0.01, random_state=0)),
        ]
    ),
    "linear regression": Pipeline(
        [
            ("window", SlidingWindow()),
            ("flat", FunctionTransformer(lambda windows: windows[:, :, 0])),
            ("ridge", Ridge()),
        ]
    ),
}
cv = PurgedTimeSeriesSplit(4, horizon=HORIZON, test_size=90)
searches = {
    name: GridSearchCV(
        pipe, {"window__lookback": LOOKBACKS}, cv=cv, scoring="neg_root_mean_squared_error"
    ).fit(X[known], Y[known])
    for name, pipe in pipes.items()
}

# %%
# Error against look-back
# -----------------------
# Each thin line is a fold, and the thick line is their mean. Folds differ more than look-backs do,
# because some years are harder to forecast than others; compare look-backs along a thin line.

fig, ax = plt.subplots(layout="constrained")
results = searches["LSTM"].cv_results_
folds = -np.array([results[f"split{fold}_test_score"] for fold in range(cv.n_splits)])
ax.plot(LOOKBACKS, folds.T, ".-", color="0.6", linewidth=0.8, label=["LSTM, one fold", *[None] * 3])
ax.plot(LOOKBACKS, folds.mean(axis=0), "o-", color="#0072B2", linewidth=2.5, label="LSTM, mean")
linear = -searches["linear regression"].cv_results_["mean_test_score"]
ax.plot(LOOKBACKS, linear, "s--", color="#E69F00", linewidth=2, label="linear regression, mean")
ax.set_xscale("log")
ax.set_xticks(LOOKBACKS, LOOKBACKS)
ax.minorticks_off()
ax.set(xlabel="look-back (months)", ylabel="root-mean-square error (°C)")
ax.legend(fontsize=9)
plt.show()

# %%
# Most of the gain is in the first year: a window of twelve months holds one whole cycle of the
# seasons. Beyond it the curves are nearly flat compared with the scatter of the folds, so the
# winner of the search is one of several look-backs that are about equally good. Of these, a shorter
# one needs less of the past before the first forecast.

for name, search in searches.items():
    errors = zip(LOOKBACKS, -search.cv_results_["mean_test_score"], strict=True)
    print(f"{name}:", ", ".join(f"{months} months {error:.2f} °C" for months, error in errors))

# %%
# The ten years that were kept for the test
# -----------------------------------------
# They played no part in the choice of the look-back. The search has fitted the winner again, on all
# windows known before them.


def rms(errors):
    return np.sqrt(np.mean(errors**2))


tests = {
    f"{name}, {search.best_params_['window__lookback']} months": search.predict(X[later])
    for name, search in searches.items()
}
tests["value a year ago"] = X[later, -12 : -12 + HORIZON, 0]
tests["last value"] = X[later, -1]
for name, forecast in tests.items():
    print(f"{name:<28} {rms(forecast - Y[later]):.2f} °C")

# %%
# The network and the linear regression are about equally good: a difference of some hundredths of a
# degree is within the scatter of the folds.
#
# A trend
# -------
# Carbon dioxide grows (:func:`~sklstm.datasets.load_co2`): a few years into the test, every month
# lies above all values of the training part. The outputs of an LSTM are bounded, so a network that
# forecasts levels stays near those that it knows, and no look-back helps. Forecast the change since
# the last value instead, and subtract the last value from the window as well: the changes of the
# nineties are much like those of the sixties.

co2 = load_co2(as_frame=True).target
X, Y, origins = make_windows(co2, lookback=36, horizon=12, return_origins=True)
known, later = slice(None, -120 - 11), slice(-120, None)


def pipe(*first):
    lstm = LSTMRegressor(units=16, epochs=30, learning_rate=0.01, random_state=0)
    scale = TimeDistributedTransformer(StandardScaler())
    return Pipeline([*first, ("scale", scale), ("lstm", lstm)])


since_last = FunctionTransformer(lambda windows: windows - windows[:, -1:])
last = X[:, -1]

levels = pipe().fit(X[known], Y[known])
changes = pipe(("since_last", since_last)).fit(X[known], (Y - last)[known])
forecasts = {
    "LSTM on levels": levels.predict(X[later]),
    "LSTM on changes": last[later] + changes.predict(X[later]),
    "a year ago, and its growth": X[later, -12:, 0] + X[later, -1] - X[later, -13],
}
for name, forecast in forecasts.items():
    print(f"{name:<28} {rms(forecast - Y[later]):5.2f} ppm")

# %%
# Both networks in one figure
# ---------------------------
# Forecasts of one year, made every other year. Values above the dotted line did not occur in
# training.

fig, ax = plt.subplots(figsize=(7.2, 4.4), layout="constrained")
ax.plot(co2.iloc[-190:], color="0.5", linewidth=1.2, label="observed")
styles = {
    "LSTM on levels": dict(color="#D55E00", linestyle="--"),
    "LSTM on changes": dict(color="#0072B2", linestyle="-"),
}
for name, style in styles.items():
    for row in range(0, 120, 24):
        months = co2.index[origins[later][row] + 1 :][:12]
        label = name if row == 0 else None
        ax.plot(months, forecasts[name][row], linewidth=2.5, label=label, **style)
highest = co2.iloc[: origins[later][0] + 1].max()
ax.axhline(highest, color="black", linestyle=":", label="highest value of training")
ax.set(xlabel="year", ylabel="carbon dioxide (ppm)")
ax.legend(loc="upper left", fontsize=9)
plt.show()

# %%
# Forecasts of levels not only fall short, they lose the seasons as well. Changes and levels carry
# the same information, but only changes stay within the range seen in training. The same helps with
# any series that drifts: differences, ratios or logarithms bring it back into a known range.
