"""Make the golden files of this version: run once before a release, and keep the old ones.

Usage: python tests/golden/make.py
"""

import json
from pathlib import Path

import joblib
import numpy as np
import skops.io

from sklstm import LSTMClassifier, LSTMRegressor, __version__

HERE = Path(__file__).parent
ANSWERS = HERE / "answers.json"


def main():
    X = np.random.default_rng(0).normal(size=(60, 8, 2))
    y = X.sum(axis=(1, 2))
    asked = np.sin(np.arange(3 * 8 * 2).reshape(3, 8, 2) / 3)
    small = dict(units=2, epochs=5, learning_rate=0.01, random_state=0)
    models = {
        "regressor": LSTMRegressor("stacked", warm_start=True, **small).fit(X, y),
        "classifier": LSTMClassifier("cnn_lstm", filters=3, **small).fit(
            X, np.where(y > 0, "rises", "falls")
        ),
    }
    answers = json.loads(ANSWERS.read_text())
    for name, model in models.items():
        for suffix, dump in ((".joblib", joblib.dump), (".skops", skops.io.dump)):
            path = HERE / f"{name}-{__version__}{suffix}"
            dump(model, path)
            answers[path.name] = getattr(model, "predict_proba", model.predict)(asked).tolist()
    ANSWERS.write_text(json.dumps(answers, indent=1) + "\n")


if __name__ == "__main__":
    main()
