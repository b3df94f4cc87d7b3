"""
==============================
Finding faint signals in noise
==============================

Most of what a detector records is noise, a little of it holds a signal, and nobody knows when the
signal begins or with which phase. Here a network sorts time series into noise, ring-downs and
chirps. You will weight rare classes, cross-validate in stratified folds, set a threshold for a rate
of false alarms, see how the detection rate falls with the signal-to-noise ratio, and correct
probabilities for the weights of the classes.
"""

# %%
# Simulated records
# -----------------
# Of all records 70 % hold noise alone, 20 % a ring-down (a damped oscillation, like that of a
# struck bell) and 10 % a chirp (an oscillation that rises in pitch). The noise is white, of
# standard deviation 1, so no scaler is needed. The signal-to-noise ratio is the root of the summed
# squares of the signal, in units of the noise: the ratio that a matched filter reaches, which knows
# the shape of the signal.

import matplotlib.pyplot as plt
import numpy as np
from scipy.signal import periodogram
from sklearn.calibration import CalibrationDisplay
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay, RocCurveDisplay
from sklearn.model_selection import StratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklstm import LSTMClassifier

KINDS = np.array(["noise", "ring-down", "chirp"])


def simulate(n_records, fractions=(0.7, 0.2, 0.1), seed=0, length=128):
    """Return records of shape (n_records, length), their kinds, signals and signal-to-noise."""
    rng = np.random.default_rng(seed)

    def draw(low, high):
        return rng.uniform(low, high, (n_records, 1))

    kind = rng.choice(KINDS, n_records, p=fractions)
    since = np.arange(length) - draw(10, 60)  # time since the signal began
    pitch, phase, duration = draw(0.05, 0.2), draw(0, 2 * np.pi), draw(40, 60)
    ringing = np.exp(-since / draw(10, 25)) * np.sin(2 * np.pi * pitch * since + phase)
    part = np.clip(since / duration, 0, 1)  # the part of the chirp that is over
    rising = np.sin(2 * np.pi * pitch * since * (0.5 + 0.5 * part) + phase) * np.sin(np.pi * part)
    signal = np.select([(kind == name)[:, np.newaxis] for name in KINDS[1:]], [ringing, rising], 0)
    signal[since < 0] = 0
    size = np.sqrt((signal**2).sum(axis=1, keepdims=True))
    snr = np.where(size > 0, draw(2, 14), 0)
    signal *= snr / np.where(size > 0, size, 1)
    return signal + rng.normal(size=signal.shape), kind, signal, snr.ravel()


X, y, signals, snr = simulate(3000)
X_test, y_test, _, snr_test = simulate(4000, seed=3)
print(", ".join(f"{np.sum(y == kind)} of {kind}" for kind in KINDS))

figure, axes = plt.subplots(2, 2, figsize=(8, 4.6), sharex=True, sharey=True, layout="constrained")
for panels, kind in zip(axes.T, KINDS[1:], strict=True):
    for panel, ratio in zip(panels, (12, 6), strict=True):
        record = np.argmin(np.where(y == kind, np.abs(snr - ratio), np.inf))
        panel.plot(X[record], color="0.6", lw=1, label="record")
        panel.plot(signals[record], color="#0072b2", lw=2, label="signal within")
        panel.set_title(f"{kind}, signal-to-noise ratio {snr[record]:.0f}", fontsize=11)
    panel.set_xlabel("time step")
axes[0, 0].set_ylabel("amplitude")
axes[1, 0].set_ylabel("amplitude")
axes[0, 0].legend(fontsize=9, loc="lower right")
plt.show()

# %%
# Network and baselines, cross-validated
# --------------------------------------
# The network reads the raw record, with a convolution of 24 steps, whose filters can learn short
# pieces of waves, and an LSTM. The baselines, a logistic regression and a random forest, read the
# logarithm of the periodogram, which does not depend on when a signal begins. All models weight the
# classes by ``class_weight="balanced"``, and the folds are stratified.


def spectrum(X):
    return np.log(periodogram(X)[1][:, 1:])


convolution = dict(filters=32, kernel_size=24, pool_size=4)
training = dict(epochs=20, learning_rate=3e-3, class_weight="balanced", random_state=0)
forest = RandomForestClassifier(
    200, min_samples_leaf=10, class_weight="balanced", random_state=0, n_jobs=2
)
models = {
    "CNN + LSTM": LSTMClassifier("cnn_lstm", units=16, **convolution, **training),
    "random forest": make_pipeline(FunctionTransformer(spectrum), forest),
    "logistic regression": make_pipeline(
        FunctionTransformer(spectrum),
        StandardScaler(),
        LogisticRegression(C=0.05, class_weight="balanced", max_iter=1000),
    ),
}
cv = StratifiedKFold(3, shuffle=True, random_state=0)
print(f"\n{'':<20} {'balanced accuracy':>18} {'area under ROC curve':>22}")
for name, model in models.items():
    scores = cross_validate(model, X, y, cv=cv, scoring=["balanced_accuracy", "roc_auc_ovr"])
    print(name.ljust(20), end="")
    for metric, width in (("balanced_accuracy", 19), ("roc_auc_ovr", 23)):
        folds = scores[f"test_{metric}"]
        print(f"{folds.mean():.3f} ± {folds.std():.3f}".rjust(width), end="")
    print()

# %%
# Detection
# ---------
# All models are fitted on the whole training set and tested on 4,000 new records. A record counts
# as a detection if the probability that it holds any signal exceeds a threshold. The threshold is
# set on records of pure noise, so that one in a hundred raises a false alarm. At a high
# signal-to-noise ratio all models find nearly everything; at a ratio of 3, little.

background = simulate(4000, fractions=(1, 0, 0), seed=2)[0]
is_signal = y_test != "noise"
bins = np.arange(2, 15, 2)
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4.4), layout="constrained")
probabilities = {}
looks = zip(["#0072b2", "#e69f00", "#555555"], "os^", strict=True)
for (name, model), (colour, mark) in zip(models.items(), looks, strict=True):
    model.fit(X, y)
    noise = list(model.classes_).index("noise")
    probabilities[name] = model.predict_proba(X_test)
    detection = 1 - probabilities[name][:, noise]
    RocCurveDisplay.from_predictions(
        is_signal, detection, name=name, ax=left, curve_kwargs=dict(color=colour, lw=1.8)
    )
    threshold = np.quantile(1 - model.predict_proba(background)[:, noise], 0.99)
    found = [
        (detection[is_signal & (snr_test >= low) & (snr_test < low + 2)] > threshold).mean()
        for low in bins[:-1]
    ]
    right.plot(bins[:-1] + 1, found, marker=mark, color=colour, lw=1.8, label=name)
left.set(xscale="log", xlim=(1e-3, 1), xlabel="false alarms", ylabel="signals found")
left.set(title="All signals", aspect="auto")
left.legend(fontsize=9, loc="lower right")
right.set(xlabel="signal-to-noise ratio", ylabel="signals found", ylim=(0, 1.03))
right.set(title="At 1 % false alarms")
right.grid(alpha=0.3)
right.legend(fontsize=9, loc="lower right")
plt.show()

# %%
# Which signal is it
# ------------------
# Each row of the matrices sums to 1. The forest finds nearly as many signals as the network, but
# takes many chirps for ring-downs: a periodogram shows how much power there is at each frequency
# but not when, and a chirp is recognized by the order of its frequencies.

figure, axes = plt.subplots(1, 2, figsize=(9, 4.2), layout="constrained")
style = dict(labels=KINDS, normalize="true", values_format=".2f", cmap="Blues", colorbar=False)
for panel, name in zip(axes, ["CNN + LSTM", "random forest"], strict=True):
    ConfusionMatrixDisplay.from_estimator(models[name], X_test, y_test, ax=panel, **style)
    panel.set_title(name)
plt.show()

# %%
# Calibrated probabilities
# ------------------------
# With balanced weights the network is trained as if the three kinds were equally frequent, so its
# probabilities of a signal are too high. Multiplying the probabilities by the true frequencies of
# the kinds, and dividing by their sum, corrects this.

network = models["CNN + LSTM"]
weighted = probabilities["CNN + LSTM"]
frequencies = np.array([np.mean(y == kind) for kind in network.classes_])
corrected = weighted * frequencies
corrected /= corrected.sum(axis=1, keepdims=True)
noise = list(network.classes_).index("noise")
figure, axes = plt.subplots(figsize=(6.4, 4.8), layout="constrained")
for made, name, style in (
    (weighted, "as trained, balanced", dict(color="#e69f00", marker="s")),
    (corrected, "times the frequencies", dict(color="#0072b2", marker="o")),
):
    CalibrationDisplay.from_predictions(
        is_signal, 1 - made[:, noise], n_bins=8, name=name, ax=axes, **style
    )
axes.set(xlabel="probability of a signal", ylabel="share that held a signal")
plt.show()
