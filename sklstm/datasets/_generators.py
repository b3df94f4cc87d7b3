"""Simulated series and sequences."""

from collections.abc import Sequence
from numbers import Integral, Real

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch, check_random_state
from sklearn.utils._param_validation import Interval, validate_params
from sklearn.utils.validation import check_array

RandomState = int | np.random.RandomState | None


def _evolve(bases: NDArray, distance: float, rng: np.random.RandomState) -> NDArray:
    """Substitute bases, coded 0 to 3, over a distance in Jukes and Cantor's model."""
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
    its species. Along both branches, bases are substituted as in the model of Jukes and Cantor
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
        Number of species. The number of sequences per species differs by one at most.

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
    """Return periods and amplitudes as columns, one row per sinusoid."""
    periods, amplitudes = (
        check_array(np.atleast_1d(given), ensure_2d=False, dtype=np.float64, input_name=name)
        for name, given in [("period", period), ("amplitude", amplitude)]
    )
    if periods.ndim != 1 or amplitudes.shape not in {(1,), periods.shape}:
        raise ValueError(
            "period must be a number or a sequence of numbers, and amplitude a single number or "
            f"one number per period; got shapes {periods.shape} and {amplitudes.shape}."
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

    Only the innovations :math:`\sigma z_t` are unpredictable, so the expected squared error of the
    best possible forecast one step ahead is :math:`\sigma^2`.

    Parameters
    ----------
    n_steps : int, default=1000
        Number of time steps, T.

    period : float or sequence of float, default=24
        Period of each sinusoid, in time steps.

    amplitude : float or sequence of float, default=1.0
        Amplitude of each sinusoid: one number per period, or a single number for all of them.

    trend : float, default=0.0
        Rise of the series per time step.

    autoregression : float, default=0.0
        Correlation of the noise with itself one step earlier, between -1 and 1, both excluded.

    noise : float, default=0.1
        Standard deviation of the noise's innovations.

    random_state : int, RandomState instance or None, default=None
        Seed of the noise. Pass an int for the same series in every call.

    return_components : bool, default=False
        If True, return the trend, the sinusoids and the noise along with their sum.

    Returns
    -------
    y : ndarray of shape (n_steps,), float64
        The series.

    components : :class:`~sklearn.utils.Bunch`
        Returned instead of `y` if `return_components=True`: `series`, and its summands `trend`,
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
