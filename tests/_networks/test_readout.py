"""Read-outs: what the head reads of an LSTM's outputs over time."""

import numpy as np
import pytest
from training_support import compilation, plan, samples, train

from sklstm import LSTMRegressor
from sklstm._kernels._tensorflow import keras
from sklstm._training import TrainingState, predict

ARCHITECTURES = ["vanilla", "bidirectional", "stacked", "cnn_lstm"]
READOUTS = ["last", "mean", "max", "last_mean_max"]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def outputs_by_hand(x, kernel, recurrent, bias, activation):
    """Return the outputs of an LSTM at all steps, (n_samples, n_steps, units)."""
    h = c = np.zeros((len(x), recurrent.shape[0]))
    outputs = []
    for t in range(x.shape[1]):
        i, f, g, o = np.split(x[:, t] @ kernel + h @ recurrent + bias, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * activation(g)
        h = sigmoid(o) * activation(c)
        outputs.append(h)
    return np.stack(outputs, axis=1)


def read_by_hand(outputs, last, readout):
    """Read outputs of which those after all steps are given."""
    parts = {"last": last, "mean": outputs.mean(axis=1), "max": outputs.max(axis=1)}
    return np.concatenate([parts[name] for name in readout.split("_")], axis=1)


def relu(x):
    return np.maximum(x, 0)


def by_hand(model, arch, readout, X):
    """Compute the outputs of a network of two time steps and more from its weights."""
    *weights, kernel, bias = (w.astype(float) for w in model.get_weights())
    if arch == "cnn_lstm":  # what the convolution gives is another test's
        lstm = model.get_layer("lstm")
        X = keras.Model(model.input, lstm.input)(X.astype("f4")).numpy().astype(float)
        weights = weights[2:]
    if arch == "bidirectional":
        forward = outputs_by_hand(X, *weights[:3], np.tanh)
        backward = outputs_by_hand(X[:, ::-1], *weights[3:], np.tanh)
        last = np.concatenate([forward[:, -1], backward[:, -1]], axis=1)
        outputs = np.concatenate([forward, backward[:, ::-1]], axis=2)
    else:
        outputs = X
        for number in range(0, len(weights), 3):
            activation = relu if number else np.tanh
            outputs = outputs_by_hand(outputs, *weights[number : number + 3], activation)
        last = outputs[:, -1]
    return read_by_hand(outputs, last, readout) @ kernel + bias


@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize(
    ("arch", "subsequences"), [*((arch, None) for arch in ARCHITECTURES), ("cnn_lstm", 2)]
)
def test_predictions_by_hand(arch, subsequences, readout):
    network = plan(arch, readout=readout, subsequences=subsequences, dropout=0.1)
    model, rng = network.build(), np.random.default_rng(0)
    weights = [rng.normal(0, 0.5, w.shape).astype("f4") for w in model.get_weights()]
    model.set_weights(weights)
    X, state = samples().X, TrainingState(seed=0, weights=weights)
    expected = by_hand(model, arch, readout, X.astype(float))
    np.testing.assert_allclose(predict(network, state, X), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_training_is_that_of_keras(arch):
    """Through all three read-outs at once."""
    network, data = plan(arch, readout="last_mean_max"), samples()
    start, *_ = train(network, data, epochs=0)
    state, history, _ = train(
        network,
        data,
        state=start,
        epochs=3,
        shuffle=False,
        compiled=compilation(learning_rate=0.01),
    )
    model = network.build()
    model.set_weights(start.weights)
    model.compile(keras.optimizers.Adam(0.01), "mean_squared_error")
    expected = model.fit(
        data.X, data.y, sample_weight=data.weight, batch_size=16, epochs=3, shuffle=False, verbose=0
    ).history
    np.testing.assert_allclose(history["loss"], expected["loss"], rtol=1e-4)
    for ours, theirs in zip(state.weights, model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-2, atol=1e-3)


LAYERS_OF_LAST = {
    "vanilla": "sequence lstm dropout dense",
    "bidirectional": "sequence bidirectional dropout dense",
    "stacked": "sequence lstm dropout lstm_1 dropout_1 lstm_2 dropout_2 dense",
    "cnn_lstm": "sequence subsequences time_distributed_conv1d time_distributed_max_pooling1d "
    "time_distributed_flatten lstm dropout dense",
}


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_the_last_output_is_read_by_the_layer_itself(arch):
    model = plan(arch, dropout=0.1).build()
    assert [layer.name for layer in model.layers] == LAYERS_OF_LAST[arch].split()
    recurrent = [layer for layer in model.layers if hasattr(layer, "return_sequences")]
    assert not recurrent[-1].return_sequences and not recurrent[-1].return_state


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_dropout_follows_the_readout(arch):
    model = plan(arch, dropout=0.1, readout="last_mean_max").build()
    head, dropout = model.layers[-1], model.layers[-2]
    assert isinstance(dropout, keras.layers.Dropout)
    assert dropout.output is head.input
    width = 10 if arch == "bidirectional" else 5
    assert dropout.input is model.get_layer("readout").output
    assert head.input.shape == (None, 3 * width)


def test_parameters_of_a_readout():
    """Of the head alone: 8 outputs that read 3 * 400 numbers and a bias, 9,608 for 3,208."""
    X, y = np.zeros((2, 20, 1)), np.zeros((2, 8))
    for readout, head in [
        ("last", 3_208),
        ("mean", 3_208),
        ("max", 3_208),
        ("last_mean_max", 9_608),
    ]:
        model = LSTMRegressor(units=400, readout=readout).initialize(X, y).model_
        assert model.count_params() == 643_200 + head


def test_the_readout_is_part_of_the_plan():
    assert plan(readout="mean") != plan() == plan(readout="last")
    assert plan("lstm_fcn", readout="mean") == plan("lstm_fcn")
    with pytest.raises(ValueError, match=r"'readout' parameter of arch='vanilla' .* Got 'first'"):
        plan(readout="first")
    with pytest.raises(ValueError, match=r"'readout' parameter of LSTMRegressor .* Got None"):
        LSTMRegressor(readout=None).fit([[0.0, 1.0]], [1.0])


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_auto_reads_all_steps_where_a_class_may_show_in_any(arch):
    for output_activation in "linear", "softmax", "sigmoid":
        for ragged in False, True:
            fields = dict(subsequences=None, output_activation=output_activation, ragged=ragged)
            of_all_steps = "mean" if arch == "stacked" else "max"
            expected = of_all_steps if ragged and output_activation != "linear" else "last"
            assert plan(arch, readout="auto", **fields) == plan(arch, readout=expected, **fields)
