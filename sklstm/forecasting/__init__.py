"""Forecasts as regression on windows: baselines, and how forecasts are judged."""

from sklstm.forecasting._naive import NaiveForecaster

__all__ = ["NaiveForecaster"]
