"""The measures of forecasting competitions: one number per series, and the mean over them."""

import numpy as np


def smape(future, forecast):
    """Symmetric mean absolute percentage error of each row, between 0 and 200.

    As in the M3 competition (Makridakis and Hibon, 2000): the mean of
    ``200 |y - f| / (|y| + |f|)`` over the horizon. Where both are 0, the error is 0.
    """
    error = np.abs(future - forecast)
    size = np.abs(future) + np.abs(forecast)
    ratio = np.divide(error, size, out=np.zeros_like(error), where=size > 0)
    return 200 * ratio.mean(axis=1)


def mase(future, forecast, scale):
    """Mean absolute scaled error of each row (Hyndman and Koehler, 2006).

    `scale` holds the error of the seasonal naive forecast within the past of each series, as
    `seasonal_naive_error` gives it.
    """
    return np.abs(future - forecast).mean(axis=1) / scale


def seasonal_naive_error(past, period):
    """Mean absolute difference of a series to itself one period earlier."""
    return np.abs(past[period:] - past[:-period]).mean()
