"""A long day of an estimator: many fits, predictions, dumps and loads; memory, files, what is left.

Usage: soak.py [FITS PREDICTS DUMPS]
"""

import sys
import tempfile
from pathlib import Path

import joblib
import numpy as np
import psutil
import skops.io

from sklstm import ARCHITECTURES, LSTMClassifier, LSTMRegressor

SETTLING = 5, 200, 5  # rounds of each task in which memory is free to grow
TRUSTED = ["sklstm._classifier.LSTMClassifier", "sklstm._regressor.LSTMRegressor"]


def soak(fits=300, predicts=2000, dumps=100):
    process = psutil.Process()
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 20, 2)).astype("f4")
    targets = {LSTMRegressor: X[:, :, 0], LSTMClassifier: rng.choice(["a", "b"], 200)}
    kinds = [(estimator, arch) for estimator in targets for arch in ARCHITECTURES]
    temporary = Path(tempfile.gettempdir())

    def fit(number):
        estimator, arch = kinds[number % len(kinds)]
        return estimator(arch, units=16, epochs=2).fit(X, targets[estimator])

    def predict(number):
        model = models[number % len(kinds)]
        rows = 1 + number % len(X)
        model.predict(X[:rows])

    def store(number):
        model = models[number % len(kinds)]
        with tempfile.TemporaryDirectory() as folder:
            joblib.dump(model, Path(folder) / "model.joblib")
            skops.io.dump(model, Path(folder) / "model.skops")
            for loaded in (
                joblib.load(Path(folder) / "model.joblib"),
                skops.io.load(Path(folder) / "model.skops", trusted=TRUSTED),
            ):
                if not np.array_equal(loaded.predict(X), model.predict(X)):
                    raise AssertionError("another answer")

    models = [fit(number) for number in range(len(kinds))]
    for task, rounds in zip((fit, predict, store), SETTLING, strict=True):
        for number in range(rounds * len(kinds)):
            task(number)
    files, left = process.num_fds(), set(temporary.iterdir())
    for task, times in ((fit, fits), (predict, predicts), (store, dumps)):
        before = process.memory_info().rss
        for number in range(times):
            task(number)
        grown = (process.memory_info().rss - before) / 1e6
        print(f"{times} x {task.__name__}: memory grew by {grown:.1f} MB, {grown / times:.4f} each")
    print(f"open files: {process.num_fds() - files:+d}")
    print(f"temporary files left: {len(set(temporary.iterdir()) - left)}")


if __name__ == "__main__":
    soak(*map(int, sys.argv[1:]))
