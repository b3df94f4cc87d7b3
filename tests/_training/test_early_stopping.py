"""When training stops, which epoch is kept, and which samples are held out."""

import warnings

import numpy as np
import pytest

from sklstm import LSTMRegressor, make_windows
from sklstm._training import EarlyStopping, level_shift


def test_early_stopping_counts_and_keeps_the_best():
    stop = EarlyStopping(patience=2, tol=0.1)
    losses = [1.0, 0.8, 0.75, 0.9, 0.5]
    # 0.8 betters 1.0 by more than 0.1; 0.75 is better, but by less; 0.9 makes two in a row
    stopped = [stop.update(loss, lambda i=i: i) for i, loss in enumerate(losses[:4])]
    assert stopped == [False, False, False, True]
    assert (stop.best, stop.best_loss) == (2, 0.75)


def test_patience_begins_after_the_warm_up():
    """With tol=10 no epoch improves: two epochs after the first one that counts are too many."""
    X = np.random.default_rng(0).normal(size=(40, 6))
    model = LSTMRegressor(
        units=2, epochs=40, early_stopping=True, n_iter_no_change=2, tol=10, random_state=0
    )
    assert model.fit(X, X[:, 0]).n_iter_ == 4 + 2  # a tenth of 40 epochs
    assert model.set_params(learning_rate_schedule="constant").fit(X, X[:, 0]).n_iter_ == 3


def test_the_level_of_the_validation_part():
    """Means 1 and 5, standard deviations 1 and 2; a constant column has no scale."""
    training = np.array([[0.0, 3.0, 7.0], [2.0, 7.0, 7.0]])
    validation = np.array([[2.5, 6.0, 7.0], [2.5, 6.0, 8.0]])
    assert level_shift(training, validation) == pytest.approx(1.5)


def test_a_part_of_another_level_judges_only_what_has_learnt():
    """What is learnt, y = x, is wrong in the validation part: an untrained network seems best."""
    rng = np.random.default_rng(0)
    X = np.r_[rng.uniform(-1, 1, size=(150, 5)), np.full((15, 5), 2.0)]
    Y = np.r_[X[:150, -1], np.full(15, -2.0)]
    model = LSTMRegressor(
        units=4, epochs=60, learning_rate=0.01, early_stopping=True, random_state=0,
        validation_fraction=15 / 165,
    )  # fmt: skip
    with pytest.warns(UserWarning, match="lie .* standard deviations from those trained on"):
        model.fit(X, Y)
    assert model.loss_curve_[model.best_epoch_ - 1] < 0.5  # a constant answer has a loss of 1
    assert np.argmin(model.history_["val_loss"]) + 1 < model.best_epoch_  # an untrained epoch


def test_a_part_of_the_same_level_is_not_warned_of():
    X, Y = make_windows(np.sin(np.arange(200) / 5), lookback=5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        LSTMRegressor(units=2, epochs=2, early_stopping=True, random_state=0).fit(X, Y)
