"""
================================
A first forecast from a CSV file
================================

A CSV file holds a series, one row per year, and you want to know how it goes on. This example shows
every step: read the file, cut windows, keep the last decades for a test, train a network, compare
it with simple baselines, and forecast the years after the end of the record. The series is the
yearly number of sunspots; to use your own file, change the path and the name of the column.
"""

# %%
# A file
# ------
# First we write such a file: the sunspot numbers that ship with the package
# (:func:`~sklstm.datasets.load_sunspots`), with a column of dates and one of values.

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklstm import LSTMRegressor, TimeDistributedTransformer, last_window, make_windows
from sklstm.datasets import load_sunspots
from sklstm.plotting import ForecastDisplay

folder = tempfile.TemporaryDirectory()
path = Path(folder.name) / "sunspots.csv"
load_sunspots(as_frame=True).frame.to_csv(path)
print(path.read_text()[:78], "...")

# %%
# Read the file
# -------------
# From here on it could be your own file. The dates become the index, so that windows can be checked
# against the calendar and figures show years. :func:`~sklstm.make_windows` refuses a series with a
# gap, a repeated date or a missing value, and says where it is.

df = pd.read_csv(path, index_col=0, parse_dates=True)
folder.cleanup()
series = df["sunspots"]
print(f"{len(series)} years, {series.index[0]:%Y} to {series.index[-1]:%Y}")

# %%
# Windows
# -------
# A sample is a window of 22 years, two cycles of the Sun, and its target is the six years that
# follow. The origin of a window is its last row: the moment at which the forecast is made.

LOOKBACK, HORIZON = 22, 6

X, Y, origins = make_windows(
    df, df["sunspots"], lookback=LOOKBACK, horizon=HORIZON, return_origins=True
)
print(f"windows {X.shape}, targets {Y.shape}")

# %%
# The last decades, kept for the test
# -----------------------------------
# The test consists of the forecasts made from 1963 on. A window is trained on if its last target
# was known by then; the few windows in between are left out, because their targets reach into the
# test.

first = series.index.searchsorted(pd.Timestamp("1963"))
known, later = origins + HORIZON <= first, origins >= first
print(
    f"{known.sum()} windows to train on, {later.sum()} to test, {(~known & ~later).sum()} neither"
)

# %%
# A network in a pipeline
# -----------------------
# The scaler is a step of the pipeline, so it learns mean and spread from training windows alone.
# The network is small and its training short: with some two hundred windows, a large network soon
# memorizes them (:ref:`sphx_glr_auto_examples_plot_training.py` shows how to see that).

model = Pipeline(
    [
        ("scale", TimeDistributedTransformer(StandardScaler())),
        ("lstm", LSTMRegressor(units=8, epochs=15, learning_rate=0.01, random_state=0)),
    ]
)
model.fit(X[known], Y[known])

# %%
# The network and simple baselines
# --------------------------------
# A score says little by itself. It is compared with the last value, repeated; the values of eleven
# years ago, about one cycle; and a linear regression on the same windows.

linear = make_pipeline(FunctionTransformer(lambda windows: windows[:, :, 0]), Ridge())
linear.fit(X[known], Y[known])
forecasts = {
    "LSTM": model.predict(X[later]),
    "last value": np.repeat(X[later, -1], HORIZON, axis=1),
    "a cycle ago": X[later, LOOKBACK - 11 : LOOKBACK - 11 + HORIZON, 0],
    "linear regression": linear.predict(X[later]),
}
print(f"Root-mean-square error of the forecasts from {series.index[first]:%Y} on, in sunspots")
for name, forecast in forecasts.items():
    print(f"  {name:<18} {np.sqrt(np.mean((forecast - Y[later]) ** 2)):5.1f}")

# %%
# The network and the linear regression are close together, and both are well ahead of the forecasts
# that repeat the series. This is one part of one series, so a difference of a sunspot or two does
# not rank them. Other years may be harder, too: the strongest cycle of the record peaked in 1957.
# If the test begins in 1943 instead, neither model has seen such a cycle in training, and both get
# worse, the network more so.
#
# Forecasts and outcomes
# ----------------------
# :class:`~sklstm.plotting.ForecastDisplay` draws the series and some of the forecasts. Each line
# begins at the origin of its forecast.

display = ForecastDisplay.from_predictions(series, origins[later], forecasts["LSTM"], n_shown=5)
display.ax_.set(xlabel="year", ylabel="sunspot number", ylim=(None, 230))
display.ax_.legend(loc="upper left", ncols=3, fontsize=9)
plt.show()

# %%
# Error by horizon
# ----------------
# The mean over six years hides that the first year is easier to forecast than the sixth.
# :meth:`~sklstm.plotting.ForecastDisplay.error_by_horizon` returns the error at each step ahead,
# over all forecasts. The value of a cycle ago is equally good at every step; the others are better
# for the first year than for the sixth.

fig, ax = plt.subplots(layout="constrained")
years = np.arange(1, HORIZON + 1)
styles = {
    "last value": dict(color="0.45", marker="s", linestyle=":"),
    "a cycle ago": dict(color="#E69F00", marker="^", linestyle="--"),
    "linear regression": dict(color="#009E73", marker="D", linestyle="-."),
}
for name, style in styles.items():
    errors = ForecastDisplay(series, origins[later], forecasts[name]).error_by_horizon()
    ax.plot(years, errors, label=name, **style)
display.plot_error_by_horizon(ax=ax)
display.error_line_.set(label="LSTM", zorder=3)
ax.set(xlabel="years ahead", ylabel="root-mean-square error (sunspots)")
ax.legend(fontsize=9)
plt.show()

# %%
# The years ahead
# ---------------
# Now that the error of the pipeline is known, it is fitted again, to all windows, and forecasts
# from the last one (:func:`~sklstm.last_window`). The error in the test shows how far to trust the
# forecast.

final = clone(model).fit(X, Y)
forecast = final.predict(last_window(df, LOOKBACK))
error = display.error_by_horizon()
for ahead, value, spread in zip(years, forecast[0], error, strict=True):
    print(f"{series.index[-1].year + ahead}: {value:4.0f}, give or take {spread:.0f}")

# %%

ahead = ForecastDisplay.from_predictions(series, [len(series) - 1], forecast, context=40)
times, values = ahead.forecast_lines_[0].get_data()
ahead.ax_.fill_between(
    times[1:], values[1:] - error, values[1:] + error, color="#0072B2", alpha=0.2, linewidth=0,
    label="error of the test",
)  # fmt: skip
ahead.ax_.set(xlabel="year", ylabel="sunspot number", ylim=(None, 215))
ahead.ax_.legend(loc="upper left", ncols=4, fontsize=9)
plt.show()
