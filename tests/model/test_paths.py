"""Where a record lies: paths say place and id, and only one path says it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.model.ids import new_id, shard
from crmctl.model.kinds import Kind
from crmctl.model.paths import attachment_path, compartment_of, place_of, record_path

VISIT = Kind("visit", 1, ("拜访", "Visit"), "V", "visit", "visits", "assignment", "sales", ())
CARD = replace(VISIT, name="customer", prefix="C", folder="customers", scope="core", compartment="core", single=True)
LETTER = replace(VISIT, name="letter", prefix="LT", folder="letters", scope="office", compartment="letters")
PLAN = replace(LETTER, name="day_plan", prefix="DP", folder="day_plans", compartment="plans", per_member=True)
BYTES = st.binary(min_size=16, max_size=16)
DEPARTMENTS = st.from_regex(r"[a-z][a-z0-9_-]{0,10}", fullmatch=True).filter(lambda key: key not in {"all", "core"})


@given(BYTES, BYTES, DEPARTMENTS)
def test_a_path_says_where_a_customers_record_belongs(one: bytes, other: bytes, department: str) -> None:
    dossier, record = new_id("C", one), new_id("V", other)
    compartment = compartment_of(VISIT, department)
    place = place_of(record_path(VISIT, dossier, compartment, record))
    assert place is not None
    assert (place.dossier, place.compartment, place.folder, place.record_id) == (
        dossier, f"{department}/sales", "visits", record,
    )  # fmt: skip
    assert place.is_record


@given(BYTES)
def test_a_card_is_called_by_its_kind(random: bytes) -> None:
    dossier = new_id("C", random)
    place = place_of(record_path(CARD, dossier, "core", dossier))
    assert place is not None
    assert (place.dossier, place.compartment, place.folder, place.record_id) == (dossier, "core", "", "customer")


@given(BYTES, DEPARTMENTS, st.sampled_from([LETTER, PLAN]))
def test_an_office_has_its_own_folder(random: bytes, department: str, kind: Kind) -> None:
    record = new_id(kind.prefix, random)
    compartment = compartment_of(kind, department, "alice")
    assert compartment == ("plans.alice" if kind.per_member else "letters")
    place = place_of(record_path(kind, f"office/{department}", compartment, record))
    assert place is not None
    assert (place.dossier, place.compartment, place.folder, place.record_id) == (
        f"office/{department}", compartment, kind.folder, record,
    )  # fmt: skip


@given(BYTES)
def test_a_month_and_an_attachment_have_paths_too(random: bytes) -> None:
    dossier = new_id("C", random)
    month = place_of(record_path(VISIT, dossier, "east/trade", "2026-05"))
    assert month is not None
    assert month.record_id == "2026-05"
    record = record_path(VISIT, dossier, "east/sales", "V-1")
    beside = place_of(attachment_path(record, "ab" * 32))
    assert beside is not None
    assert not beside.is_record
    assert (beside.folder, beside.file) == ("visits", "V-1.abababababab.age")


def test_a_dossier_has_one_place_only() -> None:
    dossier = new_id("C", bytes(range(16)))
    good = record_path(VISIT, dossier, "east/sales", "V-1")
    assert place_of(good)
    assert place_of(good.replace(f"/{shard(dossier)}/", "/zz/")) is None


@pytest.mark.parametrize(
    "path",
    [
        "", "ledger.yaml", "org/members/alice.yaml", "customers/000/C-00000000/core/customer.yaml.age",
        "customers/00/C-00000000/dossier.yaml", "customers/00/C-00000000/customer.yaml.age",
        "customers/00/C-00000000/core/customer.yaml", "customers/00/C-00000000/east/visits.yaml.age",
        "customers/00/C-00000000/east/sales/visits/deep/V-1.yaml.age", "customers/00/c-00000000/core/customer.yaml.age",
        "customers/00/C-00000000/core/.yaml.age", "customers/00/C-00000000/core/a b.yaml.age",
        "customers/00/C-00000000/core/x\n/customer.yaml.age", "x/customers/00/C-00000000/core/customer.yaml.age",
        "offices/East/letters/letters/LT-1.yaml.age", "offices/east/LT-1.yaml.age", "customers/00/C-00000000/core/customer.yaml.age\n",
    ],
)  # fmt: skip
def test_other_paths_are_no_place(path: str) -> None:
    assert place_of(path) is None
