"""
=====================================
Every display, for every architecture
=====================================

A tour of :mod:`sklstm.plotting`: training histories, forecasts, comparisons of architectures and
the layout of windows and folds, drawn for each of the four architectures. Displays work as
scikit-learn's do: a class method draws, ``ax=`` says where, and the artists are kept as attributes,
so that you can change them.
"""

# %%
# A regression and a classification
# ---------------------------------
# The regression forecasts the sea temperature off Peru six months ahead; the classification sorts
# pieces of noisy oscillations by their period. Every network holds out a part of its training data,
# and keeps the weights of the epoch whose loss on that part is lowest.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (
    GridSearchCV,
    TimeSeriesSplit,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklstm import (
    LSTMClassifier,
    LSTMRegressor,
    PurgedTimeSeriesSplit,
    TimeDistributedTransformer,
    make_windows,
)
from sklstm.datasets import load_elnino, make_series
from sklstm.plotting import (
    ArchitectureComparisonDisplay,
    ForecastDisplay,
    TrainingHistoryDisplay,
    WindowsDisplay,
)

FOUR = "vanilla", "bidirectional", "stacked", "cnn_lstm"  # the lecture's networks

HORIZON = 6
settings = dict(
    units=16,
    epochs=30,
    learning_rate=5e-3,
    early_stopping=True,
    validation_fraction=0.2,
    n_iter_no_change=10,
    random_state=0,
)
sst = load_elnino(as_frame=True).target
X, Y, origins = make_windows(sst, lookback=24, horizon=HORIZON, return_origins=True)
cv = PurgedTimeSeriesSplit(3, horizon=HORIZON, test_size=100)
train, test = list(cv.split(X))[-1]
forecaster = make_pipeline(TimeDistributedTransformer(StandardScaler()), LSTMRegressor(**settings))

periods = [9.3, 11.1, 13.7]
waves = np.concatenate(
    [make_series(6400, period=p, noise=0.7, random_state=k) for k, p in enumerate(periods)]
)
period = np.repeat(periods, 6400).astype(str)
pieces, labels = make_windows(waves, period, lookback=32, horizon=0, stride=32, groups=period)
classifier = LSTMClassifier(activation="tanh", kernel_size=8, metrics=["accuracy"], **settings)

# %%
# Histories of training
# ---------------------
# One fit per panel. A star marks the epoch whose weights were kept.

forecasters = {
    arch: clone(forecaster).set_params(lstmregressor__arch=arch).fit(X[train], Y[train])
    for arch in FOUR
}
figure, axes = plt.subplots(2, 2, figsize=(8.4, 6.4), sharey=True, layout="constrained")
for (arch, fitted), ax in zip(forecasters.items(), axes.flat, strict=True):
    display = TrainingHistoryDisplay.from_estimator(fitted, ax=ax)
    ax.set_title(arch)
    ax.label_outer()
plt.show()

# %%
# Several fits in one display. A metric, here the accuracy, gets a panel of its own.

classifiers = [clone(classifier).set_params(arch=arch).fit(pieces, labels) for arch in FOUR]
TrainingHistoryDisplay.from_estimators(classifiers)
plt.show()

# %%
# The fits of a cross-validation, one per fold, here of one architecture.

folds = cross_validate(forecaster, X, Y, cv=cv, return_estimator=True)
TrainingHistoryDisplay.from_cv_results(folds)
plt.show()

# %%
# Forecasts
# ---------
# Forecasts of months that lie after all training data. Each line begins at the last value that the
# network was given.

figure, axes = plt.subplots(4, figsize=(8.4, 10), sharex=True, sharey=True, layout="constrained")
displays = {}
for (arch, fitted), ax in zip(forecasters.items(), axes, strict=True):
    displays[arch] = ForecastDisplay.from_estimator(
        fitted, X[test], sst, origins[test], ax=ax, n_shown=6
    )
    ax.set_title(arch, loc="left")
    ax.set_ylabel("°C")
    ax.label_outer()
    ax.get_legend().remove()
axes[0].legend(ncols=3, loc="lower right", bbox_to_anchor=(1, 1), fontsize=9)
plt.show()

# %%
# The same displays draw the error at each step ahead, here all four in the same axes.

figure, ax = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
looks = zip(["#0072b2", "#e69f00", "#009e73", "#d55e00"], "os^D", strict=True)
for (arch, display), (colour, marker) in zip(displays.items(), looks, strict=True):
    look = dict(color=colour, marker=marker)
    display.plot_error_by_horizon(ax=ax, name=arch, curve_kwargs=look)
ax.set_ylabel("RMSE in °C")
plt.show()

# %%
# Architectures, fold by fold
# ---------------------------
# The scores of a search over ``arch``, against the time of a fit and against the number of weights,
# together with those of a linear model in the same folds. Here the linear model is hard to beat.

SCORING = "neg_root_mean_squared_error"
flatten = FunctionTransformer(lambda windows: windows.reshape(len(windows), -1))
linear = cross_val_score(make_pipeline(flatten, Ridge()), X, Y, cv=cv, scoring=SCORING)
search = GridSearchCV(forecaster, {"lstmregressor__arch": FOUR}, cv=cv, scoring=SCORING)
search.fit(X, Y)
figure, axes = plt.subplots(2, figsize=(8.4, 7), layout="constrained")
for against, ax in zip(("fit_time", "parameters"), axes, strict=True):
    ArchitectureComparisonDisplay.from_search(
        search, against=against, X=X, y=Y, baseline={"linear model": linear}, ax=ax
    )
plt.show()

# %%
# The same for the classification. The pieces begin at any phase, so all classes have the same mean,
# and a linear model can only guess.

linear = cross_val_score(make_pipeline(flatten, LogisticRegression()), pieces, labels, cv=3)
search = GridSearchCV(classifier, {"arch": FOUR}, cv=3).fit(pieces, labels)
figure, axes = plt.subplots(2, figsize=(8.4, 7), layout="constrained")
for against, ax in zip(("fit_time", "parameters"), axes, strict=True):
    ArchitectureComparisonDisplay.from_search(
        search,
        against=against,
        X=pieces,
        y=labels,
        baseline={"logistic regression": linear},
        ax=ax,
    )
    ax.set_ylabel("accuracy")
plt.show()

# %%
# Windows and folds
# -----------------
# The upper rows show three windows of a short series, the lower rows the folds of
# :class:`~sklstm.PurgedTimeSeriesSplit`: no step is a target of both parts.

X, Y = make_windows(np.arange(90.0), lookback=12, horizon=HORIZON)
display = WindowsDisplay.from_cv(PurgedTimeSeriesSplit(4, horizon=HORIZON), X, Y)
display.ax_.set_title("PurgedTimeSeriesSplit")
plt.show()

# %%
# scikit-learn's :class:`~sklearn.model_selection.TimeSeriesSplit` does not know the horizon, so the
# targets of its last training windows are also targets of the test part.

display = WindowsDisplay.from_cv(TimeSeriesSplit(4), X, Y)
display.ax_.set_title("TimeSeriesSplit")
plt.show()
