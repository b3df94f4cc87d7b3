"""What the two estimators share: from arguments to a plan, to training, to predictions."""

from __future__ import annotations

import contextlib
import copy
import inspect
from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import numpy as np
from sklearn.base import BaseEstimator, _clone_parametrized, _fit_context
from sklearn.callback import CallbackSupportMixin, with_callbacks
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from sklstm._training import _loop as _engine
from sklstm._networks._plan import ARCHITECTURES, Network, plan_network
from sklstm._training._callbacks import EpochTasks
from sklstm._storage._keras_objects import copy_object, optimizer_class, settle_names
from sklstm._representation import RepresentationMixin
from sklstm._storage._pickling import KERAS_OBJECTS, StorageMixin
from sklstm._kernels._tensorflow import keras, start
from sklstm._sequences import check_sample_weight, check_sequences


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

__all__ = ["BaseLSTM", "loss_name"]

_models: WeakKeyDictionary[_engine.State, Any] = WeakKeyDictionary()


class BaseLSTM(RepresentationMixin, StorageMixin, CallbackSupportMixin, BaseEstimator):
    """Base of the estimators; see LSTMRegressor and LSTMClassifier.

    A fitted estimator is plain data: ``_network``, the plan, and ``_state``, NumPy weights.
    Everything of Keras is made from these two when it is asked for.

    What comes from scikeras: routed arguments (``optimizer__clipnorm``) and their way into
    optimizer, loss, metrics and callbacks, and the idea of a ``target_encoder``. Its wrapper is
    used and not inherited from: that would bring tags, parameters and methods which
    scikit-learn no longer takes.
    """

    _routing_prefixes: ClassVar[set[str]] = {"optimizer", "loss", "metrics", "callbacks"}

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "arch": [StrOptions(set(ARCHITECTURES))],
        "units": [Interval(Integral, 1, None, closed="left"), list, tuple],
        "activation": [str, callable],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "filters": [Interval(Integral, 1, None, closed="left")],
        "kernel_size": [Interval(Integral, 1, None, closed="left")],
        "pool_size": [Interval(Integral, 1, None, closed="left")],
        "subsequences": [Interval(Integral, 1, None, closed="left"), None],
        "loss": [str, callable],
        "optimizer": [str, callable, keras.optimizers.Optimizer],
        "learning_rate": [
            Interval(Real, 0, None, closed="neither"),
            keras.optimizers.schedules.LearningRateSchedule,
        ],
        "metrics": [str, callable, list, tuple, dict, None],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "shuffle": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "callbacks": [keras.callbacks.Callback, callable, list, tuple, dict, None],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Show the arguments that have names; routed ones have any name with a prefix."""
        super().__init_subclass__(**kwargs)
        signature = inspect.signature(cls)
        named = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        cls.__signature__ = signature.replace(parameters=named)

    # --- parameters ------------------------------------------------------------------------

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

    def _routed(self) -> dict[str, Any]:
        names = self._argument_names()
        return {name: getattr(self, name) for name in names if self._is_routed(name)}

    def _argument_names(self) -> list[str]:
        packed = vars(self).get("_packed", ())
        routed = [name for name in [*vars(self), *packed] if self._is_routed(name)]
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

    def set_params(self, **params: Any) -> BaseLSTM:
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

    def __sklearn_clone__(self) -> BaseLSTM:
        """Clone with Keras objects copied faithfully, which ``copy.deepcopy`` does not do."""
        params = self.get_params(deep=False)
        keras_objects = {name: params[name] for name in KERAS_OBJECTS}
        stripped = copy.copy(self).set_params(**dict.fromkeys(keras_objects))
        cloned = _clone_parametrized(stripped)
        return cloned.set_params(**{k: copy_object(v) for k, v in keras_objects.items()})

    # --- fit -------------------------------------------------------------------------------

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> BaseLSTM:
        """Train the network on sequences and their targets.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_timesteps)
            Sequences; 2-D ones are univariate.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the loss; a weight of 0 equals absence.

        Returns
        -------
        self : estimator
            The fitted estimator.

        Raises
        ------
        ValueError
            If the input is not as described, an argument does not fit it, or training diverges.
            The estimator is then as it was before.
        """
        resume = self.warm_start and self.__sklearn_is_fitted__()
        with self._unchanged_on_failure():
            return self._fit(X, y, sample_weight, epochs=self.epochs, resume=resume)

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> BaseLSTM:
        if self.early_stopping:
            raise ValueError(
                "partial_fit does not support early_stopping=True: it trains for one epoch."
            )
        resume = self.__sklearn_is_fitted__()
        with self._unchanged_on_failure():
            return self._fit(
                X, y, sample_weight, epochs=1, resume=resume, resumable=True, classes=classes
            )

    def initialize(self, X: Any, y: Any) -> BaseLSTM:
        """Build the network for the data without training it.

        It is useful for a look at ``model_.summary()`` before paying for a fit.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_timesteps)
            Sequences.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.

        Returns
        -------
        self : estimator
            The estimator, with random weights.
        """
        self._validate_params()
        with self._unchanged_on_failure():
            return self._fit(X, y, None, epochs=0, resume=False)

    @with_callbacks
    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        *,
        epochs: int,
        resume: bool,
        resumable: bool = False,
        classes: Any = None,
    ) -> BaseLSTM:
        context = self._init_callback_context(max_subtasks=epochs)
        metadata = {} if sample_weight is None else {"sample_weight": sample_weight}
        data = {"X": X, "y": y, "metadata": metadata}
        context.call_on_fit_task_begin(estimator=self, **data)
        sequences = check_sequences(self, X, reset=not resume)
        target = self._check_target(y)
        check_consistent_length(sequences, target)
        weight = check_sample_weight(sample_weight, sequences)
        weight = self._weigh_classes(weight, target)
        present = weight > 0
        if not present.all():
            sequences, target, weight = sequences[present], target[present], weight[present]

        state = self._state if resume else _engine.State(seed=self._draw_seed())
        training, validation = slice(None), None
        if self.early_stopping:
            training, validation = self._hold_out(target, state.seed)
        if not resume:
            self.target_encoder_ = self.target_encoder.fit(
                target[training], sample_weight=weight[training], classes=classes
            )
        encoder = self.target_encoder_
        network = self._plan(encoder)
        if resume and network != self._network:
            raise ValueError(
                "warm_start goes on training the network of the last fit, but arguments have "
                f"changed that describe another one: {self._network} is fitted, {network} is "
                "asked for. Set warm_start=False, or the arguments back."
            )
        samples = _engine.Samples(sequences, encoder.transform(target), weight.astype(np.float32))
        epoch_tasks = EpochTasks(
            self,
            context,
            data,
            lambda weights: {"_network": network, "_state": _engine.State(state.seed, weights)},
        )
        stop = _engine.EarlyStopping(self.n_iter_no_change, self.tol)
        end, history = _engine.train(
            network,
            self._compilation(),
            state,
            samples[training],
            epochs=epochs,
            batch_size=self.batch_size,
            shuffle=self.shuffle,
            validation=None if validation is None else samples[validation],
            early_stopping=None if validation is None else stop,
            callbacks=[*self._fresh_callbacks(), epoch_tasks],
            verbose=self.verbose,
        )
        before = self.history_ if resume else {}
        self._keep_history({name: [*before.get(name, []), *history[name]] for name in history})
        self.best_epoch_ = end.epoch
        end.epoch = state.epoch + len(history.get("loss", []))
        if not (resumable or self.warm_start):
            end.optimizer = None
        self._network, self._state = network, end
        context.call_on_fit_task_end(estimator=self, reconstruction_attributes={}, **data)
        return self

    def _draw_seed(self) -> int:
        """One integer for all randomness of a fit; without random_state it is nobody's stream."""
        if self.random_state is None:
            return int(np.random.SeedSequence().generate_state(1)[0] >> 1)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _plan(self, encoder: Any) -> Network:
        n_timesteps, n_features = self._sequence_shape
        return plan_network(
            self.arch,
            n_timesteps=n_timesteps,
            n_features=n_features,
            n_outputs=encoder.n_columns_,
            head=encoder.head_,
            units=self.units,
            activation=self.activation,
            dropout=self.dropout,
            filters=self.filters,
            kernel_size=self.kernel_size,
            pool_size=self.pool_size,
            subsequences=self.subsequences,
        )

    def _compilation(self) -> _engine.Compilation:
        """Make the optimizer, loss and metrics of one fit, by scikeras's rules of routing."""
        start()  # Keras makes the variables of an optimizer at once
        routed = self._routed()
        if isinstance(self.optimizer, keras.optimizers.Optimizer):
            given_by = "the optimizer instance"
        elif "optimizer__learning_rate" in routed:
            given_by = "optimizer__learning_rate"
        else:
            given_by = None
            routed["optimizer__learning_rate"] = self.learning_rate
        default = inspect.signature(type(self)).parameters["learning_rate"].default
        if given_by and self.learning_rate != default:
            raise ValueError(
                f"learning_rate={self.learning_rate!r} and {given_by} both give a learning rate. "
                f"Leave learning_rate at its default, {default}, or pass the optimizer by name."
            )
        try:
            kwargs = self._compile_kwargs(routed)
        except (TypeError, ValueError) as error:
            given = {"optimizer": self.optimizer, "loss": self._loss(), "metrics": self.metrics}
            given |= {name: value for name, value in self._routed().items() if value is not None}
            settings = ", ".join(f"{name}={value!r}" for name, value in given.items())
            raise ValueError(
                f"Keras cannot make the optimizer, loss and metrics from {settings}: {error}. Pass "
                "the names that Keras's documentation gives, or classes or objects of Keras."
            ) from error
        return _engine.Compilation(
            copy_object(kwargs["optimizer"]),
            copy_object(kwargs["loss"]),
            settle_names(copy_object(kwargs["metrics"])),
        )

    def _compile_kwargs(self, routed: dict[str, Any]) -> dict[str, Any]:
        """Let scikeras make optimizer, loss and metrics, with their routed arguments."""
        optimizer = self.optimizer
        if isinstance(optimizer, str):
            optimizer = optimizer_class(optimizer)
        if inspect.isclass(optimizer) and "name" in inspect.signature(optimizer).parameters:
            routed.setdefault("optimizer__name", optimizer.__name__.lower())
        return BaseWrapper(
            optimizer=optimizer, loss=self._loss_to_route(), metrics=self.metrics, **routed
        )._get_compile_kwargs()

    def _loss_to_route(self) -> Any:
        """Return the loss, as a class where routed arguments ask for one."""
        loss = self._loss()
        if not (isinstance(loss, str) and any(n.startswith("loss__") for n in self._routed())):
            return loss
        found = keras.losses.get(loss)
        if isinstance(found, keras.losses.Loss):
            return type(found)
        camel_case = found.__name__.title().replace("_", "")
        return getattr(keras.losses, camel_case, found)

    def _fresh_callbacks(self) -> list[Any]:
        """Copy the Keras callbacks for one fit; classes are made with routed arguments."""
        wrapper = BaseWrapper(callbacks=copy.deepcopy(self.callbacks), **self._routed())
        wrapper._initialize_callbacks()
        return keras.tree.flatten(wrapper._fit_callbacks)

    @contextlib.contextmanager
    def _unchanged_on_failure(self) -> Iterator[None]:
        """Take a fit back whole when it fails or is interrupted."""
        before = dict(self.__dict__)
        try:
            yield
        except BaseException:
            self.__dict__.clear()
            self.__dict__.update(before)
            raise

    # --- fitted ----------------------------------------------------------------------------

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_state")

    def _forward(self, X: Any) -> np.ndarray:
        """Run validated sequences through the network: what its head gives, in float64."""
        check_is_fitted(self)
        sequences = check_sequences(self, X, reset=False)
        return _engine.predict(self._network, self._state, sequences).astype(np.float64)

    @property
    def model_(self) -> Any:
        """The fitted network as a Keras model of stock layers, made when it is asked for."""
        check_is_fitted(self)
        if self._state not in _models:
            model = self._network.build()
            model.set_weights(self._state.weights)
            _models[self._state] = model
        return _models[self._state]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        return tags
