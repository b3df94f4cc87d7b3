"""Displays in the style of scikit-learn, for training, forecasts, comparisons and windows.

A display holds the numbers; ``plot`` draws them and keeps the artists as attributes. The colours
are those of Okabe and Ito, which readers with a colour vision deficiency can tell apart, and no
distinction rests on colour alone: line styles, markers or hatches repeat it. Matplotlib (part of
the extra ``plot``) is imported only when something is drawn.
"""

from sklstm.plotting._attribution import AttributionDisplay
from sklstm.plotting._backtest import BacktestDisplay
from sklstm.plotting._comparison import ArchitectureComparisonDisplay
from sklstm.plotting._coverage import CoverageDisplay
from sklstm.plotting._forecast import ForecastDisplay
from sklstm.plotting._history import TrainingHistoryDisplay
from sklstm.plotting._importance import ImportanceDisplay
from sklstm.plotting._interval import IntervalDisplay
from sklstm.plotting._residuals import ResidualDisplay
from sklstm.plotting._windows import WindowsDisplay

__all__ = [
    "ArchitectureComparisonDisplay",
    "AttributionDisplay",
    "BacktestDisplay",
    "CoverageDisplay",
    "ForecastDisplay",
    "ImportanceDisplay",
    "IntervalDisplay",
    "ResidualDisplay",
    "TrainingHistoryDisplay",
    "WindowsDisplay",
]
