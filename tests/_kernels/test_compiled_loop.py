"""The compiled loop: threads, samples, numbers that are none. Results: see test_fast_loops."""

import signal

import numpy as np
import pytest
from training_support import compilation, plan, samples, train

from sklstm import LSTMRegressor
from sklstm._kernels import _compiled_loop
from sklstm._kernels._fast_loops import choose_loop, install_fast_loops
from sklstm._kernels._tensorflow import keras, tf


def relu_model(units=20, steps=6):
    x = keras.Input((steps, 2))
    layer = keras.layers.LSTM(units, activation="relu", seed=0)
    model = keras.Model(x, layer(x))
    install_fast_loops(model)
    assert choose_loop(layer) == "compiled"
    return model


def sequences(n, steps=6):
    return np.random.default_rng(0).normal(size=(n, steps, 2)).astype("f4")


@pytest.mark.parametrize("n", [1, 3, 13])
def test_any_number_of_threads_computes_the_same_bits(n, monkeypatch):
    monkeypatch.setattr(_compiled_loop, "PRODUCTS_PER_THREAD", 1)
    results, calls = [], []
    call = _compiled_loop._call
    monkeypatch.setattr(
        _compiled_loop, "_call", lambda *arguments: calls.append(0) or call(*arguments)
    )
    model, X = relu_model(), tf.constant(sequences(n))
    for n_threads in (1, 2, 5):
        monkeypatch.setattr(_compiled_loop, "_n_threads", lambda n=n_threads: n)
        with tf.GradientTape() as tape:
            y = model(X, training=True)
            loss = tf.reduce_sum(y**2)
        results.append([y, *tape.gradient(loss, model.trainable_variables)])
    assert len(calls) == 2 * (1 + 2 + 5)  # forward and backward
    for others in results[1:]:
        for one, other in zip(results[0], others, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("n_threads", "n_parts"), [(4, 2), (2, 1), (1, 1)])
def test_two_directions_divide_the_threads(n_threads, n_parts, monkeypatch):
    monkeypatch.setattr(_compiled_loop, "PRODUCTS_PER_THREAD", 1)
    monkeypatch.setattr(_compiled_loop, "_n_threads", lambda: n_threads)
    parts, call = [], _compiled_loop._call
    monkeypatch.setattr(
        _compiled_loop, "_call", lambda *arguments: parts.append(0) or call(*arguments)
    )
    x = keras.Input((6, 2))
    layer = keras.layers.Bidirectional(keras.layers.LSTM(20, activation="relu"))
    model = keras.Model(x, layer(x))
    install_fast_loops(model)
    model(sequences(13))
    assert len(parts) == 2 * n_parts


def test_a_sample_gets_the_same_bits_wherever_it_stands():
    model, X = relu_model(), sequences(24)  # as many rows as TensorFlow's product takes at once
    together, reverse = model(X), model(np.ascontiguousarray(X[::-1]))
    np.testing.assert_array_equal(together[::-1], reverse)


def test_no_samples():
    assert relu_model()(sequences(0)).shape == (0, 20)


def test_what_is_not_a_number_stays_none():
    X = sequences(3)
    X[1, 2, 0] = np.nan
    np.testing.assert_array_equal(np.isnan(relu_model()(X)).all(axis=1), [False, True, False])


def test_training_agrees_with_operations_of_tensorflow(monkeypatch):
    """A stack, of which two layers are compiled, after some steps of Adam."""
    states = []
    for available in (True, False):
        monkeypatch.setattr("sklstm._kernels._fast_loops.is_available", lambda a=available: a)
        # another name, so that fits do not share a compiled network
        network, other = (
            plan("stacked", units=(4, 5, 3)),
            compilation(beta_1=0.9 - 1e-9 * available),
        )
        states.append(train(network, samples(), compiled=other)[0])
    for one, other in zip(*(state.weights for state in states), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_the_same_seed_gives_the_same_bits():
    X, y = sequences(50), sequences(50)[:, 0, 0]
    fits = [LSTMRegressor(units=3, activation="relu", epochs=2, random_state=0) for _ in range(2)]
    one, other = (model.fit(X, y).model_.get_weights() for model in fits)
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_fit_can_be_interrupted(monkeypatch):
    """Ctrl-C that comes while a graph runs Python code.

    Shells let what they start in the background ignore it, so Python's own handler is set here.
    """
    X, y = sequences(50), sequences(50)[:, 0, 0]
    model = LSTMRegressor(units=3, activation="relu", epochs=2, random_state=0).fit(X, y)
    before = model.predict(X)
    call = _compiled_loop._call

    def call_and_interrupt(*arguments):
        call(*arguments)
        signal.raise_signal(signal.SIGINT)

    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(_compiled_loop, "_call", call_and_interrupt)
            with pytest.raises(KeyboardInterrupt):
                model.fit(X, y)
    finally:
        signal.signal(signal.SIGINT, handler)
    np.testing.assert_array_equal(model.fit(X, y).predict(X), before)


def test_clear_session_does_no_harm():
    X, y = sequences(50), sequences(50)[:, 0, 0]
    model = LSTMRegressor(units=3, activation="relu", epochs=2, random_state=0).fit(X, y)
    before = model.predict(X)
    LSTMRegressor(units=4, activation="relu", epochs=1).fit(X, y)
    keras.backend.clear_session()
    np.testing.assert_array_equal(model.fit(X, y).predict(X), before)


def test_llvmlite_is_imported_where_it_is_needed(fresh_tensorflow):
    code = """
import sys
import numpy as np
from sklstm import LSTMRegressor
X = np.zeros((40, 4, 1))
LSTMRegressor(units=2, epochs=1).fit(X, X[:, 0, 0])
assert "llvmlite" not in sys.modules
LSTMRegressor(units=2, epochs=1, activation="relu").fit(X, X[:, 0, 0])
assert "llvmlite" in sys.modules
"""
    fresh_tensorflow(code)
