"""Make the golden files of this version: run once before a release, and keep the old ones.

Usage: python tests/golden/make.py
"""

import json
from pathlib import Path

import joblib
import keras
import numpy as np
import skops.io
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from sklstm import (
    Forecaster,
    LSTMClassifier,
    LSTMRegressor,
    PurgedTimeSeriesSplit,
    SlidingWindow,
    TimeDistributedTransformer,
    WindowImputer,
    __version__,
)

HERE = Path(__file__).parent
ANSWERS = HERE / "answers.json"
NOT_IN_SKOPS = "custom_loss", "huber_classifier"  # it takes no functions and no Keras objects
SMALL = dict(units=2, epochs=5, learning_rate=0.01, random_state=0)


def main():
    X = np.random.default_rng(0).normal(size=(60, 8, 2))
    y = X.sum(axis=(1, 2))
    labels = np.where(y > 0, "rises", "falls")
    asked = np.sin(np.arange(3 * 8 * 2).reshape(3, 8, 2) / 3)
    models = {
        "regressor": LSTMRegressor("stacked", warm_start=True, **SMALL).fit(X, y),
        "classifier": LSTMClassifier("cnn_lstm", filters=3, **SMALL).fit(X, labels),
        "indicator": LSTMClassifier("bidirectional", **SMALL).fit(X, X[:, 0] > 0),
        "columns": LSTMRegressor(early_stopping=True, **SMALL).fit(X, X[:, 0]),
        "pipeline": pipeline().fit(X, y),
        "search": search().fit(X, y),
        "custom_loss": LSTMRegressor(loss=custom_loss(), **SMALL).fit(X, y),
        "huber_classifier": LSTMClassifier(loss=keras.losses.Huber(0.5), **SMALL).fit(X, labels),
    }
    models |= since_0_2_0(X, y, labels)
    answers = json.loads(ANSWERS.read_text())
    for name, model in models.items():
        for suffix, dump in ((".joblib", joblib.dump), (".skops", skops.io.dump)):
            path = HERE / f"{name}-{__version__}{suffix}"
            if path.exists() or (suffix == ".skops" and name in NOT_IN_SKOPS):
                continue
            dump(model, path)
            answers[path.name] = getattr(model, "predict_proba", model.predict)(asked).tolist()
    ANSWERS.write_text(json.dumps(answers, indent=1) + "\n")


def since_0_2_0(X, y, labels):
    """Return what version 0.1.0 did not have."""
    unequal = [x[: 4 + i % 5] for i, x in enumerate(X)]
    with_gaps = np.where(X > 2, np.nan, X)
    fcn = LSTMClassifier("lstm_fcn", fcn_filters=(2, 3, 2), squeeze_excitation=True, **SMALL)
    network = LSTMRegressor(quantiles=(0.1, 0.5, 0.9), readout="last_mean_max", **SMALL)
    return {
        "unequal": fcn.fit(unequal, labels),
        "quantiles": network.fit(X, y),
        "imputer": make_pipeline(WindowImputer(add_elapsed=True), clone(network)).fit(with_gaps, y),
        "forecaster": Forecaster(network, calibration_fraction=0.3).fit(X, X[:, :2, 0]),
    }


def pipeline():
    return Pipeline(
        [
            ("scale", TimeDistributedTransformer(StandardScaler())),
            ("window", SlidingWindow(6)),
            ("lstm", LSTMRegressor(dropout=0.1, **SMALL)),
        ]
    )


def search():
    grid = {"window__lookback": [4, 8], "lstm__arch": ["vanilla", "cnn_lstm"]}
    return GridSearchCV(pipeline(), grid, cv=PurgedTimeSeriesSplit(2, horizon=1))


def custom_loss():
    """Return a loss of the user's own, which cannot be imported: its code goes with the file."""

    def fourth_power(y, outputs):
        return keras.ops.mean((y - outputs) ** 4, axis=-1)

    return fourth_power


if __name__ == "__main__":
    main()
