"""A word that stands in several schemes counts only with its own: at entry, in an import, and where it is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmctl.cli.app import invoke
from crmctl.errors import InvalidInput
from crmctl.ledger.setup.policy_files import adopt
from tests.company import Company
from tests.requirements.proving import says, stored

MAPPING = """schema: crmctl/mapping/1
kind: grade
customer: {column: Customer, by: name}
fields:
  on: Day
  grade: {column: Grade, values: {C: general}}
constants: {axis: power}
"""


@pytest.mark.req("R-GRD-41")
def test_a_grade_is_taken_shown_and_imported_with_its_scheme(
    company: Company, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for pack in ("p17", "p21"):
        adopt(company.ledger(), pack)
    customer = company.customer(name="Northern")
    general = {"on": "2026-11-02", "grade": "general"}
    for values, told in (
        (general, "power, loyalty, scope, importance"),  # of four schemes, and none is named
        ({**general, "axis": "importance", "grade": "vip"}, "power"),
        ({**general, "axis": "powr"}, "power"),
    ):
        with pytest.raises(InvalidInput) as caught:
            company.add("grade", values, customer=customer)
        (finding,) = caught.value.findings
        assert (finding.code, told in finding.args.values()) == ("GRD041", True)
    made = company.add("grade", {**general, "axis": "客户类别", "grade": "重点客户"}, customer=customer).id
    assert {name: stored(company, made)[name] for name in ("axis", "grade")} == {"axis": "importance", "grade": "key"}
    assert "Class" in says(company, capsys, "list", "grade")
    sheet = tmp_path / "grades.csv"
    sheet.write_text("Customer,Grade,Day\nNorthern,C,2026-11-01\n", encoding="utf-8")
    plan = ["-C", str(company.clone("alice")), "import", "plan", str(sheet)]
    assert invoke([*plan, "--kind", "grade"]) == 1
    assert "GRD041" in "".join(capsys.readouterr())
    mapping = tmp_path / "map.yaml"
    mapping.write_text(MAPPING, encoding="utf-8")
    assert invoke([*plan, "--map", str(mapping)]) == 0
    assert invoke(["-C", str(company.clone("alice")), "import", "apply"]) == 0
    told = says(company, capsys, "list", "grade", "--where", "axis = 'power'")
    assert "Purchasing power" in told
    assert "General" in told
