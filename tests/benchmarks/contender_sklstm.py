"""Ours."""

from sklstm import LSTMClassifier, LSTMRegressor
from works import FILTERS, KERNEL_SIZE, POOL_SIZE

ARCHITECTURE = "arch"


def make(work, architecture):
    estimator = LSTMClassifier if work.classify else LSTMRegressor
    return estimator(
        architecture,
        units=work.units,
        filters=FILTERS,
        kernel_size=KERNEL_SIZE,
        pool_size=POOL_SIZE,
        epochs=work.epochs,
        batch_size=work.batch_size,
        activation=work.activation,
        learning_rate=work.learning_rate,
    )


def count_parameters(fitted):
    return fitted.model_.count_params()
