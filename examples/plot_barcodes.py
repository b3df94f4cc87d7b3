"""
==================================================
DNA barcodes: does a convolution help the network?
==================================================

A DNA barcode is a short piece of the genome by which species can be told apart. The lecture reads
barcodes of 500 letters with an LSTM, and again with a convolution in front of it, which halves the
number of steps that the LSTM reads. This example does both.
"""

# %%
# A thousand barcodes
# -------------------
# The barcodes are simulated: three species descend from one ancestor, and individuals from
# their species, by random substitutions (Jukes and Cantor's model). Each of the 500 letters
# A, C, G, T is one row of four numbers, one of them 1.

import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import train_test_split

from sklstm import LSTMClassifier
from sklstm.datasets import make_barcodes
from sklstm.plotting import TrainingHistoryDisplay

OUTPUT = Path("examples/output") if Path("examples").is_dir() else Path("output")
OUTPUT.mkdir(parents=True, exist_ok=True)

X, y = make_barcodes(n_samples=1000, n_classes=3, length=500, random_state=0)
species = np.array(["species A", "species B", "species C"])[y]
letters = np.array(list("ACGT"))
print(f"{X.shape[0]} barcodes of {X.shape[1]} letters. The first begins:")
print("  " + "".join(letters[X[0, :60].argmax(axis=1)]), "...", species[0], "\n")

# %%
# Two networks, the same training
# -------------------------------
# Both are trained on the same 700 barcodes for five epochs, and tested on the other 300.

X_train, X_test, y_train, y_test = train_test_split(
    X, species, test_size=300, stratify=species, random_state=0
)
networks = {
    "LSTM": LSTMClassifier("vanilla"),
    "LSTM + CNN": LSTMClassifier("cnn_lstm"),
}
print(f"{'':<12} {'parameters':>10} {'accuracy':>9} {'fit in s':>9}")
for name, network in networks.items():
    network.set_params(units=100, epochs=5, learning_rate=3e-3, random_state=0)
    begin = time.perf_counter()
    network.fit(X_train, y_train)
    seconds = time.perf_counter() - begin
    parameters = network.model_.count_params()
    print(f"{name:<12} {parameters:>10,} {network.score(X_test, y_test):>9.3f} {seconds:>9.1f}")

# %%
# Which species are confused
# --------------------------

figure, panels = plt.subplots(1, 2, figsize=(7.5, 3.6), layout="constrained")
for (name, network), axes in zip(networks.items(), panels, strict=True):
    ConfusionMatrixDisplay.from_estimator(
        network,
        X_test,
        y_test,
        ax=axes,
        cmap="Blues",
        colorbar=False,
        display_labels=["A", "B", "C"],
    )
    axes.set_title(f"{name}: {network.score(X_test, y_test):.1%} right")
figure.savefig(OUTPUT / "barcodes.png", dpi=150)

# %%
# How they learned
# ----------------
# After the convolution the LSTM reads half as many steps, each of which stands for several letters.
# If the loss rises again, as that of the LSTM alone may, use ``early_stopping``:
# :ref:`sphx_glr_auto_examples_plot_training.py` shows how.

display = TrainingHistoryDisplay.from_estimators(list(networks.values()), labels=list(networks))
display.figure_.savefig(OUTPUT / "training.png", dpi=150)
print(f"The figures are in {OUTPUT}: barcodes.png and training.png.")
