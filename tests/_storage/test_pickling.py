"""Stored estimators: pickle, joblib, skops, Keras's own files, ONNX; and what is damaged."""

import copy
import io
import json
import pickle
import pickletools
import sys
import types
import warnings
from pathlib import Path

import cloudpickle
import joblib
import keras
import numpy as np
import onnxruntime
import pandas as pd
import pytest
import skops.io
from sklearn.base import clone
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

import sklstm
from sklstm import (
    ARCHITECTURES,
    LSTMClassifier,
    LSTMRegressor,
    PurgedTimeSeriesSplit,
    SlidingWindow,
    TimeDistributedTransformer,
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 8, 2)).astype("f4")
TARGETS = {
    LSTMRegressor: X.sum(axis=(1, 2)),
    LSTMClassifier: np.where(X.sum(axis=(1, 2)) > 0, "rises", "falls"),
}
ALL = [(estimator, arch) for estimator in TARGETS for arch in ARCHITECTURES]
GOLDEN = Path(__file__).parents[1] / "golden"
GOLDEN_FILES = sorted(p for p in GOLDEN.iterdir() if p.suffix in (".joblib", ".skops"))


def fit(estimator=LSTMRegressor, arch="vanilla", **arguments):
    small = dict(units=4, fcn_filters=(4, 3, 4), epochs=2, random_state=0)
    model = estimator(arch, **small | arguments)
    return model.fit(X, TARGETS[estimator])


def outputs(model, X=X):
    return getattr(model, "predict_proba", model.predict)(X)


def keras_loss(y, outputs):
    return keras.ops.abs(y - outputs)


# --- pickle and joblib ---------------------------------------------------------------------


@pytest.mark.parametrize(("estimator", "arch"), ALL)
@pytest.mark.parametrize("dumps", [pickle.dumps, cloudpickle.dumps], ids=["pickle", "cloudpickle"])
def test_what_comes_back_is_what_was_fitted(estimator, arch, dumps):
    model = fit(estimator, arch)
    loaded = pickle.loads(dumps(model))
    np.testing.assert_array_equal(outputs(loaded), outputs(model))
    assert loaded.history_ == model.history_ and loaded.loss_curve_ == model.loss_curve_
    for name in ("n_iter_", "best_epoch_", "n_timesteps_in_", "n_features_in_", "n_outputs_"):
        assert getattr(loaded, name) == getattr(model, name)
    assert loaded.get_params() == model.get_params()


@pytest.mark.parametrize(
    ("estimator", "y"),
    [
        (LSTMRegressor, TARGETS[LSTMRegressor][:, np.newaxis]),
        (LSTMRegressor, X[:, :, 0]),
        (LSTMClassifier, np.eye(3, dtype=int)[np.arange(40) % 3]),
        (LSTMClassifier, np.arange(80).reshape(40, 2) % 3 % 2),
        (LSTMClassifier, (np.arange(40) % 2).astype(bool)),
        (LSTMClassifier, np.array(["b", "a"] * 20, dtype=object)),
    ],
)
def test_targets_of_every_kind_come_back(estimator, y):
    model = estimator(units=3, epochs=1).fit(X, y)
    for loaded in (pickle.loads(pickle.dumps(model)), through_skops(model)):
        predicted, expected = loaded.predict(X), model.predict(X)
        np.testing.assert_array_equal(predicted, expected)
        assert predicted.dtype == expected.dtype


def test_names_of_columns_come_back():
    frame = pd.DataFrame(X[:, :, 0], columns=[f"t{i}" for i in range(8)])
    model = LSTMRegressor(units=3, epochs=1).fit(frame, TARGETS[LSTMRegressor])
    loaded = pickle.loads(pickle.dumps(model))
    assert list(loaded.feature_names_in_) == list(frame.columns) and loaded.n_features_in_ == 8
    np.testing.assert_array_equal(loaded.predict(frame), model.predict(frame))
    with pytest.raises(ValueError, match="feature names should match"):
        loaded.predict(frame.rename(columns={"t0": "x"}))


def test_the_file_is_little_more_than_the_weights():
    model = fit(units=128, epochs=100, batch_size=40)
    weights = sum(array.nbytes for array in model.model_.get_weights())
    assert weights == 4 * (4 * 128 * (2 + 128 + 1) + 129)
    assert len(pickle.dumps(model)) <= 1.1 * weights


@pytest.mark.parametrize(("estimator", "arch"), ALL)
def test_a_pickle_holds_plain_data(estimator, arch):
    """Of all the names that the pickle imports, none is Keras's, TensorFlow's or a function."""
    stored = pickle.dumps(fit(estimator, arch), protocol=2)  # which writes names in one piece
    imported = {
        argument for opcode, argument, _ in pickletools.genops(stored) if opcode.name == "GLOBAL"
    }
    ours = f"{estimator.__module__} {estimator.__name__}"
    assert ours in imported
    assert {name.split(".")[0].split()[0] for name in imported - {ours}} <= {"numpy", "_codecs"}


def test_the_optimizer_is_kept_where_it_is_needed():
    plain, warm = fit(), fit(warm_start=True)
    assert plain.__getstate__()["_fitted"]["optimizer"] is None
    assert len(warm.__getstate__()["_fitted"]["optimizer"]) > 0
    partial = LSTMRegressor(units=4).partial_fit(X, TARGETS[LSTMRegressor])
    assert len(partial.__getstate__()["_fitted"]["optimizer"]) > 0


@pytest.mark.parametrize(("estimator", "arch"), ALL)
def test_training_goes_on_as_if_nothing_had_happened(estimator, arch):
    y = TARGETS[estimator]
    model = estimator(arch, units=4, dropout=0.2, fcn_filters=(4, 3, 4), random_state=0)
    first = {"classes": np.unique(y)} if estimator is LSTMClassifier else {}
    model.partial_fit(X, y, **first).partial_fit(X, y)
    loaded = pickle.loads(pickle.dumps(model))
    for _ in range(2):
        np.testing.assert_array_equal(
            outputs(loaded.partial_fit(X, y)), outputs(model.partial_fit(X, y))
        )
    assert loaded.n_iter_ == 4


def test_loading_runs_nothing_of_tensorflow(tmp_path, fresh_tensorflow):
    joblib.dump(fit(optimizer=keras.optimizers.SGD(0.01)), tmp_path / "model.joblib")
    fresh_tensorflow(f"""
import joblib
from tensorflow.python.eager import context
model = joblib.load({str(tmp_path / "model.joblib")!r})
assert context.context()._context_handle is None, "TensorFlow has started"
assert "_pickled_arguments" in vars(model) and "optimizer" not in vars(model)
assert type(model.optimizer).__name__ == "SGD"
""")


def test_weights_are_mapped_from_the_file(tmp_path):
    model = fit(units=16, warm_start=True)
    joblib.dump(model, tmp_path / "model.joblib")
    loaded = joblib.load(tmp_path / "model.joblib", mmap_mode="r")
    assert all(isinstance(array, np.memmap) for array in loaded._state.weights)
    np.testing.assert_array_equal(outputs(loaded), outputs(model))
    np.testing.assert_array_equal(
        outputs(loaded.fit(X, TARGETS[LSTMRegressor])),
        outputs(model.fit(X, TARGETS[LSTMRegressor])),
    )


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, clone, lambda m: pickle.loads(pickle.dumps(m))]
)
def test_arguments_are_copied_faithfully(copied):
    """Keras's own copies of a Huber loss forget its delta."""
    model = LSTMRegressor(
        loss=keras.losses.Huber(2.0),
        optimizer=keras.optimizers.SGD(0.25, momentum=0.5),
        metrics=[keras_loss],
        callbacks=[keras.callbacks.TerminateOnNaN()],
        optimizer__clipnorm=None,
    )
    twin = copied(model)
    assert float(twin.loss([[0.0]], [[10.0]])) == 2.0 * (10.0 - 1.0)  # delta (error - delta / 2)
    assert float(twin.optimizer.learning_rate) == 0.25 and twin.optimizer.momentum == 0.5
    assert twin.metrics == [keras_loss]
    assert type(twin.callbacks[0]) is keras.callbacks.TerminateOnNaN
    assert twin.get_params().keys() == model.get_params().keys()
    assert repr(twin).startswith("LSTMRegressor(")


def test_routed_arguments_come_back_packed_or_plain():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    model = fit(optimizer__learning_rate=schedule, optimizer__clipnorm=1.0)
    loaded = pickle.loads(pickle.dumps(model))
    twice = pickle.loads(pickle.dumps(loaded))  # still packed
    for each in (loaded, twice):
        assert each.get_params()["optimizer__clipnorm"] == 1.0
        restored = each.get_params()["optimizer__learning_rate"]
        assert restored.get_config() == schedule.get_config()
        np.testing.assert_array_equal(outputs(each.fit(X, TARGETS[LSTMRegressor])), outputs(model))


@pytest.mark.parametrize("estimator", TARGETS)
def test_a_function_that_is_gone_is_not_needed_to_predict(monkeypatch, estimator):
    module = types.ModuleType("somebodys_losses")
    exec("def squares(y, outputs):\n    return ((y - outputs) ** 2)[:, 0]\n", vars(module))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    model, y = fit(estimator, loss=module.squares), TARGETS[estimator]
    stored, expected = pickle.dumps(model), outputs(model)
    assert pickle.loads(stored).loss is module.squares
    monkeypatch.delitem(sys.modules, module.__name__)
    loaded = pickle.loads(stored)
    np.testing.assert_array_equal(outputs(loaded), expected)
    assert "squares, which could not be loaded here (ModuleNotFoundError" in repr(loaded.loss)
    assert "squares" in repr(loaded)
    with pytest.raises(ValueError, match=r"The 'loss' parameter.*No module named 'somebodys_losse"):
        loaded.fit(X, y)
    loaded.set_params(loss="mean_squared_error").fit(X, y)
    assert pickle.loads(pickle.dumps(loaded)).loss == "mean_squared_error"


def test_a_lambda_goes_with_its_code():
    model = fit(loss=lambda y, outputs: keras.ops.square(y - outputs))
    loaded = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(outputs(loaded.fit(X, TARGETS[LSTMRegressor])), outputs(model))


def test_an_activation_that_is_not_registered_is_missed(tmp_path, fresh_tensorflow):
    """And not replaced by none, which would give wrong answers."""

    @keras.saving.register_keras_serializable("test_storage")
    def halved(x):
        return x / 2

    joblib.dump((X, fit(activation=halved)), tmp_path / "model.joblib")
    fresh_tensorflow(f"""
import joblib
X, model = joblib.load({str(tmp_path / "model.joblib")!r})
try:
    model.predict(X)
except ValueError as error:
    assert "test_storage>halved" in str(error) and "not registered here" in str(error), error
else:
    raise AssertionError("predicted without the activation")
""")


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_an_estimator_that_is_not_fitted_is_stored_too(copied):
    model = LSTMClassifier("stacked", units=[3, 2], class_weight={"a": 2.0})
    for twin in (copied(model), pickle.loads(pickle.dumps(model))):
        assert twin.get_params() == model.get_params()
        assert not hasattr(twin, "history_")


def test_an_estimator_is_stored_amid_its_fit():
    """As a callback of scikit-learn does that keeps the estimator of every epoch."""
    model = fit()
    amid = copy.copy(model)
    for name in ("history_", "best_epoch_"):
        delattr(amid, name)
    loaded = pickle.loads(pickle.dumps(amid))
    np.testing.assert_array_equal(outputs(loaded), outputs(model))
    assert loaded.history_ == {}


def test_another_version_is_told():
    state = fit().__getstate__()
    assert state["_sklstm_version"] == sklstm.__version__
    with pytest.warns(InconsistentVersionWarning, match="LSTMRegressor from version 0.0.9 when"):
        LSTMRegressor().__setstate__(state | {"_sklstm_version": "0.0.9"})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        LSTMRegressor().__setstate__(state)


def load_golden(path):
    if path.suffix == ".skops":
        ours = [*OURS, *OURS_SINCE_0_2_0, *OURS_IN_0_1_0]
        return skops.io.load(path, trusted=[*ours, *SCIKIT_LEARNS])
    return joblib.load(path)


@pytest.mark.parametrize("path", GOLDEN_FILES, ids=lambda path: path.name)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
def test_files_of_every_release_are_read(path):
    """What each file must answer lies beside it, to the precision that other processors keep."""
    expected = json.loads((GOLDEN / "answers.json").read_text())[path.name]
    model = load_golden(path)
    np.testing.assert_allclose(outputs(model, golden_sequences()), expected, rtol=1e-5, atol=1e-6)
    again = pickle.loads(pickle.dumps(model))  # written in today's format
    np.testing.assert_array_equal(
        outputs(again, golden_sequences()), outputs(model, golden_sequences())
    )


@pytest.mark.parametrize("release", ["0.1.0", "0.2.0"])
@pytest.mark.parametrize("name", ["custom_loss", "columns", "search"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
@pytest.mark.filterwarnings("ignore:early_stopping judges")  # so few samples differ in level
def test_what_a_file_of_a_release_holds_can_be_fitted_anew(name, release):
    """Arguments that a release did not know have their defaults."""
    model = load_golden(GOLDEN / f"{name}-{release}.joblib")
    y = X[:, 0] if name == "columns" else X[:, 0, 0]
    fresh = clone(model).fit(X, y)
    assert np.isfinite(fresh.predict(X)).all()
    today = LSTMRegressor().get_params()
    assert today.keys() <= {name.split("__")[-1] for name in model.get_params()}


def golden_sequences():
    """A few sequences that can be made without any library's random numbers."""
    return np.sin(np.arange(3 * 8 * 2).reshape(3, 8, 2) / 3)


def test_there_are_golden_files_of_either_format():
    assert {path.suffix for path in GOLDEN_FILES} == {".joblib", ".skops"}


# --- skops ---------------------------------------------------------------------------------

OURS = [
    "sklstm._classifier.LSTMClassifier",
    "sklstm._regressor.LSTMRegressor",
    "sklstm.windowing._sliding_window.SlidingWindow",
    "sklstm.windowing._time_distributed.TimeDistributedTransformer",
    "sklstm.model_selection.PurgedTimeSeriesSplit",
]
OURS_SINCE_0_2_0 = [
    "sklstm.windowing._imputer.WindowImputer",
    "sklstm.forecasting._forecaster.Forecaster",
    "sklstm.forecasting._baselines.WindowRidge",
    "sklstm.forecasting._conformal.ConformalErrors",
    "sklstm.forecasting._model.WindowModel",
    "sklstm.forecasting._ridge.LinearModel",
    "sklstm.forecasting._scaling.WindowScaler",
]
OURS_IN_0_1_0 = [
    "sklstm._window_steps.SlidingWindow",
    "sklstm._window_steps.TimeDistributedTransformer",
]
SCIKIT_LEARNS = ["sklearn.metrics._scorer._PassthroughScorer"]  # a search has one


def load_skops(stored):
    return skops.io.loads(stored, trusted=[*OURS, *SCIKIT_LEARNS])


def through_skops(model):
    return load_skops(skops.io.dumps(model))


def make_search(estimator):
    pipe = Pipeline(
        [
            ("scale", TimeDistributedTransformer(StandardScaler())),
            ("window", SlidingWindow()),
            ("lstm", estimator(units=4, epochs=1, random_state=0)),
        ]
    )
    cv = PurgedTimeSeriesSplit(2)
    grid = {"window__lookback": [4, 8], "lstm__arch": ["vanilla", "cnn_lstm"]}
    return GridSearchCV(pipe, grid, cv=cv).fit(X, TARGETS[estimator])


@pytest.mark.parametrize("estimator", TARGETS)
def test_skops_carries_a_whole_search(estimator):
    search = make_search(estimator)
    stored = skops.io.dumps(search)
    assert set(skops.io.get_untrusted_types(data=stored)) <= {*OURS, *SCIKIT_LEARNS}
    loaded = load_skops(stored)
    np.testing.assert_array_equal(outputs(loaded), outputs(search))
    assert loaded.best_params_ == search.best_params_


@pytest.mark.parametrize(("estimator", "arch"), ALL)
def test_skops_carries_every_network(estimator, arch):
    model = fit(estimator, arch, warm_start=True)
    loaded = through_skops(model)
    np.testing.assert_array_equal(outputs(loaded), outputs(model))
    y = TARGETS[estimator]
    np.testing.assert_array_equal(outputs(loaded.fit(X, y)), outputs(model.fit(X, y)))


def test_skops_reports_a_function_and_does_not_run_it():
    stored = skops.io.dumps(fit(loss=keras_loss))
    assert f"{__name__}.keras_loss" in skops.io.get_untrusted_types(data=stored)
    with pytest.raises(skops.io.exceptions.UntrustedTypesFoundException, match="keras_loss"):
        load_skops(stored)


def test_loading_with_skops_touches_nothing_else(tmp_path, fresh_tensorflow):
    """Once the classes are imported, loading imports, opens and connects to nothing."""
    path = tmp_path / "search.skops"
    skops.io.dump(make_search(LSTMRegressor), path)
    fresh_tensorflow(f"""
import io, sys
import skops.io
import sklearn.metrics, sklearn.model_selection, sklearn.pipeline, sklearn.preprocessing
from sklstm import LSTMRegressor, SlidingWindow, TimeDistributedTransformer
from sklstm.model_selection import PurgedTimeSeriesSplit
stored = open({str(path)!r}, "rb").read()
"".encode("cp437")  # zipfile's codec of names
seen, before = [], set(sys.modules)
watched = "open", "socket.", "subprocess.", "os.", "exec", "pickle.", "shutil.", "ctypes."
sys.addaudithook(lambda event, args: seen.append((event, args)) if event.startswith(watched) else 0)
skops.io.loads(stored, trusted={[*OURS, *SCIKIT_LEARNS]!r})
assert set(sys.modules) == before, set(sys.modules) - before
assert not seen, seen
""")


# --- Keras and ONNX ------------------------------------------------------------------------


def test_keras_reads_the_models_without_us(tmp_path, fresh_tensorflow):
    unscaled = {LSTMRegressor: {"normalize_y": False}, LSTMClassifier: {}}
    models = [fit(estimator, arch, **unscaled[estimator]) for estimator, arch in ALL]
    for number, model in enumerate(models):
        model.model_.save(tmp_path / f"{number}.keras")
    np.save(tmp_path / "X.npy", X)
    fresh_tensorflow(
        f"""
import sys
import keras, numpy as np
X = np.load("X.npy")
for number in range({len(models)}):
    np.save(f"{{number}}.npy", keras.models.load_model(f"{{number}}.keras").predict(X, verbose=0))
assert not any(name.startswith("sklstm") for name in sys.modules)
""",
        cwd=tmp_path,
    )
    for number, model in enumerate(models):
        answers = np.load(tmp_path / f"{number}.npy").reshape(outputs(model).shape)
        np.testing.assert_allclose(answers, outputs(model), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("estimator", "arch"), ALL)
@pytest.mark.filterwarnings("ignore:In the future `np.object`:FutureWarning")  # Keras's exporter
def test_onnx_runs_every_network(estimator, arch, tmp_path):
    model = fit(estimator, arch, **({"normalize_y": False} if estimator is LSTMRegressor else {}))
    shape = keras.InputSpec("float32", shape=(None, 8, 2), name="sequence")
    path = tmp_path / "model.onnx"
    model.model_.export(path, format="onnx", input_signature=[shape], verbose=False)
    session = onnxruntime.InferenceSession(path)
    for rows in (X, X[:1]):
        (answers,) = session.run(None, {"sequence": rows})
        expected = outputs(model, rows)
        np.testing.assert_allclose(answers.reshape(expected.shape), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("arch", ["vanilla", "bidirectional", "stacked", "cnn_lstm"])
@pytest.mark.filterwarnings("ignore:In the future `np.object`:FutureWarning")  # Keras's exporter
def test_a_readout_is_stored_and_exported(arch, tmp_path):
    model = fit(LSTMRegressor, arch, readout="last_mean_max", normalize_y=False)
    expected = outputs(model)
    for loaded in (pickle.loads(pickle.dumps(model)), through_skops(model)):
        np.testing.assert_array_equal(outputs(loaded), expected)
    model.model_.save(tmp_path / "model.keras")
    by_keras = keras.models.load_model(tmp_path / "model.keras").predict(X, verbose=0)
    shape = keras.InputSpec("float32", shape=(None, 8, 2), name="sequence")
    path = tmp_path / "model.onnx"
    model.model_.export(path, format="onnx", input_signature=[shape], verbose=False)
    (by_onnx,) = onnxruntime.InferenceSession(path).run(None, {"sequence": X})
    for answers in (by_keras, by_onnx):
        np.testing.assert_allclose(answers[:, 0], expected, rtol=1e-5, atol=1e-6)


def test_what_is_outside_of_the_keras_model():
    """The docs' recipes: the scale of the targets, and the labels."""
    regressor, classifier = fit(LSTMRegressor), fit(LSTMClassifier)
    scaled = regressor.model_.predict(X, verbose=0)
    encoder = regressor.target_encoder_
    np.testing.assert_allclose(
        (scaled * encoder.scale_ + encoder.mean_)[:, 0], regressor.predict(X), rtol=1e-5, atol=1e-6
    )
    probabilities = classifier.model_.predict(X, verbose=0)
    np.testing.assert_array_equal(
        classifier.classes_[probabilities.argmax(axis=1)], classifier.predict(X)
    )


def test_streams_work_as_files():
    stream = io.BytesIO()
    model = fit()
    joblib.dump(model, stream)
    stream.seek(0)
    np.testing.assert_array_equal(outputs(joblib.load(stream)), outputs(model))
