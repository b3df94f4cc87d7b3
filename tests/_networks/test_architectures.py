"""The networks are the lecture's and LSTM-FCN's, parameter by parameter."""

import re

import numpy as np
import pytest

from sklstm import ARCHITECTURES, LSTMClassifier, LSTMRegressor
from sklstm._kernels._tensorflow import keras


def layers_with_weights_or_shape(model):
    """(name of the innermost layer's class, output shape without the batch, parameters)."""
    rows = []
    for layer in model.layers:
        kind = type(layer).__name__
        if kind in ("InputLayer", "Reshape"):
            continue
        inner = layer.layer if kind == "TimeDistributed" else layer
        rows.append((type(inner).__name__, layer.output.shape[1:], layer.count_params()))
    return rows


# The tables of the lecture: n = 400, 20 past steps of one feature, 8 future steps ...
REGRESSION = {
    "vanilla": [("LSTM", (400,), 643_200), ("Dense", (8,), 3_208)],
    "bidirectional": [("Bidirectional", (800,), 1_286_400), ("Dense", (8,), 6_408)],
    "stacked": [
        ("LSTM", (20, 400), 643_200),
        ("LSTM", (20, 800), 3_843_200),
        ("LSTM", (400,), 1_921_600),
        ("Dense", (8,), 3_208),
    ],
    "cnn_lstm": [
        ("Conv1D", (1, 18, 64), 256),
        ("MaxPooling1D", (1, 9, 64), 0),
        ("Flatten", (1, 576), 0),
        ("LSTM", (400,), 1_563_200),
        ("Dense", (8,), 3_208),
    ],
}
TOTALS = {
    "vanilla": 646_408,
    "bidirectional": 1_292_808,
    "stacked": 6_411_208,
    "cnn_lstm": 1_566_664,
}
# ... and n = 100, 500 steps of 4 features, 3 classes.
CLASSIFICATION = [
    ("Conv1D", (498, 64), 832),
    ("MaxPooling1D", (249, 64), 0),
    ("LSTM", (100,), 66_000),
    ("Dense", (3,), 303),
]


@pytest.mark.parametrize("arch", REGRESSION)
def test_regression_table(arch):
    model = LSTMRegressor(arch, units=400).initialize(np.zeros((2, 20, 1)), np.zeros((2, 8))).model_
    assert layers_with_weights_or_shape(model) == REGRESSION[arch]
    assert model.count_params() == TOTALS[arch]


@pytest.mark.parametrize("arch", REGRESSION)
def test_the_summary_prints_the_table_of_the_lecture(arch):
    model = LSTMRegressor(arch, units=400).initialize(np.zeros((2, 20, 1)), np.zeros((2, 8))).model_
    lines = []
    model.summary(print_fn=lines.append)
    printed = "\n".join(map(str, lines))
    for _, shape, parameters in REGRESSION[arch]:
        # a row of the table: the shape, with None for the number of samples, and the parameters
        assert re.search(rf"\(None, {', '.join(map(str, shape))}\)[^\n]* {parameters:,} ", printed)
    assert re.search(rf"Total params: {TOTALS[arch]:,} ", printed)


def test_classification_table():
    classifier = LSTMClassifier("cnn_lstm", units=100)
    model = classifier.initialize(np.zeros((3, 500, 4)), ["a", "b", "c"]).model_
    assert layers_with_weights_or_shape(model) == CLASSIFICATION
    assert model.count_params() == 67_135


@pytest.mark.parametrize(
    ("arch", "activation", "expected"),
    [
        ("vanilla", "auto", ["tanh"]),
        ("bidirectional", "auto", ["tanh", "tanh"]),
        ("stacked", "auto", ["tanh", "relu", "relu"]),
        ("cnn_lstm", "auto", ["tanh"]),
        ("stacked", "elu", ["elu", "elu", "elu"]),
        ("bidirectional", keras.activations.softsign, ["softsign", "softsign"]),
    ],
)
def test_activations(arch, activation, expected):
    X, y = np.zeros((2, 8, 1)), np.zeros(2)
    model = LSTMRegressor(arch, units=3, activation=activation).initialize(X, y).model_
    cells = [
        layer.cell for layer in model._flatten_layers() if isinstance(layer, keras.layers.LSTM)
    ]
    # Bidirectional keeps the layer that it was made from beside its two directions
    assert [cell.activation.__name__ for cell in cells[-len(expected) :]] == expected
    assert {cell.recurrent_activation.__name__ for cell in cells} == {"sigmoid"}


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("task", ["regression", "labels", "indicator"])
def test_heads_and_stock_layers(arch, task):
    X = np.zeros((4, 12, 2))
    y = {
        "regression": np.zeros((4, 5)),
        "labels": np.array([0, 1, 2, 3]),
        "indicator": np.array([[0, 0, 1], [1, 1, 0], [0, 1, 0], [1, 0, 1]]),
    }[task]
    estimator = LSTMRegressor if task == "regression" else LSTMClassifier
    model = estimator(arch, units=3, dropout=0.1).initialize(X, y).model_
    head = model.layers[-1]
    expected = {"regression": ("linear", 5), "labels": ("softmax", 4), "indicator": ("sigmoid", 3)}
    assert (head.activation.__name__, head.units) == expected[task]
    assert all(type(layer).__module__.startswith("keras.") for layer in model._flatten_layers())
    assert all("inner_loop" not in vars(layer) for layer in model._flatten_layers())


@pytest.mark.parametrize(
    ("units", "expected"), [(5, [5, 10, 5]), ([7], [7]), ((6, 5, 4, 3), [6, 5, 4, 3])]
)
def test_stack_of_any_height(units, expected):
    X, y = np.zeros((2, 8, 1)), np.zeros(2)
    model = LSTMRegressor("stacked", units=units).initialize(X, y).model_
    lstms = [layer for layer in model.layers if isinstance(layer, keras.layers.LSTM)]
    assert [layer.units for layer in lstms] == expected
    assert [layer.return_sequences for layer in lstms] == [True] * (len(expected) - 1) + [False]


@pytest.mark.parametrize(
    ("arch", "after"), [("vanilla", 1), ("bidirectional", 1), ("stacked", 3), ("cnn_lstm", 1)]
)
def test_dropout_follows_each_recurrent_layer(arch, after):
    X, y = np.zeros((2, 8, 1)), np.zeros(2)
    model = LSTMRegressor(arch, units=3, dropout=0.25).initialize(X, y).model_
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds.count("Dropout") == after
    assert all(
        kinds[i - 1] in ("LSTM", "Bidirectional")
        for i, kind in enumerate(kinds)
        if kind == "Dropout"
    )
    rates = {layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)}
    assert rates == {0.25}


def test_subsequences_cut_the_window():
    # 12 steps of 2 features in 3 pieces of 4: kernel 3 leaves 2 steps, pooling 1, of 5 filters
    regressor = LSTMRegressor("cnn_lstm", units=3, filters=5, subsequences=3)
    rows = layers_with_weights_or_shape(regressor.initialize(np.zeros((2, 12, 2)), [0, 1]).model_)
    assert [shape for _, shape, _ in rows] == [(3, 2, 5), (3, 1, 5), (3, 5), (3,), (1,)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"subsequences": 3}, r"subsequences=3 does not divide the 10 time steps"),
        ({"subsequences": None, "kernel_size": 11}, r"kernel_size=11 .* 10 time steps"),
        ({"subsequences": 5, "kernel_size": 3}, r"kernel_size=3 .* 2 time steps .*subsequences=5"),
        ({"subsequences": None, "pool_size": 9}, r"pool_size=9 leaves no step.*leaves 8"),
        ({"subsequences": 2, "pool_size": 4}, r"pool_size=4 leaves no step.*leaves 3"),
        ({"arch": "vanilla", "units": [3, 3]}, r"units=\[3, 3\] lists the layers of a stack"),
        ({"arch": "stacked", "units": []}, r"units=\[\]"),
        ({"arch": "stacked", "units": [3, 0]}, r"units=\[3, 0\]"),
        ({"arch": "stacked", "units": [3, 2.5]}, r"units=\[3, 2.5\]"),
        ({"activation": "no such thing"}, r"activation='no such thing' is unknown to Keras"),
        ({"activation": lambda x: x}, r"activation=.* is unknown to Keras"),
    ],
)
@pytest.mark.parametrize("estimator", [LSTMRegressor, LSTMClassifier])
def test_what_makes_no_network_is_refused(estimator, arguments, message):
    model = estimator(**{"arch": "cnn_lstm", **arguments})
    with pytest.raises(ValueError, match=message):
        model.fit(np.zeros((4, 10, 1)), [0, 1, 0, 1])
    assert not hasattr(model, "n_features_in_")
