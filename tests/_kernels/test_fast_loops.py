"""The fast layer computes what Keras computes."""

import numpy as np
import pytest

from sklstm._kernels import _fast_loops
from sklstm._kernels._fast_loops import (
    choose_loop,
    for_batches,
    install_fast_loops,
    is_sequential,
)
from sklstm._kernels._tensorflow import keras, tf


@pytest.fixture
def without_llvmlite(monkeypatch):
    monkeypatch.setattr(_fast_loops, "is_available", lambda: False)


def twins(units, features, steps, *, kind="plain", activation="tanh"):
    """A stock network and an accelerated one with the same weights."""
    models = []
    for _ in range(2):
        lstm = keras.layers.LSTM(
            units,
            activation=activation,
            return_sequences=kind in ("sequences", "both"),
            go_backwards=kind == "backwards",
        )
        layer = keras.layers.Bidirectional(lstm) if kind in ("bidirectional", "both") else lstm
        x = keras.Input((steps, features))
        models.append(keras.Model(x, layer(x)))
    stock, fast = models
    rng = np.random.default_rng(units)
    # large enough to saturate some gates, small enough for hundreds of steps of relu
    size = min(0.5, 1 / np.sqrt(units)) if activation == "tanh" else 0.3 / np.sqrt(units)
    weights = [rng.normal(0, size, w.shape).astype("f4") for w in stock.get_weights()]
    for model in models:
        model.set_weights(weights)
    install_fast_loops(fast)
    assert any("inner_loop" in vars(layer) for layer in fast._flatten_layers())
    return stock, fast


def outputs_and_gradients(model, x, seed):
    """Outputs and the gradients, with respect to input and weights, of a random projection."""
    x = tf.constant(x)

    @tf.function
    def run(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = model(x, training=True)
            projection = tf.random.stateless_normal(tf.shape(y), [seed, 1])
            loss = tf.reduce_sum(y * projection)
        return y, tape.gradient(loss, [x, *model.trainable_variables])

    y, gradients = run(x)
    return [y.numpy(), *(g.numpy() for g in gradients)]


SIZES = [
    # the fused kernel
    (1, 1, 1, 1, "tanh"),
    (64, 20, 1, 32, "tanh"),
    (7, 33, 3, 5, "tanh"),
    (32, 500, 4, 8, "tanh"),
    (2, 12, 64, 100, "tanh"),
    # the hoisted loop: less than a chunk, one, one and a part, many
    (1, 1, 1, 1, "relu"),
    (64, 20, 32, 64, "relu"),
    (3, 32, 2, 6, "relu"),
    (7, 33, 3, 5, "relu"),
    (4, 500, 4, 8, "relu"),
    (5, 64, 1, 4, "linear"),
    (8, 40, 3, 200, "tanh"),
    (16, 9, 300, 8, "tanh"),
]
COMPILED_SIZES = [
    # units that fill no, one and several vectors; rows that do not fill a product
    (1, 1, 1, 1, "relu"),
    (64, 20, 32, 64, "relu"),
    (6, 500, 4, 8, "relu"),
    (5, 64, 1, 4, "linear"),
    (13, 40, 3, 200, "tanh"),
    (16, 9, 300, 16, "tanh"),
    (3, 100, 2, 20, "tanh"),
]
OTHER_KINDS = ["plain", "sequences", "bidirectional", "backwards"]


@pytest.mark.parametrize(
    ("batch", "steps", "features", "units", "activation", "kind"),
    [
        # both directions, with the gradients of all steps
        *((*size, "both") for size in SIZES),
        # what else a layer may return, for either loop
        *((7, 33, 3, 5, loop, kind) for loop in ("tanh", "relu") for kind in OTHER_KINDS),
    ],
)
@pytest.mark.usefixtures("without_llvmlite")
def test_outputs_and_gradients_agree_with_keras(batch, steps, features, units, activation, kind):
    check_outputs_and_gradients(batch, steps, features, units, activation, kind)


@pytest.mark.parametrize(
    ("batch", "steps", "features", "units", "activation", "kind"),
    [
        *((*size, "both") for size in COMPILED_SIZES),
        *((7, 33, 3, 5, "relu", kind) for kind in OTHER_KINDS),
    ],
)
def test_compiled_outputs_and_gradients_agree_with_keras(
    batch, steps, features, units, activation, kind
):
    check_outputs_and_gradients(batch, steps, features, units, activation, kind)


def check_outputs_and_gradients(batch, steps, features, units, activation, kind):
    stock, fast = twins(units, features, steps, kind=kind, activation=activation)
    x = np.random.default_rng(1).normal(size=(batch, steps, features)).astype("f4")
    for ours, theirs in zip(
        outputs_and_gradients(fast, x, 3), outputs_and_gradients(stock, x, 3), strict=True
    ):
        assert np.abs(ours - theirs).max() <= 1e-5 * max(1.0, np.abs(theirs).max())


@pytest.mark.parametrize(
    ("features", "arguments", "n_steps", "loop", "without"),
    [
        (2, dict(units=112), 4, "fused", "fused"),
        (2, dict(units=64), 99, "fused", "fused"),
        (2, dict(units=64), 100, "compiled", "fused"),
        (2, dict(units=112), 99, "fused", "fused"),
        (2, dict(units=112), 100, "compiled", "fused"),
        (2, dict(units=64), None, "fused", "fused"),
        (2, dict(units=113), 4, "compiled", "hoisted"),
        (192, dict(units=8), 4, "fused", "fused"),
        (193, dict(units=8), 4, "compiled", "hoisted"),
        (193, dict(units=8), 1, "hoisted", "hoisted"),
        (193, dict(units=113), 1, "compiled", "hoisted"),
        (2, dict(units=8, activation="relu"), 4, "compiled", "hoisted"),
        (2, dict(units=8, activation="linear"), 4, "compiled", "hoisted"),
        (2, dict(units=8, activation="elu"), 4, "keras", "keras"),
        (2, dict(units=8, recurrent_activation="hard_sigmoid"), 4, "keras", "keras"),
        (2, dict(units=8, dropout=0.1), 4, "keras", "keras"),
        (2, dict(units=8, recurrent_dropout=0.1), 4, "keras", "keras"),
        (2, dict(units=8, use_bias=False), 4, "keras", "keras"),
    ],
)
def test_which_loop_is_chosen(features, arguments, n_steps, loop, without, monkeypatch):
    layer = keras.layers.LSTM(**arguments)
    x = keras.Input((4, features))
    model = keras.Model(x, layer(x))
    assert choose_loop(layer, n_steps) == loop
    monkeypatch.setattr(_fast_loops, "is_available", lambda: False)
    assert choose_loop(layer, n_steps) == without
    install_fast_loops(model)
    assert ("inner_loop" in vars(layer)) == (loop != "keras")


@pytest.mark.parametrize(
    ("units", "n_steps", "loop"),
    [(32, 16, "compiled"), (64, 36, "compiled"), (31, 36, "fused"), (112, 36, "compiled"),
     (32, 15, "fused"), (32, None, "fused")],
)  # fmt: skip
def test_threads_share_large_batches(units, n_steps, loop, monkeypatch):
    layer = keras.layers.LSTM(units)
    x = keras.Input((4, 1))
    model = keras.Model(x, layer(x))
    with for_batches(large=True):
        assert choose_loop(layer, n_steps) == loop
        assert is_sequential(model) == (units < 32)
        monkeypatch.setattr(_fast_loops, "is_available", lambda: False)
        assert choose_loop(layer, n_steps) == "fused"
    assert is_sequential(model)


@pytest.mark.parametrize("available", [True, False])
@pytest.mark.parametrize("size", [1, 0])
def test_states_before_the_first_step_count(size, available, monkeypatch):
    """A layer is a stock layer still: it can be given states, and gives its own.

    States that happen to be 0 have gradients, too.
    """
    monkeypatch.setattr(_fast_loops, "is_available", lambda: available)
    stock = keras.layers.LSTM(4, activation="relu", return_state=True)
    fast = keras.layers.LSTM(4, activation="relu", return_state=True)
    x, h, c = keras.Input((6, 2)), keras.Input((4,)), keras.Input((4,))
    models = [keras.Model([x, h, c], layer(x, initial_state=[h, c])) for layer in (stock, fast)]
    models[1].set_weights(models[0].get_weights())
    install_fast_loops(models[1])
    rng = np.random.default_rng(0)
    shapes = (3, 6, 2), (3, 4), (3, 4)
    inputs = [tf.constant(rng.normal(size=shape).astype("f4")) for shape in shapes]
    inputs[1:] = [size * state for state in inputs[1:]]
    results = []
    for model in models:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = model(inputs)
            loss = sum(tf.reduce_sum(output**2) for output in outputs)
        results.append([*outputs, *tape.gradient(loss, [*inputs, *model.trainable_variables])])
    for theirs, ours in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_an_odd_number_of_rows_stays_silent(capfd):
    """The kernel writes a warning a step about odd sizes unless it is given even ones."""
    _, fast = twins(3, 1, 5)
    fast(np.zeros((3, 5, 1), "f4"))
    assert capfd.readouterr().err == ""


def test_saved_models_know_nothing_of_it(tmp_path):
    _, fast = twins(3, 2, 5, kind="bidirectional")
    fast.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    x = np.random.default_rng(0).normal(size=(4, 5, 2)).astype("f4")
    assert all("inner_loop" not in vars(layer) for layer in loaded._flatten_layers())
    np.testing.assert_allclose(loaded(x), fast(x), atol=1e-6)
