"""Training does what Keras's own Model.fit would do."""

import signal

import numpy as np
import pytest
from sklearn.base import clone
from training_support import assert_equal_weights, compilation, plan, samples, train

from sklstm import ARCHITECTURES, LSTMRegressor
from sklstm._kernels._tensorflow import keras
from sklstm._training import EarlyStopping, Samples, TrainingState, predict
from sklstm._training._graphs import ShortCalls

REGRESSION = "linear", "mean_squared_error", "mae"
CLASSIFICATION = "softmax", "categorical_crossentropy", "accuracy"


@pytest.mark.parametrize(
    ("arch", "head", "loss", "metric"),
    [*((arch, *REGRESSION) for arch in ARCHITECTURES), ("vanilla", *CLASSIFICATION)],
)
def test_history_is_that_of_keras(arch, head, loss, metric):
    """The same weights, order and batches (the last of 6 samples), weights and validation.

    Where batches are normalized, ours are of one size, so there all are full.
    """
    network = plan(arch, output_activation=head)
    n_samples = 64 if network.architecture.wants_even_batches else 70
    data, held_out = samples(n_samples, head), samples(20, head, seed=1)
    start, *_ = train(network, data, compiled=compilation(loss, metrics=[metric]), epochs=0)
    _, history, _ = train(
        network, data, state=start, compiled=compilation(loss, 0.01, [metric]), epochs=5,
        shuffle=False, validation=held_out,
    )  # fmt: skip
    model = network.build()
    model.set_weights(start.weights)
    model.compile(keras.optimizers.Adam(0.01), loss, metrics=[metric])
    expected = model.fit(
        data.X, data.y, sample_weight=data.weight, batch_size=16, epochs=5, shuffle=False,
        validation_data=(held_out.X, held_out.y, held_out.weight), verbose=0,
    ).history  # fmt: skip
    assert set(history) == set(expected)
    for name in expected:
        np.testing.assert_allclose(history[name], expected[name], rtol=1e-4)


def test_large_batches_are_trained_as_in_keras():
    """Their loops may be shared by threads; the rest of the samples is a small batch."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 16, 1)).astype("f4")
    settings = dict(units=32, batch_size=128, shuffle=False, learning_rate=1e-3, random_state=0)
    settings |= dict(epochs=3, learning_rate_schedule="constant", normalize_y=False)
    fitted = LSTMRegressor(**settings)
    start = clone(fitted).set_params(epochs=1, learning_rate=1e-30).fit(X, X[:, 0]).model_
    model = keras.models.clone_model(start)
    model.set_weights(start.get_weights())
    model.compile(keras.optimizers.Adam(1e-3), "mean_squared_error")
    expected = model.fit(X, X[:, 0], epochs=3, batch_size=128, shuffle=False, verbose=0).history
    history = fitted.fit(X, X[:, 0]).history_
    np.testing.assert_allclose(history["loss"], expected["loss"], rtol=1e-5)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_a_resumed_fit_equals_one_that_never_stopped(arch):
    network, data = plan(arch, dropout=0.4), samples()
    whole, history, _ = train(network, data, epochs=4)
    half, first, _ = train(network, data, epochs=2)
    resumed, second, _ = train(network, data, state=half, epochs=2)
    assert_equal_weights(whole, resumed)
    assert history["loss"] == first["loss"] + second["loss"]


def test_dropout_drops_the_fraction_it_says():
    """Without weights to learn: the mean of the squared output tells the fraction kept.

    The head's kernel and the target are constant, so a dropped unit changes the output from
    what it is, o, to 0, and a kept one to o / (1 - rate): E[loss] = o^2 / (1 - rate).
    """
    network = plan(n_outputs=1, units=1, dropout=0.5)
    n = 4000
    data = Samples(np.ones((n, 10, 2), "f4"), np.zeros((n, 1), "f4"), np.ones(n, "f4"))
    weights = [np.full(w.shape, 0.3, "f4") for w in network.build().get_weights()]
    weights[-1] = np.zeros(1, "f4")
    state = TrainingState(7, weights)
    output = predict(network, state, data.X)[0, 0]
    _, history, _ = train(
        network, data, state=state, compiled=compilation(learning_rate=1e-30), epochs=1
    )
    # 4,000 coins: the standard error of their mean is below 1 %
    assert history["loss"][0] == pytest.approx(output**2 / 0.5, rel=0.05)


def test_the_learning_rate_is_that_of_the_fit():
    network, data = plan(), samples(16)
    results = [
        train(network, data, compiled=compilation(learning_rate=rate), epochs=1)[0]
        for rate in (0.5, 0.25, 0.5)
    ]
    start, *_ = train(network, data, epochs=0)
    # Adam's first step is as long as its learning rate, for every weight that has a gradient
    steps = [np.abs(r.weights[-2] - start.weights[-2]).max() for r in results]
    np.testing.assert_allclose(steps, [0.5, 0.25, 0.5], rtol=1e-3)


def test_early_stopping_returns_the_best_epoch():
    network, data, held_out = plan(), samples(30), samples(30, seed=5)
    compiled = compilation(learning_rate=0.05)
    stop = EarlyStopping(patience=3, tol=0.0)
    end, history, best_epoch = train(
        network, data, compiled=compiled, epochs=60, validation=held_out, early_stopping=stop
    )
    best = int(np.argmin(history["val_loss"])) + 1
    assert best_epoch == best == len(history["val_loss"]) - 3
    assert end.epoch == len(history["val_loss"])
    cut_short, *_ = train(
        network, data, compiled=compilation(learning_rate=0.05), epochs=best, validation=held_out
    )
    assert_equal_weights(end, cut_short)


def test_callbacks_see_what_keras_shows_them():
    class Spy(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.seen = []

        def on_train_begin(self, logs=None):
            self.seen.append(("train", self.params["epochs"], self.params["steps"]))

        def on_epoch_begin(self, epoch, logs=None):
            self.seen.append(("epoch", epoch))

        def on_train_batch_end(self, batch, logs=None):
            self.seen.append(("batch", batch, sorted(logs)))

        def on_epoch_end(self, epoch, logs=None):
            self.seen.append(("end", epoch, sorted(logs)))

    ours, keras_own = Spy(), Spy()
    network, data = plan(), samples(70)
    train(network, data, callbacks=[ours])
    model = network.build()
    model.compile("adam", "mse")
    model.fit(data.X, data.y, epochs=2, batch_size=16, verbose=0, callbacks=[keras_own])
    assert ours.seen == keras_own.seen


def test_looking_at_batches_changes_nothing():
    class Looks(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.loss = logs["loss"]

    network, data = plan(dropout=0.3), samples()
    plain, history, _ = train(network, data)
    looked_at, same, _ = train(network, data, callbacks=[Looks()])
    assert_equal_weights(plain, looked_at)
    assert history == same


def test_callbacks_can_stop_and_steer():
    stops = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: setattr(stops.model, "stop_training", epoch == 1)
    )
    rates = keras.callbacks.LearningRateScheduler(lambda epoch: [0.1, 0.0, 0.0][epoch])
    network, data = plan(), samples()
    _, history, _ = train(network, data, epochs=5, callbacks=[stops])
    assert len(history["loss"]) == 2
    one, *_ = train(network, data, epochs=1, compiled=compilation(learning_rate=0.1))
    three, history, _ = train(network, data, epochs=3, callbacks=[rates])
    assert_equal_weights(one, three)
    assert history["learning_rate"] == pytest.approx([0.1, 0.0, 0.0])


def test_an_interrupt_ends_a_fit_amid_an_epoch():
    """The epoch takes far longer than the time until the interrupt."""

    class Counts(keras.callbacks.Callback):
        ended = 0

        def on_epoch_begin(self, epoch, logs=None):
            signal.setitimer(signal.ITIMER_REAL, 0.5)

        def on_epoch_end(self, epoch, logs=None):
            Counts.ended += 1

    def interrupt(*_):
        raise KeyboardInterrupt

    X = np.zeros((300_000, 20), "f4")
    model = LSTMRegressor(units=16, epochs=3, random_state=0).fit(X[:64], X[:64, 0])
    before = dict(vars(model.set_params(callbacks=[Counts()])))
    handler = signal.signal(signal.SIGALRM, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, X[:, 0])
    finally:
        signal.signal(signal.SIGALRM, handler)
    assert Counts.ended == 0
    assert vars(model) == before


def test_calls_grow_while_they_are_short(monkeypatch):
    """A call of one batch takes 0.1 s, one of two 0.2 s; then calls may not grow any more."""
    now = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    calls = []

    def graph(begin, end):
        calls.append((int(begin), int(end)))
        now[0] += 0.1 * (calls[-1][1] - calls[-1][0])
        return calls[-1]

    short = ShortCalls()
    assert short.run(graph, (), 0, 12) == (11, 12)
    # 1 and 2 batches take less than a quarter of a second, 4 take 0.4 s
    assert calls == [(0, 1), (1, 3), (3, 7), (7, 11), (11, 12)]
    calls.clear()
    short.n_batches = 16
    short.run(graph, (), 0, 20)
    assert calls == [(0, 16), (16, 20)] and short.n_batches == 8  # 1.6 s are too long
