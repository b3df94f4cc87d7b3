"""No input, however odd, gets silent nonsense; no failure leaves half a state behind."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

from sklstm import ARCHITECTURES, LSTMClassifier, LSTMRegressor
from sklstm._training._loop import DivergedError
from sklstm._kernels._tensorflow import keras

SMALL = dict(units=3, filters=4, epochs=2, random_state=0)
RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 6))
TARGETS = {LSTMRegressor: X[:, -1], LSTMClassifier: np.where(X[:, -1] > 0, "up", "down")}
ESTIMATORS = list(TARGETS)


def outputs(model, X=X):
    return (model.predict_proba if hasattr(model, "predict_proba") else model.predict)(X)


# --- numbers that float32 cannot hold ------------------------------------------------------


def test_timestamps_that_collapse_in_float32_are_warned_of():
    """Seconds since 1970: float32 has one number every 128 of them."""
    seconds = 1.7e9 + 60.0 * np.arange(40)[:, np.newaxis] + 10.0 * np.arange(6)
    stacked = np.stack([X, seconds], axis=2)
    with pytest.warns(UserWarning, match=r"Features \[1\] of X vary by less.*Scale X"):
        LSTMRegressor(**SMALL).fit(stacked, TARGETS[LSTMRegressor])
    with pytest.warns(UserWarning, match=r"Features \[0\] of X"):
        LSTMRegressor(**SMALL).fit(seconds.astype(np.int64), TARGETS[LSTMRegressor])


@pytest.mark.parametrize("offset", [0.0, 300.0, 1e4])
def test_ordinary_offsets_are_not_warned_of(offset):
    LSTMRegressor(**SMALL).fit(X + offset, TARGETS[LSTMRegressor])  # warnings are errors


def test_constant_features_are_fine():
    with_constant = np.stack([X, np.full_like(X, 1.7e9)], axis=2)
    assert np.isfinite(
        LSTMRegressor(**SMALL).fit(with_constant, TARGETS[LSTMRegressor]).predict(with_constant)
    ).all()


# --- few of something ----------------------------------------------------------------------


def test_one_sample():
    model = LSTMRegressor(**SMALL).fit(X[:1], [3.0])
    assert abs(model.predict(X[:1])[0] - 3.0) < 1.0
    with pytest.raises(ValueError, match="only one class"):
        LSTMClassifier(**SMALL).fit(X[:1], ["up"])


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_a_class_of_one_sample(arch):
    y = np.array(["common"] * 39 + ["rare"])
    probabilities = LSTMClassifier(arch, **SMALL).fit(X, y).predict_proba(X)
    assert probabilities.shape == (40, 2) and np.isfinite(probabilities).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)


def test_a_class_that_only_has_weight_zero_is_absent():
    y = np.array(["a", "b", "c", "a"] * 10)
    weight = (y != "c").astype(float)
    model = LSTMClassifier(**SMALL).fit(X, y, sample_weight=weight)
    np.testing.assert_array_equal(model.classes_, ["a", "b"])


# --- weights -------------------------------------------------------------------------------


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_weight_two_pulls_like_a_repetition(estimator):
    """With full batches, and an optimizer that divides out the scale of the loss."""
    y = TARGETS[estimator]
    weight = np.resize([1, 2], 40)
    arguments = dict(
        SMALL, epochs=20, batch_size=100, shuffle=False, learning_rate=0.02, optimizer="adam"
    )
    weighted = estimator(**arguments).fit(X, y, sample_weight=weight)
    repeated = estimator(**arguments).fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))
    plain = estimator(**arguments).fit(X, y)
    np.testing.assert_allclose(outputs(weighted), outputs(repeated), rtol=1e-3, atol=1e-4)
    assert np.abs(outputs(plain) - outputs(repeated)).max() > 1e-2


# --- random states -------------------------------------------------------------------------


def test_a_generator_is_refused_clearly():
    with pytest.raises(ValueError, match="The 'random_state' parameter of LSTMRegressor must be"):
        LSTMRegressor(random_state=np.random.default_rng(0)).fit(X, TARGETS[LSTMRegressor])


# --- divergence ----------------------------------------------------------------------------


def test_a_relu_stack_that_explodes_is_an_error_and_no_search_picks_it():
    steps = 50.0 * RNG.normal(size=(64, 40))
    y = steps[:, -1]
    wild = dict(
        arch="stacked", units=[8, 8, 8], activation="relu", epochs=3, random_state=0,
        optimizer="sgd",
    )  # fmt: skip
    with pytest.raises(DivergedError, match=r"Scale the input.*learning_rate.*clipnorm=1"):
        LSTMRegressor(**wild, learning_rate=0.5).fit(steps, y)
    rates = {"learning_rate": [0.5, 1e-12]}
    search = GridSearchCV(LSTMRegressor(**wild), rates, cv=2, scoring="neg_mean_squared_error")
    with pytest.warns(match="fits failed|non-finite"):
        search.fit(steps, y)
    assert search.best_params_ == {"learning_rate": 1e-12}


class Inflates(keras.callbacks.Callback):
    """Multiplies the weights at the end of each epoch."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def on_epoch_end(self, epoch, logs=None):
        self.model.set_weights([self.factor * w for w in self.model.get_weights()])


def test_weights_that_are_not_finite_are_an_error():
    with pytest.raises(DivergedError, match="a weight of the network became NaN"):
        LSTMRegressor(**{**SMALL, "epochs": 1}, callbacks=[Inflates(np.inf)]).fit(
            X, TARGETS[LSTMRegressor]
        )


def test_a_loss_that_ends_far_above_its_beginning_is_warned_of():
    model = LSTMRegressor(
        units=3, epochs=3, random_state=0, optimizer="sgd", learning_rate=1e-9, batch_size=100,
        callbacks=[Inflates(4.0)],
    )  # fmt: skip
    with pytest.warns(ConvergenceWarning, match=r"the loss was .* before training and .* after it"):
        model.fit(X, TARGETS[LSTMRegressor])


# --- failures and interruptions ------------------------------------------------------------


class Breaks(keras.callbacks.Callback):
    """Raises an error at a moment of training."""

    def __init__(self, moment, error):
        super().__init__()
        self.moment, self.error = moment, error

    def _at(self, moment):
        if moment == self.moment:
            raise self.error

    def on_train_begin(self, logs=None):
        self._at("beginning")

    def on_train_batch_end(self, batch, logs=None):
        self._at(f"batch {batch}")

    def on_epoch_end(self, epoch, logs=None):
        self._at("epoch end")

    def on_train_end(self, logs=None):
        self._at("end")


@pytest.mark.parametrize("moment", ["beginning", "batch 0", "batch 3", "epoch end", "end"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, RuntimeError])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_broken_refit_leaves_the_old_state_whole(estimator, error, moment):
    y = TARGETS[estimator]
    model = estimator(**SMALL, batch_size=8).fit(X, y)
    model.set_params(callbacks=[Breaks(moment, error)], warm_start=True)
    before, state = outputs(model), dict(vars(model))
    weights = [w.copy() for w in model._state.weights]
    for refit in (model.fit, model.partial_fit):
        with pytest.raises(error):
            refit(X[::-1], y)
        assert vars(model) == state
        assert all(np.array_equal(a, b) for a, b in zip(weights, model._state.weights, strict=True))
        np.testing.assert_array_equal(outputs(model), before)


def test_warm_start_refuses_other_classes():
    model = LSTMClassifier(**SMALL, warm_start=True).fit(X, TARGETS[LSTMClassifier])
    with pytest.raises(ValueError, match=r"labels that are not in the classes.*sideways"):
        model.fit(X, np.where(X[:, 0] > 0, "sideways", "down"))


def test_warm_start_refuses_other_feature_names():
    pd = pytest.importorskip("pandas")  # an optional dependency
    table = pd.DataFrame(X, columns=list("abcdef"))
    model = LSTMRegressor(**SMALL, warm_start=True).fit(table, TARGETS[LSTMRegressor])
    with pytest.raises(ValueError, match="feature names should match"):
        model.fit(table.rename(columns={"a": "z"}), TARGETS[LSTMRegressor])


def test_warm_start_refuses_another_optimizer():
    model = LSTMRegressor(**SMALL, warm_start=True).fit(X, TARGETS[LSTMRegressor])
    before = outputs(model)
    model.set_params(optimizer="sgd")
    for resume in (model.fit, model.partial_fit):
        with pytest.raises(ValueError, match=r"begun with another optimizer than SGD.*warm_start"):
            resume(X, TARGETS[LSTMRegressor])
    np.testing.assert_array_equal(outputs(model), before)
