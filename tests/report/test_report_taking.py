"""`crmctl report add|remove`: a company's own report is tried, taken into the ledger as a signed change, taken out again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from crmctl.cli.boundary import main
from tests.company import Company
from tests.report.conftest import PROBE

SQL = "SELECT name AS word\nFROM customer ORDER BY name"
PAGED = PROBE.replace("scope: company", "scope: company\npage: page.html")
Said = Callable[..., tuple[int, str]]


@pytest.fixture
def said(trade: Company, capsys: pytest.CaptureFixture[str]) -> Said:
    """Run a command in a member's copy; exit code, and all that was said."""

    def call(*words: str, member: str = "alice") -> tuple[int, str]:
        capsys.readouterr()
        code = main(["-C", str(trade.clone(member)), *words])
        done = capsys.readouterr()
        return code, done.out + done.err

    return call


def folder(where: Path, name: str = "probe", **files: str) -> Path:
    """A report's folder; `page_html="…"` and the like go before what is usual, `views__x_sql` into its views."""
    given = {"report_yaml": PROBE, "rows_sql": SQL, **files}
    for key, text in given.items():
        file = where / name / key.replace("__", "/").replace("_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return where / name


def test_an_own_report_is_taken_in_stands_before_the_shipped_one_and_goes_again(
    trade: Company, said: Said, tmp_path: Path
) -> None:
    own = folder(tmp_path, "customers", views__named_sql="SELECT name FROM customer",
                 report_yaml=PROBE.replace("tables:", "views: [named]\ntables:", 1),
                 rows_sql="SELECT name AS word FROM named ORDER BY name")  # fmt: skip
    before = trade.ledger().head
    code, text = said("report", "add", str(own), "--dry-run")
    assert (code, "would be taken in" in text, trade.ledger().head) == (0, True, before)
    code, text = said("report", "add", str(own))
    assert (code, "goes before the shipped report" in text) == (0, True)
    assert "nothing was written" in said("report", "add", str(own))[1]
    assert "Northern Hospital" in said("report", "customers", "--department", "all")[1]
    trade.sync("alice", "carol")
    assert said("report", "customers", "--department", "all", member="carol")[1].startswith("Probe")
    assert said("verify")[0] == 0
    (own / "rows.sql").unlink()
    folder(tmp_path, "customers", report_yaml=PROBE.replace("rows.sql", "more.sql"), more_sql=SQL)
    (own / "rows.sql").unlink()
    assert said("report", "add", str(own))[0] == 0
    assert "templates/reports/customers/rows.sql" not in dict(
        trade.ledger().repo.walk(trade.ledger().head, "templates")
    )
    assert said("report", "remove", "customers")[0] == 0
    assert said("report", "customers", "--department", "all")[1].startswith("Customer list")
    assert said("report", "remove", "customers")[0] == 4
    assert said("report", "add", str(own), member="carol")[0] == 6  # no administrator
    assert said("report", "add", str(tmp_path / "nowhere"))[0] == 4
    assert said("report", "add")[0] == 2


def test_what_is_broken_is_refused_with_its_file_and_line_and_nothing_is_written(
    trade: Company, said: Said, tmp_path: Path
) -> None:
    before = trade.ledger().head
    row = "\n{% for one in table.rows.records %}\n{{ one.nosuch }}\n{% endfor %}"
    for files, where in (
        ({"rows_sql": "SELECT name AS word\nFROM custmer"}, "rows.sql:2"),
        ({"report_yaml": PROBE.replace("is: text", "is: txt")}, "report.yaml:11"),
        ({"report_yaml": PAGED, "page_html": "one\n{{ nothing }}"}, "page.html:2"),
        (
            {"report_yaml": PAGED, "page_html": row},
            "page.html:3",
        ),  # told without a row in the ledger that would show it
        (
            {"report_yaml": PROBE.replace("scope:", "document: form.docx\nscope:", 1), "form_docx": "no zip"},
            "form.docx",
        ),
        ({"notes_exe": "x"}, "notes.exe"),
    ):
        own = folder(tmp_path / where, **files)
        code, text = said("report", "add", str(own))
        assert (code, str(own / where) in text) == (10, True), text
    assert trade.ledger().head == before


def test_a_broken_report_of_the_ledger_hides_no_other_and_leaves_a_file_as_it_was(
    trade: Company, said: Said, put: Callable[..., str], tmp_path: Path
) -> None:
    put({"report.yaml": PROBE.replace("is: text", "is: txt"), "rows.sql": SQL})
    code, text = said("report", "--list", "--json")
    listed = {one["name"]: one for one in json.loads(text)["data"]}
    assert (code, "report.yaml:11" in listed["probe"]["about"], "customers" in listed) == (0, True, True)
    file = tmp_path / "out.html"
    file.write_text("yesterday's", "utf-8")
    assert said("report", "probe", "--out", str(file))[0] == 10
    assert file.read_text("utf-8") == "yesterday's"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["company", "out.html"]


def test_a_link_brings_in_nothing_from_elsewhere(said: Said, tmp_path: Path) -> None:
    elsewhere = tmp_path / "secret.sql"
    elsewhere.write_text("SELECT 1", "utf-8")
    ours = folder(tmp_path)
    (ours / "more.sql").symlink_to(elsewhere)
    code, text = said("report", "add", str(ours))
    assert (code, "more.sql" in text) == (10, True)
    assert "link" in text
