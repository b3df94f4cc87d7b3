import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.frozen import FrozenEstimator
from sklearn.preprocessing import FunctionTransformer, RobustScaler, StandardScaler

from sklstm.windowing import TimeDistributedTransformer, WindowImputer, Windows, _lazy_rows

ROWS = np.random.default_rng(0).normal(2, 3, size=(200, 2))


@pytest.fixture
def windows(monkeypatch):
    """Windows of some of the rows, for which there is no memory in another form."""
    monkeypatch.setattr(_lazy_rows, "_LARGE", 0)
    monkeypatch.setattr(_lazy_rows, "_BLOCK_BYTES", 30 * 16)
    return Windows(ROWS, np.arange(20, 150, 3), lookback=10)


def test_a_scaler_learns_block_by_block_and_scales_what_is_read(windows):
    step = TimeDistributedTransformer(StandardScaler()).fit(windows)
    expected = StandardScaler().fit(ROWS[20:159])
    np.testing.assert_allclose(step.transformer_.mean_, expected.mean_)
    np.testing.assert_allclose(step.transformer_.scale_, expected.scale_)
    scaled = step.transform(windows)
    assert isinstance(scaled, Windows) and not isinstance(scaled.rows, np.ndarray)
    np.testing.assert_array_equal(
        scaled[[3, 40, 0]],
        np.stack(
            [step.transformer_.transform(ROWS[first : first + 10]) for first in (29, 140, 20)]
        ),
    )
    np.testing.assert_allclose(step.inverse_transform(scaled), windows)
    assert (step.n_features_in_, scaled[:, -3:].shape) == (2, (44, 3, 2))
    assert scaled[:0].shape == (0, 10, 2)


def test_a_warm_start_keeps_the_scale(windows):
    step = TimeDistributedTransformer(StandardScaler(), warm_start=True).fit(windows[:5])
    mean = step.transformer_.mean_
    assert step.fit(windows).transformer_.mean_ is mean


def test_transformers_that_learn_nothing_see_no_second_block(windows):
    root = TimeDistributedTransformer(FunctionTransformer(np.cbrt)).fit(windows)
    np.testing.assert_array_equal(root.transform(windows), np.cbrt(windows))
    scaler = StandardScaler().fit(ROWS[:50])
    mean = scaler.mean_.copy()
    frozen = TimeDistributedTransformer(FrozenEstimator(scaler)).fit(windows)
    np.testing.assert_array_equal(scaler.mean_, mean)
    np.testing.assert_allclose(frozen.transform(windows), (windows - mean) / scaler.scale_)


def test_the_number_of_features_may_change(windows):
    pca = FrozenEstimator(PCA(1).fit(ROWS))
    reduced = TimeDistributedTransformer(pca).fit_transform(windows)
    assert reduced.shape == (44, 10, 1)
    np.testing.assert_allclose(reduced[5], pca.transform(np.asarray(windows[5])))


def test_transformers_that_need_all_rows_are_refused_with_the_remedy(windows):
    with pytest.raises(
        MemoryError, match=r"RobustScaler has no partial_fit, and would have to see the 139 rows"
    ):
        TimeDistributedTransformer(RobustScaler()).fit(windows)


@pytest.mark.parametrize("scaler", [StandardScaler(), RobustScaler()])
def test_behind_an_imputer_all_steps_of_all_windows_count(scaler):
    rows = np.where(np.random.default_rng(1).random(ROWS.shape) < 0.2, np.nan, ROWS)
    lazy = Windows(rows, lookback=7)
    filled = WindowImputer(padding=None).fit(lazy).transform(lazy)
    step = TimeDistributedTransformer(scaler)
    expected = step.fit_transform(np.asarray(filled))
    found = step.fit_transform(filled)
    assert not isinstance(found, np.ndarray)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    np.testing.assert_allclose(step.inverse_transform(found), filled, atol=1e-12)
