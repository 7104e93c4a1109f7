"""`update --edit`: the text is private, wiped whatever happens, and no input is lost to a fault."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crmctl.cli import editor
from crmctl.cli.editor import edited, written
from crmctl.errors import Aborted, InvalidInput, Refused, UsageError
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.reading.lookup import record
from tests.company import Company
from tests.prepared import prepared

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A runtime folder of our own, to see what is left in it."""
    folder = tmp_path / "runtime"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    monkeypatch.delenv("VISUAL", raising=False)
    return folder


@prepared
def customer(company: Company) -> str:
    made = company.customer()
    update(
        company.ledger(), made, {"phone": "010-62770000", "trade_status": {"image": "good", "terms": "cash"}}, Origin()
    )
    return made


def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> Path:
    """An editor written in Python: `text` is what it was given, `n` how often it was called; it writes `text`."""
    seen = tmp_path / "seen"
    file = tmp_path / "my editor.py"
    file.write_text(
        "import os, pathlib, sys, stat\n"
        f"path, seen = pathlib.Path(sys.argv[-1]), pathlib.Path({str(seen)!r})\n"
        "seen.mkdir(exist_ok=True)\n"
        "n = len(list(seen.iterdir()))\n"
        "text = path.read_text('utf-8')\n"
        "(seen / str(n)).write_text(text, 'utf-8')\n"
        f"{body}\n"
        "path.write_text(text, 'utf-8')\n",
        "utf-8",
    )
    monkeypatch.setenv("EDITOR", f"'{sys.executable}' '{file}'")
    return seen


def edit(company: Company, customer: str, **more: bool) -> dict[str, object]:
    ledger = company.ledger()
    found = record(ledger, customer)
    return edited(ledger, found, ledger.in_force.kinds[found.kind], **more)


def test_fields_are_changed_filled_in_and_taken_out(
    company: Company, customer: str, memory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = script(
        tmp_path, monkeypatch,
        "lines = text.replace('#email:   #', 'email: a@example.com #').replace('image: good', 'image: very good').splitlines()\n"
        "text = '\\n'.join(l for l in lines if not l.startswith(('phone:', '  terms:')))",
    )  # fmt: skip
    assert edit(company, customer) == {
        "phone": None,
        "email": "a@example.com",
        "trade_status": {"image": "very good", "terms": None},
    }
    assert "# Party type (company=Company, person=Person)\nparty_type: company\n" in (seen / "0").read_text("utf-8")
    assert list(memory.iterdir()) == []


def test_nothing_changed_is_no_change(
    company: Company, customer: str, memory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(tmp_path, monkeypatch, "")
    assert edit(company, customer) == {}


@pytest.mark.req("R-ACL-17")
def test_the_file_is_the_owner_s_alone(
    company: Company, customer: str, memory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = tmp_path / "modes"
    script(
        tmp_path,
        monkeypatch,
        f"pathlib.Path({str(note)!r}).write_text(' '.join(oct(stat.S_IMODE(os.stat(p).st_mode)) for p in (path, path.parent)))",
    )
    edit(company, customer)
    assert note.read_text("utf-8") == "0o600 0o700"


def test_every_fault_is_shown_and_the_text_comes_back_with_them(
    company: Company,
    customer: str,
    memory: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    seen = script(
        tmp_path, monkeypatch,
        "text = text.replace('#email:   #', 'email: nonsense #').replace('#beds:   #', 'beds: many #') if n == 0 else "
        "text.replace('email: nonsense', 'email: a@example.com').replace('beds: many', '#beds:')",
    )  # fmt: skip
    monkeypatch.setattr(editor, "can_ask", lambda: True)
    monkeypatch.setattr(editor, "confirm", lambda _question: None)
    assert edit(company, customer) == {"email": "a@example.com"}
    again = (seen / "1").read_text("utf-8")
    assert again.startswith("#! ")
    assert "email: nonsense" in again
    said = capsys.readouterr().err
    assert "email" in said
    assert "beds" in said


def test_text_that_does_not_read_is_not_lost_either(
    company: Company, customer: str, memory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = script(
        tmp_path, monkeypatch, "text = text + 'note: {never closed\\n' if n == 0 else text.replace('{never', 'never')"
    )
    monkeypatch.setattr(editor, "can_ask", lambda: True)
    monkeypatch.setattr(editor, "confirm", lambda _question: None)
    assert edit(company, customer) == {"note": "never closed"}
    assert "{never closed" in (seen / "1").read_text("utf-8")


def test_who_gives_up_writes_nothing_and_leaves_nothing(
    company: Company, customer: str, memory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(tmp_path, monkeypatch, "text = text.replace('party_type: company', 'party_type: herd')")

    def no(_question: str) -> None:
        raise Aborted("no")

    monkeypatch.setattr(editor, "can_ask", lambda: True)
    monkeypatch.setattr(editor, "confirm", no)
    with pytest.raises(Aborted):
        edit(company, customer)
    assert list(memory.iterdir()) == []


def test_where_nobody_can_answer_the_faults_end_it(
    company: Company, customer: str, memory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(tmp_path, monkeypatch, "text = text.replace('party_type: company', 'party_type: herd')")
    with pytest.raises(InvalidInput) as refused:
        edit(company, customer)
    assert [finding.field for finding in refused.value.findings] == ["party_type"]
    assert list(memory.iterdir()) == []


@pytest.mark.parametrize("command", ["false", "no-such-editor-anywhere", "sh -c 'kill -KILL $$'"])
def test_an_editor_that_fails_writes_nothing_and_leaves_nothing(
    company: Company, customer: str, memory: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("EDITOR", command)
    with pytest.raises(UsageError):
        edit(company, customer)
    assert list(memory.iterdir()) == []


def test_an_editor_stopped_by_the_user_stops_us(
    company: Company, customer: str, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "sh -c 'kill -INT $$'")
    with pytest.raises(KeyboardInterrupt):
        edit(company, customer)
    assert list(memory.iterdir()) == []
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_copies_the_editor_leaves_beside_the_text_are_wiped_too(
    company: Company, customer: str, memory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(
        tmp_path,
        monkeypatch,
        "(path.parent / '.x.swp').write_text(text); (path.parent / 'd').mkdir(); (path.parent / 'd' / 'x~').write_text(text)",
    )
    edit(company, customer)
    assert list(memory.iterdir()) == []


def at_the_editor(
    company: Company, customer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> subprocess.Popen[bytes]:
    """A process that waits at its editor for so long."""
    ready = tmp_path / "ready"
    script(tmp_path, monkeypatch, f"import time; pathlib.Path({str(ready)!r}).touch(); time.sleep({seconds})")
    words = [sys.executable, "-m", "crmctl", "-C", str(company.clone("alice")), "update", customer, "--edit"]
    process = subprocess.Popen(words, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdin=subprocess.DEVNULL)
    for _try in range(600):
        if ready.exists():
            break
        time.sleep(0.05)
    return process


@pytest.mark.req("R-ACL-17")
@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_kill_wipes_the_text(
    company: Company,
    customer: str,
    memory: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
) -> None:
    process = at_the_editor(company, customer, tmp_path, monkeypatch, 60)
    assert any(memory.iterdir())
    process.send_signal(number)
    assert process.wait(timeout=30) == 128 + number
    assert list(memory.iterdir()) == []


@pytest.mark.req("R-ACL-17")
@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_what_a_kill_without_warning_left_is_wiped_by_the_next_edit(
    company: Company, customer: str, memory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = at_the_editor(company, customer, tmp_path, monkeypatch, 5)
    process.kill()
    process.wait(timeout=30)
    (left,) = memory.iterdir()
    beside = memory / f"crmctl-{process.pid}-5b0c0b7d"  # as an agent's folder is named: a user's number, no process's
    beside.mkdir(0o700)
    script(tmp_path, monkeypatch, "text = text.replace('image: good', 'image: fine')")
    assert edit(company, customer) == {"trade_status": {"image": "fine"}}
    assert not left.exists()
    assert list(memory.iterdir()) == [beside], "what no edit made is not an edit's to wipe"


def test_without_memory_it_is_refused_unless_asked_for(
    company: Company, customer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(tmp_path, monkeypatch, "text = text.replace('image: good', 'image: fine')")
    monkeypatch.setattr(editor.os, "access", lambda *_any: False)
    with pytest.raises(Refused) as refused:
        edit(company, customer)
    assert "--edit-anyway" in str(refused.value.hint)
    monkeypatch.setattr(editor.tempfile, "tempdir", str(tmp_path))
    before = set(tmp_path.iterdir())
    assert edit(company, customer, anyway=True) == {"trade_status": {"image": "fine"}}
    assert {path.name for path in set(tmp_path.iterdir()) - before} == {"seen"}


def test_states_and_files_are_no_text_to_edit(company: Company) -> None:
    ledger = company.ledger()
    kind = ledger.in_force.kinds["complaint"]
    text = written(kind, {"content": "x"}, {})
    assert "state" not in text
    assert "report:" not in text
    assert "#category:   # Category\n" in text


def test_visual_goes_before_editor_and_some_editor_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "second")
    monkeypatch.setenv("VISUAL", "first --wait")
    assert editor._editor() == ["first", "--wait"]
    monkeypatch.delenv("VISUAL")
    monkeypatch.delenv("EDITOR")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError):
        editor._editor()


def test_the_wiped_file_held_nothing_any_more(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    folder.mkdir()
    secret = folder / "s"
    secret.write_text("secret")
    link = tmp_path / "same"
    link.hardlink_to(secret)
    editor._wipe(folder)
    assert link.read_bytes() == b"\0" * 6
    assert stat.S_ISREG(link.stat().st_mode)
