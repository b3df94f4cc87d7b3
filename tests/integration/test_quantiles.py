"""LSTMRegressor that learns quantiles."""

import pickle

import numpy as np
import pytest
import skops.io
from scipy.stats import norm
from sklearn.base import clone
from sklearn.metrics import make_scorer, mean_pinball_loss
from sklearn.model_selection import GridSearchCV
from sklearn.utils._param_validation import InvalidParameterError

from sklstm import ARCHITECTURES, LSTMRegressor
from sklstm._target_checks import check_quantiles

LEVELS = 0.1, 0.5, 0.9
TINY = dict(units=2, epochs=1, filters=2, fcn_filters=(2, 2), fcn_kernel_sizes=(2, 2))
SMALL = dict(quantiles=LEVELS, random_state=0, **TINY)
X = np.random.default_rng(0).normal(size=(30, 6, 2))
Y = X[:, :2, 0] + [0, 100]


@pytest.fixture(scope="module")
def gaussian():
    """Targets of a known distribution: a linear function of the steps, and noise of scale 1."""
    rng = np.random.default_rng(0)
    steps = rng.normal(size=(600, 4))
    center = steps @ [1.0, -0.5, 0.3, 2.0]
    y = center + rng.normal(size=600)
    model = LSTMRegressor(
        units=4, epochs=40, batch_size=50, learning_rate=0.02, quantiles=LEVELS, random_state=0
    )
    return model.fit(steps[:400], y[:400]), steps[400:], center[400:], y[400:]


def test_each_quantile_lies_above_its_share_of_the_targets(gaussian):
    model, steps, center, y = gaussian
    answers = model.predict_quantiles(steps)
    assert answers.shape == (200, 1, 3) and answers.dtype == np.float64
    below = norm.cdf(answers[:, 0] - center[:, np.newaxis])  # the true share, sample by sample
    np.testing.assert_allclose(below.mean(axis=0), LEVELS, atol=0.05)
    covered = (answers[:, 0, 0] <= y) & (y <= answers[:, 0, 2])
    assert abs(covered.mean() - 0.8) < 0.06
    np.testing.assert_array_equal(model.predict(steps), answers[:, 0, 1])
    assert model.score(steps, y) > 0.75  # of the median; the center itself has 0.84


@pytest.mark.parametrize("scale", [1, 1e4])
def test_quantiles_never_cross_where_the_outputs_do(gaussian, scale):
    model, _, _, y = gaussian
    far = scale * np.random.default_rng(1).normal(size=(200, 4))
    outputs = model.model_.predict(far[..., np.newaxis], verbose=0)
    assert scale == 1 or (np.diff(outputs) < 0).any(axis=1).mean() > 0.2
    answers = model.predict_quantiles(far)
    assert (np.diff(answers) >= 0).all()
    scaler = model.target_encoder_
    as_they_come = outputs * scaler.scale_ + scaler.mean_
    np.testing.assert_allclose(answers[:, 0], np.sort(as_they_come), rtol=1e-4, atol=1e-4)
    for target in y[:5]:
        losses = [
            sum(mean_pinball_loss(np.full(200, target), q[:, i], alpha=LEVELS[i]) for i in range(3))
            for q in (answers[:, 0], as_they_come)
        ]
        assert losses[0] <= losses[1] * (1 + 1e-6)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_every_architecture_in_every_file(arch):
    model = LSTMRegressor(arch, **SMALL).fit(X, Y)
    assert model.n_outputs_ == 2 and model.model_.output_shape == (None, 6)
    answers = model.predict_quantiles(X)
    assert answers.shape == (30, 2, 3) and (np.diff(answers) >= 0).all()
    assert abs(answers[:, 1].mean() - 100) < 10 > abs(answers[:, 0].mean())
    np.testing.assert_array_equal(model.predict(X), answers[:, :, 1])
    trusted = ["sklstm._regressor.LSTMRegressor"]
    for again in (
        pickle.loads(pickle.dumps(model)),
        skops.io.loads(skops.io.dumps(model), trusted=trusted),
    ):
        np.testing.assert_array_equal(again.predict_quantiles(X), answers)


def test_the_loss_is_that_of_the_outputs_on_standardized_targets():
    model = LSTMRegressor(early_stopping=True, validation_fraction=0.3, **SMALL)
    model.fit(X, Y)
    training, held_out = Y[:20], Y[21:]  # one sample, of 2 steps, lies between
    y = (held_out - training.mean(axis=0)) / training.std(axis=0)
    outputs = model.model_.predict(X[21:], verbose=0).reshape(9, 2, 3)
    losses = [mean_pinball_loss(y, outputs[..., i], alpha=t) for i, t in enumerate(LEVELS)]
    assert model.history_["val_loss"] == pytest.approx([np.mean(losses)], rel=1e-5)


def test_constant_columns_are_constant_in_all_quantiles():
    y = np.column_stack([Y[:, 0], np.full(30, 0.1)])
    answers = LSTMRegressor(**SMALL).fit(X, y).predict_quantiles(X)
    np.testing.assert_array_equal(answers[:, 1], 0.1)
    assert np.ptp(answers[:, 0, 1]) > 0


def test_training_continues_with_the_same_quantiles_alone():
    model = LSTMRegressor(warm_start=True, **SMALL).fit(X, Y)
    model.set_params(quantiles=list(LEVELS)).fit(X, Y)
    assert model.partial_fit(X, Y).n_iter_ == 3
    before = model.predict_quantiles(X)
    for other in ((0.2, 0.5, 0.8), (0.5,), None):
        model.set_params(quantiles=other)
        for again in (model.fit, model.partial_fit):
            with pytest.raises(ValueError, match=r"fitted with quantiles=\(0.1.*warm_start=False"):
                again(X, Y)
        np.testing.assert_array_equal(model.predict_quantiles(X), before)  # of the last fit


def test_a_search_over_quantiles():
    scorer = make_scorer(mean_pinball_loss, greater_is_better=False)  # at 0.5, of the median
    grid = {"quantiles": [LEVELS, np.array([0.5])]}
    search = GridSearchCV(LSTMRegressor(**SMALL), grid, cv=2, scoring=scorer).fit(X, Y[:, 0])
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    levels = [0.5, 0.9]
    model = LSTMRegressor(quantiles=levels)
    assert model.quantiles is levels and clone(model).quantiles == levels


# --- refusals ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"quantiles": (0.5, 0.1)}, "strictly increasing numbers between 0 and 1"),
        ({"quantiles": (0.1, 0.5, 0.5)}, "strictly increasing"),
        ({"quantiles": (0.0, 0.5)}, "strictly increasing"),
        ({"quantiles": (0.5, True)}, "strictly increasing"),
        ({"quantiles": (0.5, float("nan"))}, "strictly increasing"),
        ({"quantiles": ("0.1", 0.5)}, "strictly increasing"),
        ({"quantiles": [[0.1, 0.5], [0.9]]}, "strictly increasing"),
        ({"quantiles": np.array([[0.1, 0.5]])}, "strictly increasing"),
        ({"quantiles": ()}, "strictly increasing"),
        ({"quantiles": (0.1, 0.9)}, r"must contain 0.5.*Pass quantiles=\(0.1, 0.5, 0.9\)"),
        ({"loss": "mean_absolute_error"}, "pinball loss, but loss='mean_absolute_error'"),
        ({"loss__reduction": "sum"}, "but loss__reduction='sum'"),
        ({"metrics": ["mae"]}, r"metrics=\['mae'\] cannot be computed with quantiles"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, message):
    model = LSTMRegressor(**{**SMALL, **arguments})
    with pytest.raises(ValueError, match=message):
        model.fit(X, Y)
    with pytest.raises(ValueError, match=message):
        model.initialize(X, Y)


@pytest.mark.parametrize("quantiles", [0.5, "0.5"])
def test_what_is_no_sequence_is_refused(quantiles):
    with pytest.raises(InvalidParameterError, match="'quantiles' parameter"):
        LSTMRegressor(quantiles=quantiles).fit(X, Y)


def test_the_median_may_be_rounded():
    fine = np.linspace(0.05, 0.95, 19)
    assert 0.5 not in fine and check_quantiles(fine)[9] == 0.5
    assert check_quantiles(fine)[0] == 0.05


def test_quantiles_are_predicted_only_where_they_were_learnt():
    model = LSTMRegressor(**{**SMALL, "quantiles": None})
    assert hasattr(LSTMRegressor(quantiles=LEVELS), "predict_quantiles")
    assert not hasattr(model, "predict_quantiles")
    model.fit(X, Y).set_params(quantiles=LEVELS)
    assert not hasattr(model, "predict_quantiles")
    with pytest.raises(AttributeError) as caught:
        model.predict_quantiles(X)
    assert "pass for example quantiles=(0.1, 0.5, 0.9)" in str(caught.value.__cause__)
