"""scikeras around the same networks, written in stock Keras."""

import keras
from keras import layers
from scikeras.wrappers import KerasClassifier, KerasRegressor

from works import FCN_BLOCKS, FILTERS, KERNEL_SIZE, POOL_SIZE

ARCHITECTURE = "architecture"


def make(work, architecture):
    estimator = KerasClassifier if work.classify else KerasRegressor
    return estimator(
        model=build,
        architecture=architecture,
        work=work,
        loss="sparse_categorical_crossentropy" if work.classify else "mean_squared_error",
        optimizer="adam",
        optimizer__learning_rate=work.learning_rate,
        epochs=work.epochs,
        batch_size=work.batch_size,
        verbose=0,
    )


def build(architecture, work):
    head = layers.Dense(work.outputs, activation="softmax" if work.classify else None)
    sequence = keras.Input((work.steps, work.features))
    if architecture == "lstm_fcn":
        return keras.Model(sequence, head(lstm_fcn(sequence, work.units)))
    return keras.Sequential([sequence, *hidden_layers(architecture, work), head])


def hidden_layers(architecture, work):
    n = work.units
    if architecture == "vanilla":
        return [layers.LSTM(n)]
    if architecture == "bidirectional":
        return [layers.Bidirectional(layers.LSTM(n))]
    if architecture == "stacked":
        return [
            layers.LSTM(n, return_sequences=True),
            layers.LSTM(2 * n, activation="relu", return_sequences=True),
            layers.LSTM(n, activation="relu"),
        ]
    conv = layers.Conv1D(FILTERS, KERNEL_SIZE, activation="relu")
    pool = layers.MaxPooling1D(POOL_SIZE)
    if work.classify:
        return [conv, pool, layers.LSTM(n)]
    return [
        layers.Reshape((1, work.steps, work.features)),
        *(layers.TimeDistributed(layer) for layer in (conv, pool, layers.Flatten())),
        layers.LSTM(n),
    ]


def lstm_fcn(sequence, units):
    recurrent = layers.LSTM(units)(layers.Permute((2, 1))(sequence))
    x = sequence
    for filters, kernel_size in FCN_BLOCKS:
        x = layers.Conv1D(filters, kernel_size, padding="same")(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
    return layers.Concatenate()([recurrent, layers.GlobalAveragePooling1D()(x)])


def count_parameters(fitted):
    return fitted.model_.count_params()
