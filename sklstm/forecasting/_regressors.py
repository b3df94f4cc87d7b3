"""Any regressor on windows: in three dimensions or flattened, for one output or several."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.ensemble._base import _set_random_states
from sklearn.model_selection._search import BaseSearchCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.utils import check_random_state, get_tags
from sklearn.utils._metadata_requests import _routing_enabled
from sklearn.utils.validation import has_fit_parameter

__all__ = [
    "fit_regressor",
    "make_members",
    "predict_regressor",
    "takes_weights",
    "takes_windows",
]


def takes_windows(regressor: Any) -> bool:
    """Return whether a regressor, or what reads X in a pipeline or search, takes 3-D input."""
    if get_tags(regressor).input_tags.three_d_array:
        return True
    inner = _inner(regressor)
    return inner is not None and takes_windows(inner)


def takes_weights(regressor: Any) -> bool:
    """Return whether the fit of a regressor takes sample weights."""
    return has_fit_parameter(regressor, "sample_weight")


def make_members(
    regressor: Any, n_members: int, random_state: Any, *, n_outputs: int, warm_start: bool
) -> list[Any]:
    """Return clones of a regressor with seeds of their own, which can forecast all outputs.

    A single member keeps its own ``random_state`` where there is none to derive one from.
    """
    members = [clone(regressor) for _ in range(n_members)]
    if n_members > 1 or random_state is not None:
        random_state = check_random_state(random_state)
        for member in members:
            _set_random_states(member, random_state)
    if warm_start and "warm_start" in regressor.get_params(deep=False):
        members = [member.set_params(warm_start=True) for member in members]
    return [for_outputs(member, n_outputs) for member in members]


def for_outputs(regressor: Any, n_outputs: int) -> Any:
    """Return a regressor for that many outputs: itself, or one of its kind for each."""
    if n_outputs == 1 or _takes_several_outputs(regressor):
        return regressor
    if _routing_enabled() and takes_weights(regressor):
        regressor = clone(regressor).set_fit_request(sample_weight=True)
    return MultiOutputRegressor(regressor)


def fit_regressor(regressor: Any, inputs: Any, goals: np.ndarray, params: dict[str, Any]) -> Any:
    """Fit a regressor on windows (n, n_timesteps, n_features) and goals (n, n_outputs)."""
    goals = goals[:, 0] if goals.shape[1] == 1 else goals
    return regressor.fit(_given(regressor, inputs), goals, **params)


def predict_regressor(regressor: Any, inputs: np.ndarray) -> np.ndarray:
    """Return what a fitted regressor predicts for windows, of shape (n, n_outputs)."""
    predicted = np.asarray(regressor.predict(_given(regressor, inputs)), dtype=np.float64)
    return predicted.reshape(len(inputs), -1)


def _given(regressor: Any, inputs: Any) -> Any:
    """Return windows, or an array of flattened ones for a regressor that takes no windows."""
    return inputs if takes_windows(regressor) else np.asarray(inputs).reshape(len(inputs), -1)


def _takes_several_outputs(regressor: Any) -> bool:
    if isinstance(regressor, BaseSearchCV):  # it does not hand on this tag
        return _takes_several_outputs(regressor.estimator)
    return get_tags(regressor).target_tags.multi_output


def _inner(regressor: Any) -> Any:
    """Return what a pipeline, a search or another meta-estimator gives its X to, or None."""
    named = getattr(regressor, "steps", None) or getattr(regressor, "estimators", None) or []
    inner = [step for _, step in named]
    inner += [getattr(regressor, name, None) for name in ("estimator", "regressor")]
    return next((step for step in inner if hasattr(step, "fit")), None)
