"""A network that takes lengths answers for each sequence as for the sequence alone."""

import dataclasses

import numpy as np
import pytest
from training_support import plan

from sklstm._kernels._tensorflow import keras
from sklstm._training import TrainingState, predict

LENGTHS = np.array([5, 10, 14, 7, 6, 9], "i4")
RNG = np.random.default_rng(0)
SEQUENCES = [RNG.normal(size=(length, 2)).astype("f4") for length in LENGTHS]
NETWORKS = [
    ("vanilla", dict(readout="last")),
    ("vanilla", dict(readout="last_mean_max", activation="relu")),
    ("bidirectional", dict(readout="last_mean_max")),
    ("stacked", dict(readout="last_mean_max")),
    ("cnn_lstm", dict(readout="last_mean_max", kernel_size=2, pool_size=3)),
    ("cnn_lstm", dict(readout="last", kernel_size=4, pool_size=2)),
    ("lstm_fcn", dict(fcn_filters=(5, 4, 3), fcn_kernel_sizes=(8, 5, 3), dropout=0.3)),
    ("lstm_fcn", dict(fcn_filters=(17, 3), fcn_kernel_sizes=(4, 2), squeeze_excitation=True)),
]


def ragged_plan(arch, options):
    dense = dataclasses.replace(plan(arch, subsequences=None, **options), n_timesteps=14)
    return dense.for_lengths(LENGTHS)


def random_weights(shapes):
    rng = np.random.default_rng(1)
    # those of one number for each channel may be variances, which are positive
    return [
        (rng.uniform(0.1, 0.5, s) if len(s) == 1 else rng.normal(0, 0.4, s)).astype("f4")
        for s in shapes
    ]


def padded(n_timesteps):
    X = np.zeros((len(LENGTHS), n_timesteps, 2), "f4")
    for row, sequence in zip(X, SEQUENCES, strict=True):
        row[: len(sequence)] = sequence
    return X


@pytest.mark.parametrize(("arch", "options"), NETWORKS)
def test_each_sequence_is_answered_as_if_alone(arch, options):
    ragged = ragged_plan(arch, options)
    model = ragged.build()
    assert [tuple(w.shape) for w in model.weights] == ragged.weight_shapes()
    weights = random_weights(ragged.weight_shapes())
    model.set_weights(weights)
    state = TrainingState(0, weights)
    alone = []
    for sequence in SEQUENCES:
        if arch == "lstm_fcn":  # its weights are those of 14 steps: an independent way is below
            alone.append(model([sequence[np.newaxis], np.array([len(sequence)])]).numpy()[0])
        else:
            short = dataclasses.replace(ragged, ragged=False, n_timesteps=len(sequence)).build()
            short.set_weights(weights)
            alone.append(short(sequence[np.newaxis]).numpy()[0])
    for n_timesteps in (14, 41):  # however long the padding is
        X = padded(n_timesteps)
        for answers in (model([X, LENGTHS]).numpy(), predict(ragged, state, X, LENGTHS)):
            np.testing.assert_allclose(answers, alone, rtol=1e-5, atol=1e-6)


def test_lstm_fcn_reads_the_sequence_in_two_ways():
    """By Keras's layers: the convolutions read it alone, the LSTM with zeros after it."""
    arch, options = NETWORKS[6]
    ragged = ragged_plan(arch, options)
    model = ragged.build()
    model.set_weights(random_weights(ragged.weight_shapes()))
    expected = []
    for sequence in SEQUENCES:
        x = sequence[np.newaxis]
        whole = np.pad(x, [(0, 0), (0, 14 - len(sequence)), (0, 0)])
        recurrent = model.get_layer("lstm")(np.transpose(whole, (0, 2, 1)))
        for number in ("", "_1", "_2"):
            x = model.get_layer(f"conv1d{number}")(x)
            x = keras.ops.relu(model.get_layer(f"batch_normalization{number}")(x))
        both = keras.ops.concatenate([recurrent, keras.ops.mean(x, axis=1)], axis=1)
        expected.append(model.get_layer("dense")(both).numpy()[0])
    np.testing.assert_allclose(model([padded(14), LENGTHS]), expected, rtol=1e-5, atol=1e-6)


def test_the_same_plan_gives_the_same_model():
    """Keras would number operations through the process."""
    one, other = (ragged_plan(*NETWORKS[6]).build() for _ in range(2))
    assert [o.name for o in one.operations] == [o.name for o in other.operations]


def test_networks_of_any_length_share_a_graph():
    vanilla, fcn = (ragged_plan(*NETWORKS[number]) for number in (0, 6))
    longer = [dataclasses.replace(each, n_timesteps=20) for each in (vanilla, fcn)]
    assert longer[0].graph_key() == vanilla.graph_key()
    assert longer[1].graph_key() != fcn.graph_key()  # its weights depend on the length
    dense = dataclasses.replace(vanilla, ragged=False)
    assert dense.graph_key() != dataclasses.replace(dense, n_timesteps=20).graph_key()
    assert dense.graph_key() != vanilla.graph_key()
