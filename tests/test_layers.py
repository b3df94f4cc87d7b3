"""The fast layer computes what Keras computes."""

import numpy as np
import pytest

from sklstm._layers import accelerate
from sklstm._tensorflow import keras, tf


def twins(units, features, steps, *, bidirectional=False, sequences=False, backwards=False):
    """A stock network and an accelerated one with the same weights."""
    models = []
    for _ in range(2):
        lstm = keras.layers.LSTM(units, return_sequences=sequences, go_backwards=backwards)
        layer = keras.layers.Bidirectional(lstm) if bidirectional else lstm
        x = keras.Input((steps, features))
        models.append(keras.Model(x, layer(x)))
    stock, fast = models
    rng = np.random.default_rng(units)
    weights = [rng.normal(0, 0.5, w.shape).astype("f4") for w in stock.get_weights()]
    for model in models:
        model.set_weights(weights)
    accelerate(fast)
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


@pytest.mark.parametrize("kind", ["plain", "sequences", "bidirectional", "both", "backwards"])
@pytest.mark.parametrize(
    ("batch", "steps", "features", "units"),
    [(1, 1, 1, 1), (64, 20, 1, 32), (7, 33, 3, 5), (32, 500, 4, 8), (2, 12, 64, 100)],
)
def test_outputs_and_gradients_agree_with_keras(kind, batch, steps, features, units):
    stock, fast = twins(
        units,
        features,
        steps,
        bidirectional=kind in ("bidirectional", "both"),
        sequences=kind in ("sequences", "both"),
        backwards=kind == "backwards",
    )
    x = np.random.default_rng(1).normal(size=(batch, steps, features)).astype("f4")
    for ours, theirs in zip(
        outputs_and_gradients(fast, x, 3), outputs_and_gradients(stock, x, 3), strict=True
    ):
        assert np.abs(ours - theirs).max() <= 1e-5 * max(1.0, np.abs(theirs).max())


def test_an_odd_number_of_rows_stays_silent(capfd):
    """The kernel writes a warning a step about odd sizes unless it is given even ones."""
    _, fast = twins(3, 1, 5)
    fast(np.zeros((3, 5, 1), "f4"))
    assert capfd.readouterr().err == ""


def test_saved_models_know_nothing_of_it(tmp_path):
    _, fast = twins(3, 2, 5, bidirectional=True)
    fast.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    x = np.random.default_rng(0).normal(size=(4, 5, 2)).astype("f4")
    assert all("inner_loop" not in vars(layer) for layer in loaded._flatten_layers())
    np.testing.assert_allclose(loaded(x), fast(x), atol=1e-6)
