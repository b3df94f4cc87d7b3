"""
==================================================
DNA barcodes: does a convolution help the network?
==================================================

A DNA barcode is a short piece of the genome that tells species apart. The lecture reads 500
letters of it with an LSTM, and again with a convolution in front, which halves the sequence
that the LSTM has to carry in its memory. This example does both.
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
# Both see the same 700 barcodes five times over and are asked about the other 300.

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
# Who is taken for whom
# ---------------------

figure, panels = plt.subplots(1, 3, figsize=(12, 3.8), layout="constrained")
for (name, network), axes in zip(networks.items(), panels, strict=False):
    ConfusionMatrixDisplay.from_estimator(
        network, X_test, y_test, ax=axes, cmap="Blues", colorbar=False
    )
    axes.set_title(f"{name}: {network.score(X_test, y_test):.1%} right")
for (name, network), style in zip(networks.items(), ["o-", "s--"], strict=True):
    epochs = np.arange(1, network.n_iter_ + 1)
    panels[2].plot(epochs, network.loss_curve_, style, color="0.2", label=name)
panels[2].set(
    xlabel="epoch", ylabel="training loss", title="Training", xticks=epochs, ylim=(0, None)
)
panels[2].legend(frameon=False)
panels[2].spines[["top", "right"]].set_visible(False)
figure.savefig(OUTPUT / "barcodes.png", dpi=150)
print(f"\nThe figure is in {OUTPUT / 'barcodes.png'}.")
