"""What verbose shows."""

import pytest
from training_support import plan, samples, train


@pytest.mark.parametrize("verbose", [1, 2])
def test_progress_in_a_log_is_a_line_an_epoch(capsys, verbose):
    _, history, _ = train(plan(), samples(), epochs=3, verbose=verbose)
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"Epoch {i}/3 - loss: {history['loss'][i - 1]:.4g}" for i in (1, 2, 3)]


def test_progress_in_a_terminal_is_a_bar(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    _, history, _ = train(plan(), samples(), epochs=3, verbose=1)
    last = capsys.readouterr().out.split("\r")[-1]
    assert "3/3" in last and last.endswith("\n")
    assert float(last.rpartition("loss: ")[2].split()[0]) == pytest.approx(
        history["loss"][-1], abs=1e-4
    )


def test_silence(capsys):
    train(plan(), samples(), epochs=3, verbose=0)
    assert capsys.readouterr().out == ""
