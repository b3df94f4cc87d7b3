"""Arguments of the estimators: those routed to Keras objects, get and set, clone, and compile.

The only module that imports scikeras. From it come the rules by which routed arguments
(``optimizer__clipnorm``) reach optimizer, loss, metrics and callbacks. Its wrapper is used and not
inherited from: that would bring tags, parameters and methods that scikit-learn no longer takes.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import inspect
from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, _clone_parametrized

from sklstm._kernels._tensorflow import keras, start
from sklstm._storage import KERAS_ARGUMENTS, copy_object
from sklstm._training import Compilation


@contextlib.contextmanager
def _keras_copies_as_before() -> Iterator[None]:
    """Undo what importing scikeras changes in Keras: how its objects are copied and pickled."""
    classes = keras.Model, keras.losses.Loss, keras.metrics.Metric, keras.optimizers.Optimizer
    names = "__reduce__", "__deepcopy__"
    before = {(c, name): vars(c).get(name) for c in classes for name in names}
    try:
        yield
    finally:
        for (c, name), method in before.items():
            if method is not None:
                setattr(c, name, method)
            elif name in vars(c):
                delattr(c, name)


with _keras_copies_as_before():
    from scikeras.utils import loss_name
    from scikeras.wrappers import BaseWrapper

CLIPPING = "clipnorm", "clipvalue", "global_clipnorm"  # Keras takes one of them

__all__ = ["RoutedParametersMixin", "loss_name"]


class RoutedParametersMixin(BaseEstimator):
    """Constructor arguments with names, and any number of routed ones."""

    _routing_prefixes: ClassVar[set[str]] = {"optimizer", "loss", "metrics", "callbacks"}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Show the arguments that have names; routed ones have any name with a prefix."""
        super().__init_subclass__(**kwargs)
        if "__init__" in vars(cls):
            _, *parameters = inspect.signature(cls.__init__).parameters.values()
            named = [p for p in parameters if p.kind is not p.VAR_KEYWORD]
            cls.__signature__ = inspect.Signature(named)

    def _set_routed(self, routed: dict[str, Any]) -> None:
        """Keep the constructor's routed arguments, such as ``optimizer__clipnorm``."""
        for name, value in routed.items():
            if not self._is_routed(name):
                raise TypeError(
                    f"{type(self).__name__} got an unexpected keyword argument {name!r}. Arguments "
                    "for Keras objects are routed by a prefix: "
                    + ", ".join(f"{prefix}__..." for prefix in sorted(self._routing_prefixes))
                )
            setattr(self, name, value)

    def _is_routed(self, name: str) -> bool:
        prefix, separator, rest = name.partition("__")
        return bool(separator and rest) and prefix in self._routing_prefixes

    @classmethod
    @functools.cache  # a fit asks many times, and scikit-learn inspects the constructor each time
    def _get_param_names(cls) -> list[str]:
        return super()._get_param_names()

    def _routed(self) -> dict[str, Any]:
        names = self._argument_names()
        return {name: getattr(self, name) for name in names if self._is_routed(name)}

    def _plain_arguments(self) -> dict[str, Any]:
        """Return the arguments as they are used, with NumPy's numbers as Python's."""
        return {
            name: _as_python_number(value) for name, value in self.get_params(deep=False).items()
        }

    def _argument_names(self) -> list[str]:
        pickled = vars(self).get("_pickled_arguments", ())
        routed = [name for name in [*vars(self), *pickled] if self._is_routed(name)]
        return [*self._get_param_names(), *dict.fromkeys(routed)]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Get the arguments of this estimator, routed ones included.

        Parameters
        ----------
        deep : bool, default=True
            Has no effect: no argument is an estimator.

        Returns
        -------
        dict
            Names and values.
        """
        return super().get_params(deep=deep) | self._routed()

    def set_params(self, **params: Any) -> Self:
        """Set arguments of this estimator, routed ones included.

        Parameters
        ----------
        **params : dict
            Names and values.

        Returns
        -------
        self : estimator
            This estimator.
        """
        routed = {name: value for name, value in params.items() if self._is_routed(name)}
        own = {name: value for name, value in params.items() if name not in routed}
        super().set_params(**own)
        self.__dict__.update(routed)
        return self

    def __sklearn_clone__(self) -> Self:
        """Clone with Keras objects copied faithfully, which ``copy.deepcopy`` does not do."""
        params = self.get_params(deep=False)
        keras_objects = {name: params[name] for name in KERAS_ARGUMENTS}
        stripped = copy.copy(self).set_params(**dict.fromkeys(keras_objects))
        cloned = _clone_parametrized(stripped)
        return cloned.set_params(**{k: copy_object(v) for k, v in keras_objects.items()})

    # --- from arguments to Keras objects ---------------------------------------------------

    def _resolve_loss(self) -> Any:
        """Return the loss for Keras."""
        return self.loss

    def _compilation(self) -> Compilation:
        """Make the optimizer, loss and metrics of one fit."""
        start()  # Keras makes the variables of an optimizer at once
        rate = self._routed_learning_rate()
        routed = self._default_clipping() | self._routed() | rate
        try:
            kwargs = self._compile_kwargs(_for_keras(routed))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ValueError(
                f"Keras cannot make the optimizer, loss and metrics from {self._settings()}: "
                f"{error}. Pass the names that Keras's documentation gives, or classes or objects "
                "of Keras."
            ) from error
        return Compilation(
            copy_object(kwargs["optimizer"]),
            copy_object(kwargs["loss"]),
            _without_numbers(copy_object(kwargs["metrics"])),
        )

    def _routed_learning_rate(self) -> dict[str, Any]:
        """Return ``learning_rate`` as a routed argument; refuse two learning rates."""
        if isinstance(self.optimizer, keras.optimizers.Optimizer):
            given_by = "the optimizer instance"
        elif "optimizer__learning_rate" in self._routed():
            given_by = "optimizer__learning_rate"
        else:
            return {"optimizer__learning_rate": self.learning_rate}
        default = inspect.signature(type(self)).parameters["learning_rate"].default
        if self.learning_rate != default:
            raise ValueError(
                f"learning_rate={self.learning_rate!r} and {given_by} both give a learning rate. "
                f"Leave learning_rate at its default, {default}, or pass the optimizer by name."
            )
        return {}

    def _default_clipping(self) -> dict[str, Any]:
        """Clip gradients by their global norm, unless the user makes the optimizer, or says how."""
        own = isinstance(self.optimizer, keras.optimizers.Optimizer)
        clipped = any(f"optimizer__{name}" in self._routed() for name in CLIPPING)
        return {} if own or clipped else {"optimizer__global_clipnorm": 1.0}

    def _settings(self) -> str:
        given = {"optimizer": self.optimizer, "loss": self._resolve_loss(), "metrics": self.metrics}
        given |= {name: value for name, value in self._routed().items() if value is not None}
        return ", ".join(f"{name}={value!r}" for name, value in given.items())

    def _compile_kwargs(self, routed: dict[str, Any]) -> dict[str, Any]:
        """Let scikeras make optimizer, loss and metrics, with their routed arguments."""
        optimizer = self.optimizer
        if isinstance(optimizer, str):
            optimizer = _optimizer_class(optimizer)
        if inspect.isclass(optimizer) and "name" in inspect.signature(optimizer).parameters:
            routed.setdefault("optimizer__name", optimizer.__name__.lower())
        return BaseWrapper(
            optimizer=optimizer, loss=self._loss_to_route(), metrics=self.metrics, **routed
        )._get_compile_kwargs()

    def _loss_to_route(self) -> Any:
        """Return the loss, as a class where routed arguments ask for one."""
        loss = self._resolve_loss()
        if not (isinstance(loss, str) and any(n.startswith("loss__") for n in self._routed())):
            return loss
        found = keras.losses.get(loss)
        if isinstance(found, keras.losses.Loss):
            return type(found)
        camel_case = found.__name__.title().replace("_", "")
        return getattr(keras.losses, camel_case, found)

    def _new_callbacks(self) -> list[Any]:
        """Copy the Keras callbacks for one fit; classes are made with routed arguments."""
        callbacks = copy.deepcopy(self.callbacks)
        wrapper = BaseWrapper(callbacks=callbacks, **_for_keras(self._routed()))
        wrapper._initialize_callbacks()
        return keras.tree.flatten(wrapper._fit_callbacks)


def _as_python_number(value: Any) -> Any:
    """Return a number of NumPy as Python's; anything else as it is.

    A float of another precision becomes what it is printed as: np.float32(0.1) is 0.1.
    """
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, np.generic) and isinstance(value, Integral):
        return int(value)
    if isinstance(value, np.generic) and isinstance(value, Real):
        return float(str(value))
    return value


def _for_keras(routed: dict[str, Any]) -> dict[str, Any]:
    """Return routed arguments as Keras takes them: no NumPy, and floats for learning rates."""
    routed = {name: _as_python_number(value) for name, value in routed.items()}
    rates = [n for n, v in routed.items() if n.endswith("learning_rate") and isinstance(v, int)]
    return routed | {name: float(routed[name]) for name in rates}


@functools.cache
def _optimizer_class(name: str) -> Any:
    """Find the class of an optimizer by its name.

    TensorFlow keeps some tens of kilobytes for every name that a variable ever had, and Keras
    makes an optimizer of a new name to look up its class, and for each fit. So classes are looked
    up once, and optimizers get the same name in every fit.
    """
    base = keras.optimizers.Optimizer
    classes = [c for c in vars(keras.optimizers).values() if inspect.isclass(c)]
    by_name = {c.__name__.lower(): c for c in classes if issubclass(c, base) and c is not base}
    return by_name.get(name.lower()) or type(keras.optimizers.get(name))


def _without_numbers(metrics: Any) -> Any:
    """Take Keras's running numbers off the names of metrics, where that leaves them distinct.

    Keras names the second AUC of a process ``auc_1``. In the history of a fit it is ``auc``.
    """
    taken: set[str] = set()
    for metric in keras.tree.flatten(metrics):
        if isinstance(metric, keras.metrics.Metric):
            name, _, number = metric.name.rpartition("_")
            automatic = name.replace("_", "") == type(metric).__name__.lower()
            if number.isdigit() and automatic and name not in taken:
                metric.name = name
            taken.add(metric.name)
    return metrics
