import pickle

import numpy as np
import pytest
import skops.io
from forecasting_support import Band, Recorder
from sklearn import config_context
from sklearn.base import clone
from sklearn.dummy import DummyRegressor
from sklearn.exceptions import NotFittedError, UnsetMetadataPassedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_html_repr

from sklstm import Forecaster, LSTMRegressor, PurgedTimeSeriesSplit, SlidingWindow, make_windows

TREND = 2 + 3 * np.arange(40.0)
SEASONAL = np.tile([0.0, 5.0, 1.0, -4.0], 10) + np.arange(40.0)


def windows(series, lookback=4, horizon=3):
    return make_windows(np.asarray(series), lookback=lookback, horizon=horizon)


# --- exact forecasts -----------------------------------------------------------------------


@pytest.mark.parametrize("baseline", [None, "last", "linear", Ridge()])
@pytest.mark.parametrize("series", [TREND, -TREND], ids=["up", "down"])
def test_a_trend_goes_on(series, baseline):
    X, Y = windows(series)
    forecaster = Forecaster(DummyRegressor(), baseline=baseline).fit(X[:10], Y[:10])
    np.testing.assert_allclose(forecaster.predict(X), Y, rtol=1e-9)


@pytest.mark.parametrize("baseline", ["seasonal", "linear"])
def test_a_season_on_a_trend_goes_on(baseline):
    X, Y = windows(SEASONAL, lookback=9, horizon=5)
    forecaster = Forecaster(DummyRegressor(), baseline=baseline, season=4).fit(X[:20], Y[:20])
    np.testing.assert_allclose(forecaster.predict(X), Y, atol=5e-3)  # the penalty is not 0


def test_growth_goes_on_in_logarithms():
    X, Y = windows(1.1 ** np.arange(40.0))
    forecaster = Forecaster(DummyRegressor(), baseline=None).fit(X[:10], Y[:10])
    assert forecaster.scaler_.shift == 0  # "auto" has found out
    np.testing.assert_allclose(forecaster.predict(X), Y, rtol=1e-9)


def test_zeros_do_not_stand_in_the_way_of_logarithms():
    scale = 10.0 ** np.linspace(0, 5, 60)[:, np.newaxis, np.newaxis]
    X = scale * np.tile([4.0, 6.0, 5.0, 7.0], (60, 1))[:, :, np.newaxis]
    X[7, 2] = 0
    assert Forecaster(DummyRegressor()).fit(X, X[:, :2, 0]).scaler_.shift == 0.1
    assert Forecaster(DummyRegressor(), log=False).fit(X, X[:, :2, 0]).scaler_.shift is None
    assert Forecaster(DummyRegressor()).fit(X - 1, X[:, :2, 0]).scaler_.shift is None


def test_the_regressor_learns_what_a_baseline_misses_of_windows_it_has_not_seen():
    X, Y = windows(np.random.default_rng(0).normal(size=106))
    forecaster = Forecaster(Recorder(), baseline=KNeighborsRegressor(1)).fit(X, Y)
    assert (forecaster.members_[0].last_fit[1] != 0).all()
    np.testing.assert_allclose(forecaster.predict(X), Y)  # the baseline knows them all


def test_one_step_and_two_dimensions():
    X, Y = windows(TREND, horizon=1)
    forecaster = Forecaster(DummyRegressor()).fit(X[:10, :, 0], Y[:10, 0])
    assert forecaster.n_features_in_ == forecaster.n_timesteps_in_ == 4
    np.testing.assert_allclose(forecaster.predict(X[:, :, 0]), Y[:, 0])
    np.testing.assert_allclose(forecaster.fit(X[:10], Y[:10]).predict(X), Y)


def test_several_targets_and_covariates():
    covariate = np.random.default_rng(0).normal(size=40)
    frame = np.stack([covariate, TREND, -5 * TREND], axis=1)
    X = make_windows(frame, TREND, lookback=4, horizon=2)[0]
    Y = np.hstack([make_windows(frame[:, k], lookback=4, horizon=2)[1] for k in (2, 1)])
    forecaster = Forecaster(
        DummyRegressor(), target=["b", "a"], feature_names=["c", "a", "b"], baseline="last"
    ).fit(X[:10], Y[:10])
    assert forecaster.target_columns_ == [2, 1]
    assert (forecaster.horizon_, forecaster.n_outputs_) == (2, 4)
    np.testing.assert_allclose(forecaster.predict(X), Y)


@pytest.mark.parametrize("lazy", [False, True])
def test_targets_are_found_by_the_names_of_windows(lazy):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"c": np.arange(40) % 3.0, "a": TREND, "b": -5 * TREND})
    X, Y = make_windows(frame, ["b", "a"], lookback=4, horizon=2, future="c", lazy=lazy)
    forecaster = Forecaster(DummyRegressor(), target=["b", "a"], baseline="last").fit(X, Y)
    assert forecaster.target_columns_ == [2, 1]
    assert forecaster.feature_names_in_.tolist() == ["c", "a", "b", "future_c"]
    np.testing.assert_allclose(forecaster.predict(X), Y)
    forecast = forecaster.forecast(frame.to_numpy(), future=[1.0, 2.0], future_columns=0)
    assert forecast.columns.tolist() == ["b", "a"]
    with pytest.raises(ValueError, match=r"columns \['a', 'c', 'b'\], but the features"):
        forecaster.forecast(frame[["a", "c", "b"]], future=pd.DataFrame({"c": [1.0, 2.0]}))
    with pytest.raises(ValueError, match="feature names should match"):
        forecaster.predict(make_windows(frame[["a", "b", "c"]], "a", lookback=4, future="c")[0])
    with pytest.raises(ValueError, match=r"target='d' must be among .*\['c', 'a', 'b', 'future_c'"):
        Forecaster(DummyRegressor(), target="d").fit(X, Y)
    given = Forecaster(DummyRegressor(), target="z", feature_names=list("xyzw")).fit(X, Y[:, :2])
    assert given.target_columns_ == [2]
    given.fit(np.asarray(X), Y[:, :2])
    with pytest.raises(ValueError, match="the windows have no names"):
        forecaster.fit(np.asarray(X), Y)


def test_linear_baseline_is_ridge_on_raw_windows_without_penalty():
    """Level and window together can say what the raw window says."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 4, 1))
    Y = X[:, :, 0] @ [[0.5], [0.2], [-0.3], [0.1]] + 3
    forecaster = Forecaster(DummyRegressor()).fit(X[:300], Y[:300])
    np.testing.assert_allclose(forecaster.predict(X[300:]), Y[300:], atol=1e-3)


@pytest.mark.parametrize("log", [False, True])
def test_with_spread_constant_windows_are_exact_and_units_do_not_matter(log):
    rng = np.random.default_rng(0)
    X, Y = windows(np.exp(rng.normal(size=60).cumsum() / 5))
    X = X.copy()
    X[0] = 7.1
    forecaster = Forecaster(KNeighborsRegressor(3), spread=True, log=log, baseline=None).fit(X, Y)
    np.testing.assert_allclose(forecaster.predict(X[:1]), np.full((1, 3), 7.1), rtol=1e-14)
    other = clone(forecaster).fit(1000 * X, 1000 * Y)
    np.testing.assert_allclose(other.predict(1000 * X), 1000 * forecaster.predict(X), rtol=1e-9)


# --- what the regressor is given -----------------------------------------------------------


def test_windows_are_flattened_where_they_must_be():
    X, Y = windows(TREND)
    flat, whole = (Forecaster(Recorder(n_dims=n)).fit(X, Y).members_[0] for n in (2, 3))
    assert flat.last_fit[0].shape == (len(X), 4) and whole.last_fit[0].shape == X.shape
    np.testing.assert_array_equal(flat.last_fit[0], whole.last_fit[0][:, :, 0])


def test_the_forecast_is_the_median_of_members():
    X, Y = windows(TREND)
    forecaster = Forecaster(Recorder(random_state=0), n_members=3, random_state=1).fit(X, Y)
    members = forecaster.predict_members(X)
    assert members.shape == (3, *Y.shape) and len(np.unique(members[:, 0, 0])) == 3
    np.testing.assert_allclose(forecaster.predict(X), np.sort(members, axis=0)[1])
    np.testing.assert_array_equal(clone(forecaster).fit(X, Y).predict_members(X), members)
    assert Forecaster(Recorder(random_state=5)).fit(X, Y).members_[0].random_state == 5
    same = Forecaster(Recorder(random_state=5), n_members=2).fit(X, Y).members_
    assert same[0].random_state != same[1].random_state


def test_weights():
    rng = np.random.default_rng(0)
    X, Y = windows(rng.normal(size=60))
    weight = rng.uniform(0, 1, len(X)) * (np.arange(len(X)) % 3 > 0)
    weighted = Forecaster(Ridge()).fit(X, Y, sample_weight=weight)
    kept = weight > 0
    np.testing.assert_allclose(
        weighted.predict(X), Forecaster(Ridge()).fit(X[kept], Y[kept], weight[kept]).predict(X)
    )
    with pytest.raises(ValueError, match="takes none"):
        Forecaster(KNeighborsRegressor()).fit(X, Y, weight)


def test_balance_weighs_windows_by_their_size():
    X = np.array([[1.0, 1.0], [10.0, -10.0], [0.0, 0.0]])[:, :, np.newaxis]
    Y, weight = np.ones((3, 1)), [2.0, 1.0, 1.0]
    recorder = Forecaster(Recorder(), balance=True, log=False).fit(X, Y, weight).members_[0]
    np.testing.assert_allclose(recorder.last_fit[2], [2 / 0.55, 0.1 / 0.55, 1])
    with pytest.raises(ValueError, match="balance=True weighs windows"):
        Forecaster(KNeighborsRegressor(1), balance=True).fit(X, Y)


def test_a_warm_start_keeps_scaling_and_baseline():
    X, Y = windows(TREND)
    forecaster = Forecaster(Recorder(), warm_start=True, n_members=2).fit(X[:20], Y[:20])
    scale, baseline = forecaster.scaler_.scale_, forecaster.baseline_
    forecaster.fit(7 * X, 7 * Y)
    assert forecaster.scaler_.scale_ is scale and forecaster.baseline_ is baseline
    assert [len(member.fits_) for member in forecaster.members_] == [2, 2]
    assert forecaster.members_[0].warm_start is True
    calibrated = forecaster.set_params(calibration_fraction=0.4).fit(X, Y)
    assert [len(member.fits_) for member in calibrated.members_] == [3, 3]
    with pytest.raises(ValueError, match="Cut them with lookback=4"):
        forecaster.fit(X[:, :3], Y)


# --- intervals -----------------------------------------------------------------------------


def test_margins_by_hand():
    """Forecasts are the last value; errors of step h are (1, ..., 9) h."""
    X, Y = np.ones((9, 2, 1)), 1 + np.arange(1.0, 10)[:, np.newaxis] * [1, -2]
    forecaster = Forecaster(DummyRegressor(strategy="constant", constant=[0, 0]), baseline="last")
    forecaster.fit(TREND[:8].reshape(4, 2, 1), TREND[:8].reshape(4, 2)).calibrate(X, Y)
    at_5 = np.array([[[3.0], [5.0]]])
    center = forecaster.predict(at_5)[0, 0]
    shift = center - 5  # the center of the scale
    interval = forecaster.predict_interval(at_5, coverage=0.8)
    expected = [np.sort(np.abs(h * np.arange(1, 10) - shift))[7] for h in (1, -2)]
    np.testing.assert_allclose((interval[..., 1] - interval[..., 0])[0] / 2, expected)
    np.testing.assert_allclose(interval.mean(axis=-1), [[center, center]])
    both = forecaster.predict_interval(at_5, coverage=(0.8, 0.9))
    assert both.shape == (1, 2, 2, 2)
    np.testing.assert_array_equal(both[:, :, 0], interval)
    with pytest.raises(ValueError, match="at least 19 calibration windows, but there are 9"):
        forecaster.predict_interval(at_5)


def test_in_logarithms_intervals_are_ratios_and_follow_the_level():
    rng = np.random.default_rng(0)
    X, Y = windows(np.exp(rng.normal(size=200).cumsum() / 9))
    forecaster = Forecaster(Ridge(), log=True, calibration_fraction=0.3).fit(X, Y)
    low, high = np.moveaxis(forecaster.predict_interval(X[:5], 0.8), -1, 0)
    point = forecaster.predict(X[:5])
    np.testing.assert_allclose(high / point, point / low)
    assert len(np.unique((high - low)[:, 0].round(9))) == 5
    np.testing.assert_allclose((high / low)[1:], (high / low)[:-1])


def test_calibration_fraction_is_a_fit_on_earlier_windows_and_calibrate():
    rng = np.random.default_rng(0)
    X, Y = windows(rng.normal(size=106).cumsum())  # 100 windows
    mixed = rng.permutation(100)
    absent = 99 + np.zeros((10, 4, 1))
    at_once = Forecaster(Ridge(), calibration_fraction=0.2).fit(
        np.concatenate([absent, X[mixed]]),
        np.concatenate([absent[:, :3, 0], Y[mixed]]),
        sample_weight=np.repeat([0, 1], [10, 100]),
        groups=np.concatenate([np.arange(200, 210), mixed]),
    )
    by_hand = Forecaster(Ridge()).fit(X[:78], Y[:78]).calibrate(X[80:], Y[80:])
    for joint in (False, True):
        widths = [
            np.ptp(each.predict_interval(X[:1], 0.8, joint=joint), axis=-1)[0]
            for each in (at_once, by_hand)
        ]
        np.testing.assert_allclose(widths[0], widths[1])
    np.testing.assert_allclose(at_once.predict(X), Forecaster(Ridge()).fit(X, Y).predict(X))
    joint, single = (at_once.predict_interval(X, 0.8, joint=joint) for joint in (True, False))
    assert (joint[..., 0] <= single[..., 0]).all() and (joint[..., 1] >= single[..., 1]).all()


def test_coverage_on_an_autoregression():
    rng = np.random.default_rng(0)
    paths = rng.standard_t(
        5, size=(6000, 27)
    )  # of which the first 20 steps lead to the usual level
    for step in range(1, 27):
        paths[:, step] += 0.8 * paths[:, step - 1]
    X, Y = paths[:, 20:23, np.newaxis], paths[:, 23:]
    forecaster = Forecaster(Ridge(), calibration_fraction=0.4).fit(X[:3000], Y[:3000])
    interval = forecaster.predict_interval(X[3000:], (0.8, 0.95))
    inside = (interval[..., 0] <= Y[3000:, :, None]) & (Y[3000:, :, None] <= interval[..., 1])
    assert np.abs(inside.mean(axis=(0, 1)) - [0.8, 0.95]).max() < 0.03
    path = forecaster.predict_interval(X[3000:], 0.8, joint=True)
    whole = ((path[..., 0] <= Y[3000:]) & (Y[3000:] <= path[..., 1])).all(axis=1)
    assert abs(whole.mean() - 0.8) < 0.03
    assert inside[..., 0].all(axis=1).mean() < 0.7


def test_quantiles_are_conformalized():
    X, Y = windows(TREND, horizon=2)
    forecaster = Forecaster(Band(), baseline="last").fit(X, Y)
    unit = forecaster.scaler_.scale_[0]
    quantiles = forecaster.predict_quantiles(X)
    np.testing.assert_allclose(quantiles[:, :, 1], forecaster.predict(X))
    np.testing.assert_allclose(np.diff(quantiles, axis=2), unit)
    above = quantiles[:9, :, 2] + unit * np.arange(-4, 5)[:, np.newaxis] / 2
    interval = forecaster.calibrate(X[:9], above).predict_interval(X, 0.8)
    # Values are up to two units above the band, or in it: the eighth of nine is 1.5 above.
    np.testing.assert_allclose(interval[..., 1], quantiles[..., 2] + 1.5 * unit)
    np.testing.assert_allclose(interval[..., 0], quantiles[..., 0] - 1.5 * unit)
    with pytest.raises(AttributeError, match="predict_quantiles"):
        Forecaster(Ridge()).fit(X, Y).predict_quantiles(X)


# --- as scikit-learn has it ----------------------------------------------------------------


def test_a_search_over_nested_parameters():
    X, Y = windows(TREND, lookback=6)
    search = GridSearchCV(
        make_pipeline(SlidingWindow(), Forecaster(Ridge())),
        {"slidingwindow__lookback": [3, 6], "forecaster__regressor__alpha": [0.1, 1.0]},
        cv=PurgedTimeSeriesSplit(2),
    ).fit(X, Y)
    assert search.best_score_ > 0.999
    assert "Ridge" in estimator_html_repr(search)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(search)).predict(X), search.predict(X))


def test_skops():
    X, Y = windows(TREND)
    forecaster = Forecaster(Ridge(), calibration_fraction=0.4).fit(X, Y)
    stored = skops.io.dumps(forecaster)
    loaded = skops.io.loads(stored, trusted=skops.io.get_untrusted_types(data=stored))
    np.testing.assert_array_equal(
        loaded.predict_interval(X, 0.8), forecaster.predict_interval(X, 0.8)
    )


def test_metadata_is_routed():
    X, Y = windows(TREND)
    weight = np.arange(len(X), dtype=float)
    with config_context(enable_metadata_routing=True):
        asks = Forecaster(Recorder().set_fit_request(sample_weight=True)).fit(
            X, Y, sample_weight=weight
        )
        assert asks.members_[0].last_fit[2].tolist() == weight[1:].tolist()
        with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
            Forecaster(Recorder()).fit(X, Y, sample_weight=weight)
        several = Forecaster(Recorder().set_fit_request(sample_weight=True), balance=True)
        assert several.fit(X, Y).members_[0].last_fit[2].shape == weight.shape
    passed_on = Forecaster(make_pipeline(Recorder())).fit(X, Y, recorder__sample_weight=weight)
    np.testing.assert_array_equal(passed_on.members_[0][-1].last_fit[2], weight)


# --- networks ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def network():
    X, Y = windows(TREND)
    small = LSTMRegressor(units=2, epochs=2, random_state=0)
    return Forecaster(small, n_members=2, warm_start=True, random_state=0).fit(X, Y)


def test_networks(network):
    X, Y = windows(TREND)
    np.testing.assert_allclose(network.predict(X + 1e6), Y + 1e6, rtol=1e-4)
    first, second = network.members_
    assert not np.allclose(first.model_.get_weights()[0], second.model_.get_weights()[0])
    again = pickle.loads(pickle.dumps(network)).fit(X, Y)
    assert again.members_[0].n_iter_ == 4 and network.members_[0].n_iter_ == 2


def test_networks_of_quantiles():
    X, Y = windows(TREND + np.random.default_rng(0).normal(size=40))
    small = LSTMRegressor(units=2, epochs=2, quantiles=(0.1, 0.5, 0.9))
    forecaster = Forecaster(small, random_state=0, calibration_fraction=0.4).fit(X, Y)
    quantiles = forecaster.predict_quantiles(X)
    assert quantiles.shape == (*Y.shape, 3) and (np.diff(quantiles, axis=2) >= 0).all()
    np.testing.assert_allclose(forecaster.predict(X), quantiles[:, :, 1], rtol=1e-6)
    interval = forecaster.predict_interval(X, 0.8)
    margin = quantiles[:, :, 0] - interval[:, :, 0]
    np.testing.assert_allclose(interval[:, :, 1] - quantiles[:, :, 2], margin, atol=1e-6)
    np.testing.assert_allclose(margin[1:], margin[:-1], atol=1e-6)


def test_a_planned_price_more_than_halves_the_error():
    rng = np.random.default_rng(0)
    price = rng.choice([1.0, 2.0, 4.0], size=400)
    demand = 60 / price + 5 * np.sin(np.arange(400) / 6) + rng.normal(scale=0.5, size=400)
    table = np.column_stack([demand, price])
    error = {}
    for future in ([1], None):
        X, Y = make_windows(table, demand, lookback=12, horizon=4, future=future)
        forecaster = Forecaster(random_state=0).fit(X[:300], Y[:300])
        error[future is None] = np.abs(forecaster.predict(X[310:]) - Y[310:]).mean()
    assert error[False] < error[True] / 2


def test_the_default_network_is_made_when_it_is_needed():
    X, Y = windows(TREND, lookback=6)
    forecaster = Forecaster(random_state=0).fit(X[:8], Y[:8])
    (member,) = forecaster.members_
    assert (member.arch, member.loss) == ("cnn_lstm", "mean_absolute_error")
    assert forecaster.regressor is None
    np.testing.assert_allclose(forecaster.predict(X), Y, rtol=1e-2)


# --- errors --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (dict(scaling="season"), "scaling='season' needs the number of time steps in a season"),
        (dict(baseline="seasonal"), "baseline='seasonal' needs the number of time steps"),
        (
            dict(scaling="season", season=5),
            "season=5 is longer than the windows of X, which have 4 time steps",
        ),
        (dict(spread=True, scaling=None), "spread=True divides what is left"),
        (dict(target=1), "target=1 must be the number of a feature"),
        (dict(target="load"), "target='load' names a feature, but the windows have no names"),
        (dict(target="load", feature_names=["heat"]), r"must be among the features.*\['heat'\]"),
        (dict(feature_names=["a", "b"]), "feature_names has 2 names, but X has 1 feature"),
        (dict(target=[0, -1]), "names a feature twice"),
        (dict(target=[]), "names no feature"),
        (dict(log=True), "are not negative, but target 0 is -10 in sample 0 of X, time step 0"),
        (dict(calibration_fraction=0.99), "leaves no window to train on"),
        (dict(scaling="mean"), "The 'scaling' parameter of Forecaster must be"),
    ],
)
def test_arguments_that_do_not_fit(params, message):
    X, Y = windows(TREND - 12)
    with pytest.raises(ValueError, match=message):
        Forecaster(Ridge(), **params).fit(X, Y)


def test_data_that_do_not_fit():
    X, Y = windows(TREND)
    forecaster = Forecaster(Ridge(), log=True, feature_names=["load"])
    with pytest.raises(NotFittedError):
        forecaster.predict(X)
    with pytest.raises(
        ValueError, match=r"target 'load' is -1 in sample 2 of y, 2 step\(s\) ahead"
    ):
        forecaster.fit(X, np.where(np.arange(3 * len(X)).reshape(-1, 3) == 7, -1, Y))
    forecaster.fit(X, Y)
    with pytest.raises(ValueError, match=r"are positive, as all values in fit were.* is 0 in samp"):
        forecaster.predict(0 * X)
    with pytest.raises(
        ValueError, match=r"y has 2 column\(s\), but the Forecaster was fitted on 3"
    ):
        forecaster.calibrate(X, Y[:, :2])
    with pytest.raises(NotFittedError, match=r"Fit with calibration_fraction=0\.2"):
        forecaster.predict_interval(X)
    with pytest.raises(ValueError, match="no multiple of the 2 features"):
        Forecaster(Ridge(), target=[0, 1]).fit(np.dstack([X, X]), Y)
    with pytest.raises(ValueError, match="y to be passed"):
        forecaster.fit(X, None)
