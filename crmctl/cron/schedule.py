"""When a machine starts `crmctl cron`: a line for crontab, or a timer of systemd for one user.

Nothing is put in place unasked; what is put there carries the ledger's id, so that it can be taken away again.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from pathlib import Path

from crmctl.errors import InvalidInput
from crmctl.i18n import _
from crmctl.ledger.disk.files import write_atomic
from crmctl.ledger.ledger import Ledger

# What the command needs to find keys and member as it does here.
_KEPT = ("CRMCTL_HOME", "CRMCTL_MEMBER", "CRMCTL_LANG")
_STEERING = re.compile("[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is started when: the words of the command, its surroundings, the time of day, and how it is called."""

    name: str
    command: tuple[str, ...]
    env: tuple[tuple[str, str], ...]
    at: time
    folder: Path

    @property
    def mark(self) -> str:
        """How its lines in a crontab are known again."""
        return f"# {self.name}"


def plan(ledger: Ledger, at: time, departments: Sequence[str] = (), to: Path | None = None) -> Plan:
    """The daily start for this copy of a ledger. Raises InvalidInput for a path no such file can name."""
    folder = ledger.repo.path.absolute()
    words = [sys.executable, "-m", "crmctl", "cron", "-C", str(folder)]
    for department in departments:
        words += ["--department", department]
    words += ["--to", str(to.absolute())] if to else []
    env = [(name, os.environ[name]) for name in _KEPT if os.environ.get(name)]
    env += [] if any(name == "CRMCTL_MEMBER" for name, _value in env) else [("CRMCTL_MEMBER", ledger.member_id)]
    for text in (*words, *(value for _name, value in env)):
        if _STEERING.search(text):
            raise InvalidInput(_("A name with a line break or the like cannot be put there"), where="schedule")
    return Plan(f"crmctl-{ledger.in_force.settings.id}-{ledger.member_id}", tuple(words), tuple(env), at, folder)


def crontab_lines(daily: Plan) -> list[str]:
    """The lines of a crontab: the mark, and the start."""
    words = [*(f"{name}={shlex.quote(value)}" for name, value in daily.env), *map(shlex.quote, daily.command)]
    start = " ".join(words).replace("%", "\\%")  # a bare one ends the line for cron
    return [daily.mark, f"{daily.at.minute} {daily.at.hour} * * * {start}"]


def with_plan(crontab: str, daily: Plan) -> str:
    """A crontab with the lines of this ledger in it, once; everything else as it was."""
    kept = without_plan(crontab, daily)
    return kept + ("" if not kept or kept.endswith("\n") else "\n") + "\n".join(crontab_lines(daily)) + "\n"


def without_plan(crontab: str, daily: Plan) -> str:
    """A crontab without the lines of this ledger: each mark, and the line below it."""
    kept, below = [], False
    for line in crontab.splitlines(keepends=True):
        marked = line.rstrip("\n") == daily.mark
        if not marked and not below:
            kept.append(line)
        below = marked
    return "".join(kept)


def units(daily: Plan) -> dict[str, str]:
    """The two files of a systemd user timer: name → content."""
    surroundings = "".join(f"Environment={_unit_word(f'{name}={value}')}\n" for name, value in daily.env)
    start = " ".join(_unit_word(word, command=True) for word in daily.command)
    service = (
        "[Unit]\nDescription=crmctl: what is due by itself\n\n[Service]\nType=oneshot\n"
        f"{surroundings}ExecStart={start}\nNice=10\n"
    )
    timer = (
        "[Unit]\nDescription=crmctl: daily\n\n[Timer]\n"
        f"OnCalendar=*-*-* {daily.at:%H:%M}:00\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n"
    )
    return {f"{daily.name}.service": service, f"{daily.name}.timer": timer}


def unit_folder() -> Path:
    """Where a user's own units lie."""
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "systemd" / "user"


def write_units(daily: Plan) -> list[Path]:
    """Put the files where systemd looks for this user's; the timer still has to be enabled. Raises OSError."""
    written = []
    for name, content in units(daily).items():
        path = unit_folder() / name
        write_atomic(path, content.encode())
        written.append(path)
    return written


def remove_units(daily: Plan) -> list[Path]:
    """Take the files away; gives those that were there."""
    there = [path for name in units(daily) if (path := unit_folder() / name).is_file()]
    for path in there:
        path.unlink()
    return there


def _unit_word(text: str, *, command: bool = False) -> str:
    """One word as systemd reads it: quoted, with its own signs doubled."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{plain.replace("$", "$$") if command else plain}"'
