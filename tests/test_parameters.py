"""Arguments: those with names, routed ones, Keras objects, and what is refused."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from sklstm import LSTMClassifier, LSTMRegressor
from sklstm._kernels._tensorflow import keras

ESTIMATORS = [LSTMRegressor, LSTMClassifier]
SMALL = dict(units=3, filters=4, epochs=2, random_state=0)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 8, 2))
TARGETS = {
    LSTMRegressor: X[:, -1, 0] + 2 * X[:, 0, 1],
    LSTMClassifier: np.array(["low", "mid", "high"])[np.digitize(X[:, -1, 0], [-0.5, 0.5])],
}


def fitted(estimator, **arguments):
    return estimator(**{**SMALL, **arguments}).fit(X, TARGETS[estimator])


def outputs(model, X=X):
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


def test_defaults_are_the_designs():
    shared = dict(
        arch="vanilla", units=64, activation="auto", dropout="auto", readout="auto", filters=64,
        kernel_size=3, pool_size=2, fcn_filters=(128, 256, 128), fcn_kernel_sizes=(8, 5, 3),
        squeeze_excitation=False, optimizer="adam", learning_rate=3e-3,
        learning_rate_schedule="auto", metrics=None, epochs="auto", batch_size="auto", shuffle=True,
        random_crop=False, early_stopping=False, validation_fraction=0.1, n_iter_no_change=10,
        tol=1e-4, callbacks=None, warm_start=False, random_state=None, verbose=0,
    )  # fmt: skip
    regressor = dict(
        subsequences=1, normalize_y=True, loss="mean_squared_error", quantiles=None
    )  # fmt: skip
    classifier = dict(subsequences=None, class_weight=None, loss="auto")
    assert LSTMRegressor().get_params() == {**shared, **regressor}
    assert LSTMClassifier().get_params() == {**shared, **classifier}


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_routed_arguments_are_arguments(estimator):
    model = estimator(optimizer__clipnorm=1.0)
    model.set_params(optimizer__beta_1=0.8, units=5)
    assert model.get_params()["optimizer__clipnorm"] == 1.0
    copied = clone(model)
    assert copied.get_params() == model.get_params()
    assert repr(copied) == (
        f"{estimator.__name__}(optimizer__beta_1=0.8, optimizer__clipnorm=1.0, units=5)"
    )
    with pytest.raises(TypeError, match=r"unexpected keyword argument 'unit'"):
        estimator(unit=5)
    with pytest.raises(ValueError, match=r"Invalid parameter 'unit'"):
        model.set_params(unit=5)


def test_routed_arguments_arrive():
    X, y = np.ones((4, 3, 1)), np.array([0.0, 0, 0, 8])
    arguments = dict(units=2, epochs=1, batch_size=4, random_state=0, normalize_y=False)
    start = LSTMRegressor(**arguments).initialize(X, y)
    fit = LSTMRegressor(
        **arguments,
        optimizer="SGD",
        learning_rate=1.0,
        optimizer__clipvalue=1e-3,
        learning_rate_schedule="constant",
    ).fit(X, y)
    steps = [a - b for a, b in zip(fit._state.weights, start._state.weights, strict=True)]
    # plain gradient descent at rate 1, every component clipped to 0.001; the head's is large
    assert np.abs(np.concatenate([s.ravel() for s in steps])).max() == pytest.approx(1e-3, rel=1e-3)
    error = np.abs(y - start.predict(X))
    by_hand = np.where(error < 2, error**2 / 2, 2 * error - 2).mean()
    for loss in ("huber", "Huber", keras.losses.Huber):
        huber = LSTMRegressor(**arguments, loss=loss, loss__delta=2.0).fit(X, y)
        assert huber.history_["loss"][0] == pytest.approx(by_hand, rel=1e-5)


@pytest.mark.parametrize(
    "arguments",
    [
        {"optimizer": keras.optimizers.Adam(0.01), "learning_rate": 0.1},
        {"optimizer__learning_rate": 0.01, "learning_rate": 0.1},
    ],
)
def test_two_learning_rates_are_refused(arguments):
    with pytest.raises(ValueError, match=r"both give a learning rate"):
        fitted(LSTMRegressor, **arguments)


def test_every_way_to_give_a_learning_rate_gives_the_same():
    own = keras.optimizers.schedules.PiecewiseConstantDecay([1000], [0.03, 1.0])
    clip = {"optimizer__global_clipnorm": 1.0}
    ways = [
        dict(learning_rate=0.03),
        dict(optimizer__learning_rate=0.03),
        dict(optimizer=keras.optimizers.Adam(0.03, global_clipnorm=1.0)),
        dict(optimizer=keras.optimizers.Adam, learning_rate=0.03, **clip),
        dict(learning_rate=own, **clip),
    ]
    fits = [fitted(LSTMRegressor, learning_rate_schedule="constant", **way) for way in ways]
    for fit in fits[1:]:
        np.testing.assert_allclose(outputs(fit), outputs(fits[0]), rtol=1e-6)


def test_metrics_keep_their_names_from_fit_to_fit():
    for _ in range(2):
        model = fitted(LSTMClassifier, metrics=["accuracy", "AUC", keras.metrics.Precision()])
        assert set(model.history_) == {"accuracy", "auc", "loss", "precision"}


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize(
    "arguments",
    [
        {"arch": "transformer"}, {"units": 0}, {"units": 2.5}, {"dropout": 1.0}, {"filters": 0},
        {"kernel_size": 0}, {"pool_size": -1}, {"subsequences": 0}, {"learning_rate": 0},
        {"learning_rate": float("nan")}, {"epochs": -1}, {"batch_size": 0}, {"shuffle": 3},
        {"validation_fraction": 1.5}, {"n_iter_no_change": 0}, {"tol": -1.0},
        {"random_state": "today"}, {"loss": None}, {"optimizer": 3}, {"warm_start": "yes"},
    ],
)  # fmt: skip
def test_bad_arguments_are_refused_in_scikit_learns_words(estimator, arguments):
    ((name, _),) = arguments.items()
    model = estimator(**arguments)
    with pytest.raises(ValueError, match=rf"The '{name}' parameter of {estimator.__name__} must"):
        model.fit(X, TARGETS[estimator])
    assert vars(model) == vars(estimator(**arguments))


def test_clone_keeps_what_keras_forgets():
    model = LSTMRegressor(loss=keras.losses.Huber(2.0), optimizer=keras.optimizers.Adam(0.5))
    copied = clone(model)
    assert copied.loss is not model.loss and copied.optimizer is not model.optimizer
    assert float(copied.loss(np.zeros((1, 1)), np.full((1, 1), 5.0))) == 8.0  # 2 * (5 - 1)
    assert float(copied.optimizer.learning_rate) == 0.5


def test_the_callers_objects_are_not_touched():
    class Counts(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.epochs = 0

        def on_epoch_end(self, epoch, logs=None):
            self.epochs += 1

    optimizer, callback = keras.optimizers.Adam(0.01), Counts()
    metric = keras.metrics.MeanAbsoluteError(name="mae")
    model = LSTMRegressor(**SMALL, optimizer=optimizer, callbacks=[callback], metrics=[metric])
    y = TARGETS[LSTMRegressor]
    first, second = outputs(model.fit(X, y)), outputs(model.fit(X, y))
    np.testing.assert_array_equal(first, second)
    assert int(optimizer.iterations) == 0 and not optimizer.built
    assert callback.epochs == 0 and callback._model is None
    assert float(metric.result()) == 0.0


def test_callbacks_of_all_forms():
    class Adds(keras.callbacks.Callback):
        def __init__(self, amount=1):
            super().__init__()
            self.amount = amount

        def on_epoch_end(self, epoch, logs):
            logs["added"] = self.amount

    for callbacks in (Adds(3), [Adds(3)], [[Adds(3)]], {"a": Adds(3)}):
        assert fitted(LSTMRegressor, callbacks=callbacks).history_["added"] == [3, 3]
    routed = fitted(LSTMRegressor, callbacks=[Adds], callbacks__amount=5)
    assert routed.history_["added"] == [5, 5]
    with pytest.raises(TypeError, match="callbacks"):
        fitted(LSTMRegressor, callbacks=["not one"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"optimizer__klipnorm": 1}, "optimizer__klipnorm=1.*klipnorm"),
        ({"optimizer": "adm"}, "optimizer='adm'.*identifier: adm"),
        ({"loss": "hubr"}, "loss='hubr'.*identifier: hubr"),
        ({"loss": "hubr", "loss__delta": 1.0}, "loss='hubr'.*identifier: hubr"),
        ({"metrics": ["mea"]}, r"metrics=\['mea'\].*identifier: mea"),
    ],
)
def test_what_keras_does_not_know_is_told_by_its_argument(arguments, message):
    with pytest.raises(ValueError, match=message):
        LSTMRegressor(epochs=1, **arguments).fit([[1.0], [2.0]], [1.0, 2.0])


def test_a_generator_is_refused_clearly():
    with pytest.raises(ValueError, match="The 'random_state' parameter of LSTMRegressor must be"):
        LSTMRegressor(random_state=np.random.default_rng(0)).fit(X, TARGETS[LSTMRegressor])


# --- numbers of NumPy ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "plain"),
    [
        *[("batch_size", kind(16), 16) for kind in (np.int64, np.uint8, np.int8, np.uint64)],
        *[("batch_size", size, 40) for size in (2**31, 2**63, 2**80, np.uint64(2**63), 41)],
        ("batch_size", True, 1),
        ("units", np.uint8(3), 3),
        ("epochs", np.int16(3), 3),
        ("learning_rate", 1, 1.0),
        ("learning_rate", np.int64(1), 1.0),
        *[("learning_rate", kind(0.01), 0.01) for kind in (np.float16, np.float32, np.longdouble)],
        ("dropout", np.float32(0.3), 0.3),
        ("dropout", np.longdouble(0.25), 0.25),
        ("random_state", np.uint8(7), 7),
        ("verbose", np.int64(0), 0),
        ("shuffle", np.False_, False),
        ("optimizer__clipnorm", np.float32(0.1), 0.1),
        ("optimizer__global_clipnorm", np.int64(1), 1),
        ("optimizer__beta_1", np.float16(0.5), 0.5),
        ("optimizer__learning_rate", 1, 1.0),
        ("optimizer__learning_rate", np.float32(0.01), 0.01),
        ("loss__delta", np.longdouble(2), 2.0),
    ],
)
def test_numbers_of_numpy_are_numbers(name, value, plain):
    more = {"loss": "huber"} if name == "loss__delta" else {}
    model = fitted(LSTMRegressor, **more, **{name: value})
    assert model.get_params()[name] is value  # as it was given
    expected = fitted(LSTMRegressor, **more, **{name: plain})
    assert model.history_ == expected.history_
    np.testing.assert_array_equal(outputs(model), outputs(expected))


@pytest.mark.parametrize("name", ["filters", "kernel_size", "pool_size", "subsequences"])
@pytest.mark.parametrize("kind", [np.int64, np.uint8])
def test_numbers_of_numpy_in_a_convolution(name, kind):
    model = fitted(LSTMRegressor, arch="cnn_lstm", **{name: kind(2)})
    expected = fitted(LSTMRegressor, arch="cnn_lstm", **{name: 2})
    np.testing.assert_array_equal(outputs(model), outputs(expected))


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize(
    ("name", "value", "plain"),
    [
        ("validation_fraction", np.float16(0.1), 0.1),  # of 40 samples 4, and of its value 5
        ("validation_fraction", np.float32(0.1), 0.1),
        ("n_iter_no_change", np.uint8(2), 2),
        ("tol", np.float16(1e-3), 1e-3),
        ("tol", 1, 1.0),
    ],
)
def test_numbers_of_numpy_in_early_stopping(estimator, name, value, plain):
    settings = dict(early_stopping=True, epochs=6, learning_rate=0.01)
    model = fitted(estimator, **settings, **{name: value})
    expected = fitted(estimator, **settings, **{name: plain})
    assert model.history_ == expected.history_


def test_epochs_of_few_bits_go_on_counting():
    model = LSTMRegressor(units=2, epochs=np.uint8(200), warm_start=True, random_state=0)
    assert model.fit(X[:2], [0.0, 1.0]).fit(X[:2], [0.0, 1.0]).n_iter_ == 400


def test_a_grid_of_an_array():
    grid = {"batch_size": np.array([8, 16]), "learning_rate": np.array([1e-3, 1e-2], "f4")}
    search = GridSearchCV(LSTMRegressor(**SMALL), grid, cv=2).fit(X, TARGETS[LSTMRegressor])
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_a_learning_rate_beyond_all_floats_is_refused():
    with pytest.raises(ValueError, match="Keras cannot make the optimizer"):
        fitted(LSTMRegressor, learning_rate=10**400)
