"""scikit-learn's callbacks see candidates, folds and epochs."""

import io
import pickle
from contextlib import redirect_stdout

import numpy as np
import pytest
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklstm import LSTMClassifier, LSTMRegressor
from sklstm._kernels._tensorflow import keras

X = np.random.default_rng(0).normal(size=(40, 6))
Y = X[:, -1] + X[:, 0]
QUICK = dict(units=4, learning_rate=0.03, random_state=0)


class Recorder:
    """Notes what it is told, and asks to stop after some epochs."""

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.events = []

    def setup(self, estimator, context):
        self.events.append("setup")

    def on_fit_task_begin(self, estimator, context):
        self.events.append(("begin", context.task_name, context.task_id, context.max_subtasks))

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None, X=None):
        self.events.append(("end", context.task_name, context.task_id))
        if context.task_name == "epoch":
            self.last_prediction = fitted_estimator.predict(X)
            return context.task_id + 1 == self.stop_after
        return False

    def teardown(self, estimator, context):
        self.events.append("teardown")


def test_a_fit_has_one_sub_task_an_epoch():
    recorder = Recorder()
    model = LSTMRegressor(**QUICK, epochs=2).set_callbacks(recorder)
    model.fit(X, Y)
    assert recorder.events == [
        "setup",
        ("begin", "fit", 0, 2),
        ("begin", "epoch", 0, 0),
        ("end", "epoch", 0),
        ("begin", "epoch", 1, 0),
        ("end", "epoch", 1),
        ("end", "fit", 0),
        "teardown",
    ]
    np.testing.assert_array_equal(recorder.last_prediction, model.predict(X))


@pytest.mark.parametrize("estimator", [LSTMRegressor, LSTMClassifier])
def test_a_callback_that_asks_to_stop_stops_the_fit(estimator):
    y = Y if estimator is LSTMRegressor else Y > 0
    settings = dict(QUICK, learning_rate_schedule="constant")
    stopped = estimator(**settings, epochs=9).set_callbacks(Recorder(stop_after=3)).fit(X, y)
    assert stopped.n_iter_ == 3
    np.testing.assert_array_equal(
        stopped.predict(X), estimator(**settings, epochs=3).fit(X, y).predict(X)
    )


def test_a_failing_fit_is_torn_down():
    class Fails(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise RuntimeError("stop here")

    recorder = Recorder()
    model = LSTMRegressor(**QUICK, epochs=2, callbacks=[Fails()]).set_callbacks(recorder)
    with pytest.raises(RuntimeError, match="stop here"):
        model.fit(X, Y)
    assert recorder.events[-1] == "teardown"
    assert not {"_callback_fit_ctx", "_skl_callbacks_to_teardown"} & set(vars(model))


def test_scoring_monitor_collects_every_folds_learning_curve():
    monitor = ScoringMonitor(scoring="r2")
    pipe = make_pipeline(StandardScaler(), LSTMRegressor(**QUICK, epochs=5).set_callbacks(monitor))
    search = GridSearchCV(
        pipe, {"lstmregressor__units": [2, 4]}, cv=3, refit=False, error_score="raise"
    )
    search.fit(X, Y)
    log = monitor.get_logs()
    epochs = [row for row in log.data if row["task_name"] == "epoch"]
    assert len(epochs) == 2 * 3 * 5
    assert len({row["parent_task_id_path"] for row in epochs}) == 6
    alone = ScoringMonitor(scoring="r2")
    model = LSTMRegressor(**QUICK, epochs=5).set_callbacks(alone).fit(X, Y)
    curve = [row["r2"] for row in alone.get_logs().data if row["task_name"] == "epoch"]
    assert curve[-1] == pytest.approx(r2_score(Y, model.predict(X)))
    assert curve[-1] > curve[0]


def test_progress_bar_shows_candidates_folds_and_epochs():
    out = io.StringIO()
    with redirect_stdout(out):
        search = GridSearchCV(
            LSTMRegressor(**QUICK, epochs=3), {"units": [2, 4]}, cv=2, error_score="raise"
        )
        search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(X, Y)
    shown = out.getvalue()
    assert "GridSearchCV" in shown and "LSTMRegressor" in shown
    assert "100%" in shown


def test_nothing_is_shown_without_being_asked(capfd):
    LSTMRegressor(**QUICK, epochs=2).fit(X, Y)
    assert capfd.readouterr() == ("", "")


# --- callbacks of Keras --------------------------------------------------------------------


def test_a_lambda_callback_is_told_of_every_batch():
    batches = []
    callback = keras.callbacks.LambdaCallback(on_train_batch_end=lambda i, logs: batches.append(i))
    callback.__deepcopy__ = lambda memo: callback  # to see what it has seen
    LSTMRegressor(**QUICK, epochs=2, batch_size=16, callbacks=[callback]).fit(X, Y)
    assert batches == [0, 1, 2] * 2


def test_early_stopping_of_keras_decides_the_best_epoch():
    """The loss rises from the third epoch on, as the learning rate says."""
    rates = keras.callbacks.LearningRateScheduler(lambda epoch: [0.03, 0.03, 1.0, 1.0, 1.0][epoch])
    stopping = keras.callbacks.EarlyStopping("loss", patience=2, restore_best_weights=True)
    settings = dict(QUICK, batch_size=40, random_state=0, learning_rate_schedule="constant")
    model = LSTMRegressor(**settings, epochs=5, callbacks=[rates, stopping]).fit(X, Y)
    losses = model.loss_curve_
    assert model.best_epoch_ == int(np.argmin(losses)) + 1 < model.n_iter_
    to_the_best = LSTMRegressor(**settings, epochs=model.best_epoch_, callbacks=[rates]).fit(X, Y)
    np.testing.assert_array_equal(model.predict(X), to_the_best.predict(X))


def test_backup_and_restore_goes_on_after_a_crash(tmp_path):
    class Crashes(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 3:
                raise RuntimeError("the power fails")

    backup = keras.callbacks.BackupAndRestore(tmp_path)
    model = LSTMRegressor(**QUICK, epochs=5)
    with pytest.raises(RuntimeError, match="power"):
        model.set_params(callbacks=[backup, Crashes()]).fit(X, Y)
    resumed = model.set_params(callbacks=[backup]).fit(X, Y)
    assert len(resumed.loss_curve_) == 2  # of five epochs, three had been trained


def test_text_in_the_logs_is_kept():
    class Notes(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs):
            logs["phase"] = f"phase {epoch}"

    model = LSTMRegressor(**QUICK, epochs=2, callbacks=[Notes()]).fit(X, Y)
    assert pickle.loads(pickle.dumps(model)).history_["phase"] == ["phase 0", "phase 1"]


def test_a_metric_that_comes_with_a_warm_start_is_missing_before():
    model = LSTMRegressor(**QUICK, epochs=2, warm_start=True).fit(X, Y)
    model.set_params(metrics=["mae"]).fit(X, Y).set_params(metrics=None).fit(X, Y)
    known = np.isfinite(model.history_["mean_absolute_error"])
    np.testing.assert_array_equal(known, [False, False, True, True, False, False])
    assert model.n_iter_ == 6


@pytest.mark.parametrize(
    "metric", [keras.metrics.F1Score(), keras.metrics.Precision(thresholds=[0.2, 0.7])]
)
def test_a_metric_of_several_numbers_is_refused(metric):
    model = LSTMClassifier(**QUICK, epochs=1, metrics=[metric])
    with pytest.raises(ValueError, match=r"has [23] values.*one number per epoch.*average='macro'"):
        model.fit(X, np.digitize(Y, [-1, 1]))
