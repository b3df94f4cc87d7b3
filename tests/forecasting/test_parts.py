import numpy as np
import pytest

from sklstm.forecasting._parts import by_part, parts
from sklstm.windowing import Windows, _lazy_array

ROWS = np.arange(22.0).reshape(11, 2)


@pytest.mark.parametrize("make", [np.asarray, lambda windows: windows], ids=["array", "lazy"])
def test_windows_are_looked_at_part_by_part(make, monkeypatch):
    monkeypatch.setattr(_lazy_array, "_PART_BYTES", 4 * 3 * 2 * 8)  # four windows of nine
    windows, seen = make(Windows(ROWS, lookback=3)), []

    def first_step_times(part, factor):
        assert isinstance(part, np.ndarray)
        seen.append(len(part))
        return (part[:, 0] * factor[:, np.newaxis]).T

    found = by_part(first_step_times, windows, np.arange(9), axis=1)
    assert seen == [4, 4, 1]
    np.testing.assert_array_equal(found, (ROWS[:9] * np.arange(9)[:, np.newaxis]).T)
    assert [(at.start, at.stop, len(part)) for at, part in parts(windows)] == [
        (0, 4, 4), (4, 8, 4), (8, 9, 1),
    ]  # fmt: skip
