"""
============================================
Many shops, planned discounts, and intervals
============================================

Twelve shops of very different size sell the same product. Their discounts are planned two weeks
ahead, and the calendar is known anyway. One model learns from all shops. You will cut a long table
into windows with known inputs, see in a backtest what these are worth and whether a network is
better than a linear model, check the intervals, and forecast the sales of the next two weeks with
the planned discounts and without.
"""

# %%
# A long table
# ------------
# The shops are simulated. A discount of 10, 20 or 30 per cent lasts some days, and works better at
# weekends. But customers put the product in store, and sales stay low for a while after it: the
# longer and deeper the discount, the longer. That is no linear function of the discounts.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import RidgeCV

from sklstm import Forecaster, NaiveForecaster, PurgedTimeSeriesSplit, backtest, make_windows
from sklstm.metrics import interval_coverage, symmetric_mean_absolute_percentage_error
from sklstm.plotting import CoverageDisplay, IntervalDisplay
from sklstm.windowing import calendar_features

LOOKBACK, HORIZON = 28, 14


def simulate_shops(n_shops=12, n_days=360, seed=0):
    """Return a table with the columns shop, sales and discount, one row per shop and day."""
    rng = np.random.default_rng(seed)
    days = pd.date_range("2024-01-01", periods=n_days, name="day")
    weekend = np.asarray(days.day_of_week >= 5)
    tables = []
    for number in range(1, n_shops + 1):
        size, weekend_lift = np.exp(rng.uniform(3.5, 7.5)), rng.uniform(1.2, 1.8)
        discount = np.zeros(n_days)
        day = int(rng.integers(20))
        while day < n_days:
            length = int(rng.integers(3, 10))
            discount[day : day + length] = rng.choice([0.1, 0.2, 0.3])
            day += length + int(rng.integers(8, 30))
        lift = 1 + discount * np.where(weekend, 5, 3)
        demand, stored = np.empty(n_days), 0.0
        for day in range(n_days):
            demand[day] = lift[day] * np.exp(-0.15 * stored)
            stored = 0.85 * stored + lift[day] - 1
        level = np.exp(np.cumsum(rng.normal(0, 0.01, n_days)))
        sales = rng.poisson(size * level * np.where(weekend, weekend_lift, 1) * demand)
        name = f"shop {number:02d}"
        tables.append(pd.DataFrame({"shop": name, "sales": sales, "discount": discount}, days))
    return pd.concat(tables)


table = simulate_shops()
table = table.join(calendar_features(table.index.unique(), "day_of_week"))
print(table.head(3).round(2).to_string())
print(table.groupby("shop")["sales"].median().describe()[["min", "50%", "max"]].to_string())

# %%
# Windows with known inputs
# -------------------------
# ``groups=`` keeps windows within a shop. ``future=`` adds the discount and the calendar a second
# time, two weeks ahead, so that a window ends with what is planned for the days to be forecast. The
# last two weeks of the table play the future: their sales are not used before the end.

known = ["discount", "day_of_week_sin", "day_of_week_cos"]
last_day = table.index.max() - pd.Timedelta(days=HORIZON)
past, plan = table[table.index <= last_day], table[table.index > last_day]
columns = past[["sales", *known]]
cut = dict(y="sales", lookback=LOOKBACK, horizon=HORIZON, groups=past["shop"])
X, Y, origins = make_windows(columns, **cut, future=known, return_origins=True)
X_blind, _ = make_windows(columns, **cut)
print(f"{X.shape}, without what is known {X_blind.shape}")
print(X.feature_names)

# %%
# What is it worth to know?
# -------------------------
# All shops are tested on the same days: the splitter is given the dates of the origins. The error
# is in per cent of sales (sMAPE), so that small shops count as much as large ones.

dates = past.index[origins]
cv = PurgedTimeSeriesSplit(2, horizon=pd.Timedelta(days=HORIZON), test_size=45)
folds = dict(cv=cv, origins=origins, index=past.index, groups=dates)
folds["scoring"] = {"smape": symmetric_mean_absolute_percentage_error}
network, linear = Forecaster(random_state=0), Forecaster(RidgeCV(), baseline=None)
models = {"network": network, "linear": linear}
result = backtest(models, X, Y, **folds)
blind = backtest(models | {"last week": NaiveForecaster("seasonal", season=7)}, X_blind, Y, **folds)
print("error in per cent")
print(f"  {'':<12}" + "".join(f"fold {fold}  " for fold in (1, 2)))
for title, part in {"discounts known": result, "discounts unknown": blind}.items():
    print(title)
    errors = part.scores()["smape"].unstack()
    print(errors.sort_values(1).round(1).to_string(header=False, index_names=False))

figure, ax = plt.subplots(figsize=(7, 3.8), layout="constrained")
steps = np.arange(1, HORIZON + 1)
for part, style in ((blind, "--"), (result, "-")):
    errors = part.scores_per_step().groupby("estimator", sort=False).mean()
    for name, colour in {"last week": "0.5", "linear": "#e69f00", "network": "#0072b2"}.items():
        if name in errors.index:
            ending = ", blind" if part is blind and name != "last week" else ""
            ax.plot(steps, errors.loc[name], style, color=colour, lw=2, label=name + ending)
ax.set(xlabel="days ahead", ylabel="error in per cent", ylim=(0, None))
ax.grid(alpha=0.3)
ax.legend(ncols=2)
plt.show()

# %%
# How many sales lie within the intervals
# ---------------------------------------
# In the last fold: intervals from the errors of a first fit for the latest fifth of its windows
# (``calibration_fraction``), tested on days after that. ``groups`` are the dates here, too, so that
# the latest windows of all shops are held out.
#
# Over all shops, the intervals hold about as many sales as they promise. Shop by shop they do not.
# They are as wide for all, relative to sales, but chance counts for more where few things are sold:
# on the right the smallest shop is at the top. Calibrate shop by shop
# (:meth:`~sklstm.Forecaster.calibrate`) if each has to keep the promise.

train, test = list(cv.split(X, groups=dates))[-1]
model = Forecaster(calibration_fraction=0.2, random_state=0)
model.fit(X[train], Y[train], groups=dates[train])
figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
CoverageDisplay.from_estimator(model, X[test], Y[test], name="network", ax=axes[0])
bounds = model.predict_interval(X[test], 0.8)
shop = past["shop"].to_numpy()[origins][test]
by_size = past.groupby("shop")["sales"].median().sort_values().index
held = {
    name: interval_coverage(Y[test][shop == name], *np.moveaxis(bounds[shop == name], 2, 0))
    for name in by_size
}
axes[1].barh(list(held), list(held.values()), color="#0072b2", alpha=0.7)
axes[1].axvline(0.8, color="black", ls="--", lw=1)
axes[1].invert_yaxis()
axes[1].set(xlabel="sales within the 80 % interval", xlim=(0, 1))
axes[1].tick_params(axis="y", labelsize=9)
plt.show()

# %%
# The next two weeks
# ------------------
# :meth:`~sklstm.Forecaster.forecast` takes the table up to today, and the plan. It answers with one
# row per shop and date. A second plan without discounts shows what they change in the eyes of the
# model. (It has seen discounts that were drawn at random. If discounts are given when sales are low
# anyway, such a comparison tells nothing about their effect.) Days with a discount are grey.

model.fit(X, Y, groups=dates)


def forecast(plan):
    return model.forecast(
        columns,
        groups=past["shop"],
        future=plan[known],
        future_groups=plan["shop"],
        coverage=0.8,
    )


planned, undiscounted = forecast(plan), forecast(plan.assign(discount=0.0))
print(planned.head(3).round(0).to_string())

most = plan.groupby("shop")["discount"].sum().nlargest(2).index
figure, axes = plt.subplots(2, figsize=(8, 6), sharex=True, layout="constrained")
for ax, name in zip(axes, most, strict=True):
    series, outcome = (part[part["shop"] == name] for part in (past, plan))
    IntervalDisplay.from_forecast(planned.loc[name], series["sales"], ax=ax, context=42)
    ax.plot(undiscounted.loc[name, "sales"], color="#e69f00", ls="--", label="without discount")
    ax.plot(outcome["sales"], ".", color="black", label="what was sold")
    for day in table.index[(table["shop"] == name) & (table["discount"] > 0)]:
        if day >= series.index[-42]:
            half = pd.Timedelta(hours=12)
            ax.axvspan(day - half, day + half, color="0.92", linewidth=0, zorder=0)
    ax.set(title=name, xlabel="", ylabel="sales")
    ax.get_legend().remove()
figure.legend(*ax.get_legend_handles_labels(), loc="outside upper center", ncols=3)
plt.show()

# %%
# :doc:`/guide/forecasting` describes known inputs, groups and intervals.
