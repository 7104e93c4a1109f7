"""`crmctl cron` on a real ledger: each job once a period, one failing alone, nothing asked, nothing written twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crmctl.cli.boundary import main
from crmctl.cron import jobs as work
from crmctl.cron.run import departments_of, jobs_of, run_jobs
from crmctl.cron.telling import note_name
from crmctl.errors import Conflict, NotFound, Refused
from crmctl.ledger.affairs.granting import grant
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.disk.yamlio import dump
from crmctl.ledger.git.lock import ledger_lock
from crmctl.ledger.keys.identity import create
from crmctl.ledger.notes import Notes
from crmctl.ledger.setup.administer import change_setup
from crmctl.ledger.setup.enrol import add_member
from crmctl.ledger.setup.joining import join
from crmctl.ledger.waiting.handed_in import submitted
from crmctl.model.org import Role
from crmctl.model.values import Value
from crmctl.resources import packs_path
from tests.admitting import admitted_hospitals
from tests.company import CARD, NOW, Company, git
from tests.under_review import approve, approve_record, ask_review, hand_in

VALUES: dict[str, Value] = {"vip_beds": 200, "vip_volume": 100000, "preferred_beds": 100, "preferred_volume": 20000}
Said = Callable[..., tuple[int, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for reports and backups."""
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.fixture
def cron(capsys: pytest.CaptureFixture[str]) -> Said:
    """Run `crmctl cron`; exit code and what it printed."""

    def said(company: Company, *words: str, member: str = "alice") -> tuple[int, str]:
        capsys.readouterr()
        code = main(["-C", str(company.clone(member)), "cron", *words])
        done = capsys.readouterr()
        return code, done.out + done.err

    return said


def how(text: str) -> dict[str, str]:
    """Job (and department) → the first word or words on how it went."""
    return {
        line.partition(": ")[0]: line.partition(": ")[2].partition(":")[0] for line in text.splitlines() if ": " in line
    }


def document(company: Company, capsys: pytest.CaptureFixture[str], *words: str, member: str = "alice") -> Any:
    capsys.readouterr()
    main(["-C", str(company.clone(member)), "cron", *words, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "crmctl/cron/1"
    return found


def under(company: Company, *packs: str, **more: Value) -> None:
    """Put these shipped packs in force, and more of the company's own."""
    ledger = company.ledger()
    own = ledger.in_force.raw["policy/company.yaml"]
    assert isinstance(own, dict)
    content: dict[str, Value] = {**own, "extends": ["base", *packs], **more}
    files = {f"policy/packs/{name}.yaml": (packs_path() / f"{name}.yaml").read_bytes() for name in packs}
    change_setup(ledger, {**files, "policy/company.yaml": dump(content)}, "policy-adopt", "packs")
    company.sync("alice", "bob", "carol")


@pytest.mark.req("R-RGD-13")
def test_a_second_run_the_same_day_does_nothing(company: Company, cron: Said, folder: Path) -> None:
    under(company, "p23", values=VALUES)
    admitted_hospitals(company, 7)
    words = ("--department", "east", "--to", str(folder))
    code, first = cron(company, *words)
    assert code == 0, first
    assert set(how(first).values()) == {"done"}
    assert "grades (East): done: 7 customers looked at, 7 grades put forward" in first
    head = company.ledger().head
    code, second = cron(company, *words)
    assert (code, set(how(second).values())) == (0, {"done before"})
    assert company.ledger().head == head
    # the note of what was done is lost: everything runs again, and still nothing is written
    for note in (company.clone("alice") / ".git" / "crmctl").glob("cron-*.json"):
        note.unlink()
    code, third = cron(company, *words)
    assert "grades (East): done: 7 customers looked at, 0 grades put forward" in third
    assert company.ledger().head == head


def test_a_dry_run_writes_nothing_and_says_what_would_be(company: Company, cron: Said, folder: Path) -> None:
    under(company, "p23", values=VALUES)
    admitted_hospitals(company, 7)
    before = git(company.clone("alice"), "for-each-ref")
    code, said = cron(company, "--department", "east", "--to", str(folder), "--dry-run")
    assert code == 0
    assert "7 grades would be put forward" in said
    assert "would write backup-" in said
    assert (git(company.clone("alice"), "for-each-ref"), list(folder.iterdir())) == (before, [])
    assert "7 grades put forward" in cron(company, "--department", "east")[1]


def test_one_job_that_fails_stops_no_other(
    company: Company, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_shift: work.Shift) -> work.Outcome:
        raise Refused("no", rule="X", hint="ask")

    monkeypatch.setitem(work._WORK, "blacklist", refuse)  # type: ignore[index]
    found = document(company, capsys)
    by_name = {(item["name"], item["department"]): item for item in found["data"]["jobs"]}
    assert by_name["blacklist", "east"]["how"] == "failed"
    assert by_name["blacklist", "east"]["error"] == {
        "exit_code": 6, "what": "no", "where": None, "rule": "X", "hint": "ask", "findings": [],
    }  # fmt: skip
    assert {
        item["how"] for key, item in by_name.items() if key[0] in {"sync", "land", "escalate", "check", "submit"}
    } == {"done"}
    assert main(["-C", str(company.clone("alice")), "cron"]) == 1
    # what failed is tried again, what was done is not
    monkeypatch.undo()
    monkeypatch.setenv("CRMCTL_NOW", "2026-11-20T10:00:00+08:00")
    monkeypatch.setenv("CRMCTL_HOME", str(company.home))
    again = {(item["name"], item["department"]): item["how"] for item in document(company, capsys)["data"]["jobs"]}
    assert (again["blacklist", "east"], again["blacklist", "west"], again["sync", None]) == ("done", "done", "again")


def test_a_folder_that_is_not_there_is_told_and_none_is_left_out(company: Company, cron: Said, folder: Path) -> None:
    code, said = cron(company)
    assert (code, how(said)["backup"]) == (0, "left out")
    code, said = cron(company, "--to", str(folder / "none"))
    assert (code, how(said)["backup"], "There is no folder" in said) == (1, "FAILED", True)
    assert how(cron(company, "--to", str(folder))[1])["backup"] == "done"


@pytest.mark.req("R-AUD-22")
def test_old_backups_go_and_reports_name_the_period_that_is_over(
    company: Company, cron: Said, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own: list[Value] = [
        {"job": "backup", "every": "day", "keep": 2},
        {"job": "report", "name": "sales", "every": "month", "report": "sales", "format": "csv"},
    ]
    under(company, cron=own)
    (folder / "backup-mine.bundle").write_text("not one of them")
    for day in ("2026-11-29", "2026-11-30", "2026-12-01"):
        monkeypatch.setenv("CRMCTL_NOW", f"{day}T03:00:00+08:00")
        code, said = cron(company, "--department", "east", "--to", str(folder))
        assert code == 0, said
    ledger = company.ledger().in_force.settings.id
    assert sorted(path.name for path in folder.iterdir()) == [
        f"backup-{ledger}-2026-11-30.bundle", f"backup-{ledger}-2026-12-01.bundle", "backup-mine.bundle",
        "sales-east-2026-10.csv", "sales-east-2026-11.csv",
    ]  # fmt: skip
    assert git(company.clone("alice"), "bundle", "verify", str(folder / f"backup-{ledger}-2026-12-01.bundle"))


@pytest.mark.req("R-RPT-01")
@pytest.mark.req("R-RPT-03")
def test_each_departments_list_is_written_in_its_months_and_the_visit_daily_each_day(
    company: Company, cron: Said, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = company.draft()
    draft.new_customer({**CARD, "name": "Eastern"}, "east", "alice")
    draft.new_customer({**CARD, "name": "Western"}, "west", "bob")
    draft.commit("import")
    own: list[Value] = [
        {"job": "report", "name": "list", "every": "month", "months": [2, 8], "report": "customers", "format": "csv"},
        {"job": "report", "name": "visit daily", "every": "day", "report": "visit-daily", "format": "csv"},
    ]
    under(company, cron=own)
    for day in ("2027-01-31", "2027-02-01"):
        monkeypatch.setenv("CRMCTL_NOW", f"{day}T03:00:00+08:00")
        code, said = cron(company, "--department", "east", "--department", "west", "--to", str(folder))
        assert code == 0, said
    lists = {path.name: path.read_text("utf-8") for path in folder.glob("customers-*")}
    assert sorted(lists) == ["customers-east-2027-02-01.csv", "customers-west-2027-02-01.csv"]
    assert "Eastern" in lists["customers-east-2027-02-01.csv"]
    assert "Western" not in lists["customers-east-2027-02-01.csv"]
    assert {"visit-daily-east-2027-01-31.csv", "visit-daily-east-2027-02-01.csv"} <= {
        one.name for one in folder.iterdir()
    }


@pytest.mark.req("R-RPT-41")
def test_problem_customers_are_told_by_themselves_with_ids_and_counts_only(
    company: Company, cron: Said, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = company.draft()
    first = draft.new_customer({**CARD, "name": "Secretive Hospital"}, "east", "alice").record.dossier
    complaint = {"content": "late", "category": "delivery", "channel": "phone", "received_at": "2026-11-10T10:00"}
    draft.new_record(draft.kind("complaint"), first, "east", complaint)
    draft.commit("import")
    under(
        company,
        "p20",
        values={"strategic_volume": 500000, "important_volume": 100000, "high_potential": 80, "problem_complaints": 3},
    )
    words = ("--department", "east", "--only", "problem customers")
    assert "1 named, 1 of them would be told" in cron(company, *words, "--dry-run")[1]
    assert "1 named, 1 new told" in cron(company, *words)[1]
    assert "1 named, 0 new told" in cron(company, *words)[1]  # nobody is told twice
    draft = company.draft()
    second = draft.new_customer({**CARD, "name": "Another Hospital"}, "east", "alice").record.dossier
    broken = {"on": "2026-11-12", "what": "late_payment", "by_whom": "customer", "text": "late"}
    breach = draft.new_record(draft.kind("breach"), second, "east", broken)
    draft.commit("import")
    assert "2 named, 1 new told" in cron(company, *words)[1]
    # who was told, came right and goes wrong again is told anew
    draft = company.draft()
    draft.new_version(breach.path, {"settled_on": "2026-11-19", "settlement": "paid"}, Origin())
    draft.commit("import")
    assert "1 named, 0 new told" in cron(company, *words)[1]
    monkeypatch.setenv("CRMCTL_NOW", (datetime.fromisoformat(NOW) + timedelta(hours=1)).isoformat())  # the later notice
    draft = company.draft()
    draft.new_record(draft.kind("breach"), second, "east", {**broken, "text": "late again"})
    draft.commit("import")
    assert "2 named, 1 new told" in cron(company, *words)[1]
    # a copy that remembers no run goes by what the last notice names
    ledger = company.ledger()
    Notes(ledger.repo, ledger.identity).drop(note_name("problems", "east"))
    assert "2 named, 0 new told" in cron(company, *words)[1]
    company.sync("alice", "bob")
    main(["-C", str(company.clone("bob")), "list", "notice", "--json"])
    notices = json.loads(capsys.readouterr().out)["data"]
    texts = json.dumps(notices)
    assert "Hospital" not in texts
    main(["-C", str(company.clone("alice")), "query", "SELECT text FROM notice ORDER BY entered_at, id", "--json"])
    told = json.loads(capsys.readouterr().out)["data"]
    assert first in json.dumps(told)
    assert second in json.dumps(told)
    assert "Hospital" not in json.dumps(told)


@pytest.mark.req("R-BLK-06")
def test_a_term_that_is_over_runs_out_and_frees_nobody(
    company: Company, cron: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crmctl.ledger.affairs.blacklisting import propose
    from crmctl.ledger.changing.barring import listing

    under(company, "p23", values=VALUES)
    customer = company.customer()
    company.sync("alice", "carol")
    entry = propose(company.ledger("carol"), customer, "department", {"reason": "arrears", "text": "late"}, "east").id
    hand_in(company, "carol")
    assert approve_record(company, entry, "alice")
    monkeypatch.setenv("CRMCTL_NOW", "2027-05-20T10:00:00+08:00")
    assert "blacklist (East): done: 0 entries ran out" in cron(company, "--department", "east")[1]
    monkeypatch.setenv("CRMCTL_NOW", "2027-05-21T10:00:00+08:00")
    assert "blacklist (East): done: 1 entry ran out" in cron(company, "--department", "east")[1]
    known = listing(company.ledger())
    assert known is not None
    assert known.bars[0].why(company.ledger().today) == "expired"
    assert known.bars[0].covers(company.ledger().today)


def test_a_reading_right_that_ended_is_taken_back_without_anybody(
    company: Company, cron: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import date

    customer = company.customer()
    grant(company.ledger(), customer, "bob", date(2026, 11, 25), "stands in")
    company.sync("alice", "bob")
    before = company.ledger().dossier(customer).compartments["core"].generation
    monkeypatch.setenv("CRMCTL_NOW", "2026-11-26T02:00:00+08:00")
    cron(company)
    after = company.ledger()
    assert "bob" not in {reader for reader, lines in after.wraps_of(customer).items() if lines}
    assert after.dossier(customer).compartments["core"].generation == before + 1


def test_what_is_approved_lands_and_what_is_not_waits(company: Company, cron: Said) -> None:
    ask_review(company)
    company.customer()
    hand_in(company, "alice")
    code, said = cron(company, "--only", "sync", "--only", "land")
    assert (code, "land: done: 0 landed, 1 wait" in said) == (0, True)
    approve(company, "carol", "supervisor", "east")
    company.sync("alice")
    assert "1 would land, 0 wait" in cron(company, "--only", "land", "--dry-run")[1]
    code, said = cron(company, "--only", "sync", "--only", "land")
    assert (code, "land: done: 1 landed, 0 wait" in said) == (0, True)
    assert submitted(company.ledger().repo) == []


@pytest.mark.req("R-RGD-13")
@pytest.mark.req("R-UPD-13")
def test_a_run_of_grades_waits_for_approval_where_the_policy_says_so(company: Company, cron: Said) -> None:
    review: list[Value] = [{"on": ["add grade"], "slots": ["sign head"], "code": "REV090"}]
    robot = robotic(company, review=review)
    admitted_hospitals(company, 4)
    company.sync("alice", robot)
    code, said = cron(company, member=robot)
    assert code == 0, said
    assert "grades (East): done: 4 customers looked at, 4 grades put forward" in said
    assert "submit: done: 1 change handed in" in said
    company.sync("alice")
    assert [one.member for one in submitted(company.ledger().repo)] == [robot]
    # the change a person approves is one for the department, and lands with the next run
    ledger = company.ledger()
    assert ledger.main == ledger.head
    code, again = cron(company, member=robot)
    assert (code, how(again)["grades (East)"], how(again)["submit"]) == (0, "done before", "done before")


def robotic(company: Company, **more: Value) -> str:
    """P23 with the robot's pack, and its member for the east: no other role, keys without a passphrase."""
    under(company, "p23", "robot", values=VALUES, **more)
    keys = create(company.home, "robot", None)
    ledger = company.ledger()
    add_member(ledger, keys, "Robot", (Role("robot", "east", ledger.today),))
    company.sync("alice")
    join(str(company.path / "server.git"), company.clone("robot"), "robot")
    git(company.clone("robot"), "remote", "set-url", "origin", str(company.path / "server.git"))
    return "robot"


@pytest.mark.req("R-ACL-26")
def test_a_member_of_narrow_role_does_it_for_its_department_alone(company: Company, cron: Said) -> None:
    robot = robotic(company)
    admitted_hospitals(company, 5)
    company.customer("bob")
    company.sync("alice", "bob", "alice", robot)
    code, said = cron(company, member=robot)
    assert code == 0, said
    assert "grades (East): done: 5 customers looked at, 5 grades put forward" in said
    code, said = cron(company, "--department", "west", "--only", "grades", member=robot)
    assert (code, how(said)["grades (West)"]) == (1, "FAILED")
    assert "too little to decide on" in said


def test_only_one_runs_at_a_time_and_words_are_checked(company: Company) -> None:
    ledger = company.ledger()
    with ledger_lock(ledger.repo, 0.0, purpose="cron"):
        import threading

        seen: list[BaseException] = []

        def other() -> None:
            try:
                list(run_jobs(company.ledger(), ["east"]))
            except Conflict as error:
                seen.append(error)

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert len(seen) == 1
    with pytest.raises(NotFound):
        list(run_jobs(ledger, ["east"], only=["nothing"]))
    with pytest.raises(NotFound):
        departments_of(ledger, ["north"])
    assert departments_of(ledger) == ["east", "west"]
    assert next(job.name for job in jobs_of(ledger)) == "sync"


def test_keys_that_are_locked_are_no_question(company: Company, cron: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is there: the command ends with what to do instead of waiting for an answer."""
    from crmctl.cli import context
    from crmctl.ledger.keys.identity import protect

    monkeypatch.setattr(context, "asker", lambda: pytest.fail("it asked"))
    assert cron(company, "--only", "check")[0] == 0
    protect(company.home, "alice", "a long passphrase")
    code, said = cron(company, "--only", "check")
    assert code == 7
    assert "crmctl unlock" in said
