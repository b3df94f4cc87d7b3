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
from sklearn.base import clone
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
# the record is the test. It is complete, so that one week in ten is taken away from it; what is to
# be forecast stays known, as ``y``. By hand, the series is interpolated before it is cut. This has
# to be repeated for every new series, targets of the training part are invented, and a gap at the
# end of a window is filled in with a look at the week after it.
#
# The imputer adds no features here: in a linear model, one that is nearly always 0 gets a
# coefficient which is worth nothing, and spoils the forecasts where it is not.

end = int(0.8 * len(series))
with_holes = series.copy()
with_holes.iloc[end + np.flatnonzero(np.random.default_rng(0).random(len(series) - end) < 0.1)] = (
    np.nan
)


def cut(values, targets, **options):
    """Return windows and what follows them, to train on and to test with."""
    X, Y, origins = make_windows(
        values, targets, lookback=LOOKBACK, horizon=HORIZON, return_origins=True, **options
    )
    train, test = origins < end - HORIZON, origins >= end
    return X[train], Y[train], X[test], Y[test]


with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # windows without a target, as above
    as_it_comes = cut(with_holes, series, allow_nan=True)
by_hand = cut(with_holes.interpolate(), series.interpolate())

table = {}
for name, regressor in {"ridge": Ridge(), "network": None}.items():
    forecaster = Forecaster(regressor, season=52, random_state=0)
    model = make_pipeline(WindowImputer("linear", padding=None), clone(forecaster))
    for way, estimator, (X_train, Y_train, X_test, Y_test) in [
        ("by hand", forecaster, by_hand),
        ("WindowImputer", model, as_it_comes),
    ]:
        forecasts = estimator.fit(X_train, Y_train).predict(X_test)
        table[name, way] = np.abs(forecasts - Y_test).mean()
print("mean absolute error / ppm")
print(pd.Series(table).unstack(sort=False).round(3).to_string())

# %%
# From the end of a series
# ------------------------
# The forecast of the future starts from the last window, with its gaps. This one is that of the
# autumn of 1998.

day = series.index.get_loc("1998-09-26")
window = last_window(with_holes[: day + 1], LOOKBACK, allow_nan=True)
forecast = model.predict(window)[0]

figure, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
ax.plot(series[day - LOOKBACK : day + HORIZON + 1], lw=1, color="0.7", label="the record")
ax.plot(with_holes[day - LOOKBACK + 1 : day + 1], ".", ms=4, label="the last window")
ax.plot(series.index[day + 1 : day + 1 + HORIZON], forecast, label="forecast")
ax.set_ylabel("CO2 / ppm")
ax.legend()
plt.show()

# %%
# The page :doc:`/guide/ragged` says more about missing values, irregular times and unequal lengths.
