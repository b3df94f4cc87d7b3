"""A training that diverges is an error, or a warning, with a remedy."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from training_support import plan, samples, train

from sklstm import LSTMRegressor
from sklstm._kernels._tensorflow import keras
from sklstm._training import DivergedError, Samples, TrainingState
from sklstm._training._divergence import check_outcome, check_resumption

SMALL = dict(units=3, filters=4, epochs=2, random_state=0)
RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 6))
Y = X[:, -1]


def test_divergence_is_an_error_with_a_remedy():
    data = samples(8)
    huge = Samples(data.X, data.y * np.float32(1e30), data.weight)
    with pytest.raises(DivergedError, match=r"Scale the input.*learning_rate.*tanh"):
        train(plan(), huge)


@pytest.mark.parametrize(
    ("losses", "told"),
    [
        ({"loss": [300.0]}, True),
        ({"loss": [300.0], "val_loss": [0.5]}, False),  # a spike early in an epoch that ended well
        ({"loss": [0.5], "val_loss": [300.0]}, False),  # held-out samples are of another kind
        ({"loss": [300.0], "val_loss": [300.0]}, True),
    ],
)
def test_a_loss_that_rose_is_told_where_nothing_speaks_against_it(losses, told):
    ended = TrainingState(seed=0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check_outcome(1.0, lambda: 1.0, losses, ended, epoch=0)
    assert [warning.category for warning in caught] == [ConvergenceWarning] * told


def test_a_relu_stack_that_explodes_is_recovered_and_leaves_no_gap_in_a_search():
    steps = 50.0 * RNG.normal(size=(64, 40))
    y = steps[:, -1]
    wild = LSTMRegressor(
        "stacked", units=[8, 8, 8], activation="relu", epochs=3, random_state=0, optimizer="sgd",
        learning_rate=50.0,
    )  # fmt: skip
    with pytest.warns(ConvergenceWarning, match=r"Scale the input.*learning_rate.*tanh"):
        wild.fit(steps, y)
    assert np.square(wild.predict(steps) - y).mean() < 2 * y.var()
    search = GridSearchCV(wild, {"learning_rate": [50.0, 1e-3]}, cv=2)
    with pytest.warns(ConvergenceWarning):
        search.fit(steps, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


class Inflates(keras.callbacks.Callback):
    """Multiplies the weights at the end of each epoch."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def on_epoch_end(self, epoch, logs=None):
        self.model.set_weights([self.factor * w for w in self.model.get_weights()])


def test_weights_that_are_not_finite_are_an_error():
    with pytest.raises(DivergedError, match="a weight of the network became NaN"):
        LSTMRegressor(**{**SMALL, "epochs": 1}, callbacks=[Inflates(np.inf)]).fit(X, Y)


def test_a_loss_that_rises_far_above_its_beginning_is_warned_of():
    model = LSTMRegressor(
        units=3, epochs=3, random_state=0, optimizer="sgd", learning_rate=1e-9, batch_size=100,
        callbacks=[Inflates(4.0)],
    )  # fmt: skip
    with pytest.warns(ConvergenceWarning, match="diverged in epoch 3, and was taken back"):
        model.fit(X, Y)


@pytest.mark.parametrize(
    ("last", "first", "constant", "told"),
    [
        (0.01, 0.5, 1.0, True),
        (0.01, 0.3, 1.0, False),  # less than a third of a constant's loss
        (0.06, 0.5, 1.0, False),  # less than ten times the last loss
        (1.0, 20.0, 1.0, True),
    ],
)
def test_data_that_a_trained_network_does_not_understand(last, first, constant, told):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check_resumption(last, first, constant)
    assert [warning.category for warning in caught] == [UserWarning] * told


def test_one_quiet_batch_is_no_measure_of_the_others():
    """Where most targets are near 0 and a few are huge, the first batch may hold none of these."""
    X = np.random.default_rng(0).normal(size=(64, 5))
    y = np.zeros(64)
    y[40:] = 1e4 * X[40:, 0]
    model = LSTMRegressor(
        units=2, epochs=3, batch_size=8, shuffle=False, normalize_y=False, random_state=0
    )
    losses = model.fit(X, y).loss_curve_  # warnings are errors
    assert losses[-1] <= losses[0] and losses[0] > 1e7


def test_a_loss_beyond_that_of_a_constant_is_an_error():
    ended = TrainingState(seed=0)
    check_outcome(1e-3, lambda: 1.0, {"loss": [9.0]}, ended, epoch=0)
    with pytest.warns(ConvergenceWarning, match="the loss was 1 before training and 11 after"):
        check_outcome(1e-3, lambda: 1.0, {"loss": [11.0]}, ended, epoch=0)
    with pytest.raises(DivergedError):
        check_outcome(1e-3, lambda: 1.0, {"loss": [2e4]}, ended, epoch=0)
