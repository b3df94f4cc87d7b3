"""Forecasts as regression on windows: baselines, and how forecasts are judged."""

from sklstm.forecasting._backtest import backtest
from sklstm.forecasting._backtest_result import BacktestResult
from sklstm.forecasting._forecaster import Forecaster
from sklstm.forecasting._naive import NaiveForecaster

__all__ = ["BacktestResult", "Forecaster", "NaiveForecaster", "backtest"]
