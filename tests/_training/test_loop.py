"""The engine trains as Keras's own Model.fit would, and keeps its slots in order."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from sklstm._training import _compiled_networks as _slots
from sklstm._training import _loop as _engine
from sklstm._networks._plan import ARCHITECTURES, plan_network
from sklstm._kernels._tensorflow import keras


def plan(arch="vanilla", **changes):
    arguments = dict(
        n_timesteps=10, n_features=2, n_outputs=3, head="linear", units=5, activation="auto",
        dropout=0.0, filters=4, kernel_size=3, pool_size=2, subsequences=1,
    )  # fmt: skip
    return plan_network(arch, **{**arguments, **changes})


def samples(n=70, head="linear", seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 10, 2)).astype("f4")
    y = X[:, -3:, 0] + 0.5 * X[:, :3, 1]
    if head == "softmax":
        y = np.eye(3, dtype="f4")[y.argmax(axis=1)]
    return _engine.Samples(X, y.astype("f4"), rng.uniform(0.5, 2.0, n).astype("f4"))


def compilation(loss="mean_squared_error", learning_rate=1e-3, metrics=None, **kwargs):
    optimizer = keras.optimizers.Adam(learning_rate, **kwargs)
    return _engine.Compilation(optimizer, loss, metrics)


def train(network, data, *, state=None, compiled=None, **changes):
    arguments = {"epochs": 2, "batch_size": 16, "shuffle": True, **changes}
    state = state or _engine.State(seed=7)
    return _engine.train(network, compiled or compilation(), state, data, **arguments)


def assert_equal_weights(one, other):
    assert len(one.weights) == len(other.weights)
    for a, b in zip(one.weights, other.weights, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize(
    ("head", "loss", "metric"),
    [("linear", "mean_squared_error", "mae"), ("softmax", "categorical_crossentropy", "accuracy")],
)
def test_history_is_that_of_keras(arch, head, loss, metric):
    """The same weights, order and batches (the last of 6 samples), weights and validation."""
    network, data, held_out = plan(arch, head=head), samples(70, head), samples(20, head, seed=1)
    start, _ = train(network, data, compiled=compilation(loss, metrics=[metric]), epochs=0)
    _, history = train(
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


def test_shuffling_takes_every_sample_once_an_epoch():
    orders = [_engine._epoch_order(3, epoch, 50, True) for epoch in range(3)]
    assert all(sorted(order) == list(range(50)) for order in orders)
    assert not np.array_equal(orders[0], orders[1])
    assert not np.array_equal(orders[0], _engine._epoch_order(4, 0, 50, True))


@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_a_resumed_fit_equals_one_that_never_stopped(arch, dropout):
    network, data = plan(arch, dropout=dropout), samples()
    whole, history = train(network, data, epochs=4)
    half, first = train(network, data, epochs=2)
    resumed, second = train(network, data, state=half, epochs=2)
    assert_equal_weights(whole, resumed)
    assert history["loss"] == first["loss"] + second["loss"]


def test_dropout_drops_the_fraction_it_says():
    """Without weights to learn: the mean of the squared output tells the fraction kept.

    The head's kernel and the target are constant, so a dropped unit changes the output from
    what it is, o, to 0, and a kept one to o / (1 - rate): E[loss] = o^2 / (1 - rate).
    """
    network = plan(n_outputs=1, units=1, dropout=0.5)
    n = 4000
    data = _engine.Samples(np.ones((n, 10, 2), "f4"), np.zeros((n, 1), "f4"), np.ones(n, "f4"))
    weights = [np.full(w.shape, 0.3, "f4") for w in network.build().get_weights()]
    weights[-1] = np.zeros(1, "f4")
    state = _engine.State(7, weights)
    output = _engine.predict(network, state, data.X)[0, 0]
    _, history = train(
        network, data, state=state, compiled=compilation(learning_rate=1e-30), epochs=1
    )
    # 4,000 coins: the standard error of their mean is below 1 %
    assert history["loss"][0] == pytest.approx(output**2 / 0.5, rel=0.05)


def test_slots_are_reused_whatever_the_data_and_the_learning_rate():
    network = plan(units=6)
    train(network, samples(70))
    (slots,) = [s for (n, _), s in _slots._slots.items() if n == network]
    graph = slots[0]._train_graph
    for n, rate, batch in [(40, 0.1, 7), (90, 0.01, 64)]:
        train(network, samples(n), compiled=compilation(learning_rate=rate), batch_size=batch)
    (slots,) = [s for (n, _), s in _slots._slots.items() if n == network]
    assert [slot._train_graph for slot in slots] == [graph]


@pytest.mark.parametrize(
    ("arch", "paths"),
    [
        ("vanilla", ["fused"]),
        ("bidirectional", ["fused"] * 2),
        ("stacked", ["fused", *["hoisted"] * 2]),
    ],
)
def test_slots_record_the_paths_of_their_layers(arch, paths):
    with _slots.lent_slot(plan(arch, units=7), compilation()) as slot:
        assert slot.paths == paths


def test_the_learning_rate_is_that_of_the_fit():
    network, data = plan(), samples(16)
    results = [
        train(network, data, compiled=compilation(learning_rate=rate), epochs=1)[0]
        for rate in (0.5, 0.25, 0.5)
    ]
    start, _ = train(network, data, epochs=0)
    # Adam's first step is as long as its learning rate, for every weight that has a gradient
    steps = [np.abs(r.weights[-2] - start.weights[-2]).max() for r in results]
    np.testing.assert_allclose(steps, [0.5, 0.25, 0.5], rtol=1e-3)


def test_other_compilations_get_other_slots():
    network = plan(units=7)
    for compiled in (
        compilation(),
        compilation("mean_absolute_error"),
        compilation(clipnorm=1.0),
        compilation(keras.losses.Huber(1.0)),
        compilation(keras.losses.Huber(2.0)),
    ):
        train(network, samples(20), compiled=compiled, epochs=1)
    assert sum(n == network for n, _ in _slots._slots) == 5


def test_slots_are_bounded_in_number():
    for units in range(1, _slots.MAX_SLOTS + 4):
        train(plan(units=units), samples(8), epochs=0)
    assert sum(map(len, _slots._slots.values())) == _slots.MAX_SLOTS


def test_a_slot_is_as_new_after_a_failed_fit():
    class Fails(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise RuntimeError("stop here")

    network, data = plan(units=9), samples()
    before, _ = train(network, data)
    with pytest.raises(RuntimeError, match="stop here"):
        train(network, data, callbacks=[Fails()])
    after, _ = train(network, data)
    assert_equal_weights(before, after)


def test_early_stopping_counts_and_keeps_the_best():
    stop = _engine.EarlyStopping(patience=2, tol=0.1)
    losses = [1.0, 0.8, 0.75, 0.9, 0.5]
    # 0.8 betters 1.0 by more than 0.1; 0.75 is better, but by less; 0.9 makes two in a row
    stopped = [stop.update(loss, lambda i=i: i) for i, loss in enumerate(losses[:4])]
    assert stopped == [False, False, False, True]
    assert (stop.best, stop.best_loss) == (2, 0.75)


def test_early_stopping_returns_the_best_epoch():
    network, data, held_out = plan(), samples(30), samples(30, seed=5)
    compiled = compilation(learning_rate=0.05)
    stop = _engine.EarlyStopping(patience=3, tol=0.0)
    end, history = train(
        network, data, compiled=compiled, epochs=60, validation=held_out, early_stopping=stop
    )
    best = int(np.argmin(history["val_loss"])) + 1
    assert end.epoch == best == len(history["val_loss"]) - 3
    cut_short, _ = train(
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
    plain, history = train(network, data)
    looked_at, same = train(network, data, callbacks=[Looks()])
    assert_equal_weights(plain, looked_at)
    assert history == same


def test_callbacks_can_stop_and_steer():
    stops = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: setattr(stops.model, "stop_training", epoch == 1)
    )
    rates = keras.callbacks.LearningRateScheduler(lambda epoch: [0.1, 0.0, 0.0][epoch])
    network, data = plan(), samples()
    _, history = train(network, data, epochs=5, callbacks=[stops])
    assert len(history["loss"]) == 2
    one, _ = train(network, data, epochs=1, compiled=compilation(learning_rate=0.1))
    three, history = train(network, data, epochs=3, callbacks=[rates])
    assert_equal_weights(one, three)
    assert history["learning_rate"] == pytest.approx([0.1, 0.0, 0.0])


def test_divergence_is_an_error_with_a_remedy():
    data = samples(8)
    huge = _engine.Samples(data.X, data.y * np.float32(1e30), data.weight)
    with pytest.raises(_engine.DivergedError, match=r"Scale the input.*learning_rate.*clipnorm"):
        train(plan(), huge)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_predictions_are_those_of_the_keras_model(arch):
    network = plan(arch, dropout=0.5)
    state, _ = train(network, samples(), epochs=1)
    model = network.build()
    model.set_weights(state.weights)
    X = samples(_engine.PREDICT_BATCH + 33, seed=2).X
    np.testing.assert_allclose(
        _engine.predict(network, state, X), model.predict(X, verbose=0), rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(
        _engine.predict(network, state, X[:1]),
        model.predict(X[:1], verbose=0),
        rtol=1e-5,
        atol=1e-6,
    )


def test_weights_are_drawn_as_keras_draws_them():
    """Glorot's limits, orthogonal rows, and biases of 0 with 1 for the forget gate."""
    model = plan(units=50, n_features=3).build()
    _slots.initialize(model, seed=1)
    kernel, recurrent, bias, head, head_bias = model.get_weights()
    for matrix in (kernel, head):
        limit = np.sqrt(6 / sum(matrix.shape))
        assert 0.9 * limit < np.abs(matrix).max() <= limit
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(50), atol=1e-5)
    np.testing.assert_array_equal(bias, np.repeat([0, 1, 0, 0], 50))
    np.testing.assert_array_equal(head_bias, 0)
    again, other = plan(units=50, n_features=3).build(), plan(units=50, n_features=3).build()
    _slots.initialize(again, seed=1)
    _slots.initialize(other, seed=2)
    np.testing.assert_array_equal(again.get_weights()[1], recurrent)
    assert not np.array_equal(other.get_weights()[1], recurrent)


@pytest.mark.parametrize("verbose", [1, 2])
def test_progress_in_a_log_is_a_line_an_epoch(capsys, verbose):
    _, history = train(plan(), samples(), epochs=3, verbose=verbose)
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"Epoch {i}/3 - loss: {history['loss'][i - 1]:.4g}" for i in (1, 2, 3)]


def test_progress_in_a_terminal_is_a_bar(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    _, history = train(plan(), samples(), epochs=3, verbose=1)
    last = capsys.readouterr().out.split("\r")[-1]
    assert "3/3" in last and last.endswith("\n")
    assert float(last.rpartition("loss: ")[2].split()[0]) == pytest.approx(
        history["loss"][-1], abs=1e-4
    )


def test_silence(capsys):
    train(plan(), samples(), epochs=3, verbose=0)
    assert capsys.readouterr().out == ""


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
    ended = _engine.State(seed=0, epoch=1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        _engine._check_outcome(1.0, losses, ended, first_epoch=0)
    assert [warning.category for warning in caught] == [ConvergenceWarning] * told
