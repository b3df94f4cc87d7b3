"""
===============================
A series with gaps: weekly CO2
===============================

Instruments fail, and series have holes. Here the weekly carbon dioxide record of Mauna Loa is
forecast with its 59 missing weeks, without interpolating it first: windows keep their gaps, and a
step of the pipeline fills them in. You will see what that step does, compare it with interpolation
by hand, and forecast from a window with gaps. Needs statsmodels, which brings the record: ``pip
install statsmodels``.
"""

# %%
# Fifty-nine missing weeks
# ------------------------
# The index of the record is regular: a missing week is a row of NaN. Where a series lacks the rows
# themselves, or has irregular times, one call of pandas makes it so: ``series.asfreq("W")`` or
# ``series.resample("W").mean()``.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from statsmodels.datasets import co2

from sklstm import Forecaster, WindowImputer, last_window, make_windows

series = co2.load_pandas().data["co2"]
gaps = series.isna()
print(f"{len(series)} weeks, of which {gaps.sum()} are missing")

figure, axes = plt.subplots(1, 2, figsize=(9, 3), layout="constrained", width_ratios=[2, 1])
for ax, part in zip(axes, [series, series["1964"]], strict=True):
    ax.plot(part, "." if part is not series else "-", lw=0.8)
    for week in part.index[part.isna()]:
        ax.axvspan(week - pd.Timedelta("7D"), week, color="tab:red", alpha=0.3, lw=0)
axes[0].set(title="gaps in red", ylabel="CO2 / ppm")
axes[1].set_title("the longest, in 1964")
axes[1].tick_params(axis="x", rotation=40)
plt.show()

# %%
# Windows that keep their gaps
# ----------------------------
# Two years are to tell the next twelve weeks. ``allow_nan=True`` keeps windows with gaps. A target
# cannot be filled in, so windows that lack one are left out, and a warning says how many.

import warnings

LOOKBACK, HORIZON = 104, 12
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    X, Y, origins = make_windows(
        series, lookback=LOOKBACK, horizon=HORIZON, allow_nan=True, return_origins=True
    )
print(caught[0].message)
print(f"{np.isnan(X).any(axis=(1, 2)).sum()} of the other {len(X)} have a gap in their past")

# %%
# :class:`~sklstm.WindowImputer` fills each window from its own past and, on request, adds what the
# inputs of GRU-D are: whether a value was missing, and how many steps ago the last one was seen.
# ``padding=None`` says that NaN at the end of a window is a gap: these are windows of a series, and
# not sequences of unequal length.

imputer = WindowImputer("linear", add_indicator=True, add_elapsed=True, padding=None)
filled = imputer.fit_transform(X)
print(imputer.get_feature_names_out(["co2"]))

window = np.isnan(X).sum(axis=(1, 2)).argmax()
figure, axes = plt.subplots(3, 1, figsize=(9, 4.5), sharex=True, layout="constrained")
axes[0].plot(filled[window, :, 0], color="tab:red", lw=1, label="filled in")
axes[0].plot(X[window, :, 0], lw=2, label="seen")
axes[0].legend(loc="upper left")
for ax, name, values in zip(
    axes, ["CO2 / ppm", "missing", "elapsed"], filled[window].T, strict=True
):
    ax.set_ylabel(name)
    if name != "CO2 / ppm":
        ax.step(np.arange(LOOKBACK), values, where="mid", lw=1)
axes[-1].set_xlabel("week of the window")
plt.show()

# %%
# Beside interpolation by hand
# ----------------------------
# The forecaster brings each window to its own level and corrects a linear model. The last fifth of
# the record is the test. By hand, the series is interpolated before it is cut: there is a line
# more to write and to repeat for every new series, and targets are invented, too.

test = origins >= 0.8 * len(series)
train = origins <= 0.8 * len(series) - HORIZON
by_hand = make_windows(
    series.interpolate(), lookback=LOOKBACK, horizon=HORIZON, return_origins=True
)
train_by_hand = by_hand[2] <= 0.8 * len(series) - HORIZON


def forecaster(regressor=None):
    return Forecaster(regressor, season=52, random_state=0)


models = {}
for name, regressor in {"ridge": Ridge(), "network": None}.items():
    models[name, "by hand"] = forecaster(regressor).fit(
        by_hand[0][train_by_hand], by_hand[1][train_by_hand]
    )
    models[name, "WindowImputer"] = make_pipeline(imputer, forecaster(regressor)).fit(
        X[train], Y[train]
    )
table = pd.Series(
    {key: np.abs(model.predict(X[test]) - Y[test]).mean() for key, model in models.items()}
)
print(table.unstack()[["by hand", "WindowImputer"]].round(4).to_string())

# %%
# From the end of a series
# ------------------------
# The forecast of the future starts from the last window, with its gaps. Here the series ends in the
# summer of 1964, after the longest of them.

end = series.index.get_loc("1964-08-01")
past = series[: end + 1]
forecast = models["network", "WindowImputer"].predict(last_window(past, LOOKBACK, allow_nan=True))

figure, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
ax.plot(series[end - LOOKBACK : end + HORIZON + 1], lw=1, color="0.6", label="what came")
ax.plot(past[-LOOKBACK:], label="the last window")
ax.plot(series.index[end + 1 : end + 1 + HORIZON], forecast[0], label="forecast")
ax.set_ylabel("CO2 / ppm")
ax.legend()
plt.show()

# %%
# This shows how it is done, and not how well: the network was trained on these weeks. Of indicators
# and elapsed steps a model learns what the gaps of the training windows show. Where gaps to come
# will lie elsewhere, such as always at the end, leave these features out, or train with such
# gaps. The page :doc:`/guide/ragged` says more about missing values, irregular times and unequal
# lengths.
