"""LSTMRegressor."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from sklearn.base import RegressorMixin, _fit_context
from sklearn.utils.metaestimators import available_if

from sklstm._base import BaseLSTM
from sklstm._networks import NetworkPlan
from sklstm._target_checks import check_quantiles, check_targets
from sklstm._targets import TargetScaler
from sklstm._training import PinballLoss, hold_out_last, level_shift


def _gives_quantiles(estimator: LSTMRegressor) -> bool:
    """Return whether an estimator has, or will have, learnt quantiles; say so if not."""
    fitted = estimator.__sklearn_is_fitted__()
    learnt_from = estimator.target_encoder_ if fitted else estimator
    if learnt_from.quantiles is None:
        raise AttributeError(
            "predict_quantiles needs a network that has learnt quantiles: pass for example "
            "quantiles=(0.1, 0.5, 0.9), and fit."
        )
    return True


class LSTMRegressor(RegressorMixin, BaseLSTM):  # numpydoc ignore=PR02
    """LSTM network for regression: forecasts, and other numbers for sequences.

    Five architectures share one set of arguments, so that they can be compared in one grid.
    Arguments that an architecture does not use are ignored.

    Parameters
    ----------
    arch : {"vanilla", "bidirectional", "stacked", "cnn_lstm", "lstm_fcn"}, default="vanilla"
        The network: one LSTM layer; two, one in each direction; a stack of layers; a convolution in
        front of an LSTM; an LSTM beside a fully convolutional network.
    units : int or sequence of int, default=64
        LSTM units. For ``"stacked"``, an int u gives layers of (u, 2u, u) units; a list or tuple
        gives one number per layer.
    activation : str or callable, default="auto"
        ``"auto"``: tanh, and relu in the upper layers of the stack. Otherwise one Keras activation
        for all LSTM layers.
    dropout : float or "auto", default="auto"
        Fraction of the outputs of each recurrent layer, in [0, 1), that is dropped during training.
        ``"auto"``: 0.8 for ``"lstm_fcn"``, as its authors have it, and 0 for the others.
    readout : {"auto", "last", "mean", "max", "last_mean_max"}, default="auto"
        What the head reads of the last LSTM layer: its output after the last step, the mean or the
        maximum of its outputs over all steps, or these three side by side. ``"auto"``: the last
        step. ``"lstm_fcn"`` always reads the last step.
    filters, kernel_size, pool_size : int, default=64, 3, 2
        Convolution of ``"cnn_lstm"``: number of filters, time steps per filter, and time steps that
        are pooled into one.
    subsequences : int or None, default=1
        For ``"cnn_lstm"``. None: the convolution runs along the sequence, and the LSTM over the
        pooled steps. An int k: the sequence is cut into k pieces, each is convolved and pooled, and
        the LSTM reads one piece per step.
    fcn_filters, fcn_kernel_sizes : sequence of int, default=(128, 256, 128), (8, 5, 3)
        Convolutions of ``"lstm_fcn"``, each followed by batch normalization: number of filters, and
        time steps per filter. Both have one number per convolution.
    squeeze_excitation : bool, default=False
        For ``"lstm_fcn"``. Whether squeeze-and-excitation follows each convolution but the last. It
        is meant for sequences of several features.
    loss : str or callable, default="mean_squared_error"
        Keras loss: name, class, instance or function. A function returns one number per sample.
        With ``quantiles`` the loss is the pinball loss instead.
    optimizer : str, class or keras.optimizers.Optimizer, default="adam"
        Keras optimizer: name, class or instance. All options of Keras are supported.
    learning_rate : float or LearningRateSchedule, default=3e-3
        Step size of an optimizer that is given by name or class. An instance has its own learning
        rate; then leave this argument at its default. Optimizers given by name or class clip
        gradients to a global norm of 1, unless ``optimizer__global_clipnorm``,
        ``optimizer__clipnorm`` or ``optimizer__clipvalue`` says otherwise.
    learning_rate_schedule : {"auto", "cosine", "one_cycle", "constant"} or callable, default="auto"
        Course of the learning rate over a fit. ``"cosine"``: it rises over the first tenth and
        falls to 0 along half a cosine. ``"one_cycle"``: it rises over the first 30 %. A function
        takes the part of the fit that is done, in [0, 1], and returns a factor. ``"auto"``: cosine;
        constant with ``warm_start`` and in ``partial_fit``, where training is to be continued, and
        where ``learning_rate`` is a schedule of Keras.
    metrics : str, callable, list or dict, default=None
        Keras metrics, computed on the standardized targets if ``normalize_y`` is set.
    epochs : int or "auto", default="auto"
        Passes over the data; with ``early_stopping`` their maximum. ``"auto"``: 200 for small data,
        and fewer for long sequences and many samples, so that a fit takes a minute, not an hour;
        at least 10. Of these, as many as bring the loss within a tenth of the least in a trial
        in which the last fifth of the samples is held out; all, if it ends there as well. The
        stack learns late: it makes 500 updates at least, and without a trial no more;
        ``"cnn_lstm"`` makes at least 250 after a trial.
    batch_size : int or "auto", default="auto"
        Samples per optimizer step; the last batch may be smaller. ``"auto"``: a fiftieth of the
        samples, but at least 32 (16 for ``arch="lstm_fcn"``) and at most 256.
    shuffle : bool, default=True
        Whether to shuffle the samples before each epoch.
    random_crop : bool, default=False
        Whether each epoch sees only the beginning of each sequence, cut at random no shorter than
        the shortest sequence. It helps where sequences end by chance, most if they are few, and
        is wrong where the target is about the last steps, as in a forecast. ``epochs="auto"`` are
        then up to 600. No effect on sequences of equal length.
    early_stopping : bool, default=False
        Whether to hold out a validation part, to stop when its loss no longer falls, and to keep
        the weights of the best epoch. The validation part is the last ``validation_fraction`` of
        the samples. The ``n_outputs - 1`` samples before it are left out, because forecasts of
        several steps overlap.
    validation_fraction : float, default=0.1
        Fraction of the samples held out, in (0, 1).
    n_iter_no_change : int, default=10
        Epochs in a row without an improvement of ``tol`` after which to stop.
    tol : float, default=1e-4
        Fall of the validation loss that counts as an improvement.
    quantiles : sequence of float, default=None
        Quantiles that one network learns together, strictly increasing in (0, 1) and with the
        median, 0.5, among them, such as ``(0.1, 0.5, 0.9)``. ``predict`` then answers the median,
        and ``predict_quantiles`` all of them. The loss is the pinball loss, averaged over outputs
        and quantiles, so ``loss`` and ``metrics`` must be left at their defaults. None: one number
        per output, as ``loss`` asks.
    normalize_y : bool, default=True
        Whether to standardize the targets for training, in float64, and to transform predictions
        back. History and ``tol`` are then in units of the variance of the targets. A constant
        column of y is predicted as this constant.
    callbacks : list of keras.callbacks.Callback, default=None
        Keras callbacks; each fit works on copies.
    warm_start : bool, default=False
        Whether another call of ``fit`` continues where the last one stopped, including the state of
        the optimizer. A scaler before the network must then keep its scale.
    random_state : int, RandomState or None, default=None
        Seed of the initial weights, the shuffling and the dropout. None: a seed from the operating
        system.
    verbose : int, default=0
        0: silent, 1: a progress bar over the epochs, 2: one line per epoch.
    **routed
        Arguments for Keras objects that are given by name or class, as in scikeras:
        ``optimizer__clipnorm=1.0``, ``loss__delta=2.0``.

    Attributes
    ----------
    model_ : keras.Model
        The fitted network, of standard Keras layers. Its outputs are standardized if
        ``normalize_y`` is set. With ``quantiles`` it has ``n_outputs_ * n_quantiles`` outputs: all
        quantiles of the first output, then all of the second, and so on, not yet sorted.
    history_ : dict of str to list of float
        Loss and metrics per epoch, and with ``early_stopping`` also those of the validation part,
        whose names begin with ``val_``.
    loss_curve_ : list of float
        ``history_["loss"]``.
    n_iter_ : int
        Epochs trained, over all warm starts.
    best_epoch_ : int
        The epoch, counted from 1, whose weights were kept: the last, or with ``early_stopping`` the
        one with the smallest validation loss.
    n_outputs_ : int
        Number of outputs per sequence: columns of y.
    n_features_in_ : int
        Number of columns of 2-D X, length of the last axis of 3-D X.
    n_timesteps_in_ : int
        Number of time steps per sequence; of the longest, where they differ.
    feature_names_in_ : ndarray of str
        Column names, if X is a DataFrame whose names are all strings, or windows of one.
    target_encoder_ : TargetScaler
        Standardizes the targets. Its ``scale_`` is 0 for constant columns of y.

    See Also
    --------
    LSTMClassifier : The same networks for classification.
    sklstm.make_windows : Cuts a series into sequences and targets.

    References
    ----------
    S. Hochreiter and J. Schmidhuber, "Long Short-Term Memory", Neural Computation 9(8),
    1735-1780 (1997).

    M. Schuster and K. K. Paliwal, "Bidirectional recurrent neural networks", IEEE Transactions
    on Signal Processing 45(11), 2673-2681 (1997).

    F. Karim, S. Majumdar, H. Darabi and S. Chen, "LSTM Fully Convolutional Networks for Time Series
    Classification", IEEE Access 6, 1662-1669 (2018).

    F. Karim, S. Majumdar, H. Darabi and S. Harford, "Multivariate LSTM-FCNs for time series
    classification", Neural Networks 116, 237-245 (2019).

    R. Koenker and G. Bassett, "Regression Quantiles", Econometrica 46(1), 33-50 (1978).

    R. Wen, K. Torkkola, B. Narayanaswamy and D. Madeka, "A Multi-Horizon Quantile Recurrent
    Forecaster", NIPS 2017 Time Series Workshop, arXiv:1711.11053 (2017).

    Examples
    --------
    >>> import numpy as np
    >>> from sklstm import LSTMRegressor, make_windows
    >>> series = np.sin(np.arange(400) * 2 * np.pi / 25)
    >>> X, Y = make_windows(series, lookback=25, horizon=5)
    >>> model = LSTMRegressor(units=16, epochs=20, learning_rate=0.01, random_state=0)
    >>> model.fit(X[:300], Y[:300]).predict(X[300:]).shape
    (71, 5)
    >>> bool(model.score(X[300:], Y[300:]) > 0.9)
    True

    An interval that should hold four fifths of the targets of each step, and the median in it:

    >>> model.set_params(quantiles=(0.1, 0.5, 0.9)).fit(X[:300], Y[:300])
    LSTMRegressor(...)
    >>> low, median, high = np.moveaxis(model.predict_quantiles(X[300:]), -1, 0)
    >>> median.shape, bool((low <= median).all() and (median <= high).all())
    ((71, 5), True)
    """

    _encoder_class = TargetScaler
    _overfits_soon = True
    _parameter_constraints = {
        **BaseLSTM._parameter_constraints,
        "quantiles": ["array-like", None],
        "normalize_y": ["boolean"],
    }

    def __init__(
        self,
        arch="vanilla",
        *,
        units=64,
        activation="auto",
        dropout="auto",
        readout="auto",
        filters=64,
        kernel_size=3,
        pool_size=2,
        subsequences=1,
        fcn_filters=(128, 256, 128),
        fcn_kernel_sizes=(8, 5, 3),
        squeeze_excitation=False,
        loss="mean_squared_error",
        optimizer="adam",
        learning_rate=3e-3,
        learning_rate_schedule="auto",
        metrics=None,
        epochs="auto",
        batch_size="auto",
        shuffle=True,
        random_crop=False,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        tol=1e-4,
        quantiles=None,
        normalize_y=True,
        callbacks=None,
        warm_start=False,
        random_state=None,
        verbose=0,
        **routed,
    ):
        self.arch = arch
        self.units = units
        self.activation = activation
        self.dropout = dropout
        self.readout = readout
        self.filters = filters
        self.kernel_size = kernel_size
        self.pool_size = pool_size
        self.subsequences = subsequences
        self.fcn_filters = fcn_filters
        self.fcn_kernel_sizes = fcn_kernel_sizes
        self.squeeze_excitation = squeeze_excitation
        self.loss = loss
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.learning_rate_schedule = learning_rate_schedule
        self.metrics = metrics
        self.epochs = epochs
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.random_crop = random_crop
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.quantiles = quantiles
        self.normalize_y = normalize_y
        self.callbacks = callbacks
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose
        self._set_routed(routed)

    @property
    def n_outputs_(self) -> int:
        """Number of outputs per sequence."""
        return self.target_encoder_.n_outputs_

    @property
    def target_encoder(self) -> TargetScaler:
        """A new encoder of the targets."""
        return TargetScaler(self.normalize_y, self._check_quantiles())

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> LSTMRegressor:
        """Train for one epoch, from where the last call stopped.

        The targets keep the scale of the first call.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_timesteps)
            Sequences, as in :meth:`fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the loss; samples of weight 0 are ignored.

        Returns
        -------
        self : LSTMRegressor
            The fitted estimator.

        Examples
        --------
        >>> import numpy as np
        >>> from sklstm import LSTMRegressor
        >>> X = np.random.default_rng(0).normal(size=(60, 4, 1))
        >>> model = LSTMRegressor(units=2, random_state=0)
        >>> for part in np.split(X, 3):
        ...     model = model.partial_fit(part, part[:, -1, 0])
        >>> model.n_iter_
        3
        """
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X: Any) -> np.ndarray:
        """Predict the targets of sequences: with ``quantiles``, their medians.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_timesteps)
            Sequences with as many features as in fit, and as many time steps. A list of arrays, or
            a network that was fitted on sequences of unequal length, may have others.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs), float64
            With as many dimensions as the targets of fit.
        """
        outputs = self._forward(X)
        return self.target_encoder_.inverse_transform(outputs)

    @available_if(_gives_quantiles)
    def predict_quantiles(self, X: Any) -> np.ndarray:
        """Predict the quantiles of the targets of sequences; only with ``quantiles``.

        They never cross: the quantiles of each target are sorted. Sorting brings them no further
        from the true ones, and never raises the pinball loss. Training sees them as the network
        gives them, so that each has its own gradient.

        A network that has learnt its few samples by heart gives intervals that are too narrow for
        others: see how many targets of later data they hold.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_timesteps)
            Sequences with as many features as in fit, and as many time steps. A list of arrays, or
            a network that was fitted on sequences of unequal length, may have others.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs, n_quantiles), float64
            Increasing along the last axis. With 1-D targets, n_outputs is 1.

        References
        ----------
        V. Chernozhukov, I. Fernández-Val and A. Galichon, "Quantile and Probability Curves Without
        Crossing", Econometrica 78(3), 1093-1125 (2010).
        """
        outputs = self._forward(X)
        return self.target_encoder_.inverse_quantiles(outputs)

    def _check_quantiles(self) -> tuple[float, ...] | None:
        """Return the quantiles as floats; refuse arguments that do not go with them."""
        if self.quantiles is None:
            return None
        default = inspect.signature(type(self)).parameters["loss"].default
        given = ["loss"] if self.loss != default else []
        given += [name for name in self._routed() if name.startswith("loss__")]
        if given:
            raise ValueError(
                f"quantiles={self.quantiles!r} are learnt with the pinball loss, but "
                f"{given[0]}={getattr(self, given[0])!r} is given as well. Leave loss at its "
                f"default, {default!r}, or pass quantiles=None."
            )
        if self.metrics:
            raise ValueError(
                f"metrics={self.metrics!r} cannot be computed with quantiles={self.quantiles!r}: "
                "the network has one output per quantile, and y has none of them. Leave metrics at "
                "None, and score predictions, for example with sklearn.metrics.mean_pinball_loss."
            )
        return check_quantiles(self.quantiles)

    def _resolve_loss(self) -> Any:
        quantiles = self._check_quantiles()
        return self.loss if quantiles is None else PinballLoss(quantiles)

    def _make_plan(self, lengths: np.ndarray | None, *, resume: bool) -> NetworkPlan:
        """Refuse also quantiles other than those that a warm start continues."""
        quantiles, learnt = self._check_quantiles(), self.target_encoder_.quantiles
        if quantiles != learnt:
            raise ValueError(
                f"Training continues with a network that was fitted with quantiles={learnt!r}, "
                f"but now quantiles={self.quantiles!r}. Set them back, or fit anew with "
                "warm_start=False."
            )
        return super()._make_plan(lengths, resume=resume)

    def _check_target(self, y: Any) -> np.ndarray:
        if y is None:
            raise ValueError("LSTMRegressor requires y to be passed, but the target y is None.")
        return check_targets(y)

    def _level_shift(self, training: np.ndarray, validation: np.ndarray) -> float:
        return level_shift(training, validation)

    def _hold_out(self, target: np.ndarray, seed: int) -> tuple[slice, slice]:
        """Hold out the last part, past all targets that training sees."""
        n_outputs = 1 if target.ndim == 1 else target.shape[1]
        fraction = self._plain_arguments()["validation_fraction"]
        return hold_out_last(len(target), fraction, gap=n_outputs - 1)
