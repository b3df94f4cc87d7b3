"""
=====================================
Handwritten digits, read row by row
=====================================

An image becomes a sequence if it is read as a scanner reads it: one row after another, with the
pixels of a row as features. One grid search tries the four architectures on scikit-learn's
handwritten digits. This example compares them fold by fold, next to a logistic regression on the 64
pixels, and shows which digits the best network confuses.
"""

# %%
# Eight rows of eight pixels
# --------------------------
# Each digit is an image of 64 pixels. As a sequence it has eight time steps, the rows of the image
# from top to bottom, and eight features. A quarter of the digits is kept apart for the final test.
# It is not recorded who wrote which digit, so digits of one writer may be on both sides of a split.

import matplotlib.pyplot as plt
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedKFold,
    cross_val_score,
    train_test_split,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler

from sklstm import LSTMClassifier, TimeDistributedTransformer
from sklstm.plotting import ArchitectureComparisonDisplay, TrainingHistoryDisplay

FOUR = "vanilla", "bidirectional", "stacked", "cnn_lstm"  # the lecture's networks

digits = load_digits()
X, X_test, y, y_test = train_test_split(
    digits.images, digits.target, stratify=digits.target, random_state=0
)
print(f"to train on {X.shape}, to test on {X_test.shape}")

figure, axes = plt.subplots(1, 2, figsize=(8, 3.4), width_ratios=[1, 2], layout="constrained")
axes[0].imshow(X[0], cmap="gray_r")
axes[0].set(xlabel="column (feature)", ylabel="row (time step)", title=f"A {y[0]} ...")
for row, pixels in enumerate(X[0]):
    axes[1].bar([10 * row + column for column in range(8)], pixels, color="#0072b2", width=0.9)
axes[1].set(
    xticks=[10 * row + 3.5 for row in range(8)],
    xticklabels=range(8),
    xlabel="time step",
    ylabel="darkness of its eight pixels",
    title="... as the network reads it",
)
plt.show()

# %%
# One search over four architectures
# ----------------------------------
# Eight steps are few for ``"cnn_lstm"``: with a convolution over three steps and a pool of two,
# three steps are left for its LSTM.

pipe = make_pipeline(
    TimeDistributedTransformer(MinMaxScaler()),
    LSTMClassifier(
        kernel_size=3, pool_size=2, units=32, epochs=20, learning_rate=5e-3, random_state=0
    ),
)
cv = StratifiedKFold(3, shuffle=True, random_state=0)
search = GridSearchCV(pipe, {"lstmclassifier__arch": FOUR}, cv=cv).fit(X, y)

flat = make_pipeline(
    FunctionTransformer(lambda images: images.reshape(len(images), -1)),
    MinMaxScaler(),
    LogisticRegression(max_iter=1000),
)
flat_scores = cross_val_score(flat, X, y, cv=cv)

# %%
# Fold by fold
# ------------
# A line joins the scores of one fold. Where lines cross, the folds disagree about which
# architecture is better, and the difference of the means should not be trusted. The first figure
# shows the scores against the time of a fit, the second against the number of weights.

baseline = {"logistic regression": flat_scores}
display = ArchitectureComparisonDisplay.from_search(search, baseline=baseline)
display.ax_.set_ylabel("accuracy")
plt.show()

# %%

display = ArchitectureComparisonDisplay.from_search(
    search, against="parameters", X=X, y=y, baseline=baseline
)
display.ax_.set_ylabel("accuracy")
plt.show()

# %%
# The digits that were kept apart
# -------------------------------
# The search has fitted the winner again on all of its data. The quarter that was kept apart shows
# how good it is.

flat.fit(X, y)
print(f"winner: {search.best_params_}")
print(f"accuracy on new digits: {search.score(X_test, y_test):.3f}")
print(f"logistic regression:    {flat.score(X_test, y_test):.3f}")

figure, axes = plt.subplots(figsize=(6, 5.4), layout="constrained")
ConfusionMatrixDisplay.from_estimator(search, X_test, y_test, ax=axes, cmap="Blues", colorbar=False)
plt.show()

# %%
# The winner's training
# ---------------------
# With ``early_stopping`` a tenth of the digits is held out, and the weights of the best epoch are
# kept.

watched = (
    clone(search.best_estimator_)
    .set_params(
        lstmclassifier__early_stopping=True,
        lstmclassifier__epochs=60,
        lstmclassifier__metrics=["accuracy"],
    )
    .fit(X, y)
)
TrainingHistoryDisplay.from_estimator(watched)
plt.show()
