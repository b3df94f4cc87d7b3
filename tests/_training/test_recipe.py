"""What "auto" arguments stand for."""

import dataclasses

import numpy as np
import pytest
from training_support import plan, samples

from sklstm._training import Samples
from sklstm._training._recipe import Recipe, choose_recipe

AUTO = {
    "epochs": "auto",
    "batch_size": "auto",
    "learning_rate_schedule": "auto",
    "shuffle": True,
    "random_crop": False,
    "warm_start": False,
    "early_stopping": False,
}
# After 14 of 200 epochs the loss of the held-out samples is near its least, and rises later.
SOON_OVERFITTED = [*np.linspace(3.0, 1.7, 14), *np.linspace(1.6, 1.5, 16), *np.full(170, 4.0)]


def choose(arch="vanilla", n_samples=120, trial=None, has_one_rate=True, **changes):
    arguments = AUTO | changes
    network, data = plan(arch), samples(n_samples)
    return choose_recipe(arguments, network, data, has_one_rate=has_one_rate, trial=trial)


def overfits(recipe, first, last):
    assert (len(first), len(last)) == (94, 24)  # 2 of 120 lie between, of forecasts of 3 steps
    assert recipe == Recipe(200, 32, True, "cosine")
    return SOON_OVERFITTED


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, Recipe(200, 32, True, "cosine")),
        ({"arch": "lstm_fcn"}, Recipe(200, 16, True, "cosine")),
        ({"has_one_rate": False}, Recipe(200, 32, True, "constant")),
        ({"warm_start": True}, Recipe(200, 32, True, "constant")),
        ({"epochs": 3, "batch_size": 8, "shuffle": False}, Recipe(3, 8, False, "cosine")),
    ],
)
def test_without_a_trial_size_alone_decides(arguments, expected):
    assert choose(**arguments) == expected


@pytest.mark.parametrize(
    ("arch", "n_samples", "batch_size"),
    [
        ("vanilla", 1649, 32),  # 1650 are 50 times 33
        ("vanilla", 1650, 33),
        ("vanilla", 12_799, 255),
        ("vanilla", 100_000, 256),
        ("lstm_fcn", 849, 16),
        ("lstm_fcn", 850, 17),
    ],
)
def test_a_regression_on_many_samples_takes_larger_batches(arch, n_samples, batch_size):
    assert choose(arch, n_samples, epochs=1).batch_size == batch_size
    assert choose(arch, n_samples, epochs=1, batch_size=8).batch_size == 8
    labels = dataclasses.replace(plan(arch), output_activation="sigmoid")
    recipe = choose_recipe(AUTO | {"epochs": 1}, labels, samples(n_samples), has_one_rate=True)
    assert recipe.batch_size == min(batch_size, 16 if arch == "lstm_fcn" else 32)


def test_a_trial_says_how_many_epochs_are_enough():
    """1.65 is the most within a tenth of the least; 1.6, after 15 epochs, is the first below it."""
    assert choose(trial=overfits).epochs == 15


def tried_stack(epochs):
    def trial(recipe, first, last):
        assert recipe.epochs == 200
        return [*np.linspace(3.0, 1.5, epochs), *np.full(200 - epochs, 4.0)]

    return trial


def test_a_stack_gets_500_updates_of_a_regression():
    """120 samples are four batches, which make 125 epochs; a trial can only ask for more."""
    assert choose("stacked", trial=tried_stack(20)).epochs == 125
    assert choose("stacked", trial=tried_stack(200)).epochs == 200
    assert choose("stacked", n_samples=99, trial=tried_stack(20)).epochs == 125  # no trial
    assert choose("stacked", n_samples=64, trial=tried_stack(20)).epochs == 200  # not 250
    assert choose("stacked", batch_size=120, trial=tried_stack(20)).epochs == 200  # not 500
    assert choose("stacked", early_stopping=True, trial=tried_stack(20)).epochs == 100
    assert choose("stacked").epochs == 200  # a classification


def test_a_convolution_gets_250_updates_of_a_regression_after_a_trial():
    """Four batches make 63 epochs; without a trial there are as many as of the others."""
    assert choose("cnn_lstm", trial=tried_stack(20)).epochs == 63
    assert choose("cnn_lstm", trial=tried_stack(70)).epochs == 64  # the first within a tenth
    assert choose("cnn_lstm", n_samples=99, trial=tried_stack(20)).epochs == 100


@pytest.mark.parametrize("by", ["early_stopping", "warm_start"])
def test_no_trial_where_training_is_validated_or_continued(by):
    assert choose(trial=overfits, **{by: True}).epochs == 100


def test_random_crops_of_unequal_lengths_take_more_epochs():
    assert choose(random_crop=True).epochs == 200
    X, y = np.zeros((60, 9, 2), "f4"), np.zeros((60, 1), "f4")
    unequal = Samples(X, y, y[:, 0], np.arange(60, dtype="i4") % 9 + 1)
    for crop, epochs in ((True, 600), (False, 200)):
        arguments = AUTO | {"random_crop": crop}
        assert (
            choose_recipe(arguments, plan("vanilla"), unequal, has_one_rate=True).epochs == epochs
        )


def test_padding_costs_no_epochs():
    lengths = np.array([1, 9, 2], "i4")
    X, y = np.zeros((3, 9, 2), "f4"), np.zeros((3, 1), "f4")
    assert Samples(X, y, y[:, 0]).mean_length == 9
    assert Samples(X, y, y[:, 0], lengths).mean_length == 4
    assert Samples(X, y, y[:, 0], lengths)[1:].mean_length == 6  # 5.5, rounded to even
    np.testing.assert_array_equal(Samples(X, y, y[:, 0], lengths).by_length().lengths, [1, 2, 9])
