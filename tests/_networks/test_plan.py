"""Plans are plain data that describe networks, or are refused."""

import numpy as np
import pytest
from training_support import plan

from sklstm import ARCHITECTURES
from sklstm._networks import NetworkPlan


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize(
    "changes", [{}, {"subsequences": None}, {"dropout": 0.5, "n_features": 1, "n_outputs": 1}]
)
def test_shapes_of_the_weights_are_those_of_the_model(arch, changes):
    network = plan(arch, **changes)
    shapes = [weight.shape for weight in network.build().get_weights()]
    assert network.weight_shapes() == shapes


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_records_describe_the_plan(arch):
    network = plan(arch, filters=np.int64(3), dropout=np.float64(0.25))
    record = network.to_record()
    plain = [*record.values(), *record["options"].values()]
    assert {type(value) for value in plain} <= {str, bool, int, float, tuple, dict, type(None)}
    again = NetworkPlan.from_record(record)
    assert again == network and hash(again) == hash(network)


def test_only_what_an_architecture_uses_makes_another_plan():
    assert plan("vanilla", filters=3) == plan("vanilla", filters=5)
    assert plan("cnn_lstm", filters=3) != plan("cnn_lstm", filters=5)
    assert plan("vanilla", fcn_filters=(3,)) == plan("vanilla", squeeze_excitation=True)
    assert plan("vanilla", activation="tanh") == plan("vanilla", activation="auto")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_outputs": 0}, "n_outputs must be an int of at least 1, got 0"),
        ({"n_features": True}, "n_features must be an int of at least 1, got True"),
        ({"output_activation": "exp"}, "output_activation must be one of"),
        ({"dropout": 1.0}, "'dropout' parameter of arch='cnn_lstm'"),
        ({"filters": True}, "filters=True must be a number"),
        ({"pool_size": 9}, "pool_size=9 leaves no step"),
    ],
)
def test_what_describes_no_network_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        plan("cnn_lstm", **changes)


def test_differences_are_named():
    told = plan("cnn_lstm", filters=7, n_outputs=2).differences(plan("cnn_lstm"))
    assert told == "n_outputs was 3 and is 2, filters was 4 and is 7"
    assert "arch was 'vanilla' and is 'cnn_lstm'" in plan("cnn_lstm").differences(plan("vanilla"))
