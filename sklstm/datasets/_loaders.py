"""Real series that ship with the package."""

from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np
from sklearn.utils import Bunch
from sklearn.utils._optional_dependencies import check_pandas_support
from sklearn.utils._param_validation import validate_params

_DATA = resources.files("sklstm.datasets") / "data"


def _read_columns(path: Traversable) -> dict[str, tuple[str, ...]]:
    """Read the columns of a CSV file as strings, by name."""
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    columns = zip(*(row.split(",") for row in rows), strict=True)
    return dict(zip(header.split(","), columns, strict=True))


def _load_series(
    name: str, *, unit: str, freq: str, return_X_y: bool, as_frame: bool
) -> Bunch | tuple[Any, Any]:
    """Load ``data/<name>.csv``: a column of times, the series, and columns of 0/1 flags, if any."""
    path = _DATA / f"{name}.csv"
    (time_name, times), (column, values), *flag_columns = _read_columns(path).items()
    time = np.array(times, dtype="datetime64")
    target = np.array(values, dtype=np.float64)
    flags = {flag: np.array(entries) == "1" for flag, entries in flag_columns}
    data, frame = target[:, np.newaxis].copy(), None
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
        DESCR=(_DATA / f"{name}.rst").read_text(encoding="utf-8"),
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
    A monthly value is the mean of weekly values. Five months have no weekly value and are
    interpolated linearly.

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

        - `data`, of shape (526, 1), and `target`, of shape (526,): the series, as the input
          that windows are cut from and as the target to forecast;
        - `frame`: DataFrame with the columns `co2` and `interpolated`; None unless `as_frame=True`;
        - `interpolated`, of shape (526,): True for the 5 months without a weekly value;
        - `time`, of shape (526,): the months, as datetime64[M];
        - `feature_names`, `target_name` and `unit`: ``["co2"]``, ``"co2"``, ``"ppm"``;
        - `DESCR`: source, licence, processing and references;
        - `filename`: the path of the CSV file.

    (data, target) : tuple if `return_X_y=True`
        The two of them, ready for `make_windows`.

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

        - `data`, of shape (732, 1), and `target`, of shape (732,): the series, as the input
          that windows are cut from and as the target to forecast;
        - `frame`: DataFrame with the column `sst`; None unless `as_frame=True`;
        - `time`, of shape (732,): the months, as datetime64[M];
        - `feature_names`, `target_name` and `unit`: ``["sst"]``, ``"sst"``, ``"degC"``;
        - `DESCR`: source, licence, processing and references;
        - `filename`: the path of the CSV file.

    (data, target) : tuple if `return_X_y=True`
        The two of them, ready for `make_windows`.

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

        - `data`, of shape (309, 1), and `target`, of shape (309,): the series, as the input
          that windows are cut from and as the target to forecast;
        - `frame`: DataFrame with the column `sunspots`; None unless `as_frame=True`;
        - `time`, of shape (309,): the years, as datetime64[Y];
        - `feature_names`, `target_name` and `unit`: ``["sunspots"]``, ``"sunspots"``,
          ``"dimensionless"``;
        - `DESCR`: source, licence, processing and references;
        - `filename`: the path of the CSV file.

    (data, target) : tuple if `return_X_y=True`
        The two of them, ready for `make_windows`.

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
