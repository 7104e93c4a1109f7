"""What the user's own Git does with sealed files: merges by field, or stops whole; diffs in the clear for who may read."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.checking.check import check
from crmctl.ledger.git.homes import blob_id, home_of
from crmctl.ledger.git.sparse import drivers_stand, refresh_drivers
from crmctl.ledger.keys.seal import check_header
from crmctl.ledger.ledger import MAIN, Ledger
from crmctl.model.dossier import clear_path
from crmctl.model.monthly import rows_in
from crmctl.model.paths import record_path
from tests.company import Company, git

ROOT = Path(__file__).resolve().parents[2]
MARKS = b"<<<<<<<"
SECRETS = (b"health-care", b"trade-fair", b"Northern Hospital")


@dataclass
class Hand:
    """A member's copy and the plain `git` of whoever works in it by hand."""

    company: Company
    path: Path
    member: str = "alice"

    def git(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
        env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        env |= {"PYTHONPATH": str(ROOT), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_EDITOR": "true", "LC_ALL": "C"}
        person = ["-c", f"user.name={self.member}", "-c", f"user.email={self.member}@hand.example"]
        done = subprocess.run(
            ["git", *person, *words], cwd=self.path, env=env, capture_output=True, check=False, timeout=120
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    def said(self, *words: str) -> str:
        return self.git(*words).stdout.decode().strip()

    def ledger(self, at: str | None = None) -> Ledger:
        return Ledger(self.path, home=self.company.home, at=at)

    def card(self, customer: str, at: str = "HEAD") -> dict[str, object]:
        ledger = self.ledger(self.said("rev-parse", at))
        return dict(ledger.read(card_path(ledger, customer)).data)

    def sides(self, customer: str, ours: dict[str, object], theirs: dict[str, object]) -> None:
        """Two changes of one card that grew out of one: main holds `ours`, branch side `theirs`."""
        base = self.said("rev-parse", "main")
        update(self.ledger(), customer, theirs, Origin())
        self.git("branch", "side")
        self.git("reset", "-q", "--hard", base)
        update(self.ledger(), customer, ours, Origin())


def card_path(ledger: Ledger, customer: str) -> str:
    return record_path(ledger.in_force.kinds["customer"], customer, "core", customer)


def lying_about(folder: Path) -> list[Path]:
    """Every file of the copy, Git's own store too, that holds a word only a reader may see."""
    return [path for path in folder.rglob("*") if path.is_file() and any(word in path.read_bytes() for word in SECRETS)]


@pytest.fixture(params=["sparse", "everything checked out"])
def hand(company: Company, request: pytest.FixtureRequest) -> tuple[Hand, str]:
    customer = company.customer()
    made = Hand(company, company.clone("alice"))
    if request.param != "sparse":
        made.git("sparse-checkout", "disable")
    return made, customer


TWO: tuple[dict[str, object], dict[str, object]] = ({"industry": "health-care"}, {"phone": "13800138000"})


def merged(hand: Hand) -> None:
    hand.git("merge", "-q", "--no-edit", "side")


def rebased(hand: Hand) -> None:
    hand.git("rebase", "-q", "side")


def cherry_picked(hand: Hand) -> None:
    hand.git("cherry-pick", "side")


def stashed(hand: Hand) -> None:
    """The change is taken out of the index and put back where the card is another one meanwhile."""
    hand.git("reset", "-q", "--soft", "HEAD~1")
    hand.git("stash", "push", "-q")
    hand.git("reset", "-q", "--hard", "side")
    hand.git("stash", "pop", "-q")
    hand.git("add", "--sparse", "customers")
    hand.git("commit", "-q", "-m", "popped")


def pulled(hand: Hand) -> None:
    hand.git("pull", "-q", "--no-rebase", "--no-edit", ".", "side")


def pulled_with_rebase(hand: Hand) -> None:
    hand.git("pull", "-q", "--rebase", ".", "side")


@pytest.mark.parametrize(
    "bring_together",
    [merged, rebased, cherry_picked, stashed, pulled, pulled_with_rebase],
    ids=lambda way: way.__name__,
)
def test_two_fields_of_one_card_come_together(hand: tuple[Hand, str], bring_together: Callable[[Hand], None]) -> None:
    git_user, customer = hand
    git_user.sides(customer, *TWO)
    bring_together(git_user)
    card = git_user.card(customer)
    assert (card["industry"], card["phone"], card["name"]) == ("health-care", "+86 138 0013 8000", "Northern Hospital")
    assert lying_about(git_user.path) == []
    ledger = git_user.ledger(git_user.said("rev-parse", "HEAD"))
    assert [finding.code for finding in check(ledger).findings if finding.severity == "error"] == []


def test_a_revert_takes_back_one_field_and_leaves_what_came_after(hand: tuple[Hand, str]) -> None:
    git_user, customer = hand
    update(git_user.ledger(), customer, {"industry": "health-care"}, Origin())
    update(git_user.ledger(), customer, {"phone": "13800138000"}, Origin())
    git_user.git("revert", "--no-edit", "HEAD~1")
    card = git_user.card(customer)
    assert "industry" not in card
    assert card["phone"] == "+86 138 0013 8000"


def test_one_field_twice_stops_the_merge_and_keeps_ours_whole(hand: tuple[Hand, str]) -> None:
    git_user, customer = hand
    git_user.sides(customer, {"industry": "health-care"}, {"industry": "trade-fair"})
    path = card_path(git_user.ledger(), customer)
    ours, theirs = (git_user.git("show", "--no-textconv", f"{side}:{path}").stdout for side in ("main", "side"))
    done = git_user.git("merge", "side", check=False)
    assert done.returncode == 1
    assert b"Both sides changed industry" in done.stderr
    assert not any(word in done.stderr + done.stdout for word in SECRETS)
    for stage, content in ((2, ours), (3, theirs)):
        assert git_user.git("cat-file", "blob", f":{stage}:{path}").stdout == content
    if (git_user.path / path).exists():
        assert (git_user.path / path).read_bytes() == ours
    assert lying_about(git_user.path) == []
    git_user.git("merge", "--abort")


def test_entries_of_one_month_come_together_row_by_row(hand: tuple[Hand, str]) -> None:
    git_user, customer = hand
    entry = {"date": "2026-11-02", "product": "brace", "amount": "10.00"}
    git_user.company.add("transaction", entry, customer=customer, department="east")
    base = git_user.said("rev-parse", "main")
    git_user.company.add("transaction", {**entry, "product": "corset"}, customer=customer, department="east")
    git_user.git("branch", "side")
    git_user.git("reset", "-q", "--hard", base)
    git_user.company.add("transaction", {**entry, "product": "splint"}, customer=customer, department="east")
    git_user.git("merge", "-q", "--no-edit", "side")
    ledger = git_user.ledger()
    month = ledger.read(record_path(ledger.in_force.kinds["transaction"], customer, "east/trade", "2026-11"))
    assert sorted(str(row["product"]) for row in rows_in(month.data)) == ["brace", "corset", "splint"]


def test_the_first_entry_of_a_month_on_both_sides(hand: tuple[Hand, str]) -> None:
    git_user, customer = hand
    entry = {"date": "2026-11-02", "product": "brace", "amount": "10.00"}
    base = git_user.said("rev-parse", "main")
    git_user.company.add("transaction", entry, customer=customer, department="east")
    git_user.git("branch", "side")
    git_user.git("reset", "-q", "--hard", base)
    git_user.company.add("transaction", {**entry, "product": "splint"}, customer=customer, department="east")
    git_user.git("merge", "-q", "--no-edit", "side")
    ledger = git_user.ledger()
    month = ledger.read(record_path(ledger.in_force.kinds["transaction"], customer, "east/trade", "2026-11"))
    assert sorted(str(row["product"]) for row in rows_in(month.data)) == ["brace", "splint"]


def test_who_cannot_open_it_keeps_it_whole(company: Company) -> None:
    customer = company.customer()
    alice = Hand(company, company.clone("alice"))
    alice.sides(customer, *TWO)
    git(alice.path, "push", "-q", "origin", "side:refs/heads/side", "main")
    bob = Hand(company, company.clone("bob"), "bob")
    bob.git("fetch", "-q", "origin")
    bob.git("reset", "-q", "--hard", "origin/main")
    path = card_path(bob.ledger(), customer)
    ours = bob.git("cat-file", "blob", f"HEAD:{path}").stdout
    done = bob.git("merge", "origin/side", check=False)
    assert done.returncode == 1
    assert bob.git("cat-file", "blob", f":2:{path}").stdout == ours


def test_without_the_program_a_merge_stops_and_a_diff_says_sealed(hand: tuple[Hand, str]) -> None:
    git_user, customer = hand
    git_user.sides(customer, *TWO)
    for name in ("merge.crmctl.driver", "diff.crmctl.textconv"):
        command = git_user.said("config", name)
        program = command.removeprefix("f() { ").split(" -P ")[0]
        git_user.git("config", name, command.replace(program, "/nowhere/python"))
    assert not drivers_stand(git_user.ledger().repo)
    path = card_path(git_user.ledger(), customer)
    assert git_user.git("merge", "side", check=False).returncode == 1
    assert MARKS not in git_user.git("cat-file", "blob", f":2:{path}").stdout
    git_user.git("merge", "--abort")
    shown = git_user.said("show", "side", "--", path)
    assert {line[:8] for line in shown.splitlines() if line.startswith(("+[", "-["))} == {"-[sealed", "+[sealed"}
    assert refresh_drivers(git_user.ledger().repo)
    assert not refresh_drivers(git_user.ledger().repo)
    merged(git_user)


def test_a_copy_plain_git_made_keeps_sealed_files_apart(company: Company, tmp_path: Path) -> None:
    customer = company.customer()
    alice = Hand(company, company.clone("alice"))
    alice.sides(customer, *TWO)
    bare = Hand(company, tmp_path / "plain")
    git(tmp_path, "clone", "-q", str(alice.path), "plain")
    path = card_path(alice.ledger(), customer)
    done = bare.git("merge", "origin/side", check=False)
    assert done.returncode == 1
    content = (bare.path / path).read_bytes()
    assert MARKS not in content
    check_header(content, path)
    assert "Binary files" in bare.said("show", "origin/side", "--", path)


@pytest.mark.parametrize("plainly_cloned", [False, True], ids=["with drivers", "plain git clone"])
def test_who_is_responsible_is_never_merged_line_by_line(
    company: Company, tmp_path: Path, plainly_cloned: bool
) -> None:
    """One side changes the state of the west's assignment, the other the east's: lines apart, and still a conflict."""
    customer = company.customer()
    alice = Hand(company, company.clone("alice"))
    path = clear_path(customer)
    file = alice.path / path
    alice.git("sparse-checkout", "disable")
    text = file.read_text()
    for branch, old, new in (("one", "owner: alice", "owner: bob"), ("two", "generation: 1", "generation: 2")):
        alice.git("checkout", "-q", "-b", branch, "main")
        head, found, tail = text.rpartition(old) if branch == "two" else text.partition(old)
        file.write_text(head + new + tail)
        assert found
        alice.git("commit", "-q", "-a", "-m", branch)
    where = alice
    if plainly_cloned:
        git(tmp_path, "clone", "-q", "-b", "two", str(alice.path), "plain")
        where = Hand(company, tmp_path / "plain")
        where.git("branch", "one", "origin/one")
    done = where.git("merge", "one", check=False)
    assert done.returncode == 1
    assert MARKS not in (where.path / path).read_bytes()
    assert "owner: alice" in (where.path / path).read_text()


def test_a_record_shows_in_the_clear_for_who_may_read_it(company: Company) -> None:
    customer = company.customer()
    alice = Hand(company, company.clone("alice"))
    update(alice.ledger(), customer, {"industry": "health-care"}, Origin())
    visit = company.add("visit", VISIT_OF_TODAY, customer=customer, department="east").id
    said = alice.said("log", "-p", "--format=%s")
    assert "+  industry: health-care" in said
    assert "+  topic: Introduction" in said
    assert visit in said
    assert "[sealed" not in said
    assert "+  industry: health-care" in alice.said("show", "HEAD~1")
    assert lying_about(alice.path) == []
    company.sync("alice")
    bob = Hand(company, company.clone("bob"), "bob")
    company.sync("bob")
    heard = bob.said("log", "-p", "--format=%s")
    assert "health-care" not in heard
    assert "it does not open with your keys]" in heard
    update(alice.ledger(), customer, {"industry": "trade"}, Origin())
    company.sync("alice", "bob")
    lines = bob.said("show", "HEAD").splitlines()
    assert [line[:9] for line in lines if line[1:2] == "["] == [
        "-[sealed ",
        "+[sealed ",
    ]  # that it changed, not to what


def test_a_diff_of_what_is_only_staged_shows_too(company: Company) -> None:
    customer = company.customer()
    alice = Hand(company, company.clone("alice"))
    alice.sides(customer, *TWO)
    alice.git("merge", "-q", "--no-commit", "--no-ff", "side")
    assert '+  phone: "+86 138 0013 8000"' in alice.said("diff", "--cached")


def test_git_is_never_told_to_keep_what_it_showed(company: Company) -> None:
    customer = company.customer()
    alice = Hand(company, company.clone("alice"))
    update(alice.ledger(), customer, {"industry": "health-care"}, Origin())
    alice.git("-c", "diff.crmctl.cachetextconv=false", "log", "-p")
    assert alice.said("config", "diff.crmctl.cachetextconv") == "false"
    assert alice.said("for-each-ref", "refs/notes") == ""


def test_a_key_a_server_invented_is_never_sealed_to(company: Company) -> None:
    """The server's copy names a later key for the card; it was fetched and not proved: the merge stops."""
    from crmctl.ledger.disk.yamlio import dump, load
    from crmctl.ledger.keys.seal import new_key

    customer = company.customer()
    alice = Hand(company, company.clone("alice"))
    alice.sides(customer, *TWO)
    ledger = alice.ledger()
    path = clear_path(customer)
    raw = load(ledger.repo.read(MAIN, path) or b"", path)
    assert isinstance(raw, dict)
    core = raw["compartments"]["core"]  # type: ignore[index,call-overload]
    core |= {"key": new_key().public, "generation": 2, "past": {"1": core["key"]}}  # type: ignore[index,call-overload,operator]
    blob = ledger.repo.run("hash-object", "-w", "--stdin", input=dump(raw)).decode().strip()
    index = {"GIT_INDEX_FILE": str(alice.path / ".git" / "forged")}
    ledger.repo.run("read-tree", "main", env=index)
    ledger.repo.run("update-index", "--cacheinfo", f"100644,{blob},{path}", env=index)
    tree = ledger.repo.run("write-tree", env=index).decode().strip()
    commit = alice.said("commit-tree", "-p", "main", "-m", "forged", tree)
    alice.git("update-ref", "refs/remotes/origin/main", commit)
    assert alice.git("merge", "side", check=False).returncode == 1


def test_a_sealed_file_is_found_by_its_content(company: Company) -> None:
    customer = company.customer()
    ledger = company.ledger()
    path = card_path(ledger, customer)
    first = ledger.repo.read(ledger.head, path) or b""
    entry = ledger.repo.entry(ledger.head, path)
    assert entry is not None
    assert blob_id(first) == entry.oid
    assert home_of(ledger.repo, entry.oid) == path
    for number in range(4):
        other = company.customer(name=f"Works {number}")
        fresh = company.ledger()
        there = fresh.repo.entry(fresh.head, card_path(fresh, other))
        assert there is not None
        assert home_of(fresh.repo, there.oid) == card_path(fresh, other)
    homes = (ledger.repo.common_dir / "crmctl" / "homes").read_text().splitlines()[1:]
    assert homes == sorted(homes)
    for line in homes:
        oid, _blank, home = line.partition(" ")
        assert home_of(ledger.repo, oid) == home
    assert home_of(ledger.repo, "0" * 40) is None
    assert home_of(ledger.repo, "f" * 40) is None


VISIT_OF_TODAY = {
    "on": "2026-11-25", "topic": "Introduction", "purpose": "introduce", "way": "on_site", "whom": "Dr Wang",
    "place": "ward 3", "minimum_goal": "a second date",
}  # fmt: skip
