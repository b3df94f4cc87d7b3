"""
================================
How much a leak flatters a model
================================

Cross-validation that shuffles windows can report a smaller error than any forecast can have.
Windows overlap: the targets of a test window are, but for one step, those of its neighbours in the
training part. This example measures how much that flatters a network, on a series whose smallest
possible error is known, and shows that :class:`~sklstm.PurgedTimeSeriesSplit` gives an honest
estimate.
"""

# %%
# A series with a known limit
# ---------------------------
# :func:`~sklstm.datasets.make_series` adds a cycle of 40 steps and noise, nine tenths of which
# carry over from one step to the next. Forecasts are made for the next 12 steps. The noise that
# carries over can be foreseen; the noise that is new in each step cannot. We know how the series
# was made, so we can write down the best possible forecast: the cycle, plus what is left of the
# present noise.

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
    """Return the error of each step ahead, averaged over the steps, as scikit-learn does."""
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
# The first 800 windows are for cross-validation. The many windows after them stand for the time
# when the forecasts are used.

splitters = {
    "shuffled": KFold(4, shuffle=True, random_state=0),
    "purged": PurgedTimeSeriesSplit(4, horizon=HORIZON, test_size=100),
}

# %%
# :class:`~sklstm.plotting.WindowsDisplay` shows what each fold is trained and tested on, here for
# the first 120 windows. In shuffled folds, nearly every step is a target of both parts. Red marks
# targets that are trained on although they lie after the first test origin.

display = WindowsDisplay.from_cv(splitters["shuffled"], X[:120], Y[:120])
display.ax_.set_title("Shuffled folds")
plt.show()

# %%
# Each purged fold is trained only on windows before its test part, and windows whose targets reach
# into the test part are left out.

display = WindowsDisplay.from_cv(PurgedTimeSeriesSplit(4, horizon=HORIZON), X[:120], Y[:120])
display.ax_.set_title("Purged folds")
plt.show()

# %%
# Models that memorize more and more
# ----------------------------------
# A linear regression has few weights and can memorize little. A network that is trained for longer
# memorizes more of its windows, and a forecast from the three nearest neighbours is nothing but
# memory.


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
# What was promised, and what came
# --------------------------------
# Each model is scored with both splitters, then fitted to all 800 windows and tested on the later
# ones.

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
# The figure
# ----------
# The error promised by shuffled folds gets smaller the longer a network is trained, until it is
# smaller than that of the best possible forecast. The error promised by purged folds is the one
# that came, within the scatter of the folds (small dots; the smallest possible error also differs
# from fold to fold).

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
# Shuffled folds do not flatter all models alike, and that is worse: they nearly reverse the
# ranking. They recommend the network that was trained longest. Purged folds recommend the linear
# regression, whose forecasts were indeed the best on the later windows. (This series is linear by
# construction. On another one a network may win, and purged folds will show it.)
#
# Purged folds have a price. The first of them train on few windows, which is a disadvantage for
# models that need many, and each tests a single period, so the scores scatter. Both are true of
# forecasts in practice, too.
#
# References
# ----------
# C. Bergmeir and J. M. Benítez, "On the use of cross-validation for time series predictor
# evaluation", Information Sciences 191, 192-213 (2012).
#
# M. López de Prado, "Advances in Financial Machine Learning", chapter 7, Wiley (2018).
