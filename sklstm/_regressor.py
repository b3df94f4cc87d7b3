"""LSTMRegressor."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin, _fit_context

from sklstm._base import BaseLSTM
from sklstm._target_checks import check_targets
from sklstm._targets import TargetScaler
from sklstm._training import hold_out_last


class LSTMRegressor(RegressorMixin, BaseLSTM):  # numpydoc ignore=PR02
    """LSTM network for regression: forecasts and other numbers read from sequences.

    Four architectures share one set of arguments, so that one grid spans them all; what an
    architecture has no use for is ignored by it.

    Parameters
    ----------
    arch : {"vanilla", "bidirectional", "stacked", "cnn_lstm"}, default="vanilla"
        The network: one LSTM layer; two that read from either end; a stack; a convolution in
        front of an LSTM.
    units : int or sequence of int, default=64
        LSTM units. For ``"stacked"`` an int u means layers of (u, 2u, u); a list or tuple gives
        one number a layer.
    activation : str or callable, default="auto"
        ``"auto"``: tanh, and relu in the upper layers of the stack. Else one Keras activation
        for all LSTM layers.
    dropout : float, default=0.0
        Fraction, in [0, 1), dropped after each recurrent layer while training.
    filters, kernel_size, pool_size : int, default=64, 3, 2
        Convolution of ``"cnn_lstm"``: number of filters, steps that a filter spans, steps that
        are pooled into one.
    subsequences : int or None, default=1
        For ``"cnn_lstm"``. None: the convolution runs along the sequence, and the LSTM over the
        pooled steps. k: the sequence is cut into k pieces, each is convolved and pooled, and the
        LSTM reads one piece a step.
    loss : str or callable, default="mean_squared_error"
        Keras loss: name, class, instance or function.
    optimizer : str, class or keras.optimizers.Optimizer, default="adam"
        Keras optimizer.
    learning_rate : float or LearningRateSchedule, default=1e-3
        Step size, of any optimizer that is given by name or class. An instance has its own:
        leave this at its default then.
    metrics : str, callable, list or dict, default=None
        Keras metrics, computed on the targets as the network sees them.
    epochs : int, default=100
        Passes over the data; with ``early_stopping`` the most there are.
    batch_size : int, default=32
        Samples a step of the optimizer; the last batch may be smaller.
    shuffle : bool, default=True
        Whether to shuffle the samples before each epoch.
    early_stopping : bool, default=False
        Whether to hold out a validation part, to stop when its loss no longer falls, and to
        keep the weights of the best epoch. The validation part is the last
        ``validation_fraction`` of the samples, and the ``n_outputs - 1`` samples before it are
        left out: forecasts of several steps overlap.
    validation_fraction : float, default=0.1
        Fraction of the samples held out, in (0, 1).
    n_iter_no_change : int, default=10
        Epochs in a row without an improvement of ``tol`` after which to stop.
    tol : float, default=1e-4
        Fall of the validation loss that counts as an improvement.
    normalize_y : bool, default=True
        Whether to standardize the targets for training, in float64, and to map predictions
        back. History and ``tol`` are then in units of the targets' variance.
    callbacks : list of keras.callbacks.Callback, default=None
        Keras callbacks; each fit works on copies.
    warm_start : bool, default=False
        Whether another call of ``fit`` goes on where the last one stopped, optimizer included.
    random_state : int, RandomState or None, default=None
        Seeds the weights, the shuffling and the dropout. None: from the operating system.
    verbose : int, default=0
        0: silent, 1: a progress bar over the epochs, 2: a line an epoch.
    **routed
        Arguments for Keras objects that are given by name or class, as in scikeras:
        ``optimizer__clipnorm=1.0``, ``loss__delta=2.0``.

    Attributes
    ----------
    model_ : keras.Model
        The fitted network, of stock Keras layers. It works on standardized targets when
        ``normalize_y`` is set.
    history_ : dict of str to list of float
        Loss and metrics, and with ``early_stopping`` their ``val_`` counterparts, by epoch.
    loss_curve_ : list of float
        ``history_["loss"]``.
    n_iter_ : int
        Epochs trained, over all warm starts.
    best_epoch_ : int
        The epoch, counted from 1, whose weights were kept: the last, or with
        ``early_stopping`` the one of least validation loss.
    n_outputs_ : int
        Numbers predicted a sequence.
    n_features_in_ : int
        Columns of 2-D X, last axis of 3-D X.
    n_timesteps_in_ : int
        Time steps of a sequence.
    feature_names_in_ : ndarray of str
        Column names, where X is a DataFrame with names that are all strings.
    target_encoder_ : TargetScaler
        Standardizes the targets.

    See Also
    --------
    LSTMClassifier : The same networks for labels.
    sklstm.make_windows : Cuts a series into sequences and targets.

    References
    ----------
    S. Hochreiter and J. Schmidhuber, "Long Short-Term Memory", Neural Computation 9(8),
    1735-1780 (1997).

    M. Schuster and K. K. Paliwal, "Bidirectional recurrent neural networks", IEEE Transactions
    on Signal Processing 45(11), 2673-2681 (1997).

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
    """

    _encoder_class = TargetScaler
    _parameter_constraints = {**BaseLSTM._parameter_constraints, "normalize_y": ["boolean"]}

    def __init__(
        self,
        arch="vanilla",
        *,
        units=64,
        activation="auto",
        dropout=0.0,
        filters=64,
        kernel_size=3,
        pool_size=2,
        subsequences=1,
        loss="mean_squared_error",
        optimizer="adam",
        learning_rate=1e-3,
        metrics=None,
        epochs=100,
        batch_size=32,
        shuffle=True,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        tol=1e-4,
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
        self.filters = filters
        self.kernel_size = kernel_size
        self.pool_size = pool_size
        self.subsequences = subsequences
        self.loss = loss
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.metrics = metrics
        self.epochs = epochs
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.normalize_y = normalize_y
        self.callbacks = callbacks
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose
        self._set_routed(routed)

    @property
    def n_outputs_(self) -> int:
        """Numbers predicted a sequence."""
        return self.target_encoder_.n_columns_

    @property
    def target_encoder(self) -> TargetScaler:
        """A new encoder of the targets."""
        return TargetScaler(self.normalize_y)

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> LSTMRegressor:
        """Train for one epoch, from where the last call stopped.

        The scale of the targets is that of the first call.

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
        self : LSTMRegressor
            The fitted estimator.
        """
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X: Any) -> np.ndarray:
        """Predict the targets of sequences.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_timesteps)
            Sequences of the steps and features of fit.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs), float64
            With as many dimensions as the targets of fit.
        """
        outputs = self._forward(X)
        return self.target_encoder_.inverse_transform(outputs)

    def _check_target(self, y: Any) -> np.ndarray:
        if y is None:
            raise ValueError("LSTMRegressor requires y to be passed, but the target y is None.")
        return check_targets(y)

    def _hold_out(self, target: np.ndarray, seed: int) -> tuple[slice, slice]:
        """Hold out the last part, past all targets that training sees."""
        n_outputs = 1 if target.ndim == 1 else target.shape[1]
        fraction = self._plain_arguments()["validation_fraction"]
        return hold_out_last(len(target), fraction, gap=n_outputs - 1)
