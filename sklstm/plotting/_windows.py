"""How a series is cut, and how folds lie in time."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from sklstm.plotting._drawing import BLUE, GREY, LEGEND, LIGHT, ORANGE, RED, SKY, get_axes


class WindowsDisplay:
    """How a series is cut into windows, and how folds lie in time: the picture of leakage.

    The upper rows are windows, each a look-back and the horizon after it. The lower rows are folds:
    the origins (last steps of windows) that are trained on, the targets beyond them, the targets
    that are tested on, and the origins of neither part, such as those in the purged gap. Targets
    of the training part that were not yet known at the first test origin are drawn in red: they
    are the future of what is tested, or the very answers. Use ``from_cv``.

    Parameters
    ----------
    lookback, horizon : int
        Steps of a window, and steps forecast after it; 0: its last row is labelled.
    origins : ndarray of int of shape (n_windows,)
        The row of each window's last step.
    folds : list of (train, test)
        Indices of windows, as a splitter gives them.

    Attributes
    ----------
    ax_, figure_ : Axes, Figure
        Where it is drawn.
    lookback_bars_, horizon_bars_ : list of PolyCollection
        Of the windows shown.
    train_bars_, reach_bars_, gap_bars_, test_bars_, leak_bars_ : list of PolyCollection
        Of each fold: the origins of the training part, the targets beyond these, the origins of
        neither part, the targets of the test part, and the targets of the training part that lie
        after the first test origin. A fold without such steps has an empty collection.
    leaks_ : list of bool
        Of each fold: whether it trains on targets from after its first test origin, which is what
        :class:`~sklstm.PurgedTimeSeriesSplit` leaves out.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.model_selection import KFold
    >>> from sklstm import PurgedTimeSeriesSplit, make_windows
    >>> from sklstm.plotting import WindowsDisplay
    >>> X, Y = make_windows(np.arange(60.0), lookback=8, horizon=3)
    >>> WindowsDisplay.from_cv(PurgedTimeSeriesSplit(3, horizon=3), X, Y).leaks_
    [False, False, False]
    >>> WindowsDisplay.from_cv(KFold(3), X, Y).leaks_
    [True, True, True]
    """

    def __init__(self, lookback: int, horizon: int, origins: Any, folds: Any) -> None:
        self.lookback = lookback
        self.horizon = horizon
        self.origins = origins
        self.folds = folds

    @classmethod
    def from_cv(
        cls,
        cv: Any,
        X: Any,
        y: Any,
        *,
        origins: Any = None,
        groups: Any = None,
        horizon: int | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the folds of a splitter.

        Parameters
        ----------
        cv : splitter
            Such as :class:`~sklstm.PurgedTimeSeriesSplit`.
        X : array-like of shape (n_windows, lookback, n_features)
            Windows.
        y : array-like of shape (n_windows,) or (n_windows, horizon)
            Their targets.
        origins : array-like of int of shape (n_windows,), default=None
            Rows of the windows' last steps; windows that follow each other by default. For several
            series, the positions of these steps in time, so that all lie over each other.
        groups : array-like of shape (n_windows,), default=None
            Passed to ``cv.split``.
        horizon : int, default=None
            Steps from a window's origin to its last target; by default the columns of `y`, and 1
            for 1-D `y`. 0 is for windows that are labelled by their last row.
        **kwargs : dict
            Passed to ``plot``.

        Returns
        -------
        WindowsDisplay
            The display, drawn.
        """
        n_windows, lookback = np.shape(X)[:2]
        if horizon is None:
            horizon = 1 if np.ndim(y) == 1 else np.shape(y)[1]
        rows = np.arange(n_windows) + lookback - 1 if origins is None else np.asarray(origins)
        if rows.shape != (n_windows,):
            raise ValueError(
                f"origins must give the row of each of the {n_windows} windows, got shape "
                f"{rows.shape}."
            )
        folds = list(cv.split(X, y, groups))
        return cls(lookback, horizon, rows, folds).plot(**kwargs)

    def plot(self, ax: Any = None, *, n_windows: int = 3) -> Self:
        """Draw windows and folds.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; a new one by default.
        n_windows : int, default=3
            Windows to show above the folds.

        Returns
        -------
        WindowsDisplay
            This display.
        """
        rows = n_windows + len(self.folds)
        self.figure_, (self.ax_,) = get_axes(ax, 1, height=0.32 * rows + 0.9, width=7.5)
        self.lookback_bars_, self.horizon_bars_ = [], []
        shown = np.unique(np.linspace(0, len(self.origins) - 1, n_windows).round().astype(int))
        for row, window in enumerate(shown):
            after = self.origins[window] + 1
            self.lookback_bars_ += self._bars(row, [(after - self.lookback, after)], GREY)
            self.horizon_bars_ += self._bars(row, [(after, after + self.horizon)], ORANGE, "///")
        self.train_bars_: list[Any] = []
        self.reach_bars_: list[Any] = []
        self.gap_bars_: list[Any] = []
        self.test_bars_: list[Any] = []
        self.leak_bars_: list[Any] = []
        self.leaks_ = [
            self._plot_fold(len(shown) + row, train, test)
            for row, (train, test) in enumerate(self.folds)
        ]
        self._label(len(shown))
        return self

    def _plot_fold(self, row: int, train: Any, test: Any) -> bool:
        """Draw a fold; say whether it trains on what was not yet known."""
        trained, tested = np.sort(self.origins[train]), np.sort(self.origins[test])
        ahead = np.arange(1, self.horizon + 1) if self.horizon else np.zeros(1, int)
        seen, forecast = (np.unique(rows[:, np.newaxis] + ahead) for rows in (trained, tested))
        too_early = seen[seen > tested[0]]
        neither = np.setdiff1d(self.origins, [*trained, *tested, *forecast])
        self.gap_bars_ += self._bars(row, _runs(neither), LIGHT)
        self.train_bars_ += self._bars(row, _runs(trained), BLUE)
        self.test_bars_ += self._bars(row, _runs(forecast), ORANGE, "///")
        self.reach_bars_ += self._bars(row, _runs(np.setdiff1d(seen, trained)), SKY, "...", 0.4)
        self.leak_bars_ += self._bars(row, _runs(too_early), RED, "xxx", 0.4)
        return len(too_early) > 0

    def _bars(
        self, row: int, runs: Any, color: str, hatch: str | None = None, height: float = 0.7
    ) -> list[Any]:
        bars = self.ax_.broken_barh(
            [(begin, end - begin) for begin, end in runs],
            (row - height / 2, height),
            facecolor=color,
            edgecolor="white",
            hatch=hatch,
            linewidth=0.3,
        )
        return [bars]

    def _label(self, n_shown: int) -> None:
        from matplotlib.patches import Patch

        names = [f"window {number + 1}" for number in range(n_shown)]
        names += [f"fold {number + 1}" for number in range(len(self.folds))]
        self.ax_.set_yticks(range(len(names)), names)
        self.ax_.invert_yaxis()
        self.ax_.set_xlabel("row of the series")
        entries = [
            Patch(facecolor=GREY, label="look-back"),
            Patch(
                facecolor=ORANGE, hatch="///", edgecolor="white", label="targets of the test part"
            ),
            Patch(facecolor=BLUE, label="origins of the training part"),
            Patch(
                facecolor=SKY, hatch="...", edgecolor="white", label="targets of the training part"
            ),
        ]
        if any(len(bars.get_paths()) for bars in self.gap_bars_):
            entries.append(Patch(facecolor=LIGHT, label="origins of neither part"))
        if any(self.leaks_):
            entries.append(
                Patch(
                    facecolor=RED,
                    hatch="xxx",
                    edgecolor="white",
                    label="trained on, not yet known: a leak",
                )
            )
        height = self.ax_.get_position().height * self.figure_.get_figheight()
        self.ax_.legend(
            handles=entries,
            loc="upper center",
            bbox_to_anchor=(0.5, -0.5 / height),  # half an inch below, however many folds
            ncols=3,
            fontsize=LEGEND,
        )


def _runs(rows: np.ndarray) -> list[tuple[int, int]]:
    """Stretches of consecutive rows, each from its first row to the one after its last."""
    rows = np.unique(rows)
    if not len(rows):
        return []
    breaks = np.flatnonzero(np.diff(rows) > 1) + 1
    return [(int(run[0]), int(run[-1]) + 1) for run in np.split(rows, breaks)]
