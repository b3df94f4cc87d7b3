"""With masks, too, fast layers compute what Keras computes: outputs and gradients."""

import dataclasses

import numpy as np
import pytest
from training_support import plan

from sklstm._kernels import _fast_loops
from sklstm._kernels._fast_layers import install_fast_layers
from sklstm._kernels._tensorflow import keras, tf

LOOPS = [pytest.param(True, id="with_llvmlite"), pytest.param(False, id="without")]
LENGTHS = np.array([5, 20, 37, 7, 6, 9, 30], "i4")


def padded(lengths, n_features=2):
    rng = np.random.default_rng(0)
    X = np.zeros((len(lengths), max(lengths), n_features), "f4")
    for row, length in zip(X, lengths, strict=True):
        row[:length] = rng.normal(size=(length, n_features))
    return X


def outputs_and_gradients(model, X, lengths):
    """Outputs, gradients of a random projection, and moving statistics; for batches of any length.

    The gradient of the input counts where the sequences are real.
    """

    @tf.function(input_signature=[tf.TensorSpec([None, None, 2]), tf.TensorSpec([None], tf.int32)])
    def run(x, lengths):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = model([x, lengths], training=True)
            loss = tf.reduce_sum(y * tf.random.stateless_normal(tf.shape(y), [3, 1]))
        dx, *others = tape.gradient(loss, [x, *model.trainable_variables])
        return y, dx, *others

    results = [value.numpy() for value in run(X, lengths)]
    return [*results, *(v.numpy() for v in model.non_trainable_weights)]


@pytest.mark.parametrize(
    ("arch", "options"),
    [
        ("vanilla", dict(readout="last")),
        ("vanilla", dict(readout="last_mean_max", activation="relu")),
        ("bidirectional", dict(readout="last")),
        ("bidirectional", dict(readout="last_mean_max")),
        ("bidirectional", dict(readout="last_mean_max", activation="relu")),
        ("stacked", dict(readout="last")),
        ("stacked", dict(readout="last_mean_max", units=(4, 120))),
        ("cnn_lstm", dict(readout="last_mean_max", pool_size=2)),
        ("lstm_fcn", dict(fcn_filters=(5, 4, 3), fcn_kernel_sizes=(8, 5, 3))),
        ("lstm_fcn", dict(squeeze_excitation=True, fcn_filters=(36, 3), fcn_kernel_sizes=(4, 2))),
    ],
)
def test_outputs_and_gradients_agree_with_keras(arch, options):
    ragged = dataclasses.replace(
        plan(arch, **{"subsequences": None, **options}), ragged=True, n_timesteps=37
    )
    stock, fast = ragged.build(), ragged.build()
    rng = np.random.default_rng(1)
    weights = [
        rng.uniform(0.5, 1.5, w.shape) if "variance" in w.path else rng.normal(0, 0.2, w.shape)
        for w in stock.weights
    ]
    for model in (stock, fast):
        model.set_weights(weights)
    install_fast_layers(fast)
    X = padded(LENGTHS)
    ours, theirs = (outputs_and_gradients(model, X, LENGTHS) for model in (fast, stock))
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=5e-5 * max(1, np.abs(other).max()))


@pytest.mark.parametrize(
    ("arch", "options"),
    [
        ("bidirectional", dict(readout="last_mean_max", activation="relu")),
        ("stacked", dict(readout="last_mean_max", units=(4, 120))),
    ],
)
def test_outputs_and_gradients_agree_without_llvmlite(arch, options, monkeypatch):
    monkeypatch.setattr(_fast_loops, "is_available", lambda: False)
    test_outputs_and_gradients_agree_with_keras(arch, options)


@pytest.mark.parametrize(
    ("activation", "available"), [("tanh", False), ("relu", True), ("relu", False)]
)
@pytest.mark.parametrize("go_backwards", [False, True])
def test_outputs_and_states_are_those_of_keras(activation, available, go_backwards, monkeypatch):
    """Outputs of every step, in Keras's order, and the states after the last real step."""
    monkeypatch.setattr(_fast_loops, "is_available", lambda: available)
    x, mask = keras.Input((None, 2)), keras.Input((None,), dtype="bool")
    options = dict(activation=activation, go_backwards=go_backwards, return_state=True)
    layer = keras.layers.LSTM(
        3, return_sequences=True, zero_output_for_mask=True, seed=0, **options
    )
    model = keras.Model([x, mask], layer(x, mask=mask))
    X, real = padded(LENGTHS), np.arange(37) < LENGTHS[:, np.newaxis]
    theirs = [value.numpy() for value in model([X, real])]
    install_fast_layers(model)
    ours = [value.numpy() for value in model([X, real])]
    # Keras's backward layer begins with what lies behind the end
    shown = real[:, ::-1] if go_backwards else real
    np.testing.assert_allclose(ours[0][shown], theirs[0][shown], atol=1e-6)
    for one, other in zip(ours[1:], theirs[1:], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("available", LOOPS)
def test_relu_does_not_grow_behind_the_end(available, monkeypatch):
    """Alone, this layer would multiply its output by about 3 with each of 400 steps."""
    monkeypatch.setattr(_fast_loops, "is_available", lambda: available)
    x, mask = keras.Input((None, 1)), keras.Input((None,), dtype="bool")
    layer = keras.layers.LSTM(2, activation="relu")
    model = keras.Model([x, mask], layer(x, mask=mask))
    kernel, recurrent, bias = (np.ones(w.shape, "f4") for w in layer.weights)
    model.set_weights([kernel, 3 * recurrent, 3 * bias])
    X, real = np.ones((2, 400, 1), "f4"), np.arange(400) < np.array([[2], [3]])
    theirs = model([X[:, :5], real[:, :5]]).numpy()
    install_fast_layers(model)
    inputs, weights = tf.constant(X), model.trainable_variables
    with tf.GradientTape() as tape:
        ours = model([inputs, tf.constant(real)])
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    assert all(np.isfinite(g).all() for g in tape.gradient(ours, weights))
