"""Evidence of one customer: proved in a bare folder by Python alone, and by nothing that was touched."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crmctl.cli.app import invoke
from crmctl.errors import NotFound, Refused
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.keys.seal import new_key, seal
from crmctl.ledger.keys.sshsig import new_signing_key, public_line_of, sign
from crmctl.trust.evidence import export, secret_of
from crmctl.trust.evidence_sums import file_key, unseal
from crmctl.trust.evidence_verifier import prove, verify_sshsig
from tests.attacks.forgery import Forger, resealed
from tests.company import VISIT, Company
from tests.prepared import prepared


@prepared
def customer(company: Company) -> str:
    """A customer of two members' work: bob's changes landed beside alice's."""
    made = company.customer("bob", name="Southern Works", phone="0571-88880001")
    company.sync("bob", "alice")
    company.add("visit", VISIT, "bob", customer=made)
    company.customer("alice", name="Another One")
    company.sync("alice")
    company.sync("bob", "alice")  # bob's visit comes in by a landing
    update(company.ledger("bob"), made, {"phone": "0571-88880002"}, Origin())
    company.sync("bob", "alice")
    return made


@pytest.fixture
def folder(company: Company, customer: str, tmp_path: Path) -> Path:
    export(company.ledger("bob"), customer, tmp_path / "evidence")
    return tmp_path / "evidence"


def alone(folder: Path) -> subprocess.CompletedProcess[str]:
    """The verifier as somebody runs it who has neither crmctl nor Git."""
    return subprocess.run(
        [sys.executable, "-I", "-S", str(folder / "verify.py")],
        env={"PATH": "", "PYTHONDONTWRITEBYTECODE": "1"}, cwd="/", capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_folder_proves_itself_without_crmctl(company: Company, customer: str, folder: Path) -> None:
    done = alone(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PROVED: 0 faults" in done.stdout
    assert "signed by bob" in done.stdout
    said = json.loads((folder / "evidence.json").read_text("utf-8"))
    assert said["brought"], "a landing's own change is told, not only the landing"
    assert said["verified"]["findings"] == []
    texts = [(folder / text["file"]).read_text("utf-8") for text in said["texts"]]
    assert sum("571 8888 0001" in text for text in texts) == 1  # earlier versions are there as well
    assert sum("571 8888 0002" in text for text in texts) == 1
    assert "Introduction" in (folder / "timeline.txt").read_text("utf-8")
    assert not any(b"Another One" in file.read_bytes() for file in folder.rglob("*") if file.is_file())
    assert (folder / "keys" / "allowed_signers").read_text("ascii").count("ssh-ed25519") == 3
    assert folder.stat().st_mode & 0o077 == 0


def test_who_cannot_open_a_record_hands_on_what_is_sealed_only(company: Company, customer: str, tmp_path: Path) -> None:
    company.sync("carol")
    made = export(company.ledger("carol"), customer, tmp_path / "carol")
    assert (made.texts, made.closed) == (0, made.sealed)
    assert alone(tmp_path / "carol").returncode == 0
    assert not any(b"Southern" in file.read_bytes() for file in (tmp_path / "carol").rglob("*") if file.is_file())


def left_out(folder: Path, _said: dict[str, list[str]]) -> None:
    _said["steps"].pop(1)


def earlier_left_out(folder: Path, said: dict[str, list[str]]) -> None:
    said["steps"].pop()


def turned_back(folder: Path, said: dict[str, list[str]]) -> None:
    said["main"] = said["steps"][-1]  # type: ignore[assignment]


def other_beginning(folder: Path, said: dict[str, list[str]]) -> None:
    said["founding"] = said["steps"][-1]  # type: ignore[assignment]


def text_changed(folder: Path, said: dict[str, list[str]]) -> None:
    file = next((folder / "texts").glob("customer-*.yaml"))
    file.write_bytes(file.read_bytes().replace(b"571 8888", b"572 8888"))


def sealed_exchanged(folder: Path, _said: dict[str, list[str]]) -> None:
    one, other = sorted((folder / "sealed").iterdir())[:2]
    one.write_bytes(other.read_bytes())


def sealed_taken(folder: Path, _said: dict[str, list[str]]) -> None:
    min((folder / "sealed").iterdir()).unlink()


def history_bent(folder: Path, _said: dict[str, list[str]]) -> None:
    file = folder / "objects.bin"
    file.write_bytes(file.read_bytes().replace(b"author bob", b"author eve"))


def cut_short(folder: Path, _said: dict[str, list[str]]) -> None:
    file = folder / "objects.bin"
    file.write_bytes(file.read_bytes()[:-40])


def text_of_another(folder: Path, said: dict[str, list[str]]) -> None:
    texts = said["texts"]
    texts[0]["sealed"], texts[-1]["sealed"] = texts[-1]["sealed"], texts[0]["sealed"]  # type: ignore[call-overload,index]


ATTACKS = (
    left_out, earlier_left_out, turned_back, other_beginning, text_changed, sealed_exchanged, sealed_taken,
    history_bent, cut_short, text_of_another,
)  # fmt: skip


def test_a_folder_that_was_touched_is_not_proved(folder: Path, tmp_path: Path) -> None:
    proved = []
    for attack in ATTACKS:
        copy = tmp_path / attack.__name__
        shutil.copytree(folder, copy)
        said = json.loads((copy / "evidence.json").read_text("utf-8"))
        attack(copy, said)
        (copy / "evidence.json").write_text(json.dumps(said), "utf-8")
        done = alone(copy)
        if done.returncode != 1 or "NOT PROVED" not in done.stdout or "Traceback" in done.stderr:
            proved.append((attack.__name__, done.stdout, done.stderr))
    assert proved == []


@pytest.mark.parametrize("key", ["stranger", "alice"])
def test_a_change_that_another_one_signed_is_told(company: Company, customer: str, tmp_path: Path, key: str) -> None:
    forger = Forger(company, "bob")
    card = next(path for path in forger.paths("customer.yaml.age") if customer in path)
    forger.put("bob", resealed(forger, card), key=new_signing_key()[0] if key == "stranger" else key)
    made = export(company.ledger("bob"), customer, tmp_path / "forged")
    assert made.faults > 0  # crmctl's own verifier tells as well
    faults, told = prove(tmp_path / "forged")
    assert [fault for fault in faults if "not this member's" in fault]
    assert any("NOT signed by bob" in line for line in told)


def test_an_age_file_is_opened_by_its_own_key_and_by_no_other() -> None:
    pair, other = new_key(), new_key()
    for size in (0, 1, 63, 64, 1000, 65536, 65600):
        plain = bytes(range(256)) * (size // 256) + bytes(size % 256)
        sealed = seal(plain, pair.public)
        key = file_key(sealed, secret_of(pair.secret))
        assert unseal(sealed, key) == plain
        with pytest.raises(ValueError, match="not sealed"):
            file_key(sealed, secret_of(other.secret))
        with pytest.raises(ValueError, match="another key"):
            unseal(seal(plain, pair.public), key)  # the same text sealed anew has another key
        with pytest.raises(ValueError, match="spoiled"):
            unseal(sealed[:-1] + bytes([sealed[-1] ^ 1]), key)


def test_signatures_are_judged_as_crmctl_judges_them() -> None:
    private, payload = new_signing_key()[0], b"tree 1\nauthor x\n\nhello\n"
    signature, public = sign(payload, private), public_line_of(private)
    assert verify_sshsig(payload, signature, public)
    assert not verify_sshsig(payload + b" ", signature, public)
    assert not verify_sshsig(payload, sign(payload, private, "file"), public)
    assert not verify_sshsig(payload, signature, public_line_of(new_signing_key()[0]))
    assert not verify_sshsig(payload, signature.replace("A", "B", 1), public)
    assert not verify_sshsig(payload, "", public)


def test_where_it_may_be_written(company: Company, customer: str, folder: Path, tmp_path: Path) -> None:
    bob = company.ledger("bob")
    with pytest.raises(Refused):
        export(bob, customer, folder)
    with pytest.raises(Refused):
        export(bob, customer, company.clone("bob") / "evidence")
    with pytest.raises(NotFound):
        export(bob, "Nobody at all", tmp_path / "other")


def test_the_command_as_typed(
    company: Company, customer: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["-C", str(company.clone("bob")), "audit", "evidence", "Southern", "--out", str(tmp_path / "out")]
    assert invoke(words) == 0
    said = capsys.readouterr()
    assert "customer data in the clear" in said.err
    assert alone(tmp_path / "out").returncode == 0
