import pytest

from measure import growth
from report import LINES, number, ratio, reached, row, table, warm_epoch


def record(work, contender, turn, seconds, **figures):
    return {"work": work, "contender": contender, "round": turn, "seconds": seconds} | figures


# Three rounds; the machine is busy in the second and slows everybody down.
SEARCH = [
    record("search", contender, turn, seconds)
    for contender, rounds in {
        "stock": [40.0, 120.0, 44.0],
        "skorch": [8.0, 20.0, 10.0],
        "sklstm": [6.0, 18.0, 4.0],
    }.items()
    for turn, seconds in enumerate(rounds)
]


def test_ratio_is_the_median_within_rounds():
    # 3/1, 8/4 and 5/5; round 3 has no partner
    assert ratio({0: 3, 1: 8, 2: 5, 3: 1}, {0: 1, 1: 4, 2: 5}) == 2
    assert ratio({0: 1}, {1: 1}) is None


def test_row_of_the_table():
    # ours / skorch: 0.75, 0.9, 0.4; stock / ours: 6.67, 6.67, 11
    cells = row(LINES[0], SEARCH)[1:]
    assert cells == ["44.0 s", "10.0 s", "6.00 s", "0.75", "6.67", "ahead of skorch", "yes (0.75)"]


def test_row_without_competitors_has_no_verdict():
    ours = [r for r in SEARCH if r["contender"] == "sklstm"]
    assert row(LINES[0], ours)[1:] == ["", "", "6.00 s", "", "", "ahead of skorch", ""]


@pytest.mark.parametrize(("peak", "verdict"), [(699, "yes (699)"), (701, "no (701)")])
def test_target_of_our_own_figure(peak, verdict):
    line = next(line for line in LINES if line.figure == "peak_mb")
    assert row(line, [record("search", "sklstm", 0, 1.0, peak_mb=peak)])[-1] == verdict


def test_two_jobs_are_held_to_one():
    line = next(line for line in LINES if line.work == "minute-2")
    records = [record("minute", "sklstm", 0, 60.0), record("minute-2", "sklstm", 0, 45.0)]
    assert reached(line, records) == 0.75


def test_table_holds_the_lines_that_were_measured():
    seconds = {"stock": 30.0, "skorch": 8.0, "sklstm": 10.0}
    records = [record("wide", contender, 0, time) for contender, time in seconds.items()]
    head, rule, wide = table(records).splitlines()
    assert head.count("|") == rule.count("|") == wide.count("|")
    assert wide.startswith(
        "| wide: 4 networks, 400 units | 30.0 s | 8.00 s | 10.0 s | 1.25 | 3.00 |"
    )
    assert wide.endswith("| no (1.25) |")


def test_growth_starts_when_fits_have_settled():
    # after the second of five fits: from 110 to 113 MB in three fits
    assert growth([50, 110, 111, 111, 113], settling=2) == 1
    assert growth([50, 110], settling=2) is None


def test_warm_epoch_is_of_the_second_fit():
    records = [
        record("units=8", "sklstm", turn, 0, fit_seconds=[9.0, second], epochs=5)
        for turn, second in enumerate([1.0, 2.0, 5.0])
    ]
    assert warm_epoch(records, "units=8", "sklstm") == 0.4


@pytest.mark.parametrize(
    ("value", "text"), [(0.123, "0.12 s"), (12.34, "12.3 s"), (1234.5, "1234 s"), (None, "")]
)
def test_number_has_three_digits(value, text):
    assert number(value, "s") == text
