"""What the two estimators share: fit = check -> encode -> plan -> train -> keep; and prediction."""

from __future__ import annotations

import contextlib
import functools
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.base import _fit_context
from sklearn.callback import CallbackSupportMixin, with_callbacks
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from sklstm._kernels._tensorflow import keras
from sklstm._networks import ARCHITECTURES, REGISTRY, NetworkPlan
from sklstm._parameters import RoutedParametersMixin
from sklstm._representation import RepresentationMixin
from sklstm._sequences import (
    Data,
    Sequences,
    check_sample_weight,
    check_sequences,
    check_weight_range,
    fingerprint,
    is_standardized,
    warn_of_new_scale,
)
from sklstm._storage import PicklingMixin
from sklstm._training import (
    COURSES,
    EarlyStopping,
    EpochTasks,
    Outcome,
    Recipe,
    Samples,
    TrainingState,
    choose_recipe,
    draw_seed,
    extend_history,
    input_gradients,
    keras_model,
    predict,
    train,
    warn_of_shift,
)


class BaseLSTM(RepresentationMixin, PicklingMixin, CallbackSupportMixin, RoutedParametersMixin):
    """Base of the estimators; see LSTMRegressor and LSTMClassifier.

    A fitted estimator is plain data: ``_plan``, what the network is, and ``_state``, NumPy
    weights. Everything of Keras is made from these two when it is asked for.
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "arch": [StrOptions(set(ARCHITECTURES))],
        **{k: v for arch in REGISTRY.values() for k, v in arch.all_constraints().items()},
        "loss": [str, callable],
        "optimizer": [str, callable, keras.optimizers.Optimizer],
        "learning_rate": [
            Interval(Real, 0, None, closed="neither"),
            keras.optimizers.schedules.LearningRateSchedule,
        ],
        "learning_rate_schedule": [StrOptions({"auto", *COURSES}), callable],
        "metrics": [str, callable, list, tuple, dict, None],
        "epochs": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "batch_size": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "shuffle": ["boolean"],
        "random_crop": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "callbacks": [keras.callbacks.Callback, callable, list, tuple, dict, None],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    # Whether a trial has to say how many epochs are enough.
    _overfits_soon: ClassVar[bool] = False

    _plan: NetworkPlan
    _state: TrainingState
    _sequence_shape: tuple[int, int]
    _fingerprint: str | None
    target_encoder_: Any
    history_: dict[str, list[Any]]
    best_epoch_: int

    # --- what the estimators differ in -----------------------------------------------------

    @property
    @abstractmethod
    def target_encoder(self) -> Any:
        """A new encoder of the targets."""

    @abstractmethod
    def _check_target(self, y: Any) -> np.ndarray:
        """Validate y."""

    @abstractmethod
    def _hold_out(self, target: np.ndarray, seed: int) -> tuple[Any, Any]:
        """Return the training and the validation part of early stopping."""

    def _level_shift(self, training: np.ndarray, validation: np.ndarray) -> float:
        """Return how far validation targets lie from training targets; a random part lies near."""
        return 0.0

    def _learnt_from(self, training: Any) -> Any:
        """Return the samples from which the encoder of the targets learns."""
        return training

    def _weigh(self, sample_weight: Any, data: Data) -> np.ndarray:
        """Return the weights of the samples."""
        return check_sample_weight(sample_weight, data.sequences.values)

    # --- fit -------------------------------------------------------------------------------

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> BaseLSTM:
        """Train the network on sequences and their targets.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_timesteps)
            Sequences; 2-D ones are univariate. Those of unequal length are a list of arrays, each
            of shape (n_timesteps, n_features), or a 3-D array in which shorter ones are padded with
            NaN, all at the end or all at the beginning. Padding changes nothing.
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
            return self._fit(X, y, sample_weight, resume=resume)

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

        Use it to look at ``model_.summary()`` before a long fit.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_timesteps)
            Sequences, as in :meth:`fit`.
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
        resume: bool,
        epochs: int | None = None,
        resumable: bool = False,
        classes: Any = None,
    ) -> BaseLSTM:
        data = self._check(X, y, sample_weight, resume=resume)
        state = self._state if resume else TrainingState(seed=draw_seed(self.random_state))
        parts = self._split(data.target, state.seed)
        last_loss = self._check_scale(data.sequences) if resume else None
        if self._fit_encoder(data, parts[0], resume=resume, classes=classes):
            last_loss = None  # it was in units of another scale
        plan = self._make_plan(data.sequences.lengths, resume=resume)
        samples = self._encode(data)
        compilation = self._compilation()
        recipe = choose_recipe(
            self._arguments_of_training(epochs, resumable=resumable),
            plan,
            samples[parts[0]],
            has_one_rate=compilation.learning_rate() is not None,
            trial=functools.partial(self._try_out, plan, state) if self._overfits_soon else None,
        )
        context = self._init_callback_context(max_subtasks=recipe.epochs)
        metadata = {} if sample_weight is None else {"sample_weight": sample_weight}
        passed = {"X": X, "y": y, "metadata": metadata}
        context.call_on_fit_task_begin(estimator=self, **passed)
        tasks = EpochTasks(self, context, passed, lambda w: _during_fit(plan, state.seed, w))
        held_out, rule = self._validation(samples, parts)
        outcome = train(
            plan,
            compilation,
            state,
            samples[parts[0]],
            **recipe.to_options(),
            validation=held_out,
            early_stopping=rule,
            last_loss=last_loss,
            callbacks=[*self._new_callbacks(), tasks],
            verbose=self._plain_arguments()["verbose"],
        )
        self._fingerprint = fingerprint(data.sequences)
        self._keep(plan, outcome, resume=resume, resumable=resumable or self.warm_start)
        context.call_on_fit_task_end(estimator=self, reconstruction_attributes={}, **passed)
        return self

    def _check(self, X: Any, y: Any, sample_weight: Any, *, resume: bool) -> Data:
        """Validate data; leave out samples of weight 0, which equals absence."""
        sequences = check_sequences(self, X, reset=not resume)
        target = self._check_target(y)
        check_consistent_length(sequences.values, target)
        data = Data(sequences, target, np.empty(0))
        weight = check_weight_range(self._weigh(sample_weight, data))
        present = weight > 0
        if present.all():
            data = data._replace(weight=weight)
        else:
            data = Data(sequences[present], target[present], weight[present])
        return data

    def _split(self, target: np.ndarray, seed: int) -> tuple[Any, Any]:
        return self._hold_out(target, seed) if self.early_stopping else (slice(None), None)

    def _fit_encoder(self, data: Data, training: Any, *, resume: bool, classes: Any) -> bool:
        """Fit the encoder of the targets; return whether it has changed."""
        part = self._learnt_from(training)
        target, weight = data.target[part], data.weight[part]
        if resume:
            encoder = self.target_encoder_.resumed(target, weight)
            changed = encoder is not self.target_encoder_
        else:
            encoder = self.target_encoder.fit(target, sample_weight=weight, classes=classes)
            changed = True
        self.target_encoder_ = encoder
        return changed

    def _encode(self, data: Data) -> Samples:
        target, sequences = self.target_encoder_.transform(data.target), data.sequences
        weight = data.weight.astype(np.float32)
        return Samples(sequences.values, target, weight, sequences.lengths)

    def _make_plan(self, lengths: np.ndarray | None, *, resume: bool) -> NetworkPlan:
        """Turn the arguments into a plan; refuse another one than a warm start continues."""
        n_timesteps, n_features = self._sequence_shape
        plan = NetworkPlan.from_arguments(
            self.arch,
            self._plain_arguments(),
            before=self._plan if resume else None,
            n_timesteps=n_timesteps,
            n_features=n_features,
            n_outputs=self.target_encoder_.n_columns_,
            output_activation=self.target_encoder_.output_activation_,
            ragged=lengths is not None,
        ).for_lengths(lengths)
        if resume and plan != replace(self._plan, ragged=plan.ragged):
            raise ValueError(
                "warm_start continues training the network of the last fit, but the arguments now "
                f"describe another one: {plan.differences(self._plan)}. Set warm_start=False, or "
                "the arguments back."
            )
        return plan

    def _check_scale(self, sequences: Sequences) -> float | None:
        """Warn of a warm start on sequences of another scale.

        Returns
        -------
        float or None
            The loss of the weights that training continues from, from which ``train`` tells
            whether the data fit the network; None if the warning was given, or if there is no loss.
        """
        if fingerprint(sequences) != self._fingerprint and is_standardized(sequences):
            warn_of_new_scale(type(self).__name__)
            return None
        losses = self.loss_curve_[: self.best_epoch_]
        return losses[-1] if losses else None

    def _arguments_of_training(self, epochs: int | None, *, resumable: bool) -> dict[str, Any]:
        """Return the arguments, with what a call such as partial_fit asks for in their place."""
        arguments = self._plain_arguments()
        if epochs is not None:
            arguments["epochs"] = epochs
        if resumable:
            arguments["learning_rate_schedule"] = "constant"
        return arguments

    def _try_out(
        self, plan: NetworkPlan, state: TrainingState, recipe: Recipe, first: Samples, last: Samples
    ) -> list[float]:
        """Train as a recipe says on the first samples; return the losses of the last."""
        options = recipe.to_options()
        trial = train(plan, self._compilation(), state, first, **options, validation=last)
        return trial.history["val_loss"]

    def _validation(
        self, samples: Samples, parts: tuple[Any, Any]
    ) -> tuple[Samples | None, EarlyStopping | None]:
        """Return what early stopping looks at, and its rule."""
        training, validation = parts
        if validation is None:
            return None, None
        held_out = samples[validation]
        shift = self._level_shift(samples.y[training], held_out.y)
        warn_of_shift(shift)
        arguments = self._plain_arguments()
        return held_out, EarlyStopping(arguments["n_iter_no_change"], arguments["tol"], shift)

    def _keep(self, plan: NetworkPlan, outcome: Outcome, *, resume: bool, resumable: bool) -> None:
        """Keep what a fit has given; the optimizer's state only where training may go on."""
        state, history, self.best_epoch_ = outcome
        self.history_ = extend_history(self.history_ if resume else {}, history)
        if not resumable:
            state = replace(state, optimizer=None, optimizer_kind=None)
        self._plan, self._state = plan, state

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
        return self._outputs(check_sequences(self, X, reset=False))

    def _outputs(self, sequences: Sequences) -> np.ndarray:
        """Return what the network's head gives for checked sequences, in float64."""
        plan = self._plan.for_lengths(sequences.lengths)
        outputs = predict(plan, self._state, sequences.values, sequences.lengths)
        return outputs.astype(np.float64)

    def _input_gradients(self, sequences: Sequences, columns: np.ndarray) -> np.ndarray:
        """Return the gradients of one output of the head each; ``sklstm.inspection`` needs them."""
        plan, lengths = self._plan.for_lengths(sequences.lengths), sequences.lengths
        return input_gradients(plan, self._state, np.asarray(sequences.values), columns, lengths)

    @property
    def model_(self) -> Any:
        """The fitted network as a Keras model of stock layers, made when it is asked for."""
        check_is_fitted(self)
        return keras_model(self._plan, self._state)

    @property
    def loss_curve_(self) -> list[float]:
        """The training loss by epoch."""
        return self.history_.get("loss", [])

    @property
    def n_iter_(self) -> int:
        """Epochs trained, over all warm starts."""
        return len(self.loss_curve_)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        return tags


def _during_fit(plan: NetworkPlan, seed: int, weights: list[np.ndarray]) -> dict[str, Any]:
    """Return the attributes that make an estimator fitted, for callbacks during its fit."""
    return {"_plan": plan, "_state": TrainingState(seed, weights)}
