"""What starts `crmctl cron` every day: shown first, put there only with --write, taken away again."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import time
from pathlib import Path

import pytest

from crmctl.cli.boundary import main
from crmctl.cron.schedule import Plan, crontab_lines, plan, units, with_plan, without_plan
from crmctl.errors import InvalidInput
from tests.company import Company

DAILY = Plan("crmctl-L-1-alice", ("/opt/a b/python", "-m", "crmctl", "cron", "-C", "/x/100%/$HOME"),
             (("CRMCTL_HOME", "/k\"e's"),), time(2, 5), Path("/x"))  # fmt: skip
OTHER = Plan("crmctl-L-2-alice", ("true",), (), time(1), Path("/y"))


@pytest.fixture
def crontab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `crontab` that keeps its lines in a file, first on the PATH."""
    kept = tmp_path / "kept"
    program = tmp_path / "bin" / "crontab"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\nif [ "$1" = -l ]; then [ -f "{kept}" ] || exit 1; cat "{kept}"; else cat > "{kept}"; fi\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return kept


def test_what_a_shell_or_cron_would_change_comes_through_as_it_was(tmp_path: Path) -> None:
    mark, line = crontab_lines(DAILY)
    assert mark == "# crmctl-L-1-alice"
    fields = line.split(" ", 5)
    assert fields[:5] == ["5", "2", "*", "*", "*"]
    command = fields[5].replace("\\%", "%")  # what cron hands on
    assert "%" not in fields[5].replace("\\%", "")
    program = tmp_path / "python"
    program.write_text('#!/bin/sh\nprintf \'%s,\' "$CRMCTL_HOME" "$@"\n')
    program.chmod(0o755)
    there = command.replace("'/opt/a b/python'", str(program))
    done = subprocess.run(["sh", "-c", there], capture_output=True, text=True, check=True)
    assert done.stdout == "/k\"e's,-m,crmctl,cron,-C,/x/100%/$HOME,"


def test_a_crontab_keeps_everything_else_and_holds_it_once() -> None:
    mine = "MAILTO=me\n0 5 * * * backup\n"
    once = with_plan(without_plan(mine, DAILY), DAILY)
    both = with_plan(once, OTHER)
    assert without_plan(both, OTHER) == once
    assert with_plan(without_plan(both, DAILY), DAILY).count(DAILY.mark) == 1
    assert without_plan(without_plan(both, DAILY), OTHER) == mine
    assert without_plan(mine, DAILY) == mine
    assert with_plan("no line end", OTHER).splitlines()[0] == "no line end"


def test_nothing_is_put_there_unasked(company: Company, crontab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    crontab.write_text("0 5 * * * backup\n")
    at = ["-C", str(company.clone("alice")), "schedule"]
    for words in (["show"], ["install"], ["remove"]):
        assert main([*at, *words]) == 0
    assert crontab.read_text() == "0 5 * * * backup\n"
    assert capsys.readouterr().err.count("Nothing was changed") == 2  # there was nothing to take away
    for _twice in range(2):
        assert main([*at, "install", "--write", "--time", "23:40", "--department", "east"]) == 0
    lines = crontab.read_text().splitlines()
    assert (len(lines), lines[0], lines[2].startswith("40 23 * * * CRMCTL_HOME=")) == (3, "0 5 * * * backup", True)
    assert "CRMCTL_MEMBER=alice" in lines[2]
    assert lines[2].endswith(f"-m crmctl cron -C {company.clone('alice')} --department east")
    assert main([*at, "remove", "--write"]) == 0
    assert crontab.read_text() == "0 5 * * * backup\n"


def test_the_line_runs(company: Company, crontab: Path) -> None:
    assert main(["-C", str(company.clone("alice")), "schedule", "install", "--write"]) == 0
    start = crontab.read_text().splitlines()[-1].split(" ", 5)[5].replace("\\%", "%")
    done = subprocess.run(["sh", "-c", start], capture_output=True, text=True, check=False, cwd=company.path,
                          env={"PATH": "/usr/bin:/bin", "CRMCTL_NOW": "2026-11-20T10:00:00+08:00", "CRMCTL_LANG": "en"})  # fmt: skip
    assert (done.returncode, "sync: done" in done.stdout) == (0, True), done.stderr


def test_systemd_s_files_are_written_and_taken_away(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "config" / "systemd" / "user"
    at = ["-C", str(company.clone("alice")), "schedule"]
    assert main([*at, "install", "--systemd"]) == 0
    assert not folder.exists()
    assert main([*at, "install", "--systemd", "--write"]) == 0
    assert sorted(path.suffix for path in folder.iterdir()) == [".service", ".timer"]
    assert main([*at, "remove", "--systemd"]) == 0
    assert len(list(folder.iterdir())) == 2
    assert main([*at, "remove", "--systemd", "--write"]) == 0
    assert list(folder.iterdir()) == []


def test_a_word_in_a_unit_is_quoted_as_systemd_reads_it() -> None:
    service = units(DAILY)["crmctl-L-1-alice.service"]
    assert 'ExecStart="/opt/a b/python" "-m" "crmctl" "cron" "-C" "/x/100%%/$$HOME"' in service
    assert 'Environment="CRMCTL_HOME=/k\\"e\'s"' in service
    assert "OnCalendar=*-*-* 02:05:00" in units(DAILY)["crmctl-L-1-alice.timer"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine")
def test_systemd_takes_the_units(company: Company, tmp_path: Path) -> None:
    files = units(plan(company.ledger(), time(2, 30), ["east"], tmp_path))
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    done = subprocess.run(["systemd-analyze", "verify", "--user", *(str(tmp_path / name) for name in files)],
                          capture_output=True, text=True, check=False,
                          env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)})  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_a_wrong_time_and_a_line_break_are_refused(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("25:00", "half past two", "02:30+01:00"):
        assert main(["-C", str(company.clone("alice")), "schedule", "show", "--time", text]) == 2
    monkeypatch.setenv("CRMCTL_MEMBER", "alice\n* * * * * evil")
    with pytest.raises(InvalidInput):
        plan(Company(company.path).ledger("alice"), time(2), to=Path("a\nb"))


def test_a_department_that_is_not_there_is_not_written_down(company: Company, crontab: Path) -> None:
    assert main(["-C", str(company.clone("alice")), "schedule", "install", "--department", "nowhere", "--write"]) == 4
    assert not crontab.exists()
