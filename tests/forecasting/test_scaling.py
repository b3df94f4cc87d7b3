import numpy as np
import pytest

from sklstm.forecasting._scaling import WindowScaler, describe_windows, grows_with_level


def fitted(windows, targets, columns=(0,), *, level=1, spread=False, shift=None, weight=None):
    windows, targets = np.asarray(windows, float), np.asarray(targets, float)
    scaler = WindowScaler(list(columns), n_level_steps=level, spread=spread, shift=shift)
    return scaler.fit(windows, targets, weight)


@pytest.mark.parametrize("level", [None, 1, 3])
@pytest.mark.parametrize("shift", [None, 0.0, 0.1])
@pytest.mark.parametrize("spread", [False, True])
def test_values_come_back_exactly(level, shift, spread):
    rng = np.random.default_rng(0)
    scale = 10.0 ** rng.integers(-3, 6, size=(50, 1, 1))
    windows, targets = scale * rng.uniform(1, 2, (50, 6, 3)), scale * rng.uniform(1, 2, (50, 2, 4))
    if shift == 0.1:
        windows[:9, 2:], targets[5:9, :, 1] = 0.0, 0.0
    scaler = fitted(windows, targets, (2, 0), level=level, spread=spread, shift=shift)
    units = scaler.units(windows)
    recovered = units.invert(units.scale(targets))
    with_spread = (units.unit > 0)[:, :, np.newaxis]
    np.testing.assert_allclose(
        recovered, np.where(with_spread, targets, recovered), rtol=1e-8, atol=1e-8
    )
    past = units.invert(scaler.transform(windows, units)[:, :, [2, 0]].swapaxes(1, 2))
    np.testing.assert_allclose(past, windows[:, :, [2, 0]].swapaxes(1, 2), rtol=1e-8, atol=1e-8)


def test_levels_spreads_and_scales_by_hand():
    windows = np.array([[[1.0], [3.0], [5.0], [7.0]], [[20.0], [20.0], [20.0], [24.0]]])
    scaler = fitted(windows, [[[9.0]], [[20.0]]], level=2)
    # The levels are 6 and 22. About them lie -5, -3, -1, 1, 3 and -2, -2, -2, 2, -2: of the ten,
    # the first in twenty is -5, the middle one -2 and the last in twenty 3.
    assert scaler.center_.tolist() == [-2.0]
    np.testing.assert_allclose(scaler.scale_, [8 / 3.29])
    units = scaler.units(windows)
    np.testing.assert_allclose(units.origin, [[4.0], [20.0]])
    np.testing.assert_allclose(scaler.levels(units), [[-1.0], [1.0]])
    np.testing.assert_allclose(
        scaler.transform(windows, units)[0, :, 0], np.array([-3, -1, 1, 3]) * 3.29 / 8
    )
    with_spread = fitted(windows, [[[9.0]], [[20.0]]], level=2, spread=True)
    ratio = with_spread.units(windows).unit[:, 0]
    np.testing.assert_allclose(ratio[0] / ratio[1], np.sqrt(5) / np.sqrt(3))


def test_covariates_are_standardized_over_all_windows():
    windows = np.array([[[5.0, 1.0, 4.0], [6.0, 3.0, 4.0]], [[7.0, 5.0, 4.0], [8.0, 7.0, 4.0]]])
    scaler = fitted(windows, [[[1.0]], [[2.0]]])
    scaled = scaler.transform(windows, scaler.units(windows))
    np.testing.assert_allclose(scaled[:, :, 1].ravel(), np.array([-3, -1, 1, 3]) / np.sqrt(5))
    assert not scaled[:, :, 2].any()


def test_an_outlier_does_not_set_the_scale():
    rng = np.random.default_rng(0)
    series = rng.normal(size=300).cumsum()
    spoilt = series.copy()
    spoilt[150] = 1e6
    clean, other = (
        fitted(
            np.lib.stride_tricks.sliding_window_view(s[:-1], 5)[:, :, None], s[5:][:, None, None]
        )
        for s in (series, spoilt)
    )
    assert other.scale_ < 1.2 * clean.scale_


def test_windows_without_spread():
    windows = np.full((3, 4, 1), 0.1)
    windows[1] += np.arange(4)[:, np.newaxis]
    scaler = fitted(windows, np.ones((3, 1, 2)), spread=True)
    units = scaler.units(windows)
    assert units.unit[[0, 2]].tolist() == [[0], [0]]  # rounding makes the deviation 1e-17
    assert (units.invert(np.full((3, 1, 2), 5.0))[[0, 2]] == 0.1).all()
    assert not units.scale(np.ones((3, 1, 2)))[[0, 2]].any()
    errors = units.errors(np.array([[[0.1, 1.0]], [[1.0, 1.0]], [[0.1, 0.0]]]), np.zeros((3, 1, 2)))
    assert errors[0].tolist() == [[0, np.inf]] and errors[2].tolist() == [[0, -np.inf]]


def test_zeros_have_logarithms():
    windows = np.array([[[0.0], [20.0]], [[0.0], [0.0]], [[4.0], [6.0]]])
    scaler = fitted(windows, np.ones((3, 1, 1)), shift=0.1)
    assert scaler.least_mean_.tolist() == [5.0]
    units = scaler.units(windows)
    assert units.shift[:, 0].tolist() == [1.0, 0.5, 0.5]
    assert units.invert(np.full((3, 1, 1), -99.0)).tolist() == [[[0]], [[0]], [[0]]]


def test_weights_count_like_repetitions():
    rng = np.random.default_rng(0)
    windows, targets = rng.normal(size=(30, 5, 2)), rng.normal(size=(30, 1, 3))
    weight = rng.integers(1, 4, size=30)
    rows = np.repeat(np.arange(30), weight)
    repeated, weighted = (
        fitted(windows[rows], targets[rows]),
        fitted(windows, targets, weight=weight),
    )
    for name in ("center_", "scale_", "mean_", "std_", "origin_mean_", "origin_std_"):
        np.testing.assert_allclose(getattr(weighted, name), getattr(repeated, name))


@pytest.mark.parametrize(("power", "expected"), [(0, False), (0.2, False), (0.8, True), (1, True)])
def test_whether_spread_grows_with_level(power, expected):
    rng = np.random.default_rng(0)
    level = 10 ** rng.uniform(0, 4, (300, 1, 1))
    noise = rng.uniform(-0.1, 0.1, (300, 1, 20))
    windows = (level + level**power * noise).swapaxes(1, 2)
    assert grows_with_level(*describe_windows(windows, [0])[1:]) is expected
    assert not grows_with_level(*describe_windows(np.ones((4, 3, 1)), [0])[1:])
