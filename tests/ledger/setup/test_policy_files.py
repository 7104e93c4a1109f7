"""Packs in a ledger: adopted, set, checked, compared with what ships."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from crmctl.cli.app import invoke
from crmctl.errors import BadConfiguration, InvalidInput, NotFound, Refused
from crmctl.ledger.disk.shipped import kind_files
from crmctl.ledger.setup.administer import change_setup
from crmctl.ledger.setup.policy_files import adopt, check_policy, differences, pack_states, set_value
from crmctl.ledger.workdays import work_calendar
from tests.company import Company, git

OWN = """# Our own rules.
schema: crmctl/pack/1
pack: own
version: 1
label: [自定, Own]
vocab:
  colour: {red: [红, Red]}
requires:
  customer: [phone]
  visit: {done: [next_step]}
readers:
  assignment/sales: [owner, team, keeper, supervisor, head, quality]
values:
  colour_share: 15%
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    file = tmp_path / "own.yaml"
    file.write_text(OWN, "utf-8")
    return file


def says(company: Company, capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    from typer import Exit

    capsys.readouterr()
    try:
        assert invoke(["-C", str(company.clone("alice")), *words]) == code
    except Exit as leave:
        assert leave.exit_code == code  # noqa: PT017 - either way of ending is the command's own
    return capsys.readouterr().out


def test_adopting_a_file_puts_its_pack_in_force_as_one_signed_commit(company: Company, own: Path) -> None:
    before = company.ledger().head
    done = adopt(company.ledger(), str(own))
    assert set(done.files) == {"policy/packs/own.yaml", "policy/company.yaml"}
    path = company.clone("alice")
    assert git(path, "rev-list", "--count", f"{before}..main").strip() == "1"
    assert git(path, "show", "main:policy/packs/own.yaml") == OWN
    pack = company.ledger().in_force.pack
    assert "phone" in pack.required("customer", "potential")
    assert "next_step" in pack.required("visit", "done")
    assert pack.readers["assignment/sales"][-1] == "quality"
    assert adopt(company.ledger(), str(own)).commit is None


def test_what_is_adopted_counts_and_not_what_ships(company: Company, own: Path) -> None:
    adopt(company.ledger(), str(own))
    states = {state.name: state for state in pack_states(company.ledger())}
    assert (states["own"].shipped, states["own"].here, states["own"].adopted) == (None, 1, True)
    assert states["base"].same is True
    adopt(company.ledger(), str(rewritten(own, "version: 1", "version: 2")))
    assert {state.name: state.here for state in pack_states(company.ledger())}["own"] == 2


def rewritten(file: Path, old: str, new: str) -> Path:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")
    return file


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "near"),
    [
        ("  visit: {done", "  vsit: {done", "POL010", 10, "visit"),
        ("{done: [next_step]}", "{doen: [next_step]}", "POL037", 10, "done"),
        ("[next_step]", "[next_stp]", "POL012", 10, "next_step"),
        ("customer: [phone]", "customer: [phone, contacts.nmae]", "POL012", 9, "contacts.name"),
        ("  assignment/sales:", "  assignment/sale:", "POL013", 12, "assignment/sales"),
        ("head, quality]", "head, qualty]", "POL014", 12, "quality"),
        ("values:", "valeus:", "POL001", 13, "values"),
    ],
)
def test_a_wrong_name_is_told_with_file_line_and_the_nearest_right_one(
    company: Company, own: Path, old: str, new: str, code: str, line: int, near: str
) -> None:
    before = company.ledger().head
    rewritten(own, old, new)
    found = [(f.code, f.where, f.args.get("near")) for f in check_policy(company.ledger(), own)]
    assert found == [(code, f"{own}:{line}", near)]
    with pytest.raises(BadConfiguration):
        adopt(company.ledger(), str(own))
    assert company.ledger().head == before


def test_a_reader_list_that_is_no_list_is_told_not_emptied(company: Company, own: Path) -> None:
    rewritten(own, "[owner, team, keeper, supervisor, head, quality]", "owner")
    assert [f.code for f in check_policy(company.ledger(), own)] == ["POL002"]


def test_the_ledgers_own_files_pass_and_a_kind_can_be_checked_before_it_is_taken_in(
    company: Company, tmp_path: Path
) -> None:
    assert check_policy(company.ledger()) == []
    kind = tmp_path / "machine.yaml"
    kind.write_text("kind: machine\nid: MA\nin: assignment/sales\nfields:\n  a: {is: choice, of: colr}\n", "utf-8")
    (found,) = check_policy(company.ledger(), kind)
    assert (found.code, found.where) == ("SCH002", f"{kind}:5")


def test_a_newly_named_group_gets_its_key_with_the_pack(company: Company, own: Path) -> None:
    rewritten(own, "head, quality]", "head, admin]")
    assert "all.admin" not in company.ledger().in_force.org.groups
    adopt(company.ledger(), str(own))
    ledger = company.ledger()
    assert "all.admin" in ledger.in_force.org.groups
    assert ledger.ring.group_secrets["all.admin"]


def test_the_companys_own_file_is_replaced_by_a_pack_called_company(company: Company, own: Path) -> None:
    rewritten(own, "pack: own", "pack: company\nextends: [base]")
    assert adopt(company.ledger(), str(own)).files == ("policy/company.yaml",)
    assert company.ledger().in_force.pack.values["colour_share"] == "15%"


def test_setting_a_value_and_taking_it_away(company: Company) -> None:
    before, after, commit = set_value(company.ledger(), "intake_working_days", "3")
    assert (before, after) == (1, 3)
    assert commit == company.ledger().head
    assert company.ledger().in_force.pack.values["intake_working_days"] == 3
    assert set_value(company.ledger(), "intake_working_days", "3")[2] is None
    assert set_value(company.ledger(), "intake_working_days", "4", dry_run=True)[2] is None
    assert set_value(company.ledger(), "intake_working_days", None)[:2] == (3, 1)
    assert company.ledger().in_force.pack.values["intake_working_days"] == 1


def test_a_value_no_pack_knows_or_of_another_type_is_refused(company: Company) -> None:
    with pytest.raises(NotFound) as caught:
        set_value(company.ledger(), "intake_workin_days", "3")
    assert "intake_working_days" in str(caught.value.hint)
    with pytest.raises(InvalidInput):
        set_value(company.ledger(), "intake_working_days", "soon")


def test_a_value_with_which_the_rules_would_not_load_is_refused_and_told_by_the_check(company: Company) -> None:
    with pytest.raises(InvalidInput, match="would not load") as caught:
        set_value(company.ledger(), "declare_within", "banana", dry_run=True)
    assert [finding.code for finding in caught.value.findings] == ["POL003"]
    with pytest.raises(InvalidInput):
        set_value(company.ledger(), "declare_within", "banana", start=date(2027, 1, 1))
    change_setup(
        company.ledger(), {"policy/company.yaml": _company_with(company, "declare_within", "banana")}, "policy-set", "x"
    )
    told = check_policy(company.ledger())
    assert [(fault.code, fault.args["text"]) for fault in told if fault.severity == "error"] == [("POL003", "banana")]
    assert set_value(company.ledger(), "intake_working_days", "3")[1] == 3  # what was wrong before bars nothing else


def _company_with(company: Company, name: str, value: str) -> bytes:
    from crmctl.ledger.disk.yamlio import dump
    from crmctl.ledger.setup.policy_files import _company
    from crmctl.ledger.setup.setup_check import setup_files

    own = _company(setup_files(company.ledger()))
    return dump({**own, "values": {**own.get("values", {}), name: value}})  # type: ignore[dict-item]


def test_a_value_a_rule_asks_for_can_be_set_before_it_has_one(company: Company) -> None:
    assert "declare_within" not in company.ledger().in_force.pack.values
    assert set_value(company.ledger(), "declare_within", "12 months")[:2] == (None, "12 months")
    assert company.ledger().in_force.pack.values["declare_within"] == "12 months"


def test_the_company_s_calendar_is_taken_in_like_a_pack_and_faults_are_told(company: Company, tmp_path: Path) -> None:
    copy = tmp_path / "our days.yaml"
    copy.write_text("schema: crmctl/calendar/1\nextra_off: [2026-11-30]\n", encoding="utf-8")
    assert check_policy(company.ledger(), copy) == []
    made = adopt(company.ledger(), str(copy))
    assert (made.files, made.commit) == (("policy/calendar.yaml",), company.ledger().head)
    assert not work_calendar(company.ledger()).is_workday(date(2026, 11, 30))
    copy.write_text("schema: crmctl/calendar/1\nextra_of: [2026-11-30]\nextra_work: [2026-02-30]\n", encoding="utf-8")
    told = [(fault.code, fault.where) for fault in check_policy(company.ledger(), copy)]
    assert told == [("CAL002", f"{copy}:2"), ("CAL002", f"{copy}:3")]
    with pytest.raises(BadConfiguration):
        adopt(company.ledger(), str(copy))


def test_a_needed_number_is_read_as_the_number_it_is(company: Company) -> None:
    adopt(company.ledger(), "p23")
    for text, value in (("1,500,000", 1500000), ("1500000.50", "1500000.50"), ("800000", 800000)):
        assert set_value(company.ledger(), "vip_volume", text)[1] == value
    assert set_value(company.ledger(), "vip_points", "80")[1] == 80
    assert set_value(company.ledger(), "vip_points", "80.5")[1] == "80.5"
    for name, text in (("vip_beds", "800.5"), ("vip_beds", "many"), ("vip_volume", "yes"), ("vip_points", "")):
        with pytest.raises(InvalidInput, match=name):
            set_value(company.ledger(), name, text)


def test_only_an_admin_changes_the_policy(company: Company, own: Path) -> None:
    for change in (
        lambda: adopt(company.ledger("bob"), str(own)),
        lambda: set_value(company.ledger("bob"), "intake_working_days", "3"),
    ):
        with pytest.raises(Refused) as caught:
            change()
        assert caught.value.rule == "R-ACL-12"


def test_differences_show_what_changed_since_shipping(company: Company, tmp_path: Path) -> None:
    assert {item.state for item in differences(company.ledger())} <= {"same", "only shipped"}
    base = tmp_path / "base.yaml"
    text = company.clone("alice").joinpath("policy/packs/base.yaml").read_text("utf-8")
    base.write_text(text.replace("intake_working_days: 1", "intake_working_days: 5"), "utf-8")
    adopt(company.ledger(), str(base))
    (changed,) = differences(company.ledger(), "base")
    assert changed.state == "changed"
    assert "-  intake_working_days: 1" in changed.lines
    assert "+  intake_working_days: 5" in changed.lines
    adopt(company.ledger(), "base")
    assert [item.state for item in differences(company.ledger(), "base")] == ["same"]


def test_the_commands_say_it(company: Company, own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "would" in says(company, capsys, "policy", "adopt", str(own), "--dry-run").lower()
    says(company, capsys, "policy", "adopt", str(own))
    assert "own\tOwn\tyes\t1\t\tno" in says(company, capsys, "policy", "list")
    assert says(company, capsys, "policy", "show", "own").strip().endswith(OWN.strip())
    assert json.loads(says(company, capsys, "policy", "show", "--json"))["data"]["values"]["colour_share"] == "15%"
    assert "1 → 2" in says(company, capsys, "policy", "set", "intake_working_days", "2")
    rewritten(own, "[next_step]", "[next_stp]")
    assert f"{own}:10" in says(company, capsys, "policy", "check", str(own), code=1)
    assert "only in this ledger" in says(company, capsys, "policy", "diff")


def test_a_pack_for_a_newer_kind_says_which_kind_to_take_anew_first(company: Company) -> None:
    ledger = company.ledger()
    shipped = kind_files()["grade"].read_bytes()
    older = shipped.replace(b"version: 3", b"version: 2")
    older = b"\n".join(line for line in older.split(b"\n") if not line.startswith(b"  gone:"))
    change_setup(ledger, {"schemas/grade.yaml": older}, "schema-add", "grade")
    with pytest.raises(BadConfiguration) as caught:
        adopt(company.ledger(), "p23")
    assert ({finding.code for finding in caught.value.findings}, caught.value.hint) == (
        {"POL012"}, "crmctl schema add grade",
    )  # fmt: skip
    change_setup(company.ledger(), {"schemas/grade.yaml": shipped}, "schema-add", "grade")
    assert adopt(company.ledger(), "p23").commit
