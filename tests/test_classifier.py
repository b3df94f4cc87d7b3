"""LSTMClassifier: labels, probabilities, class weights."""

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import DataConversionWarning
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold, check_cv, cross_val_score

from sklstm import LSTMClassifier

SMALL = dict(units=4, epochs=40, learning_rate=0.03, random_state=0)
RNG = np.random.default_rng(0)
SIDE = np.resize([0, 1, 2], 60)
X = (SIDE - 1.0)[:, np.newaxis] + RNG.normal(0, 0.2, (60, 5))


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["b", "c", "a"]),
        np.array(["b", "c", "a"], dtype=object),
        np.array([-5, 7, 0]),
        np.array([2.0, 5.0, 3.0]),
        np.array([0, 1, 2], dtype=np.uint8),
    ],
)
def test_labels_of_any_kind(labels):
    y = labels[SIDE]
    model = LSTMClassifier(**SMALL).fit(X, y)
    predicted, probabilities = model.predict(X), model.predict_proba(X)
    assert (predicted == y).mean() > 0.95 and predicted.dtype == y.dtype
    np.testing.assert_array_equal(model.classes_, np.sort(labels))
    assert (model.n_classes_, model.n_outputs_) == (3, 1)
    assert probabilities.shape == (60, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_array_equal(model.classes_[probabilities.argmax(axis=1)], predicted)
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), probabilities)


@pytest.mark.parametrize("labels", [np.array([False, True]), np.array(["no", "yes"]), [-1, 1]])
def test_two_classes(labels):
    rows = SIDE < 2
    y = np.asarray(labels)[SIDE[rows]]
    model = LSTMClassifier(**SMALL).fit(X[rows], y)
    assert model.predict_proba(X[:1]).shape == (1, 2)
    assert model.predict(X[rows]).dtype == y.dtype
    assert model.score(X[rows], y) > 0.95
    assert roc_auc_score(y, model.predict_proba(X[rows])[:, 1]) > 0.99


@pytest.mark.parametrize("dtype", [int, float, bool, "frame"])
def test_one_hot_rows_are_answered_in_one_hot_rows(dtype):
    rows = np.eye(3, dtype=int if dtype == "frame" else dtype)[SIDE]
    y = pd.DataFrame(rows, columns=["a", "b", "c"]) if dtype == "frame" else rows
    model = LSTMClassifier(**SMALL).fit(X, y)
    predicted = model.predict(X)
    assert predicted.dtype == rows.dtype and predicted.shape == (60, 3)
    assert (predicted.sum(axis=1) == 1).all()
    assert model.score(X, y) > 0.95
    np.testing.assert_array_equal(model.classes_, [0, 1, 2])
    labels = LSTMClassifier(**SMALL).fit(X, SIDE)
    np.testing.assert_allclose(model.predict_proba(X), labels.predict_proba(X), rtol=1e-6)


def test_indicator_rows_are_labels_of_their_own():
    y = np.stack([SIDE > 0, SIDE < 2], axis=1).astype(int)  # 01, 11, 10
    model = LSTMClassifier(**{**SMALL, "epochs": 80}).fit(X, y)
    assert model.model_.layers[-1].activation.__name__ == "sigmoid"
    assert model.score(X, y) > 0.9
    probabilities = model.predict_proba(X)
    assert (model.n_classes_, model.n_outputs_, probabilities.shape) == (2, 2, (60, 2))
    np.testing.assert_array_equal(model.predict(X), probabilities > 0.5)
    assert model.history_["loss"][-1] == pytest.approx(
        np.mean([log_loss(y[:, j], probabilities[:, j]) for j in (0, 1)]), rel=0.1
    )


def test_binary_cross_entropy_makes_single_ones_labels_of_their_own():
    rows = np.eye(3, dtype=int)[SIDE]
    model = LSTMClassifier(**SMALL, loss="binary_crossentropy").fit(X, rows)
    assert model.model_.layers[-1].activation.__name__ == "sigmoid"


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "sparse_categorical_crossentropy"])
def test_losses_that_are_the_same_train_the_same(loss):
    metrics = ["accuracy"]
    auto = LSTMClassifier(**SMALL, metrics=metrics).fit(X, SIDE)
    given = LSTMClassifier(**SMALL, metrics=metrics, loss=loss).fit(X, SIDE)
    np.testing.assert_allclose(given.predict_proba(X), auto.predict_proba(X), atol=1e-4)
    np.testing.assert_allclose(given.history_["accuracy"], auto.history_["accuracy"], atol=0.02)


def test_a_column_is_raveled_with_a_warning():
    with pytest.warns(DataConversionWarning, match="column-vector"):
        column = LSTMClassifier(**SMALL).fit(X, SIDE[:, np.newaxis])
    flat = LSTMClassifier(**SMALL).fit(X, SIDE)
    np.testing.assert_array_equal(column.predict(X), flat.predict(X))


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "requires y to be passed"),
        (SIDE[:-1], "inconsistent numbers of samples"),
        (SIDE + 0.5, "Unknown label type"),
        (np.r_[np.nan, np.ones(59)], "NaN"),
        (np.zeros(60), "only one class: .*0.0"),
        (np.stack([SIDE, SIDE], axis=1), "multiclass-multioutput"),
    ],
)
def test_bad_labels_are_refused(y, message):
    model = LSTMClassifier(**SMALL)
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    assert not hasattr(model, "n_features_in_")


def test_class_weight_equals_sample_weight():
    weights = {0: 1.0, 1: 5.0, 2: 0.5}
    by_class = LSTMClassifier(**SMALL, class_weight=weights).fit(X, SIDE)
    by_sample = LSTMClassifier(**SMALL).fit(X, SIDE, np.array([1.0, 5.0, 0.5])[SIDE])
    np.testing.assert_array_equal(by_class.predict_proba(X), by_sample.predict_proba(X))
    both = LSTMClassifier(**SMALL, class_weight=weights).fit(X, SIDE, np.full(60, 2.0))
    twice = LSTMClassifier(**SMALL).fit(X, SIDE, np.array([2.0, 10.0, 1.0])[SIDE])
    np.testing.assert_array_equal(both.predict_proba(X), twice.predict_proba(X))


def test_balanced_class_weight_helps_the_rare_class():
    rng = np.random.default_rng(1)
    y = np.r_[np.zeros(190, int), np.ones(10, int)]
    Z = y[:, np.newaxis] * 0.8 + rng.normal(0, 1, (200, 1)) + np.zeros((200, 4))
    plain = LSTMClassifier(**SMALL).fit(Z, y).predict(Z)
    balanced = LSTMClassifier(**SMALL, class_weight="balanced").fit(Z, y).predict(Z)
    assert balanced[y == 1].mean() > plain[y == 1].mean() + 0.3


def test_partial_fit_wants_its_classes_once():
    model = LSTMClassifier(**SMALL)
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        model.partial_fit(X, SIDE)
    model.partial_fit(X[SIDE < 2], SIDE[SIDE < 2], classes=[2, 0, 1])
    assert model.predict_proba(X).shape == (60, 3)
    model.partial_fit(X, SIDE, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="not the same as on last call"):
        model.partial_fit(X, SIDE, classes=[0, 1])
    with pytest.raises(ValueError, match=r"labels that are not in the classes.*\[9\]"):
        model.partial_fit(X, np.where(SIDE == 1, 9, SIDE))
    with pytest.raises(ValueError, match="class_weight='balanced' is not supported"):
        model.set_params(class_weight="balanced").partial_fit(X, SIDE)


def test_partial_fit_of_rows_needs_no_classes():
    rows = np.eye(3, dtype=int)[SIDE]
    model = LSTMClassifier(**SMALL).partial_fit(X, rows).partial_fit(X, rows)
    assert model.predict(X).shape == (60, 3)
    with pytest.raises(ValueError, match="has 2 columns"):
        model.partial_fit(X, rows[:, :2])


def test_scikit_learn_sees_a_classifier():
    model = LSTMClassifier(**SMALL)
    assert isinstance(check_cv(3, SIDE, classifier=True), StratifiedKFold)
    # sorted labels: without stratified folds each would lack a class
    order = np.argsort(SIDE, kind="stable")
    assert cross_val_score(model, X[order], SIDE[order], cv=3).min() > 0.9
    two = SIDE < 2
    scores = cross_val_score(model, X[two], SIDE[two], cv=2, scoring="roc_auc")
    assert scores.min() > 0.99
    search = GridSearchCV(model, {"epochs": [1, 40]}, cv=2, scoring="roc_auc_ovr").fit(X, SIDE)
    assert search.best_params_ == {"epochs": 40}


def test_a_class_too_rare_to_hold_out_is_refused():
    y = np.array(["a"] * 59 + ["b"])
    with pytest.raises(ValueError, match=r"early_stopping=True cannot hold out.*\['b'\].*=False"):
        LSTMClassifier(epochs=1, early_stopping=True).fit(X, y)


def test_a_class_of_weight_0_is_as_if_it_were_not_there():
    settings = dict(units=3, epochs=2, random_state=0)
    weights = dict(zip(np.unique(SIDE).tolist(), [1.0, 1.0, 0.0], strict=True))
    weighted = LSTMClassifier(**settings, class_weight=weights).fit(X, SIDE)
    kept = SIDE.max() != SIDE
    without = LSTMClassifier(**settings).fit(X[kept], SIDE[kept])
    np.testing.assert_array_equal(weighted.predict_proba(X), without.predict_proba(X))


def test_samples_of_weight_0_do_not_count_in_balanced_class_weights():
    """Leaving them out by a weight of 0, or from the data, gives the same network."""
    weight = np.ones(len(X))
    weight[SIDE[0] == SIDE] = np.resize([0, 1], (SIDE[0] == SIDE).sum())
    kept = weight > 0
    settings = dict(units=3, epochs=2, class_weight="balanced", random_state=0)
    weighted = LSTMClassifier(**settings).fit(X, SIDE, sample_weight=weight)
    without = LSTMClassifier(**settings).fit(X[kept], SIDE[kept])
    np.testing.assert_array_equal(weighted.predict_proba(X), without.predict_proba(X))


@pytest.mark.parametrize("metrics", [["AUC"], ["accuracy", "AUC"]])
def test_metrics_of_one_hot_rows_do_not_fit_class_numbers(metrics):
    model = LSTMClassifier(**SMALL, loss="sparse_categorical_crossentropy", metrics=metrics)
    message = r"cannot compute the metrics .* targets of shape \(n_samples, 1\).*'AUC'.*default"
    with pytest.raises(ValueError, match=message):
        model.fit(X, SIDE)
    assert not hasattr(model, "history_")


def test_metrics_of_class_numbers_do_not_fit_one_hot_rows():
    model = LSTMClassifier(**SMALL, metrics=["sparse_categorical_accuracy"])
    message = r"metrics from targets of shape .*need a classifier with loss='sparse"
    with pytest.raises(ValueError, match=message):
        model.fit(X, SIDE)


def test_metrics_that_fit_are_those_of_scikit_learn():
    model = LSTMClassifier(**SMALL, metrics=["accuracy"], shuffle=False)
    sparse = LSTMClassifier(
        **SMALL, loss="sparse_categorical_crossentropy", metrics=["accuracy"], shuffle=False
    )
    np.testing.assert_allclose(
        model.fit(X, SIDE).history_["accuracy"], sparse.fit(X, SIDE).history_["accuracy"]
    )


def test_a_loss_that_does_not_fit_is_named():
    model = LSTMClassifier(**SMALL, loss=lambda y, outputs: y @ outputs)
    with pytest.raises(ValueError, match="cannot compute the loss"):
        model.fit(X, SIDE)


# --- what y is, once and for all -----------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_a_single_row_of_two_ones_makes_all_of_them_indicators(seed):
    """Wherever the row is: in the training part of early stopping or in the validation part."""
    rows = np.eye(3, dtype=int)[SIDE]
    rows[0, 2] = 1
    settings = SMALL | dict(epochs=1, random_state=seed)
    model = LSTMClassifier(**settings, early_stopping=True, validation_fraction=0.5).fit(X, rows)
    assert model.model_.layers[-1].activation.__name__ == "sigmoid" and model.n_outputs_ == 3


@pytest.mark.parametrize("seed", range(6))
def test_a_class_of_the_validation_part_alone_is_a_class(seed):
    """Of two samples in 60 and a training part of 6, often none is trained on."""
    y = np.where(np.arange(60) < 2, 7, SIDE % 2)
    settings = SMALL | dict(epochs=1, random_state=seed)
    model = LSTMClassifier(**settings, early_stopping=True, validation_fraction=0.9).fit(X, y)
    np.testing.assert_array_equal(model.classes_, [0, 1, 7])


@pytest.mark.parametrize("ones", [[1, 1, 0], [0, 0, 0]])
@pytest.mark.parametrize("how", ["partial_fit", "warm_start"])
def test_later_rows_that_contradict_the_first_are_refused(ones, how):
    rows = np.eye(3, dtype=int)[SIDE]
    later = rows.copy()
    later[4] = ones
    model = LSTMClassifier(**SMALL | dict(epochs=1), warm_start=how == "warm_start")
    fit = model.partial_fit if how == "partial_fit" else model.fit
    before = fit(X, rows).predict_proba(X)
    message = rf"y has {sum(ones)} ones in row 4.* exactly one.*binary_crossentropy"
    with pytest.raises(ValueError, match=message):
        fit(X, later)
    np.testing.assert_array_equal(model.predict_proba(X), before)


def test_later_rows_may_hold_single_ones_where_any_number_was_fitted():
    several = np.stack([SIDE > 0, SIDE < 2], axis=1).astype(int)
    model = LSTMClassifier(**SMALL).partial_fit(X, several).partial_fit(X, np.eye(2)[SIDE % 2])
    assert model.n_outputs_ == 2


@pytest.mark.parametrize(
    ("first", "later"),
    [
        (SIDE.astype(str), SIDE),
        (SIDE, SIDE.astype(str)),
        (SIDE.astype("m8[s]"), SIDE),
        (SIDE.astype("M8[D]"), SIDE.astype("m8[s]")),
    ],
)
def test_later_labels_of_another_type_are_refused(first, later):
    """NumPy would take 1 for "1"."""
    model = LSTMClassifier(**SMALL).partial_fit(X, first, classes=np.unique(first))
    with pytest.raises(ValueError, match=r"y has labels of .*first fit are.*same type"):
        model.partial_fit(X, later)
    with pytest.raises(ValueError, match=r"2 dimension.*first fit had one label per sample"):
        model.partial_fit(X, np.eye(3)[SIDE])


def test_a_column_of_labels_needs_its_classes_as_well():
    model = LSTMClassifier(**SMALL)
    with (
        pytest.warns(DataConversionWarning, match="column-vector"),
        pytest.raises(ValueError, match="classes must be passed on the first call"),
    ):
        model.partial_fit(X, SIDE[:, np.newaxis])


@pytest.mark.parametrize("weights", [{0: -1.0}, {0: np.nan}, {0: 1e300, 1: 1e300}])
def test_class_weights_that_are_no_weights_are_refused(weights):
    model = LSTMClassifier(**SMALL, class_weight=weights)
    with pytest.raises(ValueError, match=r"sample_weight times class_weight.*(Correct|divide)"):
        model.fit(X, SIDE, sample_weight=np.full(60, 1e10))
