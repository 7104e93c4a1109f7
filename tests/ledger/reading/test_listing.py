"""Lists and questions: what the member can open, under any condition, and nothing by a trick."""

from __future__ import annotations

import json

import pytest

from crmctl.errors import InvalidInput, NotFound
from crmctl.i18n import label
from crmctl.ledger.reading.listing import list_kind, query
from tests.company import VISIT, Company
from tests.prepared import prepared

SALE = {"date": "2026-11-02", "product": "brace", "amount": "10.50"}

TRICKS = [
    "1) UNION SELECT name FROM member --", "1) UNION ALL SELECT signs FROM member WHERE (1", "1; DROP TABLE customer",
    "1) ; DELETE FROM customer --", "0) OR (1", "name = 'x", "/* open", "beds >", "no_such_column = 1",
    "(SELECT load_extension('x'))", "1 = (SELECT 1 FROM pragma_database_list)",
]  # fmt: skip


@prepared
def busy(company: Company) -> Company:
    first = company.customer(phone="13800138000", contacts=[{"name": "Wang"}], aliases=["NH", "North"])
    company.customer(name="Second Works", category="hospital", beds=30)
    company.add("visit", dict(VISIT), customer=first)
    company.add("transaction", dict(SALE), customer=first)
    return company


def names(company: Company, where: str | None, member: str = "alice") -> list[object]:
    return [row[0] for row in list_kind(company.ledger(member), "customer", where, ["name"], 0).rows]


def test_a_condition_picks_rows(busy: Company) -> None:
    assert names(busy, "beds >= 20") == ["Second Works"]
    assert len(names(busy, "name LIKE 'North%' OR beds > 20")) == 2
    assert names(busy, "beds >= 20 -- and nothing else") == ["Second Works"]
    assert sorted(map(str, names(busy, None))) == ["Northern Hospital", "Second Works"]


def test_a_condition_cannot_become_another_question(busy: Company) -> None:
    for where in TRICKS:
        with pytest.raises(InvalidInput):
            names(busy, where)
    assert len(names(busy, None)) == 2


def test_columns_are_known_ones_and_in_the_order_asked(busy: Company) -> None:
    listing = list_kind(busy.ledger(), "customer", "phone IS NOT NULL", ["phone", "name", "id"], 0)
    assert listing.columns == ("phone", "name", "id")
    assert listing.rows[0][:2] == ("+86 138 0013 8000", "Northern Hospital")
    for column in ("phnoe", 'name" FROM customer --', "name, phone", ""):
        with pytest.raises(NotFound):
            list_kind(busy.ledger(), "customer", None, [column], 0)


def test_a_kind_may_be_called_by_its_label_and_a_wrong_one_is_helped(busy: Company) -> None:
    assert list_kind(busy.ledger(), "拜访", None, [], 0).kind.name == "visit"
    with pytest.raises(NotFound) as caught:
        list_kind(busy.ledger(), "custmer", None, [], 0)
    assert "customer" in str(caught.value.hint)


def test_a_limit_counts_rows_and_existing_counts_records(busy: Company) -> None:
    listing = list_kind(busy.ledger(), "customer", None, [], 1)
    assert (len(listing.rows), listing.existing) == (1, 2)
    busy.sync("alice", "bob")
    theirs = list_kind(busy.ledger("bob"), "customer", None, [], 0)
    assert (len(theirs.rows), theirs.existing) == (0, 2)
    first = query(busy.ledger(), "SELECT dossier FROM txn").rows[0][0]
    busy.add("transaction", {**SALE, "product": "collar"}, customer=str(first))
    dealings = list_kind(busy.ledger(), "transaction", None, [], 0)
    assert (len(dealings.rows), dealings.existing) == (2, 2)  # of one month, in one file
    busy.sync("alice", "bob")
    theirs = list_kind(busy.ledger("bob"), "transaction", None, [], 0)
    assert (len(theirs.rows), theirs.existing) == (0, 1)


def test_documents_are_data_and_shown_is_for_people(busy: Company) -> None:
    columns = ["name", "party_type", "aliases", "contacts", "beds"]
    listing = list_kind(busy.ledger(), "customer", "beds IS NULL", columns, 0)
    assert listing.documents() == [
        {"name": "Northern Hospital", "party_type": "company", "aliases": ["NH", "North"], "contacts": [{"name": "Wang"}],
         "beds": None},
    ]  # fmt: skip
    assert listing.shown()[0][:3] == ("Northern Hospital", "Company", "NH, North")
    sales = list_kind(busy.ledger(), "transaction", None, ["amount", "date"], 0)
    assert sales.documents() == [{"amount": "10.50", "date": "2026-11-02"}]
    visits = list_kind(busy.ledger(), "visit", None, ["state", "purpose"], 0)
    assert visits.shown() == [("Planned", "Introduce us")]
    json.dumps(listing.documents(), allow_nan=False)


def test_every_kind_in_force_can_be_listed(company: Company) -> None:
    ledger = company.ledger()
    for kind in ledger.in_force.kinds.values():
        columns = list_kind(ledger, kind.name, None, [], 0).columns
        assert columns[0] == "id"


def test_a_question_joins_what_can_be_opened(busy: Company) -> None:
    answer = query(
        busy.ledger(), "SELECT c.name, count(*) AS n FROM customer c JOIN visit v ON v.dossier = c.id GROUP BY c.id"
    )
    assert (answer.columns, answer.rows) == (("name", "n"), (("Northern Hospital", 1),))
    assert query(busy.ledger(), "SELECT owner FROM assignment").rows == (("alice",), ("alice",))
    for sql in ("", "  ", "DELETE FROM customer", "DROP TABLE visit", "ATTACH 'x' AS y"):
        with pytest.raises(InvalidInput):
            query(busy.ledger(), sql)


def test_records_of_no_customer_stand_with_their_department(company: Company) -> None:
    values = {
        "applicant": "alice", "customer": company.customer(), "what": "Contacts", "why": "A complaint",
        "until": "2026-12-31", "applied_on": "2026-11-20",
    }  # fmt: skip
    draft = company.draft()
    draft.new_record(draft.kind("access_request"), "office/east", "east", values)
    draft.commit("add")
    listing = list_kind(company.ledger(), "access_request", None, (), 0)
    heads = [head for head, _align in listing.heads]
    assert len(set(heads)) == len(heads)
    east = label(company.ledger().in_force.org.departments["east"].label)
    alice = company.ledger().in_force.org.members["alice"].name
    assert {east, alice} <= set(listing.shown()[0])
    assert listing.documents()[0]["dossier"] == "office/east"
    visits = list_kind(company.ledger(), "visit", None, (), 0)
    assert "Customer" in [head for head, _align in visits.heads]
