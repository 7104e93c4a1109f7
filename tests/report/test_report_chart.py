"""Charts as data: bars and points stand where the figures say, and what a label leaves out is told."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.errors import BadConfiguration
from crmctl.report.chart import chart_of, nice_step, shortened
from crmctl.report.filled import Filled
from crmctl.report.html import to_html
from tests.report.conftest import HOSTILE, PROBE, Draw

CHARTED = PROBE.replace("columns:", "chart: {is: SHAPE, label: word, value: number}\n    columns:") + (
    "      number: {is: quantity, label: [数, Number]}\n"
)
Put = Callable[..., str]


def drawn(draw: Draw, put: Put, shape: str, rows: list[tuple[str, str]]) -> tuple[dict[str, Any], Filled]:
    """The chart of a report of the ledger's own that gives these rows."""
    quoted = ((word.replace("'", "''"), number) for word, number in rows)
    values = ", ".join(f"('{word}', {number})" for word, number in quoted)
    sql = f"WITH given (word, number) AS (VALUES {values}) SELECT word, number FROM given"
    put({"report.yaml": CHARTED.replace("SHAPE", shape), "rows.sql": sql})
    filled = draw("probe")
    chart = chart_of(filled.tables[0], filled.words)
    assert chart is not None
    return chart, filled


def test_bars_are_as_long_as_their_figures(draw: Draw, put: Put) -> None:
    chart, _filled = drawn(draw, put, "bars", [("a", "100"), ("b", "50"), ("c", "0"), ("d", "NULL")])
    widths = [mark["width"] for mark in chart["marks"]]
    assert widths[1] > 0
    assert abs(widths[0] - 2 * widths[1]) <= 1  # places are whole units
    assert widths[2:] == [0, 0]
    assert [mark["value"] for mark in chart["marks"]] == ["100", "50", "0", "–"]
    assert chart["marks"][3]["title"] == "d: unknown"


def test_a_bar_tells_how_it_moved_and_large_figures_in_whole_units(draw: Draw, put: Put) -> None:
    report = CHARTED.replace("SHAPE, label: word, value: number", "bars, label: word, value: number, change: moved")
    rows = "VALUES ('up', 12345.67, 12.3), ('down', 99.5, -4.0), ('new', 1, NULL)"
    put({
        "report.yaml": report + "      moved: {is: percent, label: [升降, Change]}\n",
        "rows.sql": f"WITH one (word, number, moved) AS ({rows}) SELECT word, number, moved FROM one",
    })  # fmt: skip
    filled = draw("probe")
    chart = chart_of(filled.tables[0], filled.words)
    assert chart is not None
    found = [(mark["value"], mark["change"], mark["falls"], mark["title"]) for mark in chart["marks"]]
    assert found == [
        ("12,346", "+12.3%", False, "up: 12,345.67 (Change +12.3%)"), ("99.5", "-4.0%", True, "down: 99.5 (Change -4.0%)"),
        ("1", "", False, "new: 1"),
    ]  # fmt: skip


def test_a_negative_bar_ends_where_the_others_begin(draw: Draw, put: Put) -> None:
    chart, _filled = drawn(draw, put, "bars", [("gain", "30"), ("loss", "-10")])
    gain, loss = chart["marks"]
    assert loss["x"] + loss["width"] == gain["x"]
    assert abs(gain["width"] - 3 * loss["width"]) <= 2


def test_a_long_label_stands_in_two_lines_and_is_not_cut(draw: Draw, put: Put) -> None:
    name, other = "Phoenix Medical Devices of Barataria Ltd", "Phoenix Medical Devices of Blefuscu Ltd"
    chart, _filled = drawn(draw, put, "bars", [(name, "1234567.89"), (other, "5"), ("X", "1"), ("W" * 99, "2")])
    words = [[line["text"] for line in mark["words"]] for mark in chart["marks"]]
    assert [" ".join(lines) for lines in words[:3]] == [name, other, "X"]
    assert [len(lines) for lines in words] == [2, 2, 1, 2]
    assert words[3][1].endswith("…")
    tops = [mark["y"] for mark in chart["marks"]]
    feet = [[line["y"] for line in mark["words"]] for mark in chart["marks"]]
    assert tops == sorted(tops)
    assert all(above[-1] < below[0] for above, below in pairwise(feet))
    assert feet[3][-1] < chart["height"]
    assert chart["marks"][0]["width"] >= 50  # the bars keep some room


def test_more_bars_than_fit_are_counted(draw: Draw, put: Put) -> None:
    chart, filled = drawn(draw, put, "bars", [(f"w{n}", str(n)) for n in range(15)])
    assert (len(chart["marks"]), chart["more"]) == (12, 3)
    assert "3 more in the figures" in to_html(filled)


def test_a_line_rises_with_its_figures_and_breaks_where_nothing_is_known(draw: Draw, put: Put) -> None:
    rows = [("m1", "10"), ("m2", "40"), ("m3", "NULL"), ("m4", "20"), ("m5", "-5")]
    chart, _filled = drawn(draw, put, "line", rows)
    first, second, fourth, fifth = chart["marks"]
    assert first["y"] > second["y"] < fourth["y"] < fifth["y"]  # up is less
    assert [path.count("L") for path in chart["paths"]] == [1, 1]
    assert {line["text"] for line in chart["lines"]} == {"-20", "0", "20", "40"}
    gap = fourth["x"] - second["x"]
    assert abs(gap - 2 * (second["x"] - first["x"])) <= 2


def test_counts_rise_by_whole_steps(draw: Draw, put: Put) -> None:
    counted = CHARTED.replace("SHAPE", "line").replace("is: quantity", "is: int")
    put(
        {
            "report.yaml": counted,
            "rows.sql": "SELECT column1 AS word, column2 AS number FROM (VALUES ('a', 1), ('b', 2))",
        }
    )
    (table,) = (filled := draw("probe")).tables
    chart = chart_of(table, filled.words)
    assert chart is not None
    assert [line["text"] for line in chart["lines"]] == ["0", "1", "2"]


def test_a_single_point_and_no_figure_at_all_are_drawn(draw: Draw, put: Put) -> None:
    chart, _filled = drawn(draw, put, "line", [("only", "7")])
    assert (len(chart["marks"]), chart["paths"]) == (1, [])
    nothing, _filled = drawn(draw, put, "line", [("only", "NULL")])
    assert nothing["marks"] == []


def test_a_customers_words_stay_words_in_a_chart(draw: Draw, put: Put) -> None:
    _chart, filled = drawn(draw, put, "bars", [(HOSTILE, "1"), ("</title><script>x</script>", "2")])
    page = to_html(filled)
    assert "<b>" not in page
    assert page.count("<script>") == 1
    assert "&lt;/title&gt;&lt;script&gt;" in page


@pytest.mark.parametrize(("chart", "problem"), [
    ("{is: pie, label: word, value: number}", "pie"), ("{is: bars, label: words, value: number}", "words"),
    ("{is: bars, label: word, value: word}", "word"), ("{is: bars, label: word, value: number, colour: red}", "colour"),
])  # fmt: skip
def test_a_chart_that_does_not_fit_is_named_with_its_line(draw: Draw, put: Put, chart: str, problem: str) -> None:
    broken = CHARTED.replace("{is: SHAPE, label: word, value: number}", chart)
    put({"report.yaml": broken, "rows.sql": "SELECT 1 AS word, 1 AS number"})
    with pytest.raises(BadConfiguration, match=problem) as caught:
        draw("probe")
    assert caught.value.where == "templates/reports/probe/report.yaml:10"


@given(st.decimals(0, 10**12, places=3), st.decimals("0.01", 10**12, places=3))
def test_steps_are_round_and_at_most_four(low: Decimal, span: Decimal) -> None:
    step = nice_step(-low, span)
    assert step * 4 >= low + span > step * Decimal("1.5")
    assert step.normalize().as_tuple().digits in {(1,), (2,), (5,)}


@given(st.text(max_size=40))
def test_a_label_is_cut_only_where_it_does_not_fit(text: str) -> None:
    short = shortened(text, 104)
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))
    assert len(short) <= 16
