"""Names of features and time steps, for results and pictures."""

from __future__ import annotations

from typing import Any

from sklstm._validation import names_of

__all__ = ["name_block", "name_features", "name_step", "name_steps"]


def name_features(estimator: Any, X: Any, n_features: int, given: Any = None) -> list[str]:
    """Return the names of features.

    They are those given, or those of the columns of a DataFrame, or those that the estimator was
    fitted with, or else "x0", "x1" and so on.
    """
    if given is not None:
        own = [str(name) for name in given]
        if len(own) != n_features:
            raise ValueError(
                f"feature_names has {len(own)} names, but X has {n_features} feature(s). Name "
                "all of them, in their order."
            )
        return own
    known = (
        getattr(X, "columns", None),
        names_of(X),
        getattr(estimator, "feature_names_in_", None),
        getattr(estimator, "feature_names", None),
    )
    for names in known:
        if names is not None and len(names) == n_features:
            return [str(name) for name in names]
    return [f"x{number}" for number in range(n_features)]


def name_step(before_last: int) -> str:
    """Return the name of a time step by how many steps it lies before the last."""
    return f"t-{before_last}" if before_last else "t"


def name_steps(n_timesteps: int) -> list[str]:
    """Return the names of time steps, the last of which is "t"."""
    return [name_step(before) for before in range(n_timesteps - 1, -1, -1)]


def name_block(oldest: int, newest: int) -> str:
    """Return the name of neighbouring steps by how far their ends lie before the last step."""
    if oldest == newest:
        return name_step(newest)
    return f"{name_step(oldest)} to {name_step(newest)}"
