"""Convolutions, batch normalization, pooling, relu and averages compute what Keras computes."""

import numpy as np
import pytest

from sklstm._kernels._fast_layers import (
    CUT_OUTPUTS,
    choose_call,
    install_fast_layers,
    is_sequential,
)
from sklstm._kernels._parts import cut, join, parts_of
from sklstm._kernels._tensorflow import keras, start, tf

start()  # before a layer below starts TensorFlow with other numbers of threads
layers = keras.layers


def network(*chain, n_steps, n_channels):
    x = inputs = keras.Input((n_steps, n_channels))
    for layer in chain:
        x = layer(x)
    return keras.Model(inputs, x)


def block(filters, kernel_size):
    return (
        layers.Conv1D(filters, kernel_size, padding="same"),
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
    )


def twins(make, **shape):
    """A stock network and a fast one with the same random weights."""
    stock, fast = network(*make(), **shape), network(*make(), **shape)
    rng = np.random.default_rng(0)
    weights = [rng.normal(0.1, 0.5, w.shape).astype("f4") for w in stock.get_weights()]
    for model in (stock, fast):
        model.set_weights([np.abs(w) if "variance" in v.name else w
                           for v, w in zip(model.weights, weights, strict=True)])  # fmt: skip
    install_fast_layers(fast)
    assert any("call" in vars(layer) for layer in fast.layers)
    return stock, fast


def results(model, x, *, training):
    """Outputs, moving statistics, and gradients of a random projection of the outputs."""

    @tf.function
    def run(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = model(x, training=training)
            projection = tf.random.stateless_normal(tf.shape(y), [3, 1])
            loss = tf.reduce_sum(y * projection)
        return y, tape.gradient(loss, [x, *model.trainable_variables])

    y, gradients = run(tf.constant(x))
    statistics = [v.numpy() for v in model.non_trainable_variables]
    return [y.numpy(), *statistics, *(g.numpy() for g in gradients)]


def assert_agree(stock, fast, x, *, training, tolerance=2e-5):
    ours, theirs = (results(model, x, training=training) for model in (fast, stock))
    for one, other in zip(ours, theirs, strict=True):
        assert np.abs(one - other).max() <= tolerance * max(1.0, np.abs(other).max())


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    ("n_samples", "n_steps", "n_channels", "filters", "kernel_size"),
    [
        (1, 1, 1, 1, 1),
        (5, 7, 3, 4, 3),
        (5, 7, 3, 4, 2),
        (4, 3, 2, 5, 8),  # a kernel longer than the sequences
        (9, 130, 1, 32, 8),  # from here on in parts
        (1, 130, 2, 32, 5),  # of which the first is empty
        (16, 64, 20, 64, 3),
    ],
)
def test_networks_agree_with_keras(n_samples, n_steps, n_channels, filters, kernel_size, training):
    def make():
        return (*block(filters, kernel_size), *block(3, 2), layers.GlobalAveragePooling1D())

    stock, fast = twins(make, n_steps=n_steps, n_channels=n_channels)
    assert is_sequential(fast) == (n_steps * filters < CUT_OUTPUTS)
    x = np.random.default_rng(1).normal(size=(n_samples, n_steps, n_channels)).astype("f4")
    assert_agree(stock, fast, x, training=training)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("n_steps", [7, 12, None])
def test_maxima_and_their_gradients_are_those_of_keras(size, n_steps):
    """Of equal numbers too, where the first one has the gradient; no bit differs."""
    stock, fast = twins(lambda: [layers.MaxPooling1D(size)], n_steps=n_steps, n_channels=3)
    x = np.random.default_rng(0).integers(-2, 2, size=(9, n_steps or 8, 3)).astype("f4")
    for ours, theirs in zip(
        results(fast, x, training=True), results(stock, x, training=True), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_batch_normalization_of_channels_far_from_zero():
    """A mean of a thousand standard deviations, where a sum of squares would cancel out."""
    _, fast = twins(lambda: [layers.BatchNormalization()], n_steps=6, n_channels=3)
    x = np.random.default_rng(1).normal(1000.0, 1.0, size=(20, 6, 3)).astype("f4")
    expected = x.astype(float)
    mean, variance = expected.mean(axis=(0, 1)), expected.var(axis=(0, 1))
    gamma, beta = fast.get_weights()[:2]
    expected = (expected - mean) / np.sqrt(variance + 1e-3) * gamma + beta
    ours = results(fast, x, training=True)[0]
    np.testing.assert_allclose(ours, expected, rtol=1e-3, atol=1e-3)


def test_statistics_move_by_the_biased_variance():
    """By hand: two values, 1 and 3, have the mean 2 and the variance 1, not 2."""
    model = network(layers.BatchNormalization(momentum=0.75), n_steps=2, n_channels=1)
    install_fast_layers(model)
    y = model(np.array([[[1.0], [3.0]]], "f4"), training=True)
    *_, mean, variance = model.get_weights()
    assert (mean[0], variance[0]) == (0.25 * 2, 0.75 + 0.25 * 1)
    np.testing.assert_allclose(y.numpy().ravel(), np.array([-1, 1]) / np.sqrt(1.001), rtol=1e-6)


def test_a_frozen_layer_uses_its_statistics():
    stock, fast = twins(lambda: block(4, 3), n_steps=7, n_channels=2)
    for model in (stock, fast):
        model.layers[2].trainable = False
    x = np.random.default_rng(1).normal(size=(5, 7, 2)).astype("f4")
    assert_agree(stock, fast, x, training=True)


@pytest.mark.parametrize("kind", [layers.BatchNormalization, layers.GlobalAveragePooling1D])
def test_masked_steps_do_not_count(kind):
    stock, fast = twins(lambda: [kind()], n_steps=6, n_channels=2)
    x = np.random.default_rng(1).normal(size=(5, 6, 2)).astype("f4")
    mask = tf.constant(np.arange(30).reshape(5, 6) % 4 > 0)
    training = {"training": True} if kind is layers.BatchNormalization else {}
    theirs, ours = (model.layers[1](x, mask=mask, **training) for model in (stock, fast))
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)
    assert np.abs(theirs - fast.layers[1](x, **training)).max() > 0.01


def conv(**options):
    return layers.Conv1D(3, 2, **{"padding": "same", **options})


@pytest.mark.parametrize(
    ("layer", "is_fast"),
    [
        (conv(), True),
        (conv(activation="linear"), True),
        (conv(padding="valid"), False),
        (conv(padding="causal"), False),
        (conv(strides=2), False),
        (conv(dilation_rate=2), False),
        (conv(activation="relu"), False),
        (conv(use_bias=False), False),
        (layers.BatchNormalization(), True),
        (layers.BatchNormalization(axis=1), False),
        (layers.BatchNormalization(center=False), False),
        (layers.BatchNormalization(scale=False), False),
        (layers.ReLU(), True),
        (layers.ReLU(max_value=6), False),
        (layers.ReLU(negative_slope=0.1), False),
        (layers.ReLU(threshold=0.5), False),
        (layers.MaxPooling1D(2), True),
        (layers.MaxPooling1D(3, strides=2), False),
        (layers.MaxPooling1D(2, padding="same"), False),
        (layers.MaxPooling1D(2, data_format="channels_first"), False),
        (layers.GlobalAveragePooling1D(), True),
        (layers.GlobalAveragePooling1D(keepdims=True), False),
        (layers.GlobalAveragePooling1D("channels_first"), False),
        (layers.SeparableConv1D(3, 2, padding="same"), False),
    ],
)
def test_which_layers_are_fast(layer, is_fast):
    model = network(layer, n_steps=6, n_channels=2)
    assert (choose_call(layer) is not None) == is_fast
    install_fast_layers(model)
    assert ("call" in vars(layer)) == is_fast


def test_vectors_are_normalized_by_keras():
    layer = layers.BatchNormalization()
    layer(keras.Input((3,)))
    assert choose_call(layer) is None


def test_a_batch_is_cut_once():
    """Within a graph a layer takes the parts of the layer below."""

    @tf.function
    def run(x):
        parts = cut(x, 3)
        assert [id(part) for part in parts_of(join(parts))] == [id(part) for part in parts]
        assert len(parts_of(tf.concat([x, x], axis=1))) == len(parts_of(x)) == 1
        return parts

    parts = run(tf.reshape(tf.range(14.0), [7, 2]))
    assert [len(part) for part in parts] == [2, 2, 3]
    np.testing.assert_array_equal(join(parts), np.arange(14.0).reshape(7, 2))


def test_saved_models_know_nothing_of_it(tmp_path):
    _, fast = twins(lambda: block(4, 3), n_steps=7, n_channels=2)
    fast.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    x = np.random.default_rng(0).normal(size=(4, 7, 2)).astype("f4")
    assert all("call" not in vars(layer) for layer in loaded.layers)
    np.testing.assert_allclose(loaded(x), fast(x), atol=1e-6)
