"""LSTMClassifier."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.utils import column_or_1d, compute_sample_weight
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from sklstm._base import BaseLSTM
from sklstm._kernels._tensorflow import keras
from sklstm._parameters import loss_name
from sklstm._sequences import Data
from sklstm._target_checks import check_labels, check_rows
from sklstm._targets import ClassEncoder
from sklstm._training import hold_out_stratified


class LSTMClassifier(ClassifierMixin, BaseLSTM):  # numpydoc ignore=PR02
    """LSTM network for classification of sequences.

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
        step, but where the sequences of ``fit`` differ in length the maximum, or the mean for
        ``"stacked"``. ``"lstm_fcn"`` always reads the last step.
    filters, kernel_size, pool_size : int, default=64, 3, 2
        Convolution of ``"cnn_lstm"``: number of filters, time steps per filter, and time steps that
        are pooled into one.
    subsequences : int or None, default=None
        For ``"cnn_lstm"``. None: the convolution runs along the sequence, and the LSTM over the
        pooled steps. An int k: the sequence is cut into k pieces, each is convolved and pooled, and
        the LSTM reads one piece per step.
    fcn_filters, fcn_kernel_sizes : sequence of int, default=(128, 256, 128), (8, 5, 3)
        Convolutions of ``"lstm_fcn"``, each followed by batch normalization: number of filters, and
        time steps per filter. Both have one number per convolution.
    squeeze_excitation : bool, default=False
        For ``"lstm_fcn"``. Whether squeeze-and-excitation follows each convolution but the last. It
        is meant for sequences of several features.
    loss : str or callable, default="auto"
        Keras loss: name, class, instance or function. A function returns one number per sample.
        ``"auto"``: categorical cross-entropy, or binary cross-entropy if y has multilabel indicator
        rows. With binary cross-entropy, rows of zeros and ones are always multilabel.
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
        Keras metrics, such as ``["accuracy"]``.
    epochs : int or "auto", default="auto"
        Passes over the data; with ``early_stopping`` their maximum. ``"auto"``: 200 for small data,
        and fewer for long sequences and many samples, so that a fit takes a minute, not an hour;
        at least 10.
    batch_size : int or "auto", default="auto"
        Samples per optimizer step; the last batch may be smaller. ``"auto"``: 16 for
        ``arch="lstm_fcn"``, otherwise 32.
    shuffle : bool, default=True
        Whether to shuffle the samples before each epoch.
    random_crop : bool, default=False
        Whether each epoch sees only the beginning of each sequence, cut at random no shorter than
        the shortest sequence. It helps where sequences end by chance, most if they are few, and
        is wrong where the class shows in the last steps. ``epochs="auto"`` are then up to 600. No
        effect on sequences of equal length.
    early_stopping : bool, default=False
        Whether to hold out a validation part, to stop when its loss no longer falls, and to keep
        the weights of the best epoch. The validation part is random, stratified by label.
    validation_fraction : float, default=0.1
        Fraction of the samples held out, in (0, 1).
    n_iter_no_change : int, default=10
        Epochs in a row without an improvement of ``tol`` after which to stop.
    tol : float, default=1e-4
        Fall of the validation loss that counts as an improvement.
    class_weight : dict, list of dict, "balanced" or None, default=None
        Weights of the classes in the loss, as in scikit-learn; they multiply ``sample_weight``.
    callbacks : list of keras.callbacks.Callback, default=None
        Keras callbacks; each fit works on copies.
    warm_start : bool, default=False
        Whether another call of ``fit`` continues where the last one stopped, including the state of
        the optimizer. A scaler before the network must then keep its scale.
    random_state : int, RandomState or None, default=None
        Seed of the initial weights, the shuffling, the dropout and the validation part. None: a
        seed from the operating system.
    verbose : int, default=0
        0: silent, 1: a progress bar over the epochs, 2: one line per epoch.
    **routed
        Arguments for Keras objects that are given by name or class, as in scikeras:
        ``optimizer__clipnorm=1.0``, ``loss__label_smoothing=0.1``.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels; for one-hot and indicator rows the numbers of their columns.
    n_classes_ : int
        Number of classes.
    model_ : keras.Model
        The fitted network, of standard Keras layers; its outputs are the probabilities of
        ``classes_``.
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
        Number of labels per sequence: 1, or for indicator rows their number of columns.
    n_features_in_ : int
        Number of columns of 2-D X, length of the last axis of 3-D X.
    n_timesteps_in_ : int
        Number of time steps per sequence; of the longest, where they differ.
    feature_names_in_ : ndarray of str
        Column names, if X is a DataFrame whose names are all strings, or windows of one.
    target_encoder_ : ClassEncoder
        Encodes labels for the network, and decodes its outputs.

    See Also
    --------
    LSTMRegressor : The same networks for regression.
    sklstm.datasets.make_barcodes : Sequences to classify.

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

    Examples
    --------
    >>> import numpy as np
    >>> from sklstm import LSTMClassifier
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat(["falling", "rising"], 50)
    >>> slope = np.where(y == "rising", 1.0, -1.0)
    >>> X = slope[:, np.newaxis] * np.linspace(-1, 1, 12) + rng.normal(0, 0.2, (100, 12))
    >>> model = LSTMClassifier(units=8, epochs=20, learning_rate=0.01, random_state=0)
    >>> model.fit(X[::2], y[::2]).predict(X[[1, 99]])
    array(['falling', 'rising'], dtype='<U7')
    >>> model.predict_proba(X[1::2]).shape
    (50, 2)

    Sequences of unequal length:

    >>> X = [row[: rng.integers(6, 13)] for row in X]
    >>> model.fit(X, y).predict([X[0], X[99], X[99][:5]])
    array(['falling', 'rising', 'rising'], dtype='<U7')
    """

    _encoder_class = ClassEncoder
    _parameter_constraints = {
        **BaseLSTM._parameter_constraints,
        "class_weight": [StrOptions({"balanced"}), dict, list, None],
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
        subsequences=None,
        fcn_filters=(128, 256, 128),
        fcn_kernel_sizes=(8, 5, 3),
        squeeze_excitation=False,
        loss="auto",
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
        class_weight=None,
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
        self.class_weight = class_weight
        self.callbacks = callbacks
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose
        self._set_routed(routed)

    @property
    def classes_(self) -> np.ndarray:
        """The labels; for one-hot and indicator rows the numbers of their columns."""
        return self.target_encoder_.classes_

    @property
    def n_classes_(self) -> int:
        """Number of classes."""
        return len(self.target_encoder_.classes_)

    @property
    def n_outputs_(self) -> int:
        """Number of labels per sequence."""
        return self.n_classes_ if self.target_encoder_.kind_ == "indicator" else 1

    @property
    def target_encoder(self) -> ClassEncoder:
        """A new encoder of the labels."""
        name = "auto" if self.loss == "auto" else loss_name(self.loss)
        return ClassEncoder(
            integer_labels=name == "sparse_categorical_crossentropy",
            multilabel=name.startswith("binary_"),
        )

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> LSTMClassifier:
        """Train for one epoch, from where the last call stopped.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_timesteps)
            Sequences, as in :meth:`fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_classes)
            Labels, or rows of zeros and ones.
        classes : array-like of shape (n_classes,), default=None
            All labels of this and later calls. Required in the first call if y holds labels; in
            later calls it must be the same if it is given.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the loss; samples of weight 0 are ignored.

        Returns
        -------
        self : LSTMClassifier
            The fitted estimator.

        Examples
        --------
        >>> import numpy as np
        >>> from sklstm import LSTMClassifier
        >>> X = np.random.default_rng(0).normal(size=(60, 4, 1))
        >>> model = LSTMClassifier(units=2, random_state=0)
        >>> for part in np.split(X, 3):
        ...     y = np.where(part[:, -1, 0] > 0, "up", "down")
        ...     model = model.partial_fit(part, y, classes=["down", "up"])
        >>> model.n_iter_
        3
        """
        if isinstance(self.class_weight, str):
            raise ValueError(
                f"class_weight={self.class_weight!r} is not supported for partial_fit, which does "
                "not know how often the classes will come. Compute the weights with "
                "sklearn.utils.compute_class_weight and pass them as a dict."
            )
        if classes is not None:
            classes = column_or_1d(check_labels(classes, "classes"))
        if not self.__sklearn_is_fitted__():
            if classes is None and self._check_target(y).ndim == 1:
                raise ValueError("classes must be passed on the first call to partial_fit.")
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(
                f"`classes={classes!r}` is not the same as on last call to partial_fit, was: "
                f"{self.classes_!r}"
            )
        return self._partial_fit(X, y, sample_weight, classes)

    def predict(self, X: Any) -> np.ndarray:
        """Predict the labels of sequences.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_timesteps)
            Sequences with as many features as in fit, and as many time steps. A list of arrays, or
            a network that was fitted on sequences of unequal length, may have others.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            Labels, or rows of zeros and ones where y had rows.
        """
        probabilities = self.predict_proba(X)
        return self.target_encoder_.inverse_transform(probabilities)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Predict the probabilities of the classes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_timesteps)
            Sequences with as many features as in fit, and as many time steps. A list of arrays, or
            a network that was fitted on sequences of unequal length, may have others.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), float64
            In the order of ``classes_``. Rows sum to 1, except for indicator rows, whose columns
            are independent probabilities.
        """
        probabilities = self._forward(X)
        if self.target_encoder_.kind_ != "indicator":
            probabilities /= probabilities.sum(axis=1, keepdims=True)
        return probabilities

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Predict the logarithms of the probabilities of the classes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_timesteps)
            Sequences with as many features as in fit, and as many time steps. A list of arrays, or
            a network that was fitted on sequences of unequal length, may have others.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), float64
            In the order of ``classes_``.
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def _resolve_loss(self) -> Any:
        if not (isinstance(self.loss, str) and self.loss == "auto"):
            return self.loss
        if self.target_encoder_.kind_ == "indicator":
            return keras.losses.BinaryCrossentropy
        return keras.losses.CategoricalCrossentropy

    def _check_target(self, y: Any) -> np.ndarray:
        if y is None:
            raise ValueError("LSTMClassifier requires y to be passed, but the target y is None.")
        y = check_labels(y, "y")
        if y.ndim > 2:
            raise ValueError(
                "LSTMClassifier expected y of shape (n_samples,) or (n_samples, n_classes), got "
                f"{y.shape}."
            )
        check_classification_targets(y)
        kind = type_of_target(y, input_name="y")
        if kind == "multiclass-multioutput":
            raise ValueError(
                "Unknown label type: multiclass-multioutput. LSTMClassifier takes one label a "
                "sample, one-hot rows, or indicator rows of zeros and ones."
            )
        return check_rows(y) if kind == "multilabel-indicator" else column_or_1d(y, warn=True)

    def _learnt_from(self, training: Any) -> slice:
        """Learn from all samples: what rows are, and which classes, is no matter of a split."""
        return slice(None)

    def _weigh(self, sample_weight: Any, data: Data) -> np.ndarray:
        """Return the weights of the samples, multiplied by those of their classes."""
        weight = super()._weigh(sample_weight, data)
        if self.class_weight is not None:
            present = weight > 0  # absent samples do not count in balanced weights
            target = data.target[present]
            with np.errstate(over="ignore"):  # such weights are refused
                weight[present] *= compute_sample_weight(self.class_weight, target)
        return weight

    def _hold_out(self, target: np.ndarray, seed: int) -> tuple[Any, Any]:
        """Hold out a random part, stratified by label."""
        fraction = self._plain_arguments()["validation_fraction"]
        return hold_out_stratified(target, fraction, seed=seed)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        tags.target_tags.multi_output = False
        return tags
