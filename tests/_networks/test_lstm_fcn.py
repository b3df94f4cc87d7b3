"""LSTM-FCN: an LSTM beside convolutions with batch normalization."""

import numpy as np
import pytest
from training_support import assert_equal_weights, compilation, plan, samples, train

from sklstm import LSTMClassifier, LSTMRegressor
from sklstm._kernels._tensorflow import keras
from sklstm._training import predict

RNG = np.random.default_rng(0)
X = RNG.normal(1.0, 2.0, size=(40, 8, 2))
TARGETS = {LSTMRegressor: X[:, -1, 0], LSTMClassifier: np.where(X[:, -1, 0] > 1, "up", "down")}
SMALL = dict(units=3, fcn_filters=(4, 3), fcn_kernel_sizes=(3, 2), epochs=2, random_state=0)


def test_parameters_of_one_feature():
    """20 steps of one feature, 64 units, 5 classes, by hand.

    Convolutions, filters times (steps times channels, and a bias): 128 (8 + 1) = 1,152,
    256 (5 * 128 + 1) = 164,096, 128 (3 * 256 + 1) = 98,432. Four numbers per filter of batch
    normalization: 512, 1,024, 512. Four gates of 64 units that read 20 values, 64 states and a
    bias: 256 * 85 = 21,760. A head of 5 on 64 + 128 values and a bias: 5 * 193 = 965.
    """
    model = LSTMClassifier("lstm_fcn").initialize(np.zeros((5, 20, 1)), range(5)).model_
    counts = [layer.count_params() for layer in model.layers if layer.count_params()]
    assert counts == [1_152, 512, 164_096, 1_024, 98_432, 512, 21_760, 965]
    assert model.count_params() == 288_453
    assert sum(np.prod(w.shape) for w in model.non_trainable_weights) == 1_024  # moving statistics


def test_parameters_of_the_multivariate_form():
    """50 steps of 3 features: 128 (8 * 3 + 1) = 3,200 and 256 (50 + 64 + 1) = 29,440.

    Squeeze-and-excitation by a sixteenth, without biases: 2 * 128 * 8 = 2,048 after the first
    convolution, 2 * 256 * 16 = 8,192 after the second, none after the last.
    """
    classifier = LSTMClassifier("lstm_fcn", squeeze_excitation=True)
    model = classifier.initialize(np.zeros((5, 50, 3)), range(5)).model_
    assert model.count_params() == (
        3_200 + 512 + 2_048 + 164_096 + 1_024 + 8_192 + 98_432 + 512 + 29_440 + 965
    )
    squeezed = [layer.units for layer in model.layers if "_squeeze" in layer.name]
    assert squeezed == [8, 16]


def test_a_narrow_block_is_squeezed_to_one():
    network = plan("lstm_fcn", squeeze_excitation=True)  # 4 filters, of which a sixteenth is 0
    assert (4, 1) in network.weight_shapes() and (1, 4) in network.weight_shapes()


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def by_hand(model, X, *, squeeze_excitation):
    """Compute what the head of a fitted network reads and gives, from its weights alone."""

    def weights(name):
        return [w.astype(float) for w in model.get_layer(name).get_weights()]

    x = X
    for suffix, size in (("", 3), ("_1", 2)):
        kernel, bias = weights(f"conv1d{suffix}")
        gamma, beta, mean, variance = weights(f"batch_normalization{suffix}")
        left = (size - 1) // 2  # "same": one zero more on the right where their number is odd
        padded = np.pad(x, [(0, 0), (left, size - 1 - left), (0, 0)])
        windows = np.stack([padded[:, k : k + x.shape[1]] for k in range(size)], axis=2)
        x = np.einsum("btkc,kcf->btf", windows, kernel) + bias
        x = np.maximum((x - mean) / np.sqrt(variance + 1e-3) * gamma + beta, 0)
        if squeeze_excitation and not suffix:
            (squeeze,), (excite,) = (
                weights(f"squeeze_excitation_{name}") for name in ("squeeze", "excite")
            )
            scale = sigmoid(np.maximum(x.mean(axis=1) @ squeeze, 0) @ excite)
            x = x * scale[:, np.newaxis]
    kernel, recurrent, bias = weights("lstm")
    h = c = np.zeros((len(X), recurrent.shape[0]))
    for feature in X.transpose(2, 0, 1):  # a step of the LSTM is one feature at all times
        i, f, g, o = np.split(feature @ kernel + h @ recurrent + bias, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    kernel, bias = weights("dense")
    return np.concatenate([h, x.mean(axis=1)], axis=1) @ kernel + bias


@pytest.mark.parametrize("squeeze_excitation", [False, True])
def test_predictions_by_hand(squeeze_excitation):
    network = plan("lstm_fcn", dropout=0.3, squeeze_excitation=squeeze_excitation)
    state, *_ = train(network, samples(), epochs=3, compiled=compilation(learning_rate=0.01))
    model = network.build()
    model.set_weights(state.weights)
    X = samples(30, seed=1).X
    expected = by_hand(model, X.astype(float), squeeze_excitation=squeeze_excitation)
    np.testing.assert_allclose(predict(network, state, X), expected, rtol=1e-4, atol=1e-5)


def statistics_after_one_batch(weight):
    """Return the first moving statistics, and those of the convolution, of one batch."""
    network, data = plan("lstm_fcn"), samples(64)
    data.weight[:] = weight
    start, *_ = train(network, data, epochs=0)
    # a batch at a rate of nearly 0
    state, *_ = train(network, data, state=start, epochs=1, batch_size=64,
                      compiled=compilation(learning_rate=1e-30))  # fmt: skip
    model = network.build()
    model.set_weights(start.weights)
    convolved = model.get_layer("conv1d")(data.X).numpy().astype(float)
    model.set_weights(state.weights)
    _, _, mean, variance = model.get_layer("batch_normalization").get_weights()
    return mean, variance, convolved.mean(axis=(0, 1)), convolved.var(axis=(0, 1))


@pytest.mark.parametrize("weight", [1.0, np.linspace(0.1, 10, 64)])
def test_moving_statistics_follow_the_batches_whatever_the_weights(weight):
    """From 0 and 1 by a tenth of the way to mean and variance of all samples and steps."""
    mean, variance, batch_mean, batch_variance = statistics_after_one_batch(weight)
    np.testing.assert_allclose(mean, 0.1 * batch_mean, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(variance, 0.9 + 0.1 * batch_variance, rtol=1e-4)


@pytest.mark.parametrize("estimator", TARGETS)
def test_samples_of_weight_zero_are_absent_from_the_statistics(estimator):
    y, weight = TARGETS[estimator], np.tile([1, 0, 2, 1], 10)
    kept = weight > 0
    outliers = np.where(kept[:, np.newaxis, np.newaxis], X, 1e4)
    model = estimator("lstm_fcn", **SMALL)
    weighted = model.fit(outliers, y, sample_weight=weight).model_.get_weights()
    without = model.fit(X[kept], y[kept], sample_weight=weight[kept]).model_.get_weights()
    for one, other in zip(weighted, without, strict=True):
        np.testing.assert_array_equal(one, other)


def test_each_fit_begins_anew():
    network = plan("lstm_fcn", squeeze_excitation=True)
    first, *_ = train(network, samples())
    train(network, samples(seed=5), epochs=3)  # on the same compiled network
    again, *_ = train(network, samples())
    assert_equal_weights(first, again)


def test_sequences_shorter_than_the_filters():
    X = np.zeros((4, 1, 1))
    model = LSTMRegressor("lstm_fcn", units=3, epochs=1).fit(X, range(4))
    assert model.predict(X).shape == (4,)


def test_sizes_may_be_of_any_kind():
    expected = plan("lstm_fcn", fcn_filters=(4, 3), fcn_kernel_sizes=(3, 2))
    for sizes in ([4, 3], [3, 2]), (np.array([4, 3]).tolist(), (np.int64(3), np.int32(2))):
        assert plan("lstm_fcn", fcn_filters=sizes[0], fcn_kernel_sizes=sizes[1]) == expected
    assert plan("lstm_fcn", squeeze_excitation=np.bool_(False)) == expected
    assert plan("lstm_fcn", squeeze_excitation=True) != expected


@pytest.mark.parametrize("n_blocks", [1, 4])
def test_any_number_of_blocks(n_blocks):
    network = plan("lstm_fcn", fcn_filters=(3,) * n_blocks, fcn_kernel_sizes=(2,) * n_blocks)
    kinds = [type(layer).__name__ for layer in network.build().layers]
    assert kinds.count("Conv1D") == kinds.count("BatchNormalization") == n_blocks


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"fcn_filters": ()}, r"fcn_filters must list 1 to 1000 layers, got \(\)"),
        ({"fcn_filters": (4, 0)}, r"fcn_filters must .* got \(4, 0\)"),
        ({"fcn_filters": 8}, r"'fcn_filters' parameter .* Got 8"),
        ({"fcn_kernel_sizes": (3, 2.5)}, r"fcn_kernel_sizes must .* got \(3, 2.5\)"),
        ({"fcn_kernel_sizes": (3, True)}, r"fcn_kernel_sizes must .* got \(3, True\)"),
        ({"fcn_kernel_sizes": (3,)}, r"fcn_filters=\(4, 3\) and fcn_kernel_sizes=\(3,\) must"),
        ({"squeeze_excitation": "yes"}, r"'squeeze_excitation' parameter .* Got 'yes'"),
        ({"units": [3, 3]}, r"units=\[3, 3\] lists the layers of a stack"),
    ],
)
@pytest.mark.parametrize("estimator", TARGETS)
def test_what_makes_no_network_is_refused(estimator, arguments, message):
    with pytest.raises(ValueError, match=message):
        estimator("lstm_fcn", **{**SMALL, **arguments}).fit(X, TARGETS[estimator])


@pytest.mark.parametrize(("arch", "batches"), [("vanilla", 2), ("lstm_fcn", 3)])
def test_auto_batch_size_is_half_that_of_the_other_networks(arch, batches):
    """40 samples make two batches of at most 32, or three of at most 16."""
    seen = []
    count = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(batch)
    )
    LSTMRegressor(arch, **{**SMALL, "epochs": 1}, callbacks=[count]).fit(X, TARGETS[LSTMRegressor])
    assert seen == list(range(batches))
