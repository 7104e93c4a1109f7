"""What a copy remembers of notices and approvals: each look goes on from the last one."""

from __future__ import annotations

import pytest

from crmctl.ledger.git.repository import Repository
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.approvals import approval_rows
from crmctl.ledger.reading.onward import keep_onward
from crmctl.ledger.snapshot.store import notes_of
from crmctl.review.approving import approve
from crmctl.review.inbox import inbox
from crmctl.review.noticed import Noticed
from crmctl.review.noticing import acknowledge, notices
from crmctl.trust.gate import Gate
from tests.company import VISIT, Company
from tests.review.test_reviewing import TOLD
from tests.under_review import ask_review, hand_in


def about(ledger: Ledger) -> list[tuple[str, ...]]:
    return [one.about for one in notices(ledger)]


def test_a_look_goes_on_from_the_last_one(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    ask_review(company, TOLD)  # type: ignore[arg-type]
    customer = company.customer()
    first = company.add("visit", {**VISIT}, customer=customer).id
    company.sync("alice", "carol")
    assert about(company.ledger("carol")) == [(first,)]

    asked: list[tuple[str, ...]] = []
    really = Repository.run

    def counted(self: Repository, *words: str, **more: object) -> bytes:
        asked.append(words)
        return really(self, *words, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(Repository, "run", counted)
        assert about(company.ledger("carol")) == [(first,)]
    assert not [words for words in asked if words[0] in {"rev-list", "log"}], "nothing came, nothing is searched"

    second = company.add("visit", {**VISIT}, customer=customer).id
    company.sync("alice", "carol")
    assert about(company.ledger("carol")) == [(first,), (second,)]
    ledger = company.ledger("carol")
    acknowledge(ledger, notices(ledger)[:1])
    assert about(company.ledger("carol")) == [(second,)]
    assert len(Noticed.load(company.ledger("carol")).open) == 1, "what was answered is not looked at again"

    # another policy asks anew: the same changes, as it sees them
    ask_review(company, [{**TOLD[0], "slots": ["acknowledge head"]}])  # type: ignore[dict-item]
    company.sync("alice", "carol")
    assert about(company.ledger("carol")) == []
    ask_review(company, TOLD)  # type: ignore[arg-type]
    company.sync("alice", "carol")
    assert about(company.ledger("carol")) == [(second,)]


def test_a_note_that_cannot_be_gone_on_from_is_made_anew(company: Company) -> None:
    ask_review(company, TOLD)  # type: ignore[arg-type]
    made = company.add("visit", {**VISIT}, customer=company.customer()).id
    company.sync("alice", "carol")
    ledger = company.ledger("carol")
    assert about(ledger) == [(made,)]
    forged = Noticed(ledger.main)
    forged.add([], {})
    forged.keep(ledger, [])
    assert about(company.ledger("carol")) == [], "a note that says so is believed"
    for content in (b"", b"[]", b'{"key": 1}', b'{"key": "", "main": "", "told": {}}'):
        notes_of(ledger).write("noticed", content)
        assert about(company.ledger("carol")) == [(made,)]
    for told in ({"open": 3}, {"open": [], "given": {"a": [1]}}):
        keep_onward(ledger, "noticed", 2, told)
        assert about(company.ledger("carol")) == [(made,)]
    before = Noticed.load(company.ledger("carol"))
    assert before.main == ledger.main
    beside = ledger.repo.run("commit-tree", "-m", "x", f"{ledger.main}^{{tree}}").decode().strip()
    elsewhere = company.ledger("carol")
    elsewhere.main = beside
    keep_onward(elsewhere, "noticed", 2, {"open": [], "given": {}})
    assert Noticed.load(company.ledger("carol")).main is None, "main did not come from there"
    assert about(company.ledger("carol")) == [(made,)]


def test_the_table_of_approvals_goes_on_from_the_last_look(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    def table(member: str) -> list[tuple[object, ...]]:
        return [row[:5] for row in approval_rows(company.ledger(member))]

    ask_review(company)
    made = []
    for name in ("Northern Clinic", "Southern Works"):
        made.append(company.customer(name=name))
        hand_in(company, "alice")
        company.sync("carol")
        (bundle,) = inbox(company.ledger("carol"))
        approve(company.ledger("carol"), bundle, [bundle.changes[0].name], gate=Gate())
        assert {row[0] for row in table("carol")} == set(made), "what was known stays, what came is added"
        company.sync("alice", "carol")
    step_by_step = table("carol")
    notes_of(company.ledger("carol")).drop("approvals")
    assert table("carol") == step_by_step
    assert len(step_by_step) == len(made)

    def none(*_words: str, **_more: object) -> bytes:
        raise AssertionError("nothing came, nothing is searched")

    monkeypatch.setattr(Repository, "run", none)
    assert table("carol") == step_by_step
