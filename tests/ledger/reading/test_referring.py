"""References said by a name, the beginning of an id or a number: one that fits is meant, several are listed."""

from __future__ import annotations

import pytest

from crmctl.cli.boundary import main
from crmctl.errors import InvalidInput
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.reading import lookup
from crmctl.ledger.reading.referring import referred
from tests.company import VISIT, Company
from tests.prepared import prepared

STORE: dict[str, object] = {"name": "Corner Shop", "class": "c1", "address": "1 Road"}
Shops = tuple[Company, str, str, str, str]


@prepared
def shops(company: Company) -> Shops:
    """Two customers, the first with two stores, the second with one called like the first's."""
    first, second = company.customer(), company.customer(name="Southern Works")
    corner = company.add("store", STORE, customer=first).id
    company.add("store", {**STORE, "name": "Station Kiosk"}, customer=first)
    other = company.add("store", STORE, customer=second).id
    return company, first, second, corner, other


def faults(company: Company, kind: str, values: dict[str, object], dossier: str | None = None) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as caught:
        referred(company.ledger(), company.ledger().in_force.kinds[kind], values, dossier)
    return [(finding.field, finding.message) for finding in caught.value.findings]


def test_a_name_the_beginning_of_an_id_and_initials_stand_for_the_id(shops: Shops) -> None:
    company, first, second, corner, other = shops
    kinds = company.ledger().in_force.kinds
    for said in ("Southern Works", "southern", second[:5], second.lower(), second):
        assert (
            lookup.customer(
                company.ledger(), str(referred(company.ledger(), kinds["customer"], {"parent": said})["parent"])
            )
            == second
        )
    for said in ("Corner Shop", "corner", corner[:6], corner):
        assert referred(company.ledger(), kinds["visit"], {"store": said}, first)["store"] == corner
    assert referred(company.ledger(), kinds["visit"], {"store": "Corner Shop"}, second)["store"] == other
    rows = {"targets": [{"customer": "Northern", "store": "kiosk"}, {"note": "x"}], "on": "2026-11-20"}
    told = referred(company.ledger(), kinds["campaign"], rows)
    assert told["targets"][0]["customer"] == first  # type: ignore[index]


def test_what_fits_nothing_or_several_is_told_with_those_it_could_be(shops: Shops) -> None:
    company, _first, _second, corner, other = shops
    kind = company.ledger().in_force.kinds["visit"]
    with pytest.raises(InvalidInput) as caught:
        referred(company.ledger(), kind, {"store": "Corner Shop", "followup_plan": "nothing so"})
    several, nothing = caught.value.findings
    assert (several.field, several.code, nothing.field, nothing.code) == ("store", "REF002", "followup_plan", "REF002")
    assert f"{corner} Corner Shop" in str(several.args["listed"])
    assert f"{other} Corner Shop" in str(several.args["listed"])
    assert faults(company, "customer", {"parent": "Nobody Inc"}) == [("parent", "No {kind} you can open fits {what}")]


def test_a_mistyped_id_stays_for_the_check_of_ids(shops: Shops) -> None:
    company, first, *_others = shops
    wrong = first[:-1] + ("0" if first[-1] != "0" else "1")
    with pytest.raises(InvalidInput) as caught:
        update(company.ledger(), first, {"parent": wrong}, Origin())
    assert [finding.code for finding in caught.value.findings] == ["FLD020"]


def test_at_the_command_line(shops: Shops, capsys: pytest.CaptureFixture[str]) -> None:
    company, first, second, corner, _other = shops
    at = ["-C", str(company.clone("alice"))]
    assert main([*at, "update", "Northern", "--set", "parent=Southern"]) == 0
    words = [f"--set={name}={value}" for name, value in {**VISIT, "store": "corner"}.items()]
    capsys.readouterr()
    assert main([*at, "add", "visit", "-c", "Northern", *words, "--json"]) == 0
    ledger = company.ledger()
    assert ledger.read(lookup.record(ledger, first).path).data["parent"] == second
    (visit,) = [path for path, _oid in ledger.record_blobs() if "/visits/" in path]
    assert ledger.read(visit).data["store"] == corner
    assert main([*at, "update", first, "--set", "parent=Corner"]) == 5
    assert "No Customer you can open fits Corner" in capsys.readouterr().err
