"""A company's own reports: read from the commit, before shipped ones, and each fault named with file and line."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crmctl.errors import BadConfiguration, NotFound
from crmctl.i18n import label, set_language
from crmctl.ledger.setup.policy_files import adopt
from crmctl.report.catalogue import all_reports, find_report, report_names
from crmctl.report.html import to_html
from crmctl.resources import packs_path
from tests.company import Company
from tests.report.conftest import FILE, PROBE, Draw, rows
from tests.requirements.proving import in_chinese

Put = Callable[..., str]
SQL = "SELECT name AS word FROM customer ORDER BY name"
PAGED = PROBE.replace("scope: company", "scope: company\npage: page.html")


def test_an_own_report_is_read_from_the_ledgers_commit(draw: Draw, put: Put, trade: Company) -> None:
    before = trade.ledger().head
    put({"report.yaml": PROBE, "rows.sql": SQL})
    assert "Northern Hospital" in [row["word"] for row in rows(draw("probe"), "rows")]
    assert "probe" not in report_names(trade.ledger(at=before))
    with pytest.raises(NotFound):
        draw("probe", at=before)


def test_an_own_report_goes_before_the_shipped_one_of_its_name(draw: Draw, put: Put) -> None:
    put({"report.yaml": PROBE, "rows.sql": "SELECT 'ours' AS word"}, "customers")
    filled = draw("customers")
    assert filled.title == "Probe"
    assert filled.report.own


def test_an_unknown_report_names_the_nearest(trade: Company) -> None:
    with pytest.raises(NotFound) as caught:
        find_report(trade.ledger(), "custmers")
    assert caught.value.hint == "Did you mean customers?"


def test_shipped_reports_are_labelled_in_both_languages(trade: Company) -> None:
    for report in all_reports(trade.ledger()):
        labels = [report.title, report.about, report.audience]
        for table in report.tables:
            labels += [table.title, *(column.label for column in table.columns if column.month is None)]
        for zh, en in labels:
            assert zh
            assert en
            assert en.isascii()
    set_language("zh_CN")
    assert label(find_report(trade.ledger(), "card").title) == "客户档案卡"


@pytest.mark.parametrize(("old", "new", "line", "what"), [
    ("scope: company", "scope: everywhere", 5, "Unknown word everywhere"),
    ("about:", "abuot:", 3, "Unknown word abuot"),
    ("[试验, Probe]", "Probe", 2, "A label is a list"),
    ("rows.sql", "rws.sql", 9, "There is no file rws.sql"),
    ("is: text", "is: txt", 11, "Unknown word txt"),
    ("is: text", "is: choice", 11, "`of:` belongs to"),
    ("is: text", "is: text, total: sum", 11, "cannot be summed"),
    ("title: [行, Rows]", "title: [行, Rows]\n    by: colour", 9, "Unknown word colour"),
    ("schema: crmctl/report-folder/1", "schema: crmctl/report/9", 1, "The first line must be"),
    ("is: text", "is: money, month: 700", 11, "counted from 0"),
    ("audience: [我们, Us]", "audience: [我们, Us", 5, "Not readable"),
    ("word: {is: text, label: [词, Word]}", "Word!: {is: text}", 11, "Not a short name"),
])  # fmt: skip
def test_a_fault_in_report_yaml_names_file_and_line(
    draw: Draw, put: Put, old: str, new: str, line: int, what: str
) -> None:
    assert old in PROBE
    put({"report.yaml": PROBE.replace(old, new), "rows.sql": SQL})
    with pytest.raises(BadConfiguration, match=what) as caught:
        draw("probe")
    assert caught.value.where == f"{FILE}:{line}"


@pytest.mark.parametrize(("sql", "line", "what"), [
    ("SELECT name AS word\nFORM customer", 2, "not understood near FORM"),
    ("SELECT name AS word,\n  nam\nFROM customer", 2, "no column nam"),
    ("SELECT name AS word\nFROM custmer", 2, "no table custmer"),
    ("SELECT name AS word FROM customer\nWHERE (name", 2, "incomplete input"),
    ("SELECT\n  date('now') AS word", 2, "the clock may not be asked"),
    ("SELECT\n\n  random() AS word", 3, "random may not be asked"),
    ("SELECT :nobody AS word", 1, ":nobody"),
    ("DELETE FROM customer", 1, "only SELECT"),
    ("SELECT 1 AS word;\nSELECT 2", 2, "one statement"),
])  # fmt: skip
def test_broken_sql_names_file_and_line(draw: Draw, put: Put, sql: str, line: int, what: str) -> None:
    put({"report.yaml": PROBE, "rows.sql": sql})
    with pytest.raises(BadConfiguration, match=what) as caught:
        draw("probe")
    assert caught.value.where == f"templates/reports/probe/rows.sql:{line}"


@pytest.mark.parametrize(("sql", "what"), [
    ("SELECT 1 AS other", "no column word"), ("SELECT 1 AS word, 2 AS more", "a column more"),
])  # fmt: skip
def test_columns_and_question_must_agree(draw: Draw, put: Put, sql: str, what: str) -> None:
    put({"report.yaml": PROBE, "rows.sql": sql})
    with pytest.raises(BadConfiguration, match=what):
        draw("probe")


def test_a_value_of_another_type_is_told_not_shown(draw: Draw, put: Put) -> None:
    put({"report.yaml": PROBE.replace("is: text", "is: money"), "rows.sql": "SELECT 0.5 AS word"})
    with pytest.raises(BadConfiguration, match="Column word is no money"):
        draw("probe")


def test_a_page_template_is_given_the_tables(draw: Draw, put: Put) -> None:
    page = "{% extends 'layout.html' %}{% block body %}{% for one in table.rows.sections %}{{ one.rows[0][0].text }}{% endfor %}{% endblock %}"
    put({"report.yaml": PAGED, "rows.sql": "SELECT '<i>&' AS word", "page.html": page})
    assert "&lt;i&gt;&amp;" in to_html(draw("probe"))


@pytest.mark.parametrize(("page", "line", "what"), [
    ("one\n{{ nothing }}", 2, "nothing is called nothing"),
    ("\n\n{% if %}", 3, "Expected an expression"),
    ("{% extends 'other.html' %}", 1, "other.html"),
    ("\n{{ title.__class__.__mro__ }}", 2, "__class__ may not be asked here"),
    ("\n{{ title | safe }}", 2, "no filter safe"),
    ("\n{% autoescape false %}{{ title }}{% endautoescape %}", 2, "autoescape"),
    ("\n\n\n{{ 1 // 0 }}", 4, "division"),
    ("{{ cycler }}", 1, "nothing is called cycler"),
    ("{% include '../../../ledger.yaml' %}", 1, "no file .*ledger.yaml"),
])  # fmt: skip
def test_a_broken_or_hostile_template_names_file_and_line(
    draw: Draw, put: Put, page: str, line: int, what: str
) -> None:
    put({"report.yaml": PAGED, "rows.sql": SQL, "page.html": page})
    with pytest.raises(BadConfiguration, match=what) as caught:
        to_html(draw("probe"))
    assert caught.value.where == f"templates/reports/probe/page.html:{line}"


def test_a_question_without_end_is_stopped(draw: Draw, put: Put) -> None:
    endless = "WITH\n  RECURSIVE n AS (SELECT 1 AS word UNION ALL SELECT word + 1 FROM n) SELECT word FROM n"
    put({"report.yaml": PROBE, "rows.sql": endless})
    with pytest.raises(BadConfiguration, match="it goes on without end") as caught:
        draw("probe")
    assert caught.value.where == "templates/reports/probe/rows.sql:2"
    with in_chinese(), pytest.raises(BadConfiguration, match="没有终点") as caught:
        draw("probe")
    assert "interrupted" not in caught.value.what


def test_a_question_that_takes_too_long_on_what_there_is_says_where(
    draw: Draw, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crmctl.ledger.snapshot.question._STEPS", 0)
    monkeypatch.setattr("crmctl.ledger.snapshot.question._STEPS_A_PAGE", 0)
    long = (
        "WITH RECURSIVE n AS (SELECT 1 AS word UNION ALL SELECT word + 1 FROM n WHERE word < 40000) "
        "SELECT max(word) AS word FROM n"
    )
    put({"report.yaml": PROBE, "rows.sql": long})
    with pytest.raises(BadConfiguration, match="takes too long") as caught:
        draw("probe")
    assert caught.value.where == "templates/reports/probe/rows.sql"
    assert "LIMIT" in str(caught.value.hint)


def test_a_page_is_given_plain_values_only() -> None:
    from crmctl.report.page import check_plain

    check_plain({"a": ["b", 1, True, None, {"c": ("d",)}]})
    with pytest.raises(TypeError, match="set is not for a template"):
        check_plain({"a": [{1}]})


def test_a_report_of_a_policy_not_in_force_says_so_and_how_to_get_it(draw: Draw, put: Put, trade: Company) -> None:
    filled = draw("projects")
    assert ("Belongs to", "P22 Supply projects, not in force here: crmctl policy adopt p22") in filled.heading()
    assert "crmctl policy adopt p22" in to_html(filled)
    adopt(trade.ledger(), "p22")
    assert "Belongs to" not in dict(draw("projects").heading())
    put({"report.yaml": PROBE.replace("scope: company", "scope: company\npacks: [p22, '../x']"), "rows.sql": SQL})
    with pytest.raises(BadConfiguration, match="Not a short name") as caught:
        draw("probe")
    assert caught.value.where == f"{FILE}:6"


def test_the_packs_that_shipped_reports_belong_to_are_shipped(trade: Company) -> None:
    named = {pack for report in all_reports(trade.ledger()) for pack in report.packs}
    assert named
    assert named <= {path.stem for path in packs_path().glob("p*.yaml")}


def test_axes_and_grades_are_told_in_the_policys_words(draw: Draw, put: Put, trade: Company) -> None:
    """Each grade with its axis, but for the main one; a code that no policy knows stays."""
    adopt(trade.ledger(), "p11")
    column = "{is: axis, label: [维度, Axis]}\n      grade: {is: grade, label: [等级, Grade]}"
    sql = "SELECT 'channel' AS word, 'grade=vip channel=c1' AS grade"
    put({"report.yaml": PROBE.replace("{is: text, label: [词, Word]}", column), "rows.sql": sql})
    filled = draw("probe")
    (table,) = filled.tables
    assert [filled.words.text(*pair) for pair in zip(table.columns, table.rows[0], strict=True)] == [
        "Class C",
        "vip; Class C C1",
    ]


def test_averages_percents_and_unnamed_rows_are_set_for_people_and_exact_as_data(draw: Draw, put: Put) -> None:
    columns = """{is: choice, of: colour, label: [色, Colour], key: true}
      mean: {is: mean, label: [均, Mean]}
      share: {is: percent, label: [比, Share]}
      paid: {is: money, label: [款, Paid], total: sum}"""
    sql = "SELECT NULL AS word, 85.33333 AS mean, -0.01 AS share, 100 AS paid"
    put({"report.yaml": PROBE.replace("{is: text, label: [词, Word]}", columns), "rows.sql": sql})
    filled = draw("probe")
    (table,) = filled.tables
    assert table.totals
    words = [filled.words.text(*pair) for pair in zip(table.columns, table.rows[0], strict=True)]
    sums = [filled.words.text(*pair) for pair in zip(table.columns, table.totals, strict=True)]
    assert (words, sums) == (["(none)", "85.3", "0.0%", "1.00"], ["", "", "", "1.00"])
    assert [filled.words.plain(*pair) for pair in zip(table.columns, table.rows[0], strict=True)][:2] == [
        None,
        "85.33333",
    ]
    assert ("Amounts in", "yuan (CNY)") in filled.heading()
    put({"report.yaml": PROBE.replace("is: text", "is: money"), "rows.sql": "SELECT NULL AS word"})
    assert "Amounts in" not in dict(draw("probe").heading())


def test_a_report_of_one_customer_names_it_whatever_it_asks(draw: Draw, trade: Company) -> None:
    """Its own question reads visits alone."""
    filled = draw("visit-file", customer="Northern Hospital")
    assert filled.scope == "Northern Hospital"
    assert [one.kind for one in filled.coverage] == ["visit"]
