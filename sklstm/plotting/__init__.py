"""Displays in scikit-learn's manner: histories, forecasts, architectures, windows and folds.

A display holds the numbers; ``plot`` draws them and keeps the artists as attributes. Colours are
those of Okabe and Ito, which the colour-blind tell apart, and what they tell a line style, a
marker or a hatch tells too. Matplotlib (of the extra ``plot``) is imported when something
is drawn.
"""

from sklstm.plotting._comparison import ArchitectureComparisonDisplay
from sklstm.plotting._forecast import ForecastDisplay
from sklstm.plotting._history import TrainingHistoryDisplay
from sklstm.plotting._windows import WindowsDisplay

__all__ = [
    "ArchitectureComparisonDisplay",
    "ForecastDisplay",
    "TrainingHistoryDisplay",
    "WindowsDisplay",
]
