"""
===========================
One network for many series
===========================

Twelve gauges measure twelve rivers of one region. The same weather feeds them and the same physics
drains them, but each has its own size, soil and pace. Should every river get a network of its own,
or should one network learn from them all, and should it be told which river it reads? This example
cuts a long table of several series into windows, splits all series at the same dates, and compares
the answers.
"""

# %%
# A long table
# ------------
# The rivers are simulated. The wetter the soil is already, the more of the rain runs off; it
# reaches the gauge through three reservoirs in a row. The runoff is a product of wetness and rain,
# so no linear model can describe it exactly.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from sklstm import (
    LSTMRegressor,
    PurgedTimeSeriesSplit,
    TimeDistributedTransformer,
    make_windows,
)
from sklstm.plotting import ForecastDisplay

LOOKBACK, HORIZON = 21, 5


def simulate_rivers(n_gauges=12, n_days=730, seed=0):
    """Return a table with the columns gauge, date, rain (mm) and discharge (m³/s)."""
    rng = np.random.default_rng(seed)
    dates = pd.date_range("2023-01-01", periods=n_days, freq="D")
    winter = np.cos(2 * np.pi * (np.arange(n_days) - 15) / 365.25)
    moist_air = np.zeros(n_days)
    for day in range(1, n_days):
        moist_air[day] = 0.6 * moist_air[day - 1] + rng.normal(scale=0.8)
    fronts = 10 * np.maximum(moist_air - 0.6 + 0.15 * winter, 0)  # the same for all rivers
    tables = []
    for number in range(1, n_gauges + 1):
        area, capacity, pace = np.exp(rng.uniform(0, 4)), rng.uniform(60, 140), rng.uniform(1.2, 3)
        rain = np.round(fronts * rng.gamma(4, 0.25, n_days), 1)
        soil, reservoirs, discharge = capacity / 2, np.ones(3), np.empty(n_days)
        for day in range(n_days):
            flow = rain[day] * min(soil / capacity, 1) ** 3 + 0.01 * soil
            evaporation = (2 - 1.5 * winter[day]) * soil / capacity
            soil = max(soil + rain[day] - flow - evaporation, 1)
            for place in range(3):
                outflow = reservoirs[place] * (1 - np.exp(-1 / pace))
                reservoirs[place] += flow - outflow
                flow = outflow
            discharge[day] = area * flow * np.exp(rng.normal(scale=0.03))
        columns = {"gauge": f"gauge {number:02d}", "date": dates}
        tables.append(pd.DataFrame({**columns, "rain": rain, "discharge": discharge}))
    return pd.concat(tables, ignore_index=True)


rivers = simulate_rivers()
print(rivers.groupby("gauge")["discharge"].describe()[["count", "min", "50%", "max"]].round(2))

# %%
# Windows within groups, folds across them
# ----------------------------------------
# With ``groups=``, no window of :func:`~sklstm.make_windows` crosses from one river into the next.
# The target is the logarithm of the discharge, so that errors are relative to the flow and small
# rivers count as much as large ones. :class:`~sklstm.PurgedTimeSeriesSplit` is given the dates of
# the origins: a fold tests all rivers on the same days, and no river reveals the future of another.

rivers["log_discharge"] = np.log(rivers["discharge"])
rivers["log_rain"] = np.log1p(rivers["rain"])
measured = rivers[["log_discharge", "log_rain"]].to_numpy()
names = OneHotEncoder(sparse_output=False).fit_transform(rivers[["gauge"]])
cut = dict(lookback=LOOKBACK, horizon=HORIZON, groups=rivers["gauge"])
X, Y, origins = make_windows(measured, rivers["log_discharge"], **cut, return_origins=True)
X_named, _ = make_windows(np.hstack([measured, names]), rivers["log_discharge"], **cut)

gauge, date = (rivers[column].to_numpy()[origins] for column in ("gauge", "date"))
cv = PurgedTimeSeriesSplit(3, horizon=pd.Timedelta(days=HORIZON), test_size=90)
folds = list(cv.split(X, groups=date))
print(f"\nwindows {X.shape}, and with the gauge's name {X_named.shape}")
for train, test in folds:
    first, last = pd.to_datetime([date[test].min(), date[test].max()]).strftime("%d %b %Y")
    print(f"{len(train)} windows to train on, {len(test)} to test on, from {first} to {last}")

# %%
# Ways to forecast
# ----------------
# The name of a gauge is given as twelve more features, one of which is 1, the same at each step of
# a window. Networks for single rivers are trained for more epochs, because an epoch has fewer
# windows for them.


def network(epochs):
    return make_pipeline(
        TimeDistributedTransformer(StandardScaler()),
        LSTMRegressor(units=16, epochs=epochs, learning_rate=5e-3, random_state=0),
    )


def linear():
    flatten = FunctionTransformer(lambda windows: windows.reshape(len(windows), -1))
    return make_pipeline(flatten, StandardScaler(), Ridge())


def one_for_all(model, X):
    return lambda train, test: model.fit(X[train], Y[train]).predict(X[test])


def one_each(model):
    def forecast(train, test):
        made = np.empty((len(X), HORIZON))
        for name in np.unique(gauge):
            own, asked = train[gauge[train] == name], test[gauge[test] == name]
            made[asked] = model.fit(X[own], Y[own]).predict(X[asked])
        return made[test]

    return forecast


def season(train, test):
    """Forecast the mean of the river in the same month, taken over the training part."""
    months = pd.DatetimeIndex(date).month
    means = pd.Series(X[train, -1, 0]).groupby([gauge[train], months[train]]).mean()
    asked = pd.MultiIndex.from_arrays([gauge[test], months[test]])
    return np.repeat(means.loc[asked].to_numpy()[:, np.newaxis], HORIZON, axis=1)


ways = {
    "mean of the month": season,
    "last value": lambda train, test: np.repeat(X[test, -1:, 0], HORIZON, axis=1),
    "linear, one a river": one_each(linear()),
    "linear, one for all": one_for_all(linear(), X),
    "linear, all, named": one_for_all(linear(), X_named),
    "network, one a river": one_each(network(30)),
    "network, one for all": one_for_all(network(15), X),
    "network, all, named": one_for_all(network(15), X_named),
}

# %%
# Scores
# ------
# The root-mean-square error of the logarithm, times 100, is about the error in per cent.

tested = np.concatenate([test for _, test in folds])
by_river, last_forecasts = {}, {}
print(f"{'error in per cent':<22}" + "".join(f"  fold {fold}" for fold in (1, 2, 3)))
for way, forecast in ways.items():
    forecasts = [forecast(train, test) for train, test in folds]
    squared = [
        ((made - Y[test]) ** 2).mean(axis=1)
        for made, (_, test) in zip(forecasts, folds, strict=True)
    ]
    print(f"{way:<22}" + "".join(f"{100 * np.sqrt(fold.mean()):>8.1f}" for fold in squared))
    means = pd.Series(np.concatenate(squared)).groupby(gauge[tested]).mean()
    by_river[way], last_forecasts[way] = 100 * np.sqrt(means), forecasts[-1]

# %%
# River by river
# --------------
# Errors over all folds. One network for all rivers has twelve times as many floods to learn from.
# If it is given the name, it learns what the rivers share and what is particular to each; if not,
# it has to guess from three weeks which river it reads. In a linear model a name only shifts the
# forecast.

figure, axes = plt.subplots(figsize=(7, 4.6), layout="constrained")
for way, marker, colour in (
    ("linear, one a river", "x", "#555555"),
    ("network, one a river", "s", "#e69f00"),
    ("network, all, named", "o", "#0072b2"),
):
    axes.plot(by_river[way], by_river[way].index, marker, color=colour, ms=8, label=way)
axes.invert_yaxis()
axes.set(xlabel="root-mean-square error in per cent", xlim=(0, None))
axes.grid(alpha=0.3)
axes.legend(fontsize=9)
plt.show()

# %%
# Two rivers
# ----------
# Forecasts five days ahead by the network that is given the names, converted back to cubic metres
# per second.

test = folds[-1][1]
figure, axes = plt.subplots(2, figsize=(8, 6), sharex=True, layout="constrained")
for panel, name in zip(axes, ("gauge 04", "gauge 07"), strict=True):
    series = rivers[rivers["gauge"] == name].set_index("date")["discharge"]
    asked = gauge[test] == name
    ForecastDisplay.from_predictions(
        series,
        series.index.get_indexer(date[test][asked]),
        np.exp(last_forecasts["network, all, named"][asked]),
        ax=panel,
        n_shown=7,
    )
    panel.set(title=name, ylabel="discharge in m³/s")
axes[0].set_xlabel("")
plt.show()
