"""Every shipped report has something to show on the demo company or in one of the scenes beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from crmctl import i18n
from crmctl.demo.build import Built
from crmctl.demo.playing import Played, play
from crmctl.demo.scene import all_scenes
from crmctl.demo.surroundings import acting
from crmctl.ledger.checking.check import check
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.snapshot.connection import connect
from crmctl.report.belonging import waits_for
from crmctl.report.catalogue import all_reports, find_report
from crmctl.report.definition import Report
from crmctl.report.fill import fill
from crmctl.report.filled import Filled, FilledTable
from crmctl.report.html import to_html
from crmctl.report.question import ALL, Asked
from tests.demo.conftest import NOW

HEADS = {"shen": "zhou", "he": "chen", "du": "tang"}
FORMS = {
    "admission-form": "admission",
    "card": "complaint",
    "complaint-form": "complaint",
    "new-customer-form": "newcust_application",
    "stage-review-form": "stage_review",
    "trade-start-form": "trade_start",
    "visit-file": "visit",
}
# What need not have happened: nobody's data were destroyed, nobody is entered twice, no buyer of the years before left.
QUIET = {("archive", "destroyed"), ("quality", "duplicates"), ("loyalty", "left")}
CHINESE = re.compile("[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Reader:
    """Who draws reports where; `about` is the member that a report on one person is about, `usual` what a scene asks."""

    copy: Path
    home: Path
    member: str
    about: str
    usual: Mapping[str, Asked] = field(default_factory=dict)


@pytest.fixture(scope="module", params=["en", "zh_CN"])
def spoken(request: pytest.FixtureRequest) -> Iterator[str]:
    """The language in which everything is drawn."""
    before = (i18n._language, i18n._translations)
    i18n.set_language(request.param)
    yield request.param
    i18n._language, i18n._translations = before


@pytest.fixture(scope="module")
def scenes(spoken: str, company: Built, tmp_path_factory: pytest.TempPathFactory) -> Sequence[tuple[Played, Path]]:
    """The scenes told in that language, each with where its keys are."""
    if spoken == "en":  # as the company was built
        return [(scene, company.home) for scene in company.scenes]
    folder, now = tmp_path_factory.mktemp("scenes"), datetime.fromisoformat(NOW)
    return [
        (play(scene, folder / scene.name, folder / "keys", now), folder / "keys") for scene in all_scenes(spoken)
    ]  # fmt: skip


def asked(ledger: Ledger, report: Report, about: str) -> Asked | None:
    """The question to which an answer is expected: the whole year, a customer with such a record, a salesperson."""
    period = None if report.period == "none" else NOW[:4]
    if report.scope == "own":
        return Asked(member=about, period=period)
    if report.scope != "dossier":
        return Asked(period=period)
    kind = ledger.in_force.kinds[FORMS.get(report.name, "customer")]
    connection = connect(ledger, [kind.name])
    try:
        found = connection.execute(f'SELECT dossier FROM "{kind.table}" LIMIT 1').fetchone()
    finally:
        connection.close()
    return Asked(customer=found[0], period=period) if found else None


def drawn(reader: Reader, name: str) -> Filled | None:
    """The report as a reader draws it; None where its policy is not in force or nobody is there to ask it about."""
    with acting(reader.home, datetime.fromisoformat(NOW), reader.member):
        ledger = Ledger(reader.copy, home=reader.home)
        report = find_report(ledger, name)
        question = None if waits_for(ledger, report) else reader.usual.get(name) or asked(ledger, report, reader.about)
        filled = fill(ledger, report, question) if question else None
        ledger.repo.close()
    if filled:
        assert to_html(filled)
    return filled


def tells(table: FilledTable) -> bool:
    """Whether a row says more than what it is about: nought and nothing are no content."""
    keys = {place for place, column in enumerate(table.columns) if column.key}
    if len(keys) == len(table.columns):
        return bool(table.rows)
    said = (cell for row in table.rows for place, cell in enumerate(row) if place not in keys)
    return any(cell not in {None, 0, ""} for cell in said)


@pytest.mark.slow
def test_every_table_of_every_report_tells_something_in_one_of_the_companies(
    company: Built, scenes: Sequence[tuple[Played, Path]]
) -> None:
    office = next(iter(company.copies.values()))
    readers = [Reader(office, company.home, head, seller) for head, seller in HEADS.items()]
    for scene, home in scenes:
        usual = {page.report: page.asked for page in scene.pages}
        readers.append(Reader(scene.copy, home, scene.member, ALL, usual))
    reports = all_reports(Ledger(office, home=company.home))
    assert len(reports) > 50
    silent = {}
    for report in reports:
        left = {table.name for table in report.tables}
        for reader in readers:
            filled = drawn(reader, report.name) if left else None
            left -= {table.table.name for table in filled.tables if tells(table)} if filled else set()
        if left:
            silent[report.name] = sorted(left)
    silence = {(name, table) for name, tables in silent.items() for table in tables}
    assert silence <= QUIET, sorted(silence - QUIET)


@pytest.mark.slow
def test_a_scene_shows_its_reports_in_one_language_only(spoken: str, scenes: Sequence[tuple[Played, Path]]) -> None:
    shown = {page.report for scene, _home in scenes for page in scene.pages}
    assert shown == {"projects", "supply-plan-notice", "channel", "market-work", "account-safety-notice"}
    for scene, home in scenes:
        with acting(home, datetime.fromisoformat(NOW), scene.member):
            ledger = Ledger(scene.copy, home=home)
            for page, file in scene.pages.items():
                filled = fill(ledger, find_report(ledger, page.report), page.asked)
                assert filled.complete
                assert all(tells(table) for table in filled.tables), page
                text = to_html(filled)
                assert text == file.read_text("utf-8")
                labels = [i18n.label(column.label) for table in filled.tables for column in table.columns]
                if spoken == "en":
                    assert not CHINESE.search(text), page
                else:
                    assert all(CHINESE.search(label) for label in labels), page
            ledger.repo.close()


@pytest.mark.slow
def test_scenes_hold_against_themselves(scenes: Sequence[tuple[Played, Path]]) -> None:
    for scene, home in scenes:
        with acting(home, datetime.fromisoformat(NOW), scene.member):
            ledger = Ledger(scene.copy, home=home)
            assert [finding for finding in check(ledger).findings if finding.severity == "error"] == []
            ledger.repo.close()


@pytest.mark.slow
def test_nobody_did_what_lies_in_the_future(company: Built) -> None:
    done = {("invoice", "received_on"), ("invoice", "sent_on"), ("shipment", "arrived_on"), ("improvement", "done_on")}
    seen = set()
    office = next(iter(company.copies.values()))
    for head in HEADS:
        with acting(company.home, datetime.fromisoformat(NOW), head):
            connection = connect(Ledger(office, home=company.home), sorted({table for table, _column in done}))
            for table, column in done:
                latest = connection.execute(f"SELECT max({column}) FROM {table}").fetchone()[0]
                if latest:
                    seen.add((table, column))
                    assert latest <= NOW[:10], (table, column)
            connection.close()
    assert seen == done
