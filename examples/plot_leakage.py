"""
====================
What a leak is worth
====================

Cross-validation that shuffles windows promises forecasts better than any forecast can be. Windows
overlap: the answers of a test window are, but for a step, those of the training windows beside
it. This example measures by how much that flatters a network, on a series whose least
possible error is known, and shows that :class:`~sklstm.PurgedTimeSeriesSplit` gives an honest
estimate.
"""

# %%
# A series with a known limit
# ---------------------------
# :func:`~sklstm.datasets.make_series` adds a cycle of 40 steps and noise that keeps nine tenths
# of itself from step to step. Forecasts are made for the next 12 steps. Part of the noise can be
# foreseen; the part that is still to be drawn cannot. We made the series and know its law, so we
# can write down the best of all forecasts: the cycle, and what is left of the present noise.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, cross_val_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklstm import LSTMRegressor, PurgedTimeSeriesSplit, TimeDistributedTransformer, make_windows
from sklstm.datasets import make_series
from sklstm.plotting import WindowsDisplay

LOOKBACK, HORIZON, MEMORY = 24, 12, 0.9

parts = make_series(
    3000, period=40, autoregression=MEMORY, noise=0.4, random_state=0, return_components=True
)
X, Y, origins = make_windows(parts.series, lookback=LOOKBACK, horizon=HORIZON, return_origins=True)
n_known = 800  # for cross-validation; the rest comes later
known, later = slice(0, n_known), slice(n_known + HORIZON - 1, None)


def rms(errors):
    """Return the error of each step ahead, averaged over the steps, as scikit-learn has it."""
    return np.sqrt(np.mean(errors**2, axis=0)).mean()


ahead = np.arange(1, HORIZON + 1)
cycle = parts.seasonal[origins[:, np.newaxis] + ahead]
best = cycle + MEMORY**ahead * parts.noise[origins, np.newaxis]
limit = rms(best[known] - Y[known])
print(f"windows {X.shape}, targets {Y.shape}")
print("root-mean-square error of the best forecast that there is")
print(f"  first {n_known} windows {limit:.2f}, later windows {rms(best[later] - Y[later]):.2f}")

# %%
# Two splitters
# -------------
# The first 800 windows are for cross-validation. The long rest comes later, and stands for the
# days on which the forecasts are used.

splitters = {
    "shuffled": KFold(4, shuffle=True, random_state=0),
    "purged": PurgedTimeSeriesSplit(4, horizon=HORIZON, test_size=100),
}

# %%
# :class:`~sklstm.plotting.WindowsDisplay` draws who is trained and tested on what, here for the
# first 120 windows. Shuffled, hardly a step is the target of one part alone. It is red wherever
# training has seen what it is tested on.

display = WindowsDisplay.from_cv(splitters["shuffled"], X[:120], Y[:120])
display.ax_.set_title("Shuffled folds")
plt.show()

# %%
# Purged, every fold trains on its past alone, and a window whose targets reach into the test part
# is left out.

display = WindowsDisplay.from_cv(PurgedTimeSeriesSplit(4, horizon=HORIZON), X[:120], Y[:120])
display.ax_.set_title("Purged folds")
plt.show()

# %%
# Models that remember more and more
# ----------------------------------
# A linear regression has few weights and can learn little by heart. A network trained for longer
# remembers more of its windows, and the three nearest neighbours are memory and nothing else.


def network(epochs):
    return Pipeline(
        [
            ("scale", TimeDistributedTransformer(StandardScaler())),
            ("lstm", LSTMRegressor(units=32, epochs=epochs, learning_rate=0.01, random_state=0)),
        ]
    )


flat = FunctionTransformer(lambda windows: windows[:, :, 0])
models = {
    "linear regression": make_pipeline(flat, Ridge()),
    "LSTM, 5 epochs": network(5),
    "LSTM, 20 epochs": network(20),
    "LSTM, 60 epochs": network(60),
    "3 nearest neighbours": make_pipeline(flat, KNeighborsRegressor(3)),
}

# %%
# Two promises, and what came
# ---------------------------
# Each model is scored by both splitters, and then fitted to all 800 windows and tested on the
# later ones.

SCORING = "neg_root_mean_squared_error"
promises = {name: {} for name in models}
came = {}
print(f"{'':<21} {'shuffled':>9} {'purged':>7} {'later':>6}")
for name, model in models.items():
    for kind, cv in splitters.items():
        promises[name][kind] = -cross_val_score(model, X[known], Y[known], cv=cv, scoring=SCORING)
    came[name] = rms(model.fit(X[known], Y[known]).predict(X[later]) - Y[later])
    means = [errors.mean() for errors in promises[name].values()]
    print(f"{name:<21} {means[0]:9.2f} {means[1]:7.2f} {came[name]:6.2f}")

# %%
# The picture
# -----------
# What shuffled folds promise gets better the longer a network is trained, until it passes the best
# forecast that there is. What purged folds promise is what came, within the scatter of the folds
# (small dots; the limit itself differs from fold to fold).

fig, ax = plt.subplots(figsize=(7.2, 4.4), layout="constrained")
rows = np.arange(len(models))
looks = {
    "shuffled": dict(color="#D55E00", marker="^", label="promised by shuffled folds"),
    "purged": dict(color="#0072B2", marker="o", label="promised by purged folds"),
}
for kind, look in looks.items():
    folds = np.array([promises[name][kind] for name in models])
    ax.plot(folds, rows, ".", color=look["color"], alpha=0.35)
    ax.plot(folds.mean(axis=1), rows, linestyle="", markersize=9, **look)
ax.plot(list(came.values()), rows, "D", color="black", mfc="none", ms=9, label="what came later")
ax.axvspan(0, limit, color="0.92", label="better than the best")
ax.axvline(limit, color="0.4", linewidth=1)
ax.set(xlabel="root-mean-square error", xlim=(0.4, None), yticks=rows, yticklabels=models)
ax.set_ylim(len(models) - 0.5, -0.5)
fig.legend(loc="outside lower center", ncols=2, fontsize=9, frameon=False)
plt.show()

# %%
# The flattery is not the same for all, and that is the worst of it: the order is all but turned
# round. Shuffled folds recommend the network that was trained longest. Purged folds recommend the
# linear regression, and it is the best forecast of what came. (This series is linear at heart.
# On another a network may win, and purged folds will say so.)
#
# Purged folds have a price. The first of them train on few windows, which counts against models
# that need many, and each tests one stretch of time, so their scores scatter. Both are so for
# forecasts in use, too.
#
# References
# ----------
# C. Bergmeir and J. M. Benítez, "On the use of cross-validation for time series predictor
# evaluation", Information Sciences 191, 192-213 (2012).
#
# M. López de Prado, "Advances in Financial Machine Learning", chapter 7, Wiley (2018).
