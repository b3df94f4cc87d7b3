"""Loss and metrics, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from sklstm.plotting._drawing import COLORS, MARKERS, ORANGE, RED, draw_legend, get_axes, network_of


class TrainingHistoryDisplay:
    """Loss and metrics of fits, epoch by epoch.

    Use ``from_estimator`` for one fit, ``from_estimators`` or ``from_cv_results`` for several.

    Parameters
    ----------
    histories : dict of str to dict
        The ``history_`` of each fit, by its label.
    best_epochs : dict of str to int, default=None
        The epoch of each fit, counted from 1, whose weights were kept.

    Attributes
    ----------
    axes_ : ndarray of shape (n_quantities,) of Axes
        One for the loss and each metric.
    ax_ : Axes
        The first of them.
    figure_ : Figure
        Their figure.
    lines_ : dict
        Of (label, quantity) such as ``("fold 1", "val_loss")`` to its line.
    best_lines_ : dict of str to list of Line2D
        The markers of each fit's best epoch.

    Examples
    --------
    >>> import numpy as np
    >>> from sklstm import LSTMRegressor
    >>> from sklstm.plotting import TrainingHistoryDisplay
    >>> X = np.sin(np.arange(60)[:, np.newaxis] + np.arange(9))
    >>> model = LSTMRegressor(units=4, epochs=3, early_stopping=True).fit(X[:, :8], X[:, 8])
    >>> display = TrainingHistoryDisplay.from_estimator(model)
    >>> sorted(quantity for _, quantity in display.lines_)
    ['loss', 'val_loss']
    """

    def __init__(self, histories: Mapping[str, Mapping[str, Any]], best_epochs: Any = None) -> None:
        self.histories = histories
        self.best_epochs = best_epochs

    @classmethod
    def from_estimator(cls, estimator: Any, **kwargs: Any) -> Self:
        """Draw the fit of an estimator.

        Parameters
        ----------
        estimator : estimator
            A fitted LSTMRegressor or LSTMClassifier, or a pipeline or search around one.
        **kwargs : dict
            Passed to ``plot``.

        Returns
        -------
        TrainingHistoryDisplay
            The display, drawn.
        """
        return cls.from_estimators([estimator], labels=[""], **kwargs)

    @classmethod
    def from_estimators(
        cls, estimators: Sequence[Any], *, labels: Sequence[str] | None = None, **kwargs: Any
    ) -> Self:
        """Draw the fits of several estimators in the same axes.

        Parameters
        ----------
        estimators : sequence of estimators
            Each as in ``from_estimator``.
        labels : sequence of str, default=None
            Their names; their architectures where these differ, else their numbers.
        **kwargs : dict
            Passed to ``plot``.

        Returns
        -------
        TrainingHistoryDisplay
            The display, drawn.
        """
        networks = [network_of(estimator) for estimator in estimators]
        if labels is None:
            labels = [network.arch for network in networks]
            if len(set(labels)) < len(labels):
                labels = [f"fit {number}" for number in range(1, len(networks) + 1)]
        if len(labels) != len(networks) or len(set(labels)) < len(labels):
            raise ValueError(
                f"labels={list(labels)!r} must give each of the {len(networks)} estimators a name "
                "of its own."
            )
        histories = {
            label: network.history_ for label, network in zip(labels, networks, strict=True)
        }
        best = {label: network.best_epoch_ for label, network in zip(labels, networks, strict=True)}
        return cls(histories, best).plot(**kwargs)

    @classmethod
    def from_cv_results(cls, cv_results: Mapping[str, Any], **kwargs: Any) -> Self:
        """Draw the fit of every fold.

        Parameters
        ----------
        cv_results : dict
            What ``cross_validate(..., return_estimator=True)`` returns.
        **kwargs : dict
            Passed to ``plot``.

        Returns
        -------
        TrainingHistoryDisplay
            The display, drawn.
        """
        if "estimator" not in cv_results:
            raise ValueError(
                "cv_results holds no fitted estimators. Call cross_validate with "
                "return_estimator=True; a search keeps none but the best, whose fit "
                "from_estimator(search) draws."
            )
        estimators = cv_results["estimator"]
        labels = [f"fold {number}" for number in range(1, len(estimators) + 1)]
        return cls.from_estimators(estimators, labels=labels, **kwargs)

    def plot(self, ax: Any = None, *, quantities: Sequence[str] | None = None) -> Self:
        """Draw the histories.

        Parameters
        ----------
        ax : Axes or sequence of Axes, default=None
            One for each quantity; new ones by default.
        quantities : sequence of str, default=None
            What to draw, such as ``["loss"]``; all that was recorded by default.

        Returns
        -------
        TrainingHistoryDisplay
            This display.
        """
        names = [name for history in self.histories.values() for name in history]
        recorded = sorted({name.removeprefix("val_") for name in names})
        recorded.sort(key=lambda name: name != "loss")  # the loss first
        quantities = recorded if quantities is None else list(quantities)
        if not recorded:
            raise ValueError("No epoch was recorded: the estimator is initialized, not trained.")
        if not quantities or not set(quantities) <= set(recorded):
            raise ValueError(
                f"quantities={quantities!r} must name some of what was recorded: {recorded!r}."
            )
        self.figure_, self.axes_ = get_axes(ax, len(quantities), height=2.8)
        self.ax_ = self.axes_[0]
        self.lines_: dict[tuple[str, str], Any] = {}
        self.best_lines_: dict[str, list[Any]] = {label: [] for label in self.histories}
        several = len(self.histories) > 1
        for quantity, axes in zip(quantities, self.axes_, strict=True):
            for number, (label, history) in enumerate(self.histories.items()):
                self._plot_fit(axes, quantity, number, label, history, several)
            axes.set(ylabel=quantity.replace("_", " "))
            axes.xaxis.get_major_locator().set_params(integer=True)
            axes.grid(alpha=0.3)
        self.axes_[-1].set_xlabel("epoch")
        draw_legend(self.ax_)
        return self

    def _plot_fit(
        self, axes: Any, quantity: str, number: int, label: str, history: Any, several: bool
    ) -> None:
        color = COLORS[number % len(COLORS)]
        kinds = (quantity, "training", "-"), (f"val_{quantity}", "validation", "--")
        for name, kind, style in kinds:
            values = history.get(name, [])
            if not len(values):
                continue
            described = f"{label}, {kind}" if several else kind
            (line,) = axes.plot(
                np.arange(1, len(values) + 1),
                values,
                style,
                color=color if several or kind == "training" else ORANGE,
                label=described,
                marker=MARKERS[number % len(MARKERS)] if len(values) == 1 or several else None,
                markevery=max(1, len(values) // 8),
                markersize=4,
            )
            self.lines_[label, name] = line
        best = (self.best_epochs or {}).get(label)
        if best and f"val_{quantity}" in history:
            (marker,) = axes.plot(
                [best],
                [history[f"val_{quantity}"][best - 1]],
                "*",
                color=color if several else RED,
                markersize=13,
                markeredgecolor="white",
                zorder=3,
                label=None if several else f"best epoch, {best}",
            )
            self.best_lines_[label].append(marker)
