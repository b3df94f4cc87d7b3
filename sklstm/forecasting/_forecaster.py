"""Forecaster: what makes a regression on windows a forecast."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, MetaEstimatorMixin, RegressorMixin, _fit_context
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.metaestimators import available_if

from sklstm._representation import RepresentationMixin
from sklstm._sequences import check_sample_weight
from sklstm.forecasting._checks import check_values_ahead, check_windows
from sklstm.forecasting._conformal import later_windows, origin_times
from sklstm.forecasting._forecast import ForecastMixin
from sklstm.forecasting._model import WindowModel
from sklstm.forecasting._regressors import make_members, takes_weights
from sklstm.forecasting._routing import RoutingMixin
from sklstm.forecasting._samples import Samples, balancing_weights
from sklstm.forecasting._scaling import WindowScaler, describe_windows, grows_with_level

__all__ = ["Forecaster"]

# The part of a window's mean that is added before logarithms are taken, where there are zeros.
_SHIFT = 0.1


def _gives_quantiles(forecaster: Any) -> bool:
    """Return whether the regressor has, or will have, learnt quantiles; it says so if not."""
    members = getattr(forecaster, "members_", None) or [forecaster.regressor]
    return getattr(members[0], "predict_quantiles", None) is not None


class Forecaster(
    ForecastMixin,
    RoutingMixin,
    RepresentationMixin,
    MetaEstimatorMixin,
    RegressorMixin,
    BaseEstimator,
):
    """Forecast with a regressor, on windows that are brought to a level of their own.

    A regressor on raw windows has to learn the level of a series, and cannot forecast values that
    it has never seen. Here each window, and what follows it, is measured from the window's own
    level, and the regressor corrects a simple baseline. Forecasts are mapped back.

    Parameters
    ----------
    regressor : estimator, default=None
        Any regressor, which is cloned. Those that take no 3-D input are given flattened windows;
        of those with one output there is one for each step ahead. None:
        ``LSTMRegressor("cnn_lstm", loss="mean_absolute_error", epochs=10)``.
    target : int, str, or list of these, default=0
        The features of the windows that are forecast. All others are covariates.
    season : int, default=None
        Number of time steps in a season, such as 12 for months; needed where a seasonal `scaling`
        or `baseline` is chosen.
    scaling : {"last", "season"} or None, default="last"
        What is subtracted from the targets of a window, and from what follows it: its last value,
        the mean of its last season, or nothing. Covariates are standardized.
    spread : bool, default=False
        Whether targets are also divided by their standard deviation within the window.
    log : bool or "auto", default="auto"
        Whether logarithms of the targets are taken first, and all values must be positive.
        ``"auto"``: where they are, and where the spread of windows grows with their level.
    baseline : {"last", "seasonal", "linear"}, estimator or None, default="linear"
        What the regressor corrects: the last value; the last season; a ridge regression on the
        window, with a penalty that is chosen on the training windows; what another regressor
        predicts; or nothing. The regressor learns what ridge or the other regressor misses of
        windows that these have not seen: they are fitted five times on four fifths of the windows,
        and then on all. It is what they miss of all windows where there are fewer than about seven
        horizons of these, or, for ridge, more than 100 for each value of a window.
    n_members : int, default=1
        Number of regressors, fitted with seeds of their own. The forecast is their median.
    balance : bool, default=False
        Whether windows weigh the less the larger their values, so that series of different scale
        count alike. Logarithms and `spread` do so anyway.
    calibration_fraction : float, default=None
        For :meth:`predict_interval`: the part of the windows, the latest, that a first fit leaves
        out to measure its errors. A second fit then takes all windows. None: there are no
        intervals, unless :meth:`calibrate` is called.
    feature_names : list of str, default=None
        Names of the features of the windows, in their order, so that `target` may name them. None
        takes those of the DataFrame from which the windows were cut, where they were.
    warm_start : bool, default=False
        Whether another fit continues from this one: scaling and baseline are kept, and regressors
        that have a ``warm_start`` train on. With `calibration_fraction`, pass windows that are new:
        errors on those that regressors have seen are too small.
    random_state : int, RandomState or None, default=None
        Seed from which those of the members are derived. None: seeds from the operating system;
        a single member keeps the ``random_state`` of `regressor`.

    Attributes
    ----------
    members_ : list of estimator
        The fitted regressors. They see scaled windows.
    baseline_ : estimator or None
        The fitted baseline. It sees scaled windows, too.
    scaler_ : WindowScaler
        What scales windows. Its ``log`` tells whether logarithms are taken.
    target_columns_ : list of int
        The features that are forecast.
    n_outputs_ : int
        Number of outputs: the number of steps ahead, times the number of targets.
    horizon_ : int
        Number of steps ahead.
    n_features_in_ : int
        Number of columns of 2-D X, length of the last axis of 3-D X.
    n_timesteps_in_ : int
        Number of time steps per window.
    feature_names_in_ : ndarray of str
        Column names, if X is a DataFrame whose names are all strings, or windows of one.

    See Also
    --------
    sklstm.make_windows : Cuts series into windows and targets.
    NaiveForecaster : Forecasts that need no learning.

    Notes
    -----
    Outputs are all steps ahead of the first target, then all of the second, and so on, as
    :func:`~sklstm.make_windows` orders them.

    Without spread a window is constant. With ``spread=True`` such a window is forecast to stay
    what it is, and teaches nothing.

    The exponential of a median is the median of exponentials; of means this is not so. With
    logarithms, and a loss that leads to means, such as the squared error, forecasts lie nearer to
    the median than to the mean.

    The level is that of NLinear [1]_; level and spread are those of reversible instance
    normalization [2]_. A linear model beside a network is in LSTNet [3]_.

    References
    ----------
    .. [1] A. Zeng, M. Chen, L. Zhang and Q. Xu, "Are Transformers Effective for Time Series
       Forecasting?", AAAI 2023.
    .. [2] T. Kim et al., "Reversible Instance Normalization for Accurate Time-Series Forecasting
       against Distribution Shift", ICLR 2022.
    .. [3] G. Lai, W.-C. Chang, Y. Yang and H. Liu, "Modeling Long- and Short-Term Temporal
       Patterns with Deep Neural Networks", SIGIR 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.neighbors import KNeighborsRegressor
    >>> from sklstm import Forecaster, make_windows
    >>> X, Y = make_windows(np.arange(20.0) ** 2, lookback=4, horizon=2)
    >>> KNeighborsRegressor(1).fit(X[:10, :, 0], Y[:10]).predict(X[-1:, :, 0])
    array([[169., 196.]])
    >>> forecaster = Forecaster(KNeighborsRegressor(1), log=False)
    >>> forecaster.fit(X[:10], Y[:10]).predict(X[-1:]).round()
    array([[324., 361.]])
    """

    _parameter_constraints: dict[str, list[Any]] = {
        "regressor": [HasMethods(["fit", "predict"]), None],
        "target": [Integral, str, list, tuple],
        "season": [Interval(Integral, 1, None, closed="left"), None],
        "scaling": [StrOptions({"last", "season"}), None],
        "spread": ["boolean"],
        "log": ["boolean", StrOptions({"auto"})],
        "baseline": [
            StrOptions({"last", "seasonal", "linear"}),
            HasMethods(["fit", "predict"]),
            None,
        ],
        "n_members": [Interval(Integral, 1, None, closed="left")],
        "balance": ["boolean"],
        "calibration_fraction": [Interval(Real, 0, 1, closed="neither"), None],
        "feature_names": ["array-like", None],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        regressor: Any = None,
        *,
        target: Any = 0,
        season: int | None = None,
        scaling: str | None = "last",
        spread: bool = False,
        log: bool | str = "auto",
        baseline: Any = "linear",
        n_members: int = 1,
        balance: bool = False,
        calibration_fraction: float | None = None,
        feature_names: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
    ) -> None:
        self.regressor = regressor
        self.target = target
        self.season = season
        self.scaling = scaling
        self.spread = spread
        self.log = log
        self.baseline = baseline
        self.n_members = n_members
        self.balance = balance
        self.calibration_fraction = calibration_fraction
        self.feature_names = feature_names
        self.warm_start = warm_start
        self.random_state = random_state

    # --- fit -------------------------------------------------------------------------------

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        groups: ArrayLike | None = None,
        **fit_params: Any,
    ) -> Forecaster:
        """Fit scaling, baseline and regressors.

        Parameters
        ----------
        X : array-like of shape (n_windows, n_timesteps, n_features) or (n_windows, n_timesteps)
            Windows; 2-D ones are univariate.
        y : array-like of shape (n_windows,) or (n_windows, n_targets * horizon)
            Values after each window; 1-D ones are of one step.
        sample_weight : array-like of shape (n_windows,), default=None
            Weights of the windows; a weight of 0 equals absence.
        groups : array-like of shape (n_windows,), default=None
            Origin times of the windows, as :func:`~sklstm.make_windows` tells their rows. By them
            ``calibration_fraction`` takes the latest, and a baseline is fitted without some. None:
            the windows are those of one series, in their order.
        **fit_params : dict
            Passed to the ``fit`` of the regressor.

        Returns
        -------
        self : Forecaster
            The fitted forecaster.

        Raises
        ------
        ValueError
            If X or y holds anything but finite numbers, or does not fit the arguments.
        """
        previous = self._model if self.warm_start and self.__sklearn_is_fitted__() else None
        samples = self._check_fit(X, y, sample_weight, groups, fit_params, previous)
        shift = self._choose_shift(samples) if previous is None else None
        errors = None
        if self.calibration_fraction is not None:
            parts = later_windows(samples.origins, self.calibration_fraction, self.horizon_)
            earlier, later = (samples.take(rows) for rows in parts)
            errors = self._fit_model(earlier, previous, shift).errors(later.windows, later.targets)
        self._model, self._errors = self._fit_model(samples, previous, shift), errors
        return self

    def _check_fit(self, X, y, sample_weight, groups, fit_params, previous):
        """Return checked data, without the windows of weight 0."""
        params = self._route(sample_weight, fit_params)
        windows = check_windows(self, X, reset=previous is None)
        values = check_values_ahead(self, y, len(windows))
        if previous is None:
            self._set_shapes(windows, values)
        targets = self._by_target(values)
        shift = previous.scaler.shift if previous else _SHIFT if self.log is True else None
        self._check_signs_of_windows(windows, shift)
        self._check_signs(targets, "y", shift)
        weight = None if sample_weight is None else check_sample_weight(sample_weight, windows)
        if weight is not None and "sample_weight" in params:
            params["sample_weight"] = weight
        samples = Samples(windows, targets, origin_times(groups, len(windows)), weight, params)
        return samples if weight is None else samples.take(np.flatnonzero(weight))

    def _choose_shift(self, samples):
        """Return the part of a window's mean to add before logarithms; None: take none."""
        least, mean, spread = describe_windows(samples.windows, self.target_columns_)
        least = min(least.min(), samples.targets.min())
        log = self.log if self.log != "auto" else least >= 0 and grows_with_level(mean, spread)
        return None if not log else 0.0 if least > 0 else _SHIFT

    def _fit_model(self, samples, previous, shift):
        """Return a model that is fitted from the start, or continues a previous one."""
        params = self._with_balance(samples)
        if previous is not None:
            return previous.continued(samples, params)
        scaler = WindowScaler(
            self.target_columns_, n_level_steps=self._n_level_steps, spread=self.spread, shift=shift
        ).fit(samples.windows, samples.targets, samples.weight)
        members = make_members(
            self._get_regressor(),
            self.n_members,
            self.random_state,
            n_outputs=self.n_outputs_,
            warm_start=self.warm_start,
        )
        return WindowModel(scaler, self.baseline, members, season=self.season).fit(samples, params)

    def _with_balance(self, samples):
        """Return the arguments for the fit of the regressor, with balanced weights if asked for."""
        if not self.balance:
            return samples.params
        if not takes_weights(self._get_regressor()):
            raise ValueError(
                f"balance=True weighs windows, but the fit of {self.regressor!r} takes no "
                "sample_weight. Pass log=True or spread=True, which make windows alike, or another "
                "regressor."
            )
        weight = balancing_weights(samples.windows, self.target_columns_)
        return {**samples.params, "sample_weight": weight * samples.params.get("sample_weight", 1)}

    # --- forecasts -------------------------------------------------------------------------

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Forecast the values after each window: the median of the members.

        Parameters
        ----------
        X : array-like of shape (n_windows, n_timesteps, n_features) or (n_windows, n_timesteps)
            Windows like those of :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_windows,) or (n_windows, n_targets * horizon)
            Forecasts, of as many dimensions as `y` had.
        """
        windows = self._windows(X)
        forecasts = self._model.predict_median(windows)
        return forecasts[:, 0] if self._y_ndim == 1 else forecasts

    def predict_members(self, X: ArrayLike) -> NDArray[np.float64]:
        """Forecast the values after each window with every member.

        Parameters
        ----------
        X : array-like of shape (n_windows, n_timesteps, n_features) or (n_windows, n_timesteps)
            Windows like those of :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_members, n_windows, n_outputs)
            Their spread tells how far the forecast depends on the seed; it is no interval.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn.tree import ExtraTreeRegressor
        >>> from sklstm import Forecaster, make_windows
        >>> X, Y = make_windows(np.arange(40.0) ** 2, lookback=4, horizon=3)
        >>> forecaster = Forecaster(ExtraTreeRegressor(), n_members=5, random_state=0).fit(X, Y)
        >>> forecaster.predict_members(X[-2:]).shape
        (5, 2, 3)
        """
        windows = self._windows(X)
        return self._model.predict(windows)

    @available_if(_gives_quantiles)
    def predict_quantiles(self, X: ArrayLike) -> NDArray[np.float64]:
        """Forecast quantiles of the values after each window, with regressors that predict such.

        Parameters
        ----------
        X : array-like of shape (n_windows, n_timesteps, n_features) or (n_windows, n_timesteps)
            Windows like those of :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_windows, n_outputs, n_quantiles)
            The quantiles of the regressor, as it predicts them: they are not calibrated.
        """
        windows = self._windows(X)
        return self._model.predict_quantiles(windows)

    # --- as scikit-learn has it ------------------------------------------------------------

    @property
    def members_(self) -> list[Any]:
        """The fitted regressors."""
        return self._fitted.members

    @property
    def baseline_(self) -> Any:
        """The fitted baseline."""
        return self._fitted.baseline

    @property
    def scaler_(self) -> WindowScaler:
        """What scales windows."""
        return self._fitted.scaler

    @property
    def _fitted(self) -> WindowModel:
        if not self.__sklearn_is_fitted__():
            raise AttributeError(f"This {type(self).__name__} is not fitted yet.")
        return self._model

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_model")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.multi_output = True
        return tags
