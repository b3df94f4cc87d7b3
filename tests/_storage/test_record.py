"""Damaged and tampered state: one kind of error or equal answers, and nothing in between."""

import io
import json
import pickle
import resource
import sys
import traceback
import tracemalloc
import zipfile

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import skops.io
from numpy.dtypes import StringDType

from sklstm import LSTMClassifier, LSTMRegressor
from sklstm._storage._checks import DamagedStateError, seal
from sklstm._storage._record import FORMAT

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


@pytest.fixture(scope="module")
def fcn_regressor():
    sizes = dict(fcn_filters=(2, 5), fcn_kernel_sizes=(2, 1))
    return LSTMRegressor("lstm_fcn", **sizes, **SMALL).fit(X, TARGETS[LSTMRegressor])


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


@pytest.mark.parametrize("name", ["regressor", "classifier", "fcn_regressor"])
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


@pytest.mark.parametrize("name", ["regressor", "classifier", "fcn_regressor"])
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
            free |= {"optimizer_kind"}
            free |= {"ragged"}  # a network that takes lengths answers the same
            free |= {"mean_", "scale_", "ndim_", "feature_names_in"}
            assert {*path} & free, (path, wrong)
            assert restored.predict(X).shape == expected.shape
    assert refused > 12 * len(paths)


@pytest.mark.parametrize("arch", ["vanilla", "bidirectional", "stacked", "cnn_lstm"])
def test_format_2_knew_no_readouts(arch):
    model = LSTMRegressor(arch, **SMALL).fit(X, TARGETS[LSTMRegressor])
    state = state_of(model)
    assert state["_fitted"]["plan"]["options"].pop("readout") == "last"
    del state["_fitted"]["target_encoder"]["quantiles"], state["_fitted"]["plan"]["ragged"]
    state["_fitted"]["format"] = 2
    restored = restore(model, resealed(state))
    np.testing.assert_array_equal(restored.predict(X), model.predict(X))
    assert restored.__getstate__()["_fitted"]["format"] == FORMAT


@pytest.mark.parametrize("name", ["regressor", "classifier"])
def test_format_3_knew_no_quantiles(name, request):
    model = request.getfixturevalue(name)
    state = state_of(model)
    assert state["_fitted"]["target_encoder"].pop("quantiles", None) is None
    del state["_fitted"]["plan"]["ragged"]
    state["_fitted"]["format"] = 3
    restored = restore(model, resealed(state))
    np.testing.assert_array_equal(restored.predict(X), model.predict(X))
    np.testing.assert_equal(vars(restored.target_encoder_), vars(model.target_encoder_))


@pytest.mark.parametrize("name", ["regressor", "classifier"])
def test_format_4_knew_sequences_of_one_length_only(name, request):
    model = request.getfixturevalue(name)
    state = state_of(model)
    assert state["_fitted"]["plan"].pop("ragged") is False
    state["_fitted"]["format"] = 4
    restored = restore(model, resealed(state))
    np.testing.assert_array_equal(restored.predict(X), model.predict(X))
    digests = [each.__getstate__()["_fitted"]["digest"] for each in (restored, model)]
    assert digests[0] == digests[1]


@pytest.mark.parametrize("wrong", [None, (), (0.1, 0.9), (0.5, 0.1), (0.5, 1), (0.4, 0.5), [0.5]])
def test_stored_quantiles_are_those_of_the_network(wrong):
    model = LSTMRegressor(quantiles=(0.1, 0.5, 0.9), **SMALL).fit(X, TARGETS[LSTMRegressor])
    state = state_of(model)
    state["_fitted"]["target_encoder"]["quantiles"] = wrong
    with pytest.raises(DamagedStateError):
        restore(model, resealed(state))


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
        (bomb(arch="stacked", units=(2,) * 10**5, activations=("tanh",) * 10**5), "units"),
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


# --- what reaches us of a damaged file -----------------------------------------------------


@pytest.mark.parametrize("wrong", [None, 3, "state", [], [1], {"_pickled_arguments": 3}, {3: 4}])
def test_a_state_of_another_kind_is_refused(wrong):
    with pytest.raises(DamagedStateError):
        LSTMRegressor().__setstate__(wrong)


@pytest.mark.parametrize(
    ("name", "value"),
    [("units", 3), ("epochs", 2), ("loss", "mae"), ("random_state", None), ("_fitted", None)],
)
def test_a_changed_or_lost_argument_is_seen(name, value, regressor):
    """The record has a digest of its own; this is the one of what lies beside it."""
    make, arguments, state = regressor.__reduce_ex__(4)
    make(*arguments).__setstate__(dict(state))  # as it is
    changed = dict(state)
    changed.pop(name)
    for damaged in (changed, changed | {"x" + name: state[name]}, changed | {name: value}):
        if damaged.keys() == state.keys() and name == "_fitted":
            continue  # a record that is lost with its name is seen by its name
        with pytest.raises(DamagedStateError, match="arguments do not match their digest"):
            make(*arguments).__setstate__(damaged)


def test_a_changed_function_is_seen():
    model = LSTMRegressor(loss=lambda y, outputs: abs(y - outputs))
    make, arguments, state = model.__reduce_ex__(4)
    pickled = state["_pickled_arguments"]["loss"]
    pickled.pickled = pickled.pickled.replace(b"abs", b"sum")
    with pytest.raises(DamagedStateError, match="arguments do not match their digest"):
        make(*arguments).__setstate__(state)


@pytest.mark.parametrize("units", [(3, 4), [3, [4]]])
def test_a_changed_sequence_is_seen(units):
    make, arguments, state, *_ = LSTMRegressor("stacked", units=units).__reduce_ex__(4)
    make(*arguments).__setstate__(dict(state))
    state["units"] = type(units)([3, 5])
    with pytest.raises(DamagedStateError, match="arguments do not match their digest"):
        make(*arguments).__setstate__(state)


def through_joblib(model):
    stream = io.BytesIO()
    joblib.dump(model, stream)
    return stream.getvalue()


def read_joblib(stored):
    return joblib.load(io.BytesIO(stored))


@pytest.mark.parametrize("name", ["regressor", "classifier", "fcn_regressor"])
@pytest.mark.parametrize(
    ("dump", "load"), [(pickle.dumps, pickle.loads), (through_joblib, read_joblib)]
)
# A flipped byte may be one of a version number or an array's header: of these there are warnings,
# of scikit-learn, joblib and NumPy, which say the truth and are not what is tested.
@pytest.mark.filterwarnings("ignore")
def test_flipped_bytes_of_a_pickle(name, dump, load, request):
    """What the unpickler lets through is refused with one class of error, or makes no difference.

    The errors of the unpickler itself are its own to choose.
    """
    model = request.getfixturevalue(name)
    stored, expected, settings = dump(model), model.predict(X), model.get_params()
    rng = np.random.default_rng(0)
    refused = 0
    for place in rng.choice(len(stored), 150, replace=False):
        damaged = bytearray(stored)
        damaged[place] ^= rng.integers(1, 256)
        try:
            loaded = load(bytes(damaged))
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            ours = any("sklstm" in f.filename and f.name == "__setstate__" for f in frames)
            if ours and not isinstance(error, DamagedStateError):
                raise
            refused += ours
            continue
        if type(loaded) is type(model):
            np.testing.assert_array_equal(loaded.predict(X), expected)
            assert loaded.get_params() == settings
    assert refused > 25


# --- labels of every kind ------------------------------------------------------------------

SIDE = np.arange(24) % 3


def labels(*values, dtype=None):
    return np.array(values, dtype)[SIDE]


INTEGERS = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", ">i4", "f2", "f4", "f8", "g", ">f8"]
LABELS = {
    **{f"numbers {kind}": labels(1, 2, 100, dtype=kind) for kind in INTEGERS},
    "bool": SIDE > 0,
    "str": labels("a", "bc", "d"),
    "str >U": labels("a", "bc", "d", dtype=">U2"),
    "object str": labels("a", "bc", "d", dtype=object),
    "StringDType": labels("a", "bc", "d", dtype=StringDType()),
    "list": labels("a", "bc", "d").tolist(),
    **{
        f"dates {unit}": labels("2020-01-01", "2020-01-02", "1969-07-20", dtype=f"M8[{unit}]")
        for unit in ("D", "s", "ns", "25s")
    },
    "dates >M8": labels("2020-01-01", "2020-01-02", "1969-07-20", dtype=">M8[D]"),
    **{f"durations {unit}": labels(1, 2, -3, dtype=f"m8[{unit}]") for unit in ("D", "s", "ns")},
    "Categorical": pd.Series(pd.Categorical(labels("a", "bc", "d"))),
    "Categorical of numbers": pd.Series(pd.Categorical(SIDE)),
    "string": pd.Series(labels("a", "bc", "d"), dtype="string"),
    "Series of str": pd.Series(labels("a", "bc", "d")),
    "Int64": pd.Series(SIDE, dtype="Int64"),
    "boolean": pd.Series(SIDE > 0, dtype="boolean"),
    "Series of dates": pd.Series(labels("2020", "2021", "2022", dtype="M8[ns]")),
    "Series of durations": pd.Series(labels(1, 2, 3, dtype="m8[ns]")),
    "polars str": pl.Series(labels("a", "bc", "d").tolist()),
    "polars int": pl.Series(SIDE),
    "polars bool": pl.Series(SIDE > 0),
    "polars categories": pl.Series(labels("a", "bc", "d").tolist(), dtype=pl.Categorical),
    "polars dates": pl.Series(labels("2020-01-01", "2021-01-01", "2022-01-01", dtype="M8[D]")),
    "rows bool": np.eye(3, dtype=bool)[SIDE],
    "rows f2": np.eye(3, dtype="f2")[SIDE],
    "indicators": 1 - np.eye(3, dtype="u1")[SIDE],
    "frame": pd.DataFrame(np.eye(3, dtype=int)[SIDE]).astype("Int64"),
}


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("how", ["pickle", "joblib", "skops"])
def test_what_is_fitted_on_any_labels_is_stored(kind, how):
    y = LABELS[kind]
    model = LSTMClassifier(**SMALL).fit(X, y)
    dump, load = {
        "pickle": (pickle.dumps, pickle.loads),
        "joblib": (through_joblib, read_joblib),
        "skops": (skops.io.dumps, lambda stored: skops.io.loads(stored, trusted=TRUSTED)),
    }[how]
    loaded, expected = load(dump(model)), model.predict(X)
    predicted = loaded.predict(X)
    np.testing.assert_array_equal(predicted, expected)
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    assert predicted.dtype == expected.dtype and loaded.classes_.dtype == model.classes_.dtype
    known = np.asarray(y)
    if known.ndim == 1:
        assert set(predicted.tolist()) <= set(known.astype(expected.dtype).tolist())
