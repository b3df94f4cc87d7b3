"""The sets by name. Everything is read from installed packages or generated with fixed seeds."""

from functools import cache, partial

from quality import competitions, intervals, sequences, series, unequal
from sklstm.datasets import load_co2, load_elnino, load_sunspots

CLASSIFICATION = {
    "coffee": sequences.coffee,
    "gunpoint": sequences.gunpoint,
    "trace": sequences.trace,
    "basic_motions": sequences.basic_motions,
    "digits": sequences.digits,
    "barcodes": sequences.barcodes,
    "signals": sequences.signals,
}
UNEQUAL = {
    f"{name}-{way}": partial(unequal.unequal, f"{name}-{way}", CLASSIFICATION[name], way)
    for name in ("coffee", "gunpoint", "trace", "basic_motions")
    for way in unequal.WAYS
}
SERIES = {
    f"{load.__name__}-{horizon}": partial(load, horizon)
    for load, horizons in {
        series.co2: (1, 12),
        series.elnino: (1, 12),
        series.sunspots: (1, 11),
        series.lorenz: (1, 10),
    }.items()
    for horizon in horizons
}
COMPETITIONS = {
    f"{load.__name__}-{frequency}": partial(load, frequency)
    for load in (competitions.m1, competitions.tourism)
    for frequency in competitions.PERIODS
}
BACKTESTS = {
    f"{name}-folds": partial(series.backtested, f"{name}-folds", load, period)
    for name, load, period in (
        ("co2", load_co2, 12),
        ("elnino", load_elnino, 12),
        ("sunspots", load_sunspots, 11),
    )
}
INTERVALS = {
    f"{name}-intervals": partial(load, f"{name}-intervals", **options)
    for name, load, options in (
        ("ar1", intervals.autoregressive, {"coefficients": (0.9,)}),
        ("ar2", intervals.autoregressive, {"coefficients": (1.5, -0.75)}),
        ("tourism-monthly", intervals.tourism, {"official": True}),
        ("tourism-yearly-origins", intervals.tourism, {"official": False}),
    )
}
SETS = CLASSIFICATION | UNEQUAL | SERIES | BACKTESTS | COMPETITIONS | INTERVALS


@cache
def load(name):
    """Load a set: a `Classification`, a `Series`, a `Backtest`, a `Competition` or `Intervals`."""
    return SETS[name]()


def kind_of(name):
    """Kind of a set, without loading it."""
    kinds = {
        "classification": CLASSIFICATION,
        "unequal": UNEQUAL,
        "series": SERIES,
        "backtest": BACKTESTS,
        "competition": COMPETITIONS,
        "interval": INTERVALS,
    }
    return next(kind for kind, names in kinds.items() if name in names)
