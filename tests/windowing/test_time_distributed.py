import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
)
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklstm.windowing import TimeDistributedTransformer, pad_sequences

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")


RANDOM_WINDOWS = np.random.default_rng(0).normal(3, 5, size=(30, 4, 2))


def test_scaler_over_all_time_steps():
    X = np.array([[[0.0], [2.0]], [[4.0], [6.0]]])  # mean 3, variance (9 + 1 + 1 + 9) / 4 = 5
    step = TimeDistributedTransformer(StandardScaler()).fit(X)
    assert step.transformer_.mean_ == [3] and step.transformer_.var_ == [5]
    assert_allclose(step.transform(X).ravel(), np.array([-3, -1, 1, 3]) / 5**0.5)
    assert_allclose(step.inverse_transform(step.transform(X)), X)


def test_time_steps_keep_their_places():
    step = TimeDistributedTransformer(FunctionTransformer(lambda x: 10 * x + [0, 1]))
    out = step.fit_transform(RANDOM_WINDOWS)
    for window in range(30):
        for time in range(4):
            a, b = RANDOM_WINDOWS[window, time]
            assert_array_equal(out[window, time], [10 * a, 10 * b + 1])


@pytest.mark.parametrize("shape", [(6, 2), (3, 2, 2)])
@pytest.mark.parametrize("inverse", [False, True])
def test_what_shares_memory_with_the_data_is_read_only(shape, inverse):
    X = np.arange(12.0).reshape(shape)
    same = TimeDistributedTransformer(FunctionTransformer()).fit(X)
    out = (same.inverse_transform if inverse else same.transform)(X)
    assert np.shares_memory(out, X)
    with pytest.raises(ValueError, match="read-only"):
        out[...] = -1
    X[0] = 7  # the caller's data are the caller's
    scaled = TimeDistributedTransformer(StandardScaler()).fit_transform(X)
    scaled[...] = -1  # a copy is the caller's, too


def test_rows_of_a_frame_cannot_be_changed_by_the_output():
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    out = TimeDistributedTransformer(FunctionTransformer()).fit_transform(frame)
    with pytest.raises(ValueError, match="read-only"):
        out[...] = -1
    assert_array_equal(frame, [[1, 3], [2, 4]])


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.ma.masked_equal([[1.0], [2.0]], 2), "X is a masked array .* in row 1 of X"),
        (
            np.ma.masked_equal(np.arange(4.0).reshape(2, 2, 1), 2),
            "X is a masked array .* sample 1 of X, time step 0, feature 0",
        ),
        (
            [np.ma.array([1.0, 2.0]), np.ma.array([3.0, 4.0], mask=[0, 1])],
            "X is a masked array .* row 1 of X, column 1",
        ),
        (np.array([["NaT"], [1]], dtype="timedelta64[s]"), "X contains NaT.* row 0 of X"),
        (np.array([[np.timedelta64("NaT")], [1]], object), "X contains NaT.* row 0 of X"),
        (
            pd.DataFrame({"a": [0, 1], "lag": pd.to_timedelta([1, None])}),
            "'lag' of X contains NaT.* row 1",
        ),
        (
            pd.DataFrame({"day": pd.to_datetime(["2024-01-01", None]).tz_localize("UTC")}),
            "'day' of X contains NaT.* row 1",
        ),
        (pl.DataFrame({"lag": np.array([1, "NaT"], "timedelta64[ms]")}), "'lag' of X contains NaT"),
    ],
)
def test_what_would_become_a_number_is_refused(X, message):
    with pytest.raises(ValueError, match=message):
        TimeDistributedTransformer(StandardScaler()).fit(X)
    fitted = TimeDistributedTransformer(StandardScaler()).fit(np.zeros((2, np.shape(X)[-1])))
    with pytest.raises(ValueError, match=message):
        fitted.transform(X)


def test_missing_numbers_are_left_to_the_transformer():
    X = np.ma.array([[[1.0], [np.nan], [2.0]], [[3.0], [np.nan], [4.0]]])
    step = TimeDistributedTransformer(SimpleImputer(strategy="constant", fill_value=7))
    assert_array_equal(step.fit_transform(X).ravel(), [1, 7, 2, 3, 7, 4])
    objects = np.array([["a"], [None]], dtype=object)
    step = TimeDistributedTransformer(OneHotEncoder(categories=[["a", None]]))
    assert_array_equal(step.fit_transform(objects), [[1, 0], [0, 1]])


def test_transformer_that_drops_columns():
    step = TimeDistributedTransformer(PCA(n_components=1)).fit(RANDOM_WINDOWS)
    out = step.transform(RANDOM_WINDOWS)
    assert out.shape == (30, 4, 1)
    assert step.inverse_transform(out).shape == (30, 4, 2)
    # the first component holds the larger eigenvalue of the covariance of all time steps
    largest = np.linalg.eigvalsh(np.cov(RANDOM_WINDOWS.reshape(-1, 2).T))[-1]
    assert out.var(ddof=1) == pytest.approx(largest)


def test_the_transformer_is_cloned():
    scaler = StandardScaler()
    step = TimeDistributedTransformer(scaler).fit(RANDOM_WINDOWS)
    assert not hasattr(scaler, "mean_") and hasattr(step.transformer_, "mean_")


def test_parameters_of_the_transformer_are_reachable():
    step = clone(TimeDistributedTransformer(StandardScaler())).set_params(
        transformer__with_mean=False
    )
    assert step.transformer.with_mean is False
    assert step.fit_transform(RANDOM_WINDOWS).mean() != pytest.approx(0, abs=1e-3)


def test_column_transformer_on_windows_and_frames():
    by_number = ColumnTransformer([("s", StandardScaler(), [1])], remainder="passthrough")
    out = TimeDistributedTransformer(by_number).fit_transform(RANDOM_WINDOWS)
    assert out[:, :, 0].std() == pytest.approx(1)
    assert_array_equal(out[:, :, 1], RANDOM_WINDOWS[:, :, 0])

    frame = pd.DataFrame(RANDOM_WINDOWS[:, 0], columns=["a", "b"])
    by_name = ColumnTransformer([("s", StandardScaler(), ["b"])], remainder="passthrough")
    for rows in (frame, pl.DataFrame({"a": frame["a"].to_numpy(), "b": frame["b"].to_numpy()})):
        step = TimeDistributedTransformer(by_name).fit(rows)
        assert_array_equal(step.transform(rows)[:, 1], frame["a"])
        assert list(step.feature_names_in_) == ["a", "b"]
    assert not hasattr(step, "inverse_transform")


def test_sparse_output_is_made_dense():
    X = np.array([[[0], [1]], [[2], [0]]])
    out = TimeDistributedTransformer(OneHotEncoder()).fit_transform(X)
    assert_array_equal(out, [[[1, 0, 0], [0, 1, 0]], [[0, 0, 1], [1, 0, 0]]])


def test_target_reaches_the_transformer_on_rows_only():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(50, 3))
    step = TimeDistributedTransformer(SelectKBest(lambda X, y: np.abs(X.T @ y), k=1))
    assert_array_equal(step.fit_transform(rows, rows[:, 2])[:, 0], rows[:, 2])
    TimeDistributedTransformer(StandardScaler()).fit(RANDOM_WINDOWS, np.zeros(30))


def test_no_windows_and_other_lengths():
    step = TimeDistributedTransformer(FunctionTransformer()).fit(RANDOM_WINDOWS)
    assert step.transform(np.zeros((0, 4, 2))).shape[0] == 0
    assert step.transform(np.zeros((3, 9, 2))).shape == (3, 9, 2)
    assert step.transform(np.zeros((9, 2))).shape == (9, 2)


# Warm start

FIRST = np.array([[[0.0], [2.0]], [[4.0], [6.0]]])  # mean 3, variance (9 + 1 + 1 + 9) / 4 = 5
SECOND = np.array([[[13.0], [23.0]]])  # mean 18, variance 25


@pytest.mark.parametrize(("warm_start", "mean", "scale"), [(True, 3.0, 5**0.5), (False, 18.0, 5.0)])
def test_a_warm_start_keeps_the_first_scale(warm_start, mean, scale):
    step = TimeDistributedTransformer(StandardScaler(), warm_start=warm_start).fit(FIRST)
    first = step.transformer_
    assert_allclose(step.fit_transform(SECOND), (SECOND - mean) / scale)
    assert (step.transformer_ is first) == warm_start
    assert_allclose(step.fit(SECOND[:, :, 0].T).transform(FIRST), (FIRST - mean) / scale)


def test_a_clone_of_a_warm_start_is_fitted_anew():
    step = TimeDistributedTransformer(StandardScaler(), warm_start=True).fit(FIRST)
    assert clone(step).warm_start is True
    assert clone(step).fit(SECOND).transformer_.mean_ == [18]
    assert step.set_params(warm_start=False).fit(SECOND).transformer_.mean_ == [18]


def test_a_warm_start_in_a_pipeline():
    class GoesOn(RegressorMixin, BaseEstimator):
        """Keep what every fit has seen."""

        def fit(self, X, y):
            self.seen_ = [*getattr(self, "seen_", []), X]
            return self

        def predict(self, X):
            return np.zeros(len(X))

    scale = TimeDistributedTransformer(StandardScaler(), warm_start=True)
    pipeline = make_pipeline(scale, GoesOn())
    pipeline.fit(FIRST, [0, 0]).fit(SECOND, [0])
    assert_allclose(pipeline[-1].seen_[0], (FIRST - 3) / 5**0.5)
    assert_allclose(pipeline[-1].seen_[1], (SECOND - 3) / 5**0.5)


def test_a_warm_start_takes_the_same_features():
    frame = pd.DataFrame(RANDOM_WINDOWS[:, 0], columns=["a", "b"])
    step = TimeDistributedTransformer(StandardScaler(), warm_start=True).fit(frame)
    mean = step.transformer_.mean_.copy()
    with pytest.raises(ValueError, match="feature names should match"):
        step.fit(frame.rename(columns={"a": "c"}))
    assert step.n_features_in_ == 2 and list(step.feature_names_in_) == ["a", "b"]
    assert_array_equal(step.transformer_.mean_, mean)
    step = TimeDistributedTransformer(StandardScaler(), warm_start=True).fit(RANDOM_WINDOWS)
    with pytest.raises(ValueError, match=r"X has 3 features, but .* is expecting 2 features"):
        step.fit(np.zeros((5, 4, 3)))


def test_a_warm_start_after_a_fit_that_failed():
    step = TimeDistributedTransformer(StandardScaler(), warm_start=True)
    with pytest.raises(ValueError, match="infinity"):
        step.fit(np.full((1, 2, 3), np.inf))
    assert step.fit(FIRST).transformer_.mean_ == [3]


def test_files_of_0_1_0_have_a_cold_start():
    stored = vars(TimeDistributedTransformer(StandardScaler())).copy()
    del stored["warm_start"]
    step = TimeDistributedTransformer.__new__(TimeDistributedTransformer)
    step.__setstate__(stored)
    assert clone(step).warm_start is False
    assert repr(step) == "TimeDistributedTransformer(transformer=StandardScaler())"


# Sequences of unequal length

RAGGED = [np.array([[0.0], [2.0]]), np.array([[7.0]]), np.array([[4.0], [6.0], [5.0]])]


def test_a_list_of_sequences_comes_back_as_a_list():
    step = TimeDistributedTransformer(MinMaxScaler()).fit(RAGGED)  # from 0 to 7
    out = step.transform(RAGGED)
    assert isinstance(out, list)
    for sequence, scaled in zip(RAGGED, out, strict=True):
        assert_allclose(scaled, sequence / 7)
    for sequence, again in zip(RAGGED, step.inverse_transform(out), strict=True):
        assert_allclose(again, sequence)
    assert_allclose(step.transform(RAGGED[:1])[0], RAGGED[0] / 7)
    assert step.n_features_in_ == 1
    TimeDistributedTransformer(StandardScaler()).fit(RAGGED, np.zeros(3))  # a target per sequence


@pytest.mark.parametrize("padding", ["begin", "end"])
@pytest.mark.parametrize("transformer", [MinMaxScaler(), PCA(1), OrdinalEncoder()])
def test_padding_stays_and_is_not_fitted(padding, transformer):
    padded = pad_sequences(RAGGED, padding=padding, n_timesteps=4)
    from_list = TimeDistributedTransformer(transformer).fit(RAGGED)
    from_array = TimeDistributedTransformer(transformer).fit(padded)
    expected = pad_sequences(from_list.transform(RAGGED), padding=padding, n_timesteps=4)
    for step in from_list, from_array:
        assert_allclose(step.transform(padded), expected)
        assert_allclose(step.inverse_transform(step.transform(padded)), padded)
    for whole, alone in zip(from_list.transform(RAGGED), RAGGED, strict=True):
        assert_allclose(from_array.transform([alone])[0], whole)


def test_gaps_inside_sequences_are_left_to_the_transformer():
    X = [np.array([[1.0], [np.nan], [3.0]]), np.array([[np.nan], [5.0]])]
    step = TimeDistributedTransformer(StandardScaler()).fit(X)
    assert step.transformer_.mean_ == [3]
    assert_array_equal(np.isnan(step.transform(X)[0].ravel()), [False, True, False])
    with pytest.raises(ValueError, match="PCA does not accept missing values"):
        TimeDistributedTransformer(PCA()).fit(X)


def test_gaps_at_both_ends_of_windows_are_missing_values():
    X = np.array([[[1.0], [2.0], [np.nan]], [[np.nan], [4.0], [5.0]]])
    step = TimeDistributedTransformer(SimpleImputer(strategy="constant", fill_value=7)).fit(X)
    assert_array_equal(step.transform(X)[:, :, 0], [[1, 2, 7], [7, 4, 5]])
    assert_array_equal(step.transform(X[:1])[:, :, 0], [[1, 2, 7]])


def test_a_warm_start_keeps_the_scale_of_sequences():
    step = TimeDistributedTransformer(MinMaxScaler(), warm_start=True).fit(RAGGED)
    step.fit([np.array([[14.0]]), np.array([[70.0], [0.0]])])
    assert_allclose(step.transform([np.array([[14.0]])])[0], [[2]])


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([np.ones((2, 1)), np.ones((1, 2))], r"X\[0\] has 1 and X\[1\] has 2"),
        ([np.ones((2, 1)), np.ones((0, 1))], r"X\[1\] is a sequence of length 0"),
        ([np.ma.array([1.0, 2.0], mask=[0, 1]), [3.0]], r"X\[0\] is a masked array"),
        ([["a"], ["b", "c"]], "numeric"),
        (np.array([[[1.0], [2.0]], [[np.nan]] * 2, [[1.0], [np.nan]]]), "Sample 1 of X is all NaN"),
    ],
)
def test_errors_of_sequences(X, message):
    with pytest.raises(ValueError, match=message):
        TimeDistributedTransformer(StandardScaler()).fit(X)


def test_nested_lists_of_text_are_windows_still():
    step = TimeDistributedTransformer(OrdinalEncoder())
    assert_array_equal(
        step.fit_transform([[["a"], ["b"]], [["c"], ["b"]]])[:, :, 0], [[0, 1], [2, 1]]
    )


# Errors


@pytest.mark.parametrize("X", [np.zeros((30, 4, 3)), np.zeros((30, 3))])
def test_number_of_features_is_checked(X):
    step = TimeDistributedTransformer(StandardScaler()).fit(RANDOM_WINDOWS)
    message = "X has 3 features, but TimeDistributedTransformer is expecting 2 features"
    with pytest.raises(ValueError, match=message):
        step.transform(X)


def test_errors_of_time_distributed_transformer():
    with pytest.raises(ValueError, match="The 'transformer' parameter of TimeDistributedTransfor"):
        TimeDistributedTransformer(LinearRegression()).fit(RANDOM_WINDOWS)
    with pytest.raises(ValueError, match=r"got shape \(5,\). Reshape your data"):
        TimeDistributedTransformer(StandardScaler()).fit(np.zeros(5))
    with pytest.raises(ValueError, match="The 'warm_start' parameter of TimeDistributedTransf"):
        TimeDistributedTransformer(StandardScaler(), warm_start="yes").fit(RANDOM_WINDOWS)
    with pytest.raises(NotFittedError):
        TimeDistributedTransformer(StandardScaler()).transform(RANDOM_WINDOWS)


@parametrize_with_checks(
    [
        TimeDistributedTransformer(StandardScaler()),
        TimeDistributedTransformer(PCA(n_components=1)),
    ]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)
