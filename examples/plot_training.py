"""
=========================================
Watching a training, and stopping in time
=========================================

A network that is trained for too long memorizes its training windows, and its forecasts get worse.
This example shows how to see that with :class:`~sklstm.plotting.TrainingHistoryDisplay` and how to
stop in time with ``early_stopping``. It then compares the trainings of the four architectures, of
networks with and without dropout, and of the folds of a cross-validation, on the classification of
images.
"""

# %%
# Training for too long
# ---------------------
# Six years of sunspots are forecast from the 22 before; the last 40 windows are the test. With
# ``early_stopping=True`` the last ``validation_fraction`` of the windows is held out, and its loss
# is recorded after every epoch. To show the whole course, ``n_iter_no_change`` is here as large as
# ``epochs``, so that training does not stop early.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_validate, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sklstm import (
    LSTMClassifier,
    LSTMRegressor,
    TimeDistributedTransformer,
    make_windows,
)
from sklstm.datasets import load_sunspots
from sklstm.plotting import TrainingHistoryDisplay

FOUR = "vanilla", "bidirectional", "stacked", "cnn_lstm"  # the lecture's networks

LOOKBACK, HORIZON = 22, 6
X, Y = make_windows(load_sunspots().data, lookback=LOOKBACK, horizon=HORIZON)
known, later = slice(None, -40 - HORIZON + 1), slice(-40, None)

pipe = Pipeline(
    [
        ("scale", TimeDistributedTransformer(StandardScaler())),
        ("lstm", LSTMRegressor(units=32, epochs=60, learning_rate=5e-3, random_state=0)),
    ]
)
watched = clone(pipe).set_params(
    lstm__early_stopping=True, lstm__validation_fraction=0.2, lstm__n_iter_no_change=60
)
watched.fit(X[known], Y[known])
TrainingHistoryDisplay.from_estimator(watched)
plt.show()

# %%
# Both losses fall for some epochs. Then only the training loss does: what the network learns from
# there on is true of the training windows alone. (Losses are mean squared errors in units of the
# variance of the targets; a validation loss above 1 is also a sign that the held-out decades vary
# more than those before them.)
#
# Stopping in time
# ----------------
# ``n_iter_no_change`` is the number of epochs to wait for an improvement. With or without stopping,
# the weights of the best epoch are kept; stopping saves the time of epochs that seldom bring a
# better one.

stopped = clone(watched).set_params(lstm__n_iter_no_change=10).fit(X[known], Y[known])
for name, model in {"watched to the end": watched, "stopped": stopped}.items():
    lstm = model["lstm"]
    print(f"{name:<18} {lstm.n_iter_:>3} epochs, the best was epoch {lstm.best_epoch_}")

# %%
# Training on the held-out part, too
# ----------------------------------
# The network is not trained on the validation part, and for a regressor that is the latest part of
# the record. Where data are scarce, it pays to use early stopping only to find the number of
# epochs, and then to train for that many epochs on all known windows.

again = clone(pipe).set_params(lstm__epochs=stopped["lstm"].best_epoch_)
models = {
    "60 epochs on everything": clone(pipe).fit(X[known], Y[known]),
    "stopped early, part held out": stopped,
    "as many epochs, on everything": again.fit(X[known], Y[known]),
}
forecasts = {name: model.predict(X[later]) for name, model in models.items()}
forecasts["value of a cycle ago"] = X[later, LOOKBACK - 11 : LOOKBACK - 11 + HORIZON, 0]
print("Root-mean-square error on the last 40 windows, in sunspots")
for name, forecast in forecasts.items():
    print(f"  {name:<30} {np.sqrt(np.mean((forecast - Y[later]) ** 2)):5.1f}")

# %%
# Four architectures
# ------------------
# Classification has the same tools. The images of :func:`~sklearn.datasets.load_digits` are read
# from top to bottom as sequences of eight rows. With ``metrics=["accuracy"]`` the accuracy is
# recorded beside the loss, and gets a panel of its own. The validation part of a classifier is
# drawn at random and stratified by class: unlike windows of a series, images do not overlap.

digits = load_digits()
images, test_images, numbers, test_numbers = train_test_split(
    digits.images / 16, digits.target, test_size=0.3, stratify=digits.target, random_state=0
)
classifier = LSTMClassifier(
    units=24,
    epochs=60,
    learning_rate=5e-3,
    early_stopping=True,
    n_iter_no_change=8,
    metrics=["accuracy"],
    random_state=0,
)
networks = [clone(classifier).set_params(arch=arch).fit(images, numbers) for arch in FOUR]

fig, panels = plt.subplots(2, sharex=True, figsize=(8.4, 6.4), layout="constrained")
display = TrainingHistoryDisplay.from_estimators(networks, ax=panels)
display.axes_[0].set_yscale("log")
display.axes_[1].set_ylim(0.6, 1.01)
plt.show()

# %%
# A star marks the epoch whose weights were kept. It is the epoch with the lowest validation loss:
# accuracy changes in steps of one image, which is too coarse to choose an epoch by.

for network in networks:
    accuracy = network.score(test_images, test_numbers)
    print(f"{network.arch:<14} best epoch {network.best_epoch_:>2}, test accuracy {accuracy:.3f}")

# %%
# Dropout
# -------
# Dropout switches off a random part of the LSTM's outputs at every training step, so that the
# network cannot rely on any one of them, and images are harder to memorize. It is most useful where
# these are few: here 400. It slows the training down, and the validation loss ends lower. For a
# noisy series and a small network it may change nothing; the curves would show that, too.

few = clone(classifier).set_params(arch="bidirectional", units=32, validation_fraction=0.3)
pair = {
    f"dropout {dropout}": clone(few).set_params(dropout=dropout, n_iter_no_change=60)
    for dropout in (0.0, 0.5)
}
for name, network in pair.items():
    network.fit(images[:400], numbers[:400])
    print(f"{name}: test accuracy {network.score(test_images, test_numbers):.3f}")
TrainingHistoryDisplay.from_estimators(pair.values(), labels=list(pair), quantities=["loss"])
plt.show()

# %%
# Fold by fold
# ------------
# With ``return_estimator=True``, :func:`~sklearn.model_selection.cross_validate` keeps the fitted
# networks, and ``from_cv_results`` draws their histories. Here the training curves nearly coincide
# and the validation curves scatter around a common course, so the number of epochs does not depend
# on the choice of a fold. A curve that differs from the others would be worth a look.

network = clone(classifier).set_params(validation_fraction=0.2)
folds = cross_validate(network, images, numbers, cv=3, return_estimator=True)
TrainingHistoryDisplay.from_cv_results(folds, quantities=["loss"])
plt.show()

# %%
# References
# ----------
# L. Prechelt, "Early Stopping - But When?", in Neural Networks: Tricks of the Trade, Lecture Notes
# in Computer Science 1524, 55-69, Springer (1998).
#
# N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever and R. Salakhutdinov, "Dropout: A Simple
# Way to Prevent Neural Networks from Overfitting", Journal of Machine Learning Research 15,
# 1929-1958 (2014).
