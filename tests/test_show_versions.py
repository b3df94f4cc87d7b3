"""The report of versions and settings."""

import numpy as np

from sklstm import _show_versions, show_versions


def test_versions_and_settings_are_printed(capsys, monkeypatch):
    monkeypatch.setattr(_show_versions, "PACKAGES", ("numpy", "sklstm-missing"))
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    show_versions()
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert f"numpy: {np.__version__}" in lines
    assert "sklstm-missing: not installed" in lines
    assert "OMP_NUM_THREADS: 3" in lines
    assert "TF_NUM_INTRAOP_THREADS: not set" in lines
