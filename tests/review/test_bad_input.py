"""What is broken among the submissions is said clearly, loses nothing, and leaves the rest to be reviewed."""

from __future__ import annotations

import pytest

from crmctl.cli.boundary import main
from crmctl.ledger.git.repository import Repository
from crmctl.review.desk import Desk, desk_of
from tests.attacks.forgery import codes
from tests.attacks.reviews import Reviews
from tests.company import Company, git
from tests.under_review import ask_review, hand_in

Capsys = pytest.CaptureFixture[str]


@pytest.fixture
def waiting(company: Company) -> tuple[Company, str, str]:
    """Two customers of alice's wait for carol, who has fetched them: a good one, and one for a test to break."""
    ask_review(company)
    good, broken = company.customer(name="Good Works"), company.customer(name="Broken Clinic")
    hand_in(company, "alice")
    company.sync("carol")
    return company, good, broken


def desk(company: Company) -> Desk:
    return desk_of(company.ledger("carol"))


def sealed_of(company: Company, customer: str) -> str:
    """The blob of a waiting customer's card."""
    changes = (c for b in desk(company).bundles for change in b.changes for c in change.stack.changes)
    return next(c.new_oid or "" for c in changes if customer in c.path and c.path.endswith("customer.yaml.age"))


def says(company: Company, capsys: Capsys, *words: str, code: int = 0) -> str:
    capsys.readouterr()
    assert main(["-C", str(company.clone("carol")), *words]) == code
    done = capsys.readouterr()
    return done.out + done.err


def lands(company: Company, capsys: Capsys, customer: str) -> None:
    """The rest is approved all the same."""
    assert "in force: 1 change" in says(company, capsys, "review", "approve", "--clean")
    assert company.ledger("carol").landed.dossier(customer).id == customer


def test_a_record_whose_content_is_not_here(waiting: tuple[Company, str, str], capsys: Capsys) -> None:
    """What has arrived is approved at once, from the same submission; the rest once it is here."""
    company, good, broken = waiting
    oid = sealed_of(company, broken)
    repo = company.clone("carol")
    for pack in (repo / ".git/objects/pack").glob("*.pack"):
        content = pack.read_bytes()
        for part in pack.parent.glob(f"{pack.stem}.*"):
            part.unlink()
        Repository(repo).run("unpack-objects", "-q", input=content)
    (repo / ".git/objects" / oid[:2] / oid[2:]).unlink()
    said = says(company, capsys, "review", "show")
    assert "Good Works" in said
    assert broken in said
    assert "has not arrived here yet: crmctl sync" in said
    assert "[REV033]" in said
    assert "not all of it has arrived here: crmctl sync [TRU088]" in says(company, capsys, "review", "list")
    assert "in force: 1 change" in says(company, capsys, "review", "approve", "alice/1")  # as far as it is here
    assert company.ledger("carol").landed.dossier(good).id == good
    assert Repository(company.path / "server.git").read_blob(oid)
    company.sync("alice")
    (left,) = company.ledger().pending.stacks
    assert any(broken in change.path for change in left.changes)
    assert "[DOC039]" in says(company, capsys, "doctor", code=1)
    assert "[DOC039]" not in says(company, capsys, "doctor", "--fix")
    assert "in force: 1 change" in says(company, capsys, "review", "approve", "--clean")
    assert company.ledger("carol").landed.dossier(broken).id == broken
    assert codes(company, "carol") == set()


def test_a_keyring_that_lags_behind(waiting: tuple[Company, str, str], capsys: Capsys) -> None:
    company, _good, broken = waiting
    git(company.clone("carol"), "update-ref", "-d", "refs/remotes/origin/outbox/alice")  # what the new keys came in
    said = says(company, capsys, "review", "show")
    assert broken in said
    assert "has not arrived here yet: crmctl sync" in said
    assert "you cannot open this one" not in said  # that is said to who may not
    assert desk(company).clean == []
    company.sync("carol")
    assert "Broken Clinic" in says(company, capsys, "review", "show")


def test_a_keyring_that_fell_behind_what_was_proved(waiting: tuple[Company, str, str], capsys: Capsys) -> None:
    """A disk or an old backup set this copy's keyring back: the next exchange brings it, and nobody is accused."""
    company, good, broken = waiting
    says(company, capsys, "review", "approve", "--all")
    carol = company.clone("carol")
    git(carol, "update-ref", "refs/heads/keyring/1", "refs/heads/keyring/1~1")
    git(carol, "update-ref", "refs/remotes/origin/keyring/1", "refs/heads/keyring/1")
    says(company, capsys, "sync")
    for customer in (good, broken):
        assert customer in says(company, capsys, "show", customer)
    git(company.path / "server.git", "update-ref", "refs/heads/keyring/1", "refs/heads/keyring/1~1")
    said = says(company, capsys, "sync", code=11)  # a server that really lost it is told, and nothing is taken
    assert "nothing was taken from it" in said
    assert broken in says(company, capsys, "show", broken)


def test_a_submission_on_a_base_that_is_gone(waiting: tuple[Company, str, str], capsys: Capsys) -> None:
    company, good, broken = waiting
    forger = Reviews(company)
    stray = forger.forge("bob", {"notes": b"x"}, parents=[], base=forger.main)
    change = forger.forge("bob", {"notes": b"y"}, parents=[stray], base=stray)
    message = "submit 1 changes\n\nCrmctl-Action: submit\n"
    bundle = forger.forge("bob", {"notes": b"y"}, parents=[stray, change], base=stray, message=message)
    git(
        company.clone("carol"), "fetch", "-q", str(company.clone("alice")), f"{bundle}:refs/remotes/origin/review/bob/1"
    )
    said = says(company, capsys, "review", "list")
    assert "bob/1" in said
    assert "does not prove true" in said
    assert "Good Works" in says(company, capsys, "review", "show")
    lands_both(company, capsys, good, broken)


def lands_both(company: Company, capsys: Capsys, *customers: str) -> None:
    assert "in force: 2 changes" in says(company, capsys, "review", "approve", "--clean")
    for customer in customers:
        assert company.ledger("carol").landed.dossier(customer).id == customer


def test_a_branch_that_is_no_submission(waiting: tuple[Company, str, str], capsys: Capsys) -> None:
    company, good, broken = waiting
    carol = company.clone("carol")
    for name in ("mallory/1", "bob/x", "bob/2"):
        git(carol, "update-ref", f"refs/remotes/origin/review/{name}", "main")
    said = says(company, capsys, "review", "list")
    for name in ("mallory/1", "bob/x", "bob/2"):
        assert name in said
    assert "crmctl did not make it" in said
    assert desk(company).strays == ("bob/2", "bob/x", "mallory/1")
    lands_both(company, capsys, good, broken)


def test_one_record_among_many_that_does_not_open(company: Company, capsys: Capsys) -> None:
    ask_review(company)
    names = [f"{'甲乙丙丁戊己庚辛壬癸'[number]}{number}诊所" for number in range(10)]
    customers = [company.customer(name=name) for name in names]
    forger = Reviews(company)
    stacks = {stack.changes[0].path.split("/")[2]: stack.tip for stack in company.ledger().pending.stacks}
    broken = customers[4]
    tip = stacks[broken]
    path = next(p for p in forger.edits(tip) if p.endswith("customer.yaml.age"))
    view = company.ledger()
    from crmctl.ledger.keys.seal import seal

    junk = seal(b"junk", view.dossier(broken).compartments["core"].key)
    stacks[broken] = forger.forge("alice", {path: junk}, parents=[tip], base=tip)
    bundle = forger.bundle("alice", *stacks.values())
    hand_in(company, "alice")
    company.sync("carol")
    git(
        company.clone("carol"),
        "fetch",
        "-q",
        str(company.clone("alice")),
        f"+{bundle}:refs/remotes/origin/review/alice/1",
    )
    found = desk(company)
    assert (len(found.mine), len(found.clean)) == (10, 9)
    said = says(company, capsys, "review", "show")
    assert all(name in said for name in names if name != names[4])
    assert "CHK" in said
