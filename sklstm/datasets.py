"""Small real series that ship with the package, and generators of series and sequences."""

from collections.abc import Sequence
from importlib import resources
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch, check_random_state
from sklearn.utils._optional_dependencies import check_pandas_support
from sklearn.utils._param_validation import Interval, validate_params
from sklearn.utils.validation import check_array

__all__ = ["load_co2", "load_elnino", "load_sunspots", "make_barcodes", "make_series"]

RandomState = int | np.random.RandomState | None


def _load_series(
    name: str, *, unit: str, freq: str, return_X_y: bool, as_frame: bool
) -> Bunch | tuple[Any, Any]:
    """Read ``data/<name>.csv``: a column of times, the series, and columns of 0/1 flags, if any."""
    folder = resources.files("sklstm") / "data"
    path = folder / f"{name}.csv"
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    time_name, column, *flag_names = header.split(",")
    times, values, *flag_columns = zip(*(row.split(",") for row in rows), strict=True)

    time = np.array(times, dtype="datetime64")
    target = np.array(values, dtype=np.float64)
    data = target[:, np.newaxis].copy()
    flags = {
        flag: np.array(entries) == "1"
        for flag, entries in zip(flag_names, flag_columns, strict=True)
    }
    frame = None
    if as_frame:
        pd = check_pandas_support(f"load_{name} with as_frame=True")
        index = pd.DatetimeIndex(time, freq=freq, name=time_name)
        frame = pd.DataFrame({column: target, **flags}, index=index)
        data, target = frame[[column]], frame[column]

    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        frame=frame,
        feature_names=[column],
        target_name=column,
        time=time,
        unit=unit,
        DESCR=(folder / f"{name}.rst").read_text(encoding="utf-8"),
        filename=str(path),
        **flags,
    )


_validate_loader_params = validate_params(
    {"return_X_y": ["boolean"], "as_frame": ["boolean"]}, prefer_skip_nested_validation=True
)


@_validate_loader_params
def load_co2(*, return_X_y: bool = False, as_frame: bool = False) -> Bunch | tuple[Any, Any]:
    """Load the monthly carbon dioxide record of Mauna Loa, 1958 to 2001.

    526 months in ppm, from March 1958 to December 2001: a rising trend with a yearly cycle on top.
    Months are means of weekly values; 5 of them have no weekly value and are interpolated
    linearly.

    Parameters
    ----------
    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a `Bunch`.

    as_frame : bool, default=False
        If True, `data` is a DataFrame and `target` a Series, both with a `DatetimeIndex` of
        month starts (``freq="MS"``). Needs pandas.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the attributes

        - `data`, of shape (526, 1), and `target`, of shape (526,): the series, as what windows
          are cut from and as what is to be forecast;
        - `frame`: DataFrame with the columns `co2` and `interpolated`; None unless `as_frame=True`;
        - `interpolated`, of shape (526,): True for the 5 months without a weekly value;
        - `time`, of shape (526,): the months, as datetime64[M];
        - `feature_names`, `target_name` and `unit`: ``["co2"]``, ``"co2"``, ``"ppm"``;
        - `DESCR`: source, licence, processing and references;
        - `filename`: the path of the CSV file.

    (data, target) : tuple if `return_X_y=True`
        Ready for `make_windows`.

    Examples
    --------
    >>> from sklstm.datasets import load_co2
    >>> co2 = load_co2()
    >>> co2.data.shape, co2.unit
    ((526, 1), 'ppm')
    >>> print(co2.time[0], co2.target[0])
    1958-03 316.1
    >>> [str(month) for month in co2.time[co2.interpolated]]
    ['1958-06', '1958-10', '1964-02', '1964-03', '1964-04']
    """
    return _load_series("co2", unit="ppm", freq="MS", return_X_y=return_X_y, as_frame=as_frame)


@_validate_loader_params
def load_elnino(*, return_X_y: bool = False, as_frame: bool = False) -> Bunch | tuple[Any, Any]:
    """Load monthly sea-surface temperatures of the eastern Pacific, 1950 to 2010.

    732 months in degrees Celsius, off Peru and Ecuador (the region Niño 1+2): a yearly cycle, and
    El Niño at irregular intervals.

    Parameters
    ----------
    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a `Bunch`.

    as_frame : bool, default=False
        If True, `data` is a DataFrame and `target` a Series, both with a `DatetimeIndex` of
        month starts (``freq="MS"``). Needs pandas.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the attributes

        - `data`, of shape (732, 1), and `target`, of shape (732,): the series, as what windows
          are cut from and as what is to be forecast;
        - `frame`: DataFrame with the column `sst`; None unless `as_frame=True`;
        - `time`, of shape (732,): the months, as datetime64[M];
        - `feature_names`, `target_name` and `unit`: ``["sst"]``, ``"sst"``, ``"degC"``;
        - `DESCR`: source, licence, processing and references;
        - `filename`: the path of the CSV file.

    (data, target) : tuple if `return_X_y=True`
        Ready for `make_windows`.

    Examples
    --------
    >>> from sklstm.datasets import load_elnino
    >>> elnino = load_elnino()
    >>> warmest = elnino.target.argmax()
    >>> print(elnino.time[warmest], elnino.target[warmest], elnino.unit)
    1998-03 29.24 degC
    """
    return _load_series("elnino", unit="degC", freq="MS", return_X_y=return_X_y, as_frame=as_frame)


@_validate_loader_params
def load_sunspots(*, return_X_y: bool = False, as_frame: bool = False) -> Bunch | tuple[Any, Any]:
    """Load the yearly sunspot numbers from 1700 to 2008.

    309 years: cycles of about eleven years, unequal in length and height.

    Parameters
    ----------
    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a `Bunch`.

    as_frame : bool, default=False
        If True, `data` is a DataFrame and `target` a Series, both with a `DatetimeIndex` of
        year starts (``freq="YS"``). Needs pandas.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the attributes

        - `data`, of shape (309, 1), and `target`, of shape (309,): the series, as what windows
          are cut from and as what is to be forecast;
        - `frame`: DataFrame with the column `sunspots`; None unless `as_frame=True`;
        - `time`, of shape (309,): the years, as datetime64[Y];
        - `feature_names`, `target_name` and `unit`: ``["sunspots"]``, ``"sunspots"``,
          ``"dimensionless"``;
        - `DESCR`: source, licence, processing and references;
        - `filename`: the path of the CSV file.

    (data, target) : tuple if `return_X_y=True`
        Ready for `make_windows`.

    Examples
    --------
    >>> from sklstm.datasets import load_sunspots
    >>> sunspots = load_sunspots()
    >>> strongest = sunspots.target.argmax()
    >>> print(sunspots.time[strongest], sunspots.target[strongest])
    1957 190.2
    """
    return _load_series(
        "sunspots", unit="dimensionless", freq="YS", return_X_y=return_X_y, as_frame=as_frame
    )


def _evolve(bases: NDArray, distance: float, rng: np.random.RandomState) -> NDArray:
    """Substitute bases, coded 0 to 3, as Jukes and Cantor's model has it over `distance`."""
    p_differs = -0.75 * np.expm1(-4 / 3 * distance)
    differs = rng.random_sample(bases.shape) < p_differs
    step_to_another = rng.randint(1, 4, size=bases.shape)
    return np.where(differs, (bases + step_to_another) % 4, bases)


@validate_params(
    {
        "n_samples": [Interval(Integral, 1, None, closed="left")],
        "n_classes": [Interval(Integral, 1, None, closed="left")],
        "length": [Interval(Integral, 1, None, closed="left")],
        "divergence": [Interval(Real, 0, None, closed="left")],
        "variation": [Interval(Real, 0, None, closed="left")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def make_barcodes(
    n_samples: int = 1000,
    n_classes: int = 3,
    length: int = 500,
    *,
    divergence: float = 0.1,
    variation: float = 0.02,
    random_state: RandomState = None,
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    r"""Simulate DNA barcodes of several species, for classification.

    A barcode is a short stretch of DNA that differs much between species and little within one
    [1]_. Here every species descends from one random root sequence, and every individual from
    its species. Along both branches, bases are substituted by the model of Jukes and Cantor
    [2]_: over a distance of :math:`d` expected substitutions per site, the probability that a site
    ends with another base than it began with is

    .. math:: p(d) = \frac{3}{4} \left(1 - e^{-4 d / 3}\right),

    and each of the three other bases is equally likely. Distances add up along the tree, so two
    individuals of one species differ at a fraction :math:`p(2 v)` of the sites and two of
    different species at :math:`p(2 v + 2 D)`, with :math:`v` the `variation` and :math:`D` the
    `divergence`: about 4 % and 21 % by default.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of sequences.

    n_classes : int, default=3
        Number of species. Their numbers of sequences differ by one at most.

    length : int, default=500
        Number of sites of a sequence.

    divergence : float, default=0.1
        Distance from the root to each species, in expected substitutions per site.

    variation : float, default=0.02
        Distance from a species to each of its individuals, in expected substitutions per site.

    random_state : int, RandomState instance or None, default=None
        Seed of the simulation. Pass an int for the same sequences in every call.

    Returns
    -------
    X : ndarray of shape (n_samples, length, 4), float32
        The sequences, one-hot, the bases in the order A, C, G, T.

    y : ndarray of shape (n_samples,), int64
        The species, 0 to ``n_classes - 1``, in random order.

    References
    ----------
    .. [1] Hebert, P. D. N., Cywinska, A., Ball, S. L. and deWaard, J. R. (2003). Biological
       identifications through DNA barcodes. Proceedings of the Royal Society of London B, 270,
       313-321.

    .. [2] Jukes, T. H. and Cantor, C. R. (1969). Evolution of protein molecules. In Mammalian
       Protein Metabolism III, ed. H. N. Munro, 21-132. Academic Press, New York.

    Examples
    --------
    >>> import numpy as np
    >>> from sklstm.datasets import make_barcodes
    >>> X, y = make_barcodes(n_samples=100, length=60, random_state=0)
    >>> X.shape
    (100, 60, 4)
    >>> np.bincount(y)
    array([34, 33, 33])
    >>> spelled = np.array(list("ACGT"))[X.argmax(axis=2)]
    >>> print("".join(spelled[0]), y[0])
    ATCATTTACACGATGAAAGCGTTGACCCCACATATCCTTAGTACTCTTGTACCCTATGAT 1
    """
    rng = check_random_state(random_state)
    root = rng.randint(4, size=length)
    species = _evolve(np.tile(root, (n_classes, 1)), divergence, rng)
    y = rng.permutation(n_samples) % n_classes
    individuals = _evolve(species[y], variation, rng)
    return np.eye(4, dtype=np.float32)[individuals], y


def _check_sinusoids(
    period: float | Sequence[float], amplitude: float | Sequence[float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return periods and amplitudes as columns, one row a sinusoid."""
    periods, amplitudes = (
        check_array(np.atleast_1d(given), ensure_2d=False, dtype=np.float64, input_name=name)
        for name, given in [("period", period), ("amplitude", amplitude)]
    )
    if periods.ndim != 1 or amplitudes.shape not in {(1,), periods.shape}:
        raise ValueError(
            "period must be a number or a sequence of numbers, and amplitude a single number or "
            f"one number for each period; got shapes {periods.shape} and {amplitudes.shape}."
        )
    if np.any(periods <= 0):
        raise ValueError(f"period must be positive, got {period!r}.")
    return periods[:, np.newaxis], amplitudes[:, np.newaxis]


def _autoregressive_noise(
    n_steps: int, coefficient: float, scale: float, rng: np.random.RandomState
) -> NDArray[np.float64]:
    """Draw a stationary AR(1) process from its innovations of standard deviation `scale`."""
    noise = rng.normal(scale=scale, size=n_steps)
    noise[0] /= np.sqrt(1 - coefficient**2)
    for t in range(1, n_steps):
        noise[t] += coefficient * noise[t - 1]
    return noise


@validate_params(
    {
        "n_steps": [Interval(Integral, 1, None, closed="left")],
        "period": [Interval(Real, 0, None, closed="neither"), "array-like"],
        "amplitude": [Real, "array-like"],
        "trend": [Interval(Real, None, None, closed="neither")],
        "autoregression": [Interval(Real, -1, 1, closed="neither")],
        "noise": [Interval(Real, 0, None, closed="left")],
        "random_state": ["random_state"],
        "return_components": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def make_series(
    n_steps: int = 1000,
    *,
    period: float | Sequence[float] = 24,
    amplitude: float | Sequence[float] = 1.0,
    trend: float = 0.0,
    autoregression: float = 0.0,
    noise: float = 0.1,
    random_state: RandomState = None,
    return_components: bool = False,
) -> NDArray[np.float64] | Bunch:
    r"""Generate a series with a trend, seasons and autocorrelated noise, for forecasting.

    .. math::

        y_t = b t + \sum_k a_k \sin(2 \pi t / p_k) + e_t, \qquad
        e_t = \phi e_{t - 1} + \sigma z_t, \qquad t = 0, \ldots, T - 1

    with :math:`b` the `trend`, :math:`a_k` and :math:`p_k` the `amplitude` and `period` of each
    sinusoid, :math:`\phi` the `autoregression`, :math:`\sigma` the `noise` and :math:`z_t`
    independent standard normal numbers. The noise is stationary from its first step:
    :math:`e_t` has the standard deviation :math:`\sigma / \sqrt{1 - \phi^2}` throughout.

    The innovations :math:`\sigma z_t` are all that cannot be foreseen, so the expected squared
    error of a forecast one step ahead is :math:`\sigma^2` at best.

    Parameters
    ----------
    n_steps : int, default=1000
        Number of time steps, T.

    period : float or sequence of float, default=24
        Period of each sinusoid, in time steps.

    amplitude : float or sequence of float, default=1.0
        Amplitude of each sinusoid: as many as periods, or a single number for all of them.

    trend : float, default=0.0
        Rise of the series per time step.

    autoregression : float, default=0.0
        Correlation of the noise with itself one step earlier, between -1 and 1, both excluded.

    noise : float, default=0.1
        Standard deviation of the noise's innovations.

    random_state : int, RandomState instance or None, default=None
        Seed of the noise. Pass an int for the same series in every call.

    return_components : bool, default=False
        If True, return the parts along with their sum.

    Returns
    -------
    y : ndarray of shape (n_steps,), float64
        The series.

    components : :class:`~sklearn.utils.Bunch`
        Instead of `y`, if `return_components=True`: `series`, and what it is the sum of, `trend`,
        `seasonal` (all sinusoids together) and `noise`, each of shape (n_steps,).

    Examples
    --------
    >>> from sklstm.datasets import make_series
    >>> make_series(4, period=4, amplitude=2, trend=0.5, noise=0).round(6)
    array([ 0. ,  2.5,  1. , -0.5])
    >>> parts = make_series(period=[24, 168], amplitude=[1, 0.5], autoregression=0.7,
    ...                     random_state=0, return_components=True)
    >>> sorted(parts)
    ['noise', 'seasonal', 'series', 'trend']
    """
    periods, amplitudes = _check_sinusoids(period, amplitude)
    rng = check_random_state(random_state)
    t = np.arange(n_steps, dtype=np.float64)
    parts = Bunch(
        trend=trend * t,
        seasonal=np.sum(amplitudes * np.sin(2 * np.pi * t / periods), axis=0),
        noise=_autoregressive_noise(n_steps, autoregression, noise, rng),
    )
    series = parts.trend + parts.seasonal + parts.noise
    return Bunch(series=series, **parts) if return_components else series
