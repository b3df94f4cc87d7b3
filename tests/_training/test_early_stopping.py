"""When training stops, which epoch is kept, and which samples are held out."""

from sklstm._training import EarlyStopping


def test_early_stopping_counts_and_keeps_the_best():
    stop = EarlyStopping(patience=2, tol=0.1)
    losses = [1.0, 0.8, 0.75, 0.9, 0.5]
    # 0.8 betters 1.0 by more than 0.1; 0.75 is better, but by less; 0.9 makes two in a row
    stopped = [stop.update(loss, lambda i=i: i) for i, loss in enumerate(losses[:4])]
    assert stopped == [False, False, False, True]
    assert (stop.best, stop.best_loss) == (2, 0.75)
