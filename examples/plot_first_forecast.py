"""
================================
A first forecast from a CSV file
================================

A series lies in a CSV file, one row a year, and you want to know what comes next. This example
goes the whole way: read the file, cut windows, hold back the last decades, train a network,
compare it with forecasts that cost nothing, and forecast years that nobody had seen when the
record ended. The series is the yearly number of sunspots; your own file takes its place by
changing the path and a column name.
"""

# %%
# A file
# ------
# To have a file, we write one: the sunspot numbers that come with the package
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
# From here on it is your own file
# --------------------------------
# The dates become the index, so that windows can be checked against the calendar and figures
# show years. :func:`~sklstm.make_windows` refuses a series with a gap, a date that comes twice or
# a missing value, and says where it is.

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
# The last decades, held back
# ---------------------------
# Forecasts from 1963 on are the test. A window is trained on if its last target was known by
# then; the few in between are left out, since their targets reach into the test.

first = series.index.searchsorted(pd.Timestamp("1963"))
known, later = origins + HORIZON <= first, origins >= first
print(
    f"{known.sum()} windows to train on, {later.sum()} to test, {(~known & ~later).sum()} neither"
)

# %%
# A network in a pipeline
# -----------------------
# The scaler is a step of the pipeline, so it learns mean and spread from training windows alone.
# The network is small and its training short: with some two hundred windows, a large one soon
# learns them by heart (:ref:`sphx_glr_auto_examples_plot_training.py` shows how to see that).

model = Pipeline(
    [
        ("scale", TimeDistributedTransformer(StandardScaler())),
        ("lstm", LSTMRegressor(units=8, epochs=15, learning_rate=0.01, random_state=0)),
    ]
)
model.fit(X[known], Y[known])

# %%
# Beside what costs nothing
# -------------------------
# A score says little by itself. Beside it stand the last value, repeated; the values of eleven
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
# The network and the linear regression are close together, and both are well ahead of what the
# series repeats. It is one stretch of one series: a difference of a sunspot or two is no ranking.
# Nor is it a promise. The strongest cycle of the record peaked in 1957. Hold back the years from
# 1943 on instead, and neither model has seen its like: both get worse, and the network more so.
#
# Forecasts and what came
# -----------------------
# :class:`~sklstm.plotting.ForecastDisplay` draws some of the forecasts into the series. Each line
# begins at its origin.

display = ForecastDisplay.from_predictions(series, origins[later], forecasts["LSTM"], n_shown=5)
display.ax_.set(xlabel="year", ylabel="sunspot number", ylim=(None, 230))
display.ax_.legend(loc="upper left", ncols=3, fontsize=9)
plt.show()

# %%
# Error by horizon
# ----------------
# The mean over six years hides that next year is easier than the sixth.
# :meth:`~sklstm.plotting.ForecastDisplay.error_by_horizon` gives the error at each step ahead, here
# of every forecast. The value of a cycle ago is as good at any distance; the others know more
# about next year than about the sixth.

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
# Now that its error is known, the same pipeline is fitted to all windows, and forecasts from the
# last one (:func:`~sklstm.last_window`). The error above says how far to trust it.

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
