"""Compiled networks are kept, shared where they can be, and as new for each fit."""

import pytest
from training_support import assert_equal_weights, compilation, plan, samples, train

from sklstm._kernels._tensorflow import keras
from sklstm._training import _network_pool


def test_networks_are_reused_whatever_the_data_and_the_learning_rate():
    network = plan(units=6)
    train(network, samples(70))
    (kept,) = [s for (n, _), s in _network_pool._free.items() if n == network]
    graph = kept[0]._train_graph
    for n, rate, batch in [(40, 0.1, 7), (90, 0.01, 64)]:
        train(network, samples(n), compiled=compilation(learning_rate=rate), batch_size=batch)
    (kept,) = [s for (n, _), s in _network_pool._free.items() if n == network]
    assert [one._train_graph for one in kept] == [graph]


def test_other_compilations_get_other_networks():
    network = plan(units=7)
    for compiled in (
        compilation(),
        compilation("mean_absolute_error"),
        compilation(clipnorm=1.0),
        compilation(keras.losses.Huber(1.0)),
        compilation(keras.losses.Huber(2.0)),
    ):
        train(network, samples(20), compiled=compiled, epochs=1)
    assert sum(n == network for n, _ in _network_pool._free) == 5


def test_kept_networks_are_bounded_in_number():
    for units in range(1, _network_pool.MAX_NETWORKS + 4):
        train(plan(units=units), samples(8), epochs=0)
    assert sum(map(len, _network_pool._free.values())) == _network_pool.MAX_NETWORKS


def test_a_network_is_as_new_after_a_failed_fit():
    class Fails(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise RuntimeError("stop here")

    network, data = plan(units=9), samples()
    before, _ = train(network, data)
    with pytest.raises(RuntimeError, match="stop here"):
        train(network, data, callbacks=[Fails()])
    after, _ = train(network, data)
    assert_equal_weights(before, after)
