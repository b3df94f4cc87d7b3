"""Damaged and tampered state: one kind of error or equal answers, and nothing in between."""

import io
import json
import pickle
import resource
import sys
import tracemalloc
import zipfile

import numpy as np
import pytest
import skops.io

from sklstm import LSTMClassifier, LSTMRegressor
from sklstm._storage._checks import DamagedStateError, seal

X = np.random.default_rng(0).normal(size=(24, 8, 2)).astype("f4")
TARGETS = {
    LSTMRegressor: X.sum(axis=(1, 2)),
    LSTMClassifier: np.where(X.sum(axis=(1, 2)) > 0, "rises", "falls"),
}
SMALL = dict(units=2, epochs=1, random_state=0)
TRUSTED = ["sklstm._classifier.LSTMClassifier", "sklstm._regressor.LSTMRegressor"]


@pytest.fixture(scope="module")
def regressor():
    return LSTMRegressor(warm_start=True, **SMALL).fit(X, TARGETS[LSTMRegressor])


@pytest.fixture(scope="module")
def classifier():
    return LSTMClassifier("cnn_lstm", filters=2, **SMALL).fit(X, TARGETS[LSTMClassifier])


def state_of(model):
    """A deep copy of an estimator's state, to be changed."""
    return pickle.loads(pickle.dumps(model.__getstate__()))


def restore(model, state):
    restored = type(model)()
    restored.__setstate__(state)
    return restored


def resealed(state):
    """What an attacker would do after a change."""
    content = {name: value for name, value in state["_fitted"].items() if name != "digest"}
    return state | {"_fitted": seal(content)}


def leaves(record, path=()):
    """Paths to all that a record holds."""
    items = record.items() if isinstance(record, dict) else enumerate(record)
    for key, value in items:
        yield (*path, key)
        if isinstance(value, (dict, list, tuple)):
            yield from leaves(value, (*path, key))


def parent_of(record, path):
    for key in path[:-1]:
        record = record[key]
    return record


@pytest.mark.parametrize("name", ["regressor", "classifier"])
def test_what_is_missing_or_unknown_is_refused(name, request):
    model = request.getfixturevalue(name)
    fields = [path for path in leaves(model.__getstate__()["_fitted"]) if path[0] != "history"]
    named = [path for path in fields if isinstance(path[-1], str)]
    assert len(named) > 20
    for path in named:
        for change in (
            lambda parent, key: parent.pop(key),
            lambda parent, key: parent.update(extra=1),
        ):
            state = state_of(model)
            change(parent_of(state["_fitted"], path), path[-1])
            with pytest.raises(DamagedStateError):
                restore(model, resealed(state) if "digest" in state["_fitted"] else state)


WRONG = [
    None,
    -1,
    2**70,
    1.5,
    float("nan"),
    True,
    "",
    "vanilla\0",
    b"x",
    (),
    [],
    {},
    (1, 2, 3, 4, 5),
    np.zeros((2, 2)),
    np.zeros(3, "f4"),
    np.array([print, object()]),
    np.array(["a"], dtype=object),
]


@pytest.mark.parametrize("name", ["regressor", "classifier"])
def test_values_of_another_kind_are_refused_or_make_no_difference(name, request):
    """Each leaf is set to many wrong values, resealed: the structure itself is checked."""
    model = request.getfixturevalue(name)
    expected = model.predict(X)
    refused = 0
    paths = [path for path in leaves(model.__getstate__()["_fitted"]) if path[0] != "digest"]
    for path in paths:
        for wrong in WRONG:
            state = state_of(model)
            parent = parent_of(state["_fitted"], path)
            if isinstance(parent, tuple) or repr(parent[path[-1]]) == repr(wrong):
                continue  # replaced as a whole, or none the wiser
            parent[path[-1]] = wrong
            try:
                restored = restore(model, resealed(state))
            except DamagedStateError:
                refused += 1
                continue
            if path[-1] == "n_timesteps":  # in no weight's shape: then X is refused
                with pytest.raises(ValueError, match="X"):
                    restored.predict(X)
                continue
            # Only what predictions do not read may be another value of its kind.
            free = {"optimizer", "best_epoch", "epoch", "seed", "history", "fingerprint"}
            free |= {"dropout", "dtype_", "normalize", "integer_labels", "multilabel", "classes_"}
            free |= {"mean_", "scale_", "ndim_", "feature_names_in"}
            assert {*path} & free, (path, wrong)
            assert restored.predict(X).shape == expected.shape
    assert refused > 12 * len(paths)


def test_every_flipped_bit_of_the_arrays_is_seen(regressor):
    """Without a new seal: no field looks wrong, but the digest does."""
    for number, array in enumerate(regressor.__getstate__()["_fitted"]["weights"]):
        for bit in range(0, 8 * array.nbytes, 7):
            state = state_of(regressor)
            flat = state["_fitted"]["weights"][number].reshape(-1).view(np.uint8)
            flat[bit // 8] ^= 1 << bit % 8
            with pytest.raises(DamagedStateError, match=r"digest"):
                restore(regressor, state)


def bomb(**changes):
    def change(fitted):
        plan = fitted["plan"]
        for name, value in changes.items():
            (plan if name in plan else plan["options"])[name] = value

    return change


def twice_the_same_array(fitted):
    fitted["weights"][2] = fitted["weights"][0]


def cut_weights(fitted):
    fitted["weights"].pop()


def weights_as(dtype):
    def change(fitted):
        fitted["weights"] = [array.astype(dtype) for array in fitted["weights"]]

    return change


def not_a_number(fitted):
    fitted["weights"][0][0, 0] = np.nan


def infinite_scale(fitted):
    fitted["target_encoder"]["mean_"] = np.array([np.inf])


@pytest.mark.parametrize(
    ("attack", "message"),
    [
        (bomb(units=(10**9,)), r"shape \(2, 4000000000\)"),
        (bomb(n_features=10**9), r"shape \(1000000000, 8\)"),
        (bomb(n_outputs=10**9), r"shape \(2, 1000000000\)"),
        (bomb(arch="stacked", units=(2,) * 10**6, activations=("tanh",) * 10**6), "units"),
        (bomb(arch="bidirectional"), "8 arrays"),
        (bomb(arch="transformer"), "arch"),
        (bomb(output_activation="exp"), "output_activation"),
        (bomb(activations=("tanh", "tanh")), "2 activations for 1 layers"),
        (bomb(n_timesteps=10**9), "n_features_in|digest|shape"),
        (bomb(units=[2]), "units"),
        (bomb(subsequences=3), "subsequences"),
        (twice_the_same_array, "number 2 of the weights"),
        (cut_weights, "list of 5 arrays"),
        (weights_as("f8"), "array of float64"),
        (weights_as(">f4"), "array of >f4"),
        (weights_as(object), "weights of the state"),
        (not_a_number, "NaN or infinity"),
        (infinite_scale, "TargetScaler do not fit"),
    ],
)
def test_attacks_allocate_nothing(attack, message, regressor):
    state = state_of(regressor)
    attack(state["_fitted"])
    state = resealed(state)
    if "n_timesteps" in message or "n_features_in|" in message:
        # the number of steps is in no weight's shape: it is an answer to nothing that was asked
        restored = restore(regressor, state)
        with pytest.raises(ValueError, match="1000000000 time steps"):
            restored.predict(X)
        return
    tracemalloc.start()
    try:
        with pytest.raises(DamagedStateError, match=message):
            restore(regressor, state)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 50e6


@pytest.mark.parametrize("name", ["_plan", "_state", "target_encoder_", "_network"])
def test_nothing_fitted_comes_in_beside_the_record(name, regressor):
    with pytest.raises(DamagedStateError, match="outside of the sealed record"):
        restore(regressor, state_of(regressor) | {name: {}})


def test_a_state_hides_no_method(regressor):
    with pytest.raises(DamagedStateError, match="predict"):
        restore(regressor, state_of(regressor) | {"predict": "nothing"})


def test_a_convolution_that_does_not_fit_is_refused(classifier):
    state = state_of(classifier)
    state["_fitted"]["plan"]["options"]["kernel_size"] = 9
    with pytest.raises(DamagedStateError, match="kernel_size=9 is longer than"):
        restore(classifier, resealed(state))


# --- files of skops ------------------------------------------------------------------------


def load_or_refuse(stored, model):
    """Load a damaged file: an exception, or an estimator that answers the same."""
    try:
        loaded = skops.io.loads(stored, trusted=TRUSTED)
    except Exception:  # zipfile's, json's, NumPy's and skops's own are theirs to choose
        return False
    assert type(loaded) is type(model)
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    return True


def test_flipped_bits_of_a_file(regressor):
    stored = skops.io.dumps(regressor)
    bits = np.random.default_rng(0).choice(8 * len(stored), 2000, replace=False)
    survived = 0
    for bit in bits:
        damaged = bytearray(stored)
        damaged[bit // 8] ^= 1 << bit % 8
        survived += load_or_refuse(bytes(damaged), regressor)
    assert survived < 1000


def test_truncations_of_a_file(regressor):
    """The directory of a zip file is at its end."""
    stored = skops.io.dumps(LSTMRegressor(**SMALL).fit(X[:, :2, :1], TARGETS[LSTMRegressor]))
    for length in range(len(stored)):
        with pytest.raises(Exception):  # noqa: B017, PT011  (zipfile's to choose)
            skops.io.loads(stored[:length], trusted=TRUSTED)


def rewrite(stored, change):
    """Change a skops file's members."""
    with zipfile.ZipFile(io.BytesIO(stored)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def huge_array(members):
    name = next(name for name in members if name.endswith(".npy"))
    header = io.BytesIO()
    described = {"descr": "<f4", "fortran_order": False, "shape": (10**9,)}
    np.lib.format.write_array_header_1_0(header, described)
    members[name] = header.getvalue() + b"\0" * 16


def missing_array(members):
    members.pop(next(name for name in members if name.endswith(".npy")))


def swapped_arrays(members):
    first, second, *_ = (name for name in members if name.endswith(".npy"))
    members[first], members[second] = members[second], members[first]


def pickled_array(members):
    name = next(name for name in members if name.endswith(".npy"))
    buffer = io.BytesIO()
    np.save(buffer, np.array([print], dtype=object), allow_pickle=True)
    members[name] = buffer.getvalue()


def another_class(members):
    schema = members["schema.json"].decode()
    members["schema.json"] = schema.replace("sklstm._regressor", "os").encode()


def longer_units(members):
    schema = json.loads(members["schema.json"])
    text = json.dumps(schema)
    members["schema.json"] = text.replace('"content": "2"', '"content": "1000000000"').encode()


@pytest.mark.parametrize(
    "attack",
    [huge_array, missing_array, swapped_arrays, pickled_array, another_class, longer_units],
)
def test_attacks_on_a_file(attack, regressor):
    stored = skops.io.dumps(regressor)
    attacked = rewrite(stored, attack)
    assert rewrite(stored, lambda members: None) and attacked != stored
    unit = 1 if sys.platform == "darwin" else 1024
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    assert not load_or_refuse(attacked, regressor)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    assert after - before <= 2 * len(attacked) + 50e6
