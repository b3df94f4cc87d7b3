"""A small network, its data and its training, for the tests of the engine."""

import numpy as np

from sklstm import _training
from sklstm._kernels._tensorflow import keras
from sklstm._networks import NetworkPlan
from sklstm._training import Compilation, Samples, TrainingState


def plan(
    arch="vanilla",
    *,
    n_outputs=3,
    output_activation="linear",
    n_features=2,
    ragged=False,
    **changes,
):
    arguments = dict(
        units=5, activation="auto", dropout=0.0, readout="last", filters=4, kernel_size=3,
        pool_size=2, subsequences=1, fcn_filters=(4, 3), fcn_kernel_sizes=(3, 2),
        squeeze_excitation=False,
    )  # fmt: skip
    return NetworkPlan.from_arguments(
        arch,
        {**arguments, **changes},
        n_timesteps=10,
        n_features=n_features,
        n_outputs=n_outputs,
        output_activation=output_activation,
        ragged=ragged,
    )


def samples(n=70, head="linear", seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 10, 2)).astype("f4")
    y = X[:, -3:, 0] + 0.5 * X[:, :3, 1]
    if head == "softmax":
        y = np.eye(3, dtype="f4")[y.argmax(axis=1)]
    return Samples(X, y.astype("f4"), rng.uniform(0.5, 2.0, n).astype("f4"))


def compilation(loss="mean_squared_error", learning_rate=1e-3, metrics=None, **kwargs):
    optimizer = keras.optimizers.Adam(learning_rate, **kwargs)
    return Compilation(optimizer, loss, metrics)


def train(network, data, *, state=None, compiled=None, **changes):
    arguments = {"epochs": 2, "batch_size": 16, "shuffle": True, **changes}
    state = state or TrainingState(seed=7)
    return _training.train(network, compiled or compilation(), state, data, **arguments)


def assert_equal_weights(one, other):
    assert len(one.weights) == len(other.weights)
    for a, b in zip(one.weights, other.weights, strict=True):
        np.testing.assert_array_equal(a, b)
