"""What lies in main: swapped and rolled back blobs, plaintext, links, odd modes, paths, case, size."""

from __future__ import annotations

import os
import subprocess

import pytest

from crmctl.ledger.changing.draft import HERE_AND_NOW
from crmctl.ledger.changing.entry import update
from crmctl.ledger.git.objects import FILE_MODE
from crmctl.ledger.git.plan import BlobRef
from crmctl.ledger.keys.seal import new_key, seal
from tests.attacks.forgery import AT, Forger, codes, resealed, verified
from tests.company import VISIT, Company
from tests.prepared import prepared


@prepared
def two_customers(company: Company) -> None:
    """Alice with two customers, one of them changed once."""
    first = company.customer("alice")
    company.add("visit", VISIT, customer=first)
    company.customer("alice", name="Eastern Works")
    update(company.ledger(), first, {"industry": "health"}, HERE_AND_NOW)


@pytest.fixture
def forger(company: Company, two_customers: None) -> Forger:
    """Alice at her clone."""
    return Forger(company)


def cards(forger: Forger) -> list[str]:
    return forger.paths("core/customer.yaml.age")


def test_the_honest_twin_is_clean(company: Company, forger: Forger) -> None:
    forger.put("alice", resealed(forger, cards(forger)[0]))
    assert codes(company) == set()


def test_one_customers_card_copied_over_anothers(company: Company, forger: Forger) -> None:
    one, other = cards(forger)
    forger.put("alice", {one: BlobRef(forger.sealed(other))})
    (finding,) = verified(company).findings
    assert finding.code == "TRU050"
    assert (finding.args["path"], finding.args["home"]) == (one, other)


def test_an_earlier_version_put_back(company: Company, forger: Forger) -> None:
    path = next(p for p in cards(forger) if len(forger.repo.history("main", p)) == 2)
    before = forger.repo.history("main", path)[1].oid
    forger.put("alice", {path: BlobRef(forger.sealed(path, before))})
    assert codes(company) == {"TRU051"}


def test_an_earlier_version_put_back_in_a_later_run(company: Company, forger: Forger) -> None:
    """The pin alone would not know it: the set of blobs seen does."""
    path = cards(forger)[0]
    old = forger.sealed(path)
    forger.put("alice", resealed(forger, path))
    pin = verified(company).pin
    forger.put("alice", {path: BlobRef(old)})
    assert codes(company, pin=pin) == {"TRU051"}


def test_a_version_that_only_a_landing_brought_cannot_come_back(company: Company) -> None:
    """Between two syncs bob wrote two versions; the first was never at main's tip and still may not return."""
    company.customer("bob", name="Southern Works")
    bob = Forger(company, "bob")
    path = cards(bob)[0]
    first = bob.sealed(path)
    bob.put("bob", resealed(bob, path))
    company.customer("alice")
    company.sync("alice", "bob")
    pin = verified(company, "bob").pin
    bob.put("bob", {path: BlobRef(first)})
    assert codes(company, "bob", pin=pin) == {"TRU051"}


@pytest.mark.req("R-ACL-04")
def test_plaintext(company: Company, forger: Forger) -> None:
    forger.put("alice", {cards(forger)[0]: b"name: Northern Hospital\n"})
    assert codes(company) == {"TRU033"}


def test_two_recipients(company: Company, forger: Forger) -> None:
    import pyrage

    keys = [pyrage.x25519.Recipient.from_str(new_key().public) for _ in range(2)]
    forger.put("alice", {cards(forger)[0]: pyrage.encrypt(b"x", keys)})
    (finding,) = verified(company).findings
    assert finding.code == "TRU033"
    assert "more than one key" in str(finding.args["why"])


@pytest.mark.parametrize("mode", ["120000", "100755", "160000"])
def test_links_programs_and_submodules(company: Company, forger: Forger, mode: str) -> None:
    path = cards(forger)[0]
    oid = (
        forger.main
        if mode == "160000"
        else forger.repo.run("hash-object", "-w", "--stdin", input=b"/etc/passwd").decode().strip()
    )
    forger.put("alice", {path: BlobRef(oid, mode)})
    assert codes(company) == {"TRU030"}


@pytest.mark.parametrize(
    "path",
    ["notes.txt", "org/.gitattributes", ".github/workflows/x.yaml", "customers/names.txt", "org/members/a/b.yaml",
     "customers/zz/C-00000000/core/customer.yaml.age", "offices/east/x.age", "schemas/../x.yaml"],
)  # fmt: skip
def test_paths_no_ledger_has(company: Company, forger: Forger, path: str) -> None:
    sealed = seal(b"x", new_key().public)
    forger.set(tree_with(forger, path, FILE_MODE, sealed))
    assert "TRU031" in codes(company)


def test_names_that_differ_in_case_only(company: Company, forger: Forger) -> None:
    assert company.ledger().in_force.org.departments
    content = forger.repo.read("main", "schemas/visit.yaml") or b""
    forger.set(tree_with(forger, "schemas/Visit.yaml", FILE_MODE, content))
    assert "TRU032" in codes(company)


def test_a_huge_file_is_refused_unread(company: Company, forger: Forger) -> None:
    path = cards(forger)[0]
    forger.put("alice", {path: seal(b"x", new_key().public) + b"\0" * 11534336})
    assert codes(company) == {"TRU034"}


def test_a_set_up_that_does_not_load(company: Company, forger: Forger) -> None:
    forger.put("alice", {"org/members/bob.yaml": b"id: [bob\n"})
    assert codes(company) == {"TRU035"}


def test_hostile_yaml_in_the_clear(company: Company, forger: Forger) -> None:
    forger.put("alice", {"policy/company.yaml": b"a: &x [1]\nb: *x\n"})
    assert codes(company) == {"TRU035"}


def tree_with(forger: Forger, path: str, mode: str, content: bytes) -> str:
    """A commit whose tree holds a path crmctl itself would refuse to write: plain Git makes the trees."""
    oid = forger.repo.run("hash-object", "-w", "--stdin", input=content).decode().strip()
    index = {"GIT_INDEX_FILE": str(forger.repo.git_dir / "forged-index")}
    forger.repo.run("read-tree", forger.main, env=index)
    plumbing = [f"{mode} {oid}\t{path}"]
    done = subprocess.run(
        ["git", "update-index", "--index-info"], cwd=forger.repo.path, input="\n".join(plumbing) + "\n", text=True,
        env={**os.environ, **index}, check=False, capture_output=True,
    )  # fmt: skip
    if done.returncode != 0 or ".." in path:
        return _by_hand(forger, path, oid, mode)
    tree = forger.repo.run("write-tree", env=index).decode().strip()
    return _signed(forger, tree)


def _by_hand(forger: Forger, path: str, oid: str, mode: str) -> str:
    """Trees Git's index would not hold (`..`): written as objects."""
    from crmctl.ledger.git.objects import TREE_MODE, TreeEntry, encode_tree

    kind, entry_mode = "blob", mode
    for name in reversed(path.split("/")[1:]):
        content = encode_tree({name: TreeEntry(entry_mode, kind, oid)})
        oid = (
            forger.repo.run("hash-object", "-w", "-t", "tree", "--literally", "--stdin", input=content).decode().strip()
        )
        kind, entry_mode = "tree", TREE_MODE
    top = dict(forger.repo.tree(forger.main)) | {path.split("/", maxsplit=1)[0]: TreeEntry(entry_mode, kind, oid)}
    tree = (
        forger.repo.run("hash-object", "-w", "-t", "tree", "--literally", "--stdin", input=encode_tree(top))
        .decode()
        .strip()
    )
    return _signed(forger, tree)


def _signed(forger: Forger, tree: str) -> str:
    from crmctl.ledger.git.transaction import Change, write

    change = Change(None, None, {}, "update x\n", parents=[forger.main], tree=tree)
    return write(forger.repo, [change], forger.signing("alice"), forger.who("alice"), AT)[0]
