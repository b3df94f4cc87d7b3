"""The estimators on sequences of unequal length: lists of arrays, and arrays padded with NaN."""

import contextlib
import pickle

import numpy as np
import onnxruntime
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score

from sklstm import ARCHITECTURES, LSTMClassifier, LSTMRegressor
from sklstm._kernels._tensorflow import keras
from sklstm._training._seeds import cropped_lengths
from sklstm.model_selection import PurgedTimeSeriesSplit

RNG = np.random.default_rng(0)
LENGTHS = RNG.integers(6, 20, 60)
LENGTHS[:3] = 19, 6, 12
LABELS = np.arange(60) % 2
X = [RNG.normal(2 * label - 1, 1, (n, 2)) for n, label in zip(LENGTHS, LABELS, strict=True)]
Y = np.array([x[:, 0].mean() for x in X])
SMALL = dict(units=4, epochs=2, fcn_filters=(4, 3), fcn_kernel_sizes=(3, 2), random_state=0)


def padded(sequences, n_timesteps=None, *, begin=False):
    longest = n_timesteps or max(map(len, sequences))
    array = np.full((len(sequences), longest, sequences[0].shape[1]), np.nan)
    for row, sequence in zip(array, sequences, strict=True):
        row[slice(-len(sequence), None) if begin else slice(len(sequence))] = sequence
    return array


def objects(sequences):
    array = np.empty(len(sequences), dtype=object)
    array[:] = sequences
    return array


@pytest.fixture(scope="module", params=ARCHITECTURES)
def regressor(request):
    return LSTMRegressor(request.param, subsequences=None, **SMALL).fit(X, Y)


@pytest.fixture(scope="module")
def classifier():
    return LSTMClassifier(**{**SMALL, "epochs": 10}, learning_rate=0.02).fit(X, LABELS)


def test_every_form_gives_the_answers_of_the_sequences_alone(regressor):
    assert (regressor.n_timesteps_in_, regressor.n_features_in_) == (19, 2)
    alone = np.concatenate([regressor.predict([sequence]) for sequence in X[:12]])
    forms = X, tuple(X), objects(X), padded(X), padded(X, begin=True), padded(X, 30, begin=True)
    for form in forms:
        np.testing.assert_allclose(regressor.predict(form[:12]), alone, atol=1e-6)
    equal = np.stack([sequence[:6] for sequence in X[:4]])
    np.testing.assert_allclose(
        regressor.predict(equal), regressor.predict([*equal, X[0]])[:4], atol=1e-6
    )


def test_fits_on_lists_and_on_padded_arrays_are_the_same():
    fits = [
        LSTMRegressor(**SMALL).fit(form, Y) for form in (X, padded(X), padded(X, 25, begin=True))
    ]
    for other in fits[1:]:
        np.testing.assert_array_equal(other.predict(X), fits[0].predict(X))
        assert other.n_timesteps_in_ == 19


def test_the_keras_model_and_its_files_give_the_same_answers(regressor, tmp_path):
    inputs = [np.nan_to_num(padded(X)).astype("f4"), LENGTHS.astype("i4")]
    encoder, expected = regressor.target_encoder_, regressor.predict(X)
    regressor.model_.save(tmp_path / "model.keras")
    for model in (regressor.model_, keras.saving.load_model(tmp_path / "model.keras")):
        answers = np.asarray(model(inputs))[:, 0] * encoder.scale_ + encoder.mean_
        np.testing.assert_allclose(answers, expected, rtol=1e-5, atol=1e-5)
    restored = pickle.loads(pickle.dumps(regressor))
    np.testing.assert_array_equal(restored.predict(X), expected)
    assert restored.n_timesteps_in_ == 19


@pytest.mark.parametrize("arch", ["cnn_lstm", "lstm_fcn"])
@pytest.mark.filterwarnings("ignore:In the future `np.object`:FutureWarning")  # Keras's exporter
def test_onnx_takes_lengths(arch, tmp_path):
    options = dict(subsequences=None, readout="last_mean_max", normalize_y=False, **SMALL)
    model = LSTMRegressor(arch, **options).fit(X, Y)
    signature = [
        keras.InputSpec("float32", shape=(None, None, 2), name="sequence"),
        keras.InputSpec("int32", shape=(None,), name="lengths"),
    ]
    path = tmp_path / "model.onnx"
    model.model_.export(path, format="onnx", input_signature=[signature], verbose=False)
    session = onnxruntime.InferenceSession(path)
    for rows in (slice(None), slice(1, 2)):
        sequence = np.nan_to_num(padded(X[rows])).astype("f4")
        lengths = LENGTHS[rows].astype("i4")
        (answers,) = session.run(None, {"sequence": sequence, "lengths": lengths})
        np.testing.assert_allclose(answers[:, 0], model.predict(X[rows]), rtol=1e-5, atol=1e-6)


# --- dense and ragged ----------------------------------------------------------------------


def test_a_network_of_one_length_takes_lists_of_others():
    dense = np.stack([x[:6] for x in X])
    model = LSTMRegressor(**SMALL).fit(dense, Y)
    assert not model._plan.ragged
    answers = model.predict([*dense[:2], X[0], X[2]])
    np.testing.assert_allclose(answers[:2], model.predict(dense[:2]), atol=1e-6)
    for one in ([X[0]], padded([X[0]]), padded([X[0]], 30)):
        if len(one[0]) != 19 or isinstance(one, list):
            np.testing.assert_allclose(model.predict(one), answers[2:3], atol=1e-6)
    with pytest.raises(ValueError, match=r"fitted on sequences of 6 time steps"):
        model.predict(np.zeros((2, 7, 2)))
    stopped = model.fit(padded([*dense]), Y)  # nothing is padded
    assert not stopped._plan.ragged


def test_univariate_sequences_may_be_flat():
    flat, columns = [x[:, 0] for x in X], [x[:, :1] for x in X]
    model = LSTMRegressor(**SMALL).fit(flat, Y)
    np.testing.assert_array_equal(
        model.predict(flat), LSTMRegressor(**SMALL).fit(columns, Y).predict(columns)
    )
    equal = [x[:6, 0] for x in X[:3]]
    np.testing.assert_array_equal(model.predict(equal), model.predict(np.stack(equal)))


def test_equal_lengths_cost_nothing(monkeypatch):
    dense = np.stack([x[:6] for x in X])
    fits = [LSTMRegressor(**SMALL).fit(form, Y) for form in (dense, [*dense], padded([*dense], 9))]
    for model in fits:
        assert not model._plan.ragged
        np.testing.assert_array_equal(model.predict(dense), fits[0].predict(dense))


def test_longer_sequences_are_welcome_where_a_network_can_read_them(regressor):
    longer = [*X[:2], RNG.normal(size=(50, 2))]
    of_lstm_fcn = regressor.arch == "lstm_fcn"
    message = "1 of 3 sequences have more than the 19 time steps .* reads their first 19"
    with pytest.warns(match=message) if of_lstm_fcn else contextlib.nullcontext():
        answers = regressor.predict(longer)
    np.testing.assert_allclose(answers[:2], regressor.predict(X[:2]), atol=1e-6)
    assert not np.allclose(answers[2], regressor.predict([longer[2][:19]])[0], atol=1e-6)


def test_an_architecture_may_need_equal_or_longer_sequences():
    pieces = LSTMRegressor("cnn_lstm", subsequences=3, kernel_size=1, pool_size=1, **SMALL)
    with pytest.raises(ValueError, match="subsequences=None"):
        pieces.fit([X[0][:18], *X[1:]], Y)
    pieces.fit(np.stack([x[:6] for x in X]), Y)
    with pytest.raises(ValueError, match="subsequences=None"):
        pieces.predict([X[0][:5], X[1]])
    for options in (dict(kernel_size=8), dict(kernel_size=3, pool_size=5)):
        network = LSTMRegressor("cnn_lstm", subsequences=None, **options, **SMALL)
        with pytest.raises(ValueError, match=r"Sample 1 of X, with 6 time steps, is too short"):
            network.fit(X, Y)


# --- errors --------------------------------------------------------------------------------


def with_value(value, sample, step, column=slice(None)):
    changed = [x.copy() for x in X]
    changed[sample][step, column] = value
    return changed


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (with_value(np.nan, 3, 2, 1), r"NaN.*sample 3 of X, time step 2, feature 1.*WindowImputer"),
        (padded(with_value(np.nan, 3, 2, 1)), r"sample 3 of X, time step 2, feature 1"),
        (padded(with_value(np.nan, 3, 2), begin=True), r"sample 3 of X, time step 2, feature 0"),
        (with_value(np.inf, 5, 0, 0), r"infinity.*sample 5 of X, time step 0, feature 0"),
        (with_value(1e300, 5, 0, 0), r"too large for dtype\('float32'\)"),
        ([*X[:-1], np.zeros((0, 2))], r"X\[59\] is a sequence of length 0"),
        ([*X[:-1], np.zeros((4, 3))], r"X\[0\] has 2 and X\[59\] has 3"),
        ([*X[:-1], np.ma.masked_less(np.zeros((4, 2)), 1)], r"X\[59\] is a masked array"),
        (padded([*X[:-1], np.full((1, 2), np.nan)]), r"Sample 59 of X is all NaN"),
        (np.concatenate([padded(X[:30], 19), padded(X[30:], 19, begin=True)]), "both ends"),
    ],
)
def test_what_is_no_sequence_is_refused(bad, message):
    model = LSTMRegressor(**SMALL)
    with pytest.raises(ValueError, match=message):
        model.fit(bad, Y)
    assert not hasattr(model, "n_features_in_")


def test_other_features_than_those_of_fit_are_refused(classifier):
    for other in ([x[:, :1] for x in X], [x[:, 0] for x in X], np.zeros((3, 8, 3))):
        with pytest.raises(ValueError, match=r"fitted on sequences of"):
            classifier.predict(other)


def test_no_mistake_is_hidden_by_missing_values_in_2d():
    with pytest.raises(ValueError, match="contains NaN"):
        LSTMRegressor(**SMALL).fit([[1.0, 2.0], [3.0, np.nan]], [0, 1])


# --- fits of all kinds ---------------------------------------------------------------------


def test_it_learns(classifier):
    assert classifier.score(X, LABELS) > 0.9


@pytest.mark.parametrize("form", [list, padded])
def test_meta_estimators(form):
    data = form(X)
    model = LSTMClassifier(**SMALL)
    probabilities = cross_val_predict(model, data, LABELS, cv=2, method="predict_proba")
    assert probabilities.shape == (60, 2)
    calibrated = CalibratedClassifierCV(model, cv=2, method="sigmoid").fit(data, LABELS)
    assert calibrated.predict_proba(data).shape == (60, 2)
    voting = VotingClassifier([("a", model), ("b", model)], voting="soft").fit(data, LABELS)
    np.testing.assert_allclose(
        voting.predict_proba(X), model.fit(X, LABELS).predict_proba(X), atol=1e-6
    )


def test_a_search_over_architectures():
    grid, cv = {"arch": list(ARCHITECTURES)}, PurgedTimeSeriesSplit(2)
    model = LSTMRegressor(subsequences=None, **SMALL)
    search = GridSearchCV(model, grid, cv=cv, error_score="raise").fit(X, Y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.predict(padded(X)).shape == (60,)


def test_two_processes_find_the_scores_of_one():
    model = LSTMRegressor(**SMALL)
    one, two = (cross_val_score(model, X, Y, cv=2, n_jobs=n) for n in (1, 2))
    np.testing.assert_allclose(two, one, rtol=1e-6)


def test_absent_samples_and_weights_of_classes():
    weight = np.repeat([1.0, 0.0], 30)
    options = {**SMALL, "class_weight": {0: 1.0, 1: 3.0}, "early_stopping": True}
    one = LSTMClassifier(**options).fit(X, LABELS, sample_weight=weight)
    other = LSTMClassifier(**options).fit(X[:30], LABELS[:30])
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))
    assert len(one.history_["val_loss"]) == 2


def test_training_goes_on():
    constant = dict(learning_rate_schedule="constant")
    whole = LSTMRegressor(**{**SMALL, **constant, "epochs": 4}).fit(X, Y)
    parts = LSTMRegressor(**SMALL, **constant, warm_start=True).fit(X, Y).fit(padded(X), Y)
    np.testing.assert_allclose(parts.predict(X), whole.predict(X), rtol=1e-5, atol=1e-6)
    assert parts.n_iter_ == 4
    # from sequences of one length to others, and back
    dense = np.stack([x[:6] for x in X])
    model = LSTMRegressor(**SMALL).partial_fit(dense, Y)
    assert not model._plan.ragged
    for batch in (X, dense):
        model.partial_fit(batch, Y)
        assert model._plan.ragged
    assert model.n_iter_ == 3

    # "auto" goes on meaning what it meant at first
    for batches, readout in [((dense, X, dense), "last"), ((X, dense, X), "max")]:
        model = LSTMClassifier(**SMALL)
        for batch in batches:
            model.partial_fit(batch, LABELS, classes=[0, 1])
            assert model._plan.architecture.readout == readout


@pytest.mark.parametrize("arch", ["stacked", "cnn_lstm"])
def test_an_epoch_of_random_crops_is_one_of_sequences_cut_by_hand(arch):
    options = SMALL | dict(epochs=1, shuffle=False)
    model = LSTMClassifier(arch, random_crop=True, **options).fit(X, LABELS)
    lengths = cropped_lengths(model._state.seed, 0, LENGTHS.astype("i4"))
    assert (lengths < LENGTHS).mean() > 0.5
    cut = [sequence[:n] for sequence, n in zip(X, lengths, strict=True)]
    by_hand = LSTMClassifier(arch, **options).fit(cut, LABELS)
    np.testing.assert_allclose(model.predict_proba(X), by_hand.predict_proba(X), atol=1e-6)
    assert model.history_["loss"] == pytest.approx(by_hand.history_["loss"], rel=1e-5)


def test_each_epoch_crops_anew_also_when_training_goes_on():
    options = SMALL | dict(random_crop=True, learning_rate_schedule="constant")
    whole = LSTMRegressor(**options | {"epochs": 4}).fit(X, Y)
    parts = LSTMRegressor(warm_start=True, **options).fit(X, Y).fit(X, Y)
    np.testing.assert_allclose(parts.predict(X), whole.predict(X), rtol=1e-5, atol=1e-6)
    dense = np.stack([x[:6] for x in X])
    cropped, plain = (
        LSTMRegressor(**options | {"random_crop": crop}).fit(dense, Y) for crop in (True, False)
    )
    np.testing.assert_array_equal(cropped.predict(dense), plain.predict(dense))


def test_a_scaler_of_its_own_is_seen_in_real_steps_alone():
    """The padded steps, which are zeros, would change mean and variance."""

    def standardized(sequences):
        rows = np.concatenate(sequences)
        return [(s - rows.mean(axis=0)) / rows.std(axis=0) for s in sequences]

    model = LSTMRegressor(warm_start=True, **SMALL).fit(standardized(X), Y)
    with pytest.warns(UserWarning, match="standardized separately"):
        model.fit(standardized([x[::-1] ** 3 for x in X]), Y)
