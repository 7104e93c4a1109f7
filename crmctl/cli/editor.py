"""Change a record in the user's own editor, without its text ever resting on a disk.

The text lies in a folder of its own in memory (`XDG_RUNTIME_DIR` or `/dev/shm`), readable by its
owner alone, and is wiped whatever happens: a failing editor, ^C, a kill by SIGTERM or SIGHUP.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from crmctl.cli.ask import can_ask, confirm
from crmctl.cli.out import finding_line, say
from crmctl.errors import InvalidInput, Refused, UsageError
from crmctl.i18n import _, label
from crmctl.ledger.changing.draft import Draft
from crmctl.ledger.disk.yamlio import dump, load
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.lookup import Found
from crmctl.model.findings import Finding
from crmctl.model.kinds import Field, Kind, Label
from crmctl.model.monthly import fields_of, find_row
from crmctl.model.score_sheet import is_sheet
from crmctl.model.values import Value

_CANDIDATES = ("nano", "vim", "vi")
# Editors that would keep copies elsewhere are told not to; a swap file beside the text is wiped with it.
_KEEP_NOTHING = ["-n", "-i", "NONE", "--cmd", "set nobackup nowritebackup noundofile"]
_QUIET = {"vim": _KEEP_NOTHING, "nvim": _KEEP_NOTHING}
_ENDING = (signal.SIGTERM, signal.SIGHUP) if os.name == "posix" else (signal.SIGTERM,)
Faults = list[Finding]


def edited(ledger: Ledger, found: Found, kind: Kind, *, anyway: bool = False) -> dict[str, object]:
    """The fields the user changed in the editor; None for one taken out, nothing when nothing changed.

    Faults are shown and the text opened again with them on top, as long as somebody is there to
    answer. Raises InvalidInput with every fault otherwise, Refused where only a disk could hold the
    text (`anyway` takes it), UsageError without an editor, Aborted when the user gives up.
    """
    record = ledger.read(found.path)
    data = fields_of(find_row(record.data, found.row) or {}) if found.row else record.data
    known: dict[str, Value] = {name: value for name, value in data.items() if _editable(kind, name)}

    def faults_of(values: dict[str, object]) -> Faults:
        try:
            Draft(ledger).new_version(found.path, values, row=found.row)
        except InvalidInput as error:
            if not error.findings:
                raise
            return list(error.findings)
        return []

    text = written(kind, known, ledger.in_force.pack.vocab)
    with _swept_when_killed(), _private_file(found.id, anyway=anyway) as file:
        while True:
            file.write_bytes(text.encode())
            _run_editor(file)
            content = file.read_bytes()
            text = content.decode("utf-8", "replace")
            try:
                values = _changed(known, _read(content, found.id))
                faults = faults_of(values)
            except InvalidInput as error:
                values, faults = {}, [Finding("EDT001", error.what, "error", error.where or found.id)]
            if not faults:
                return values
            _again(faults)
            text = _with_faults(text, faults)


def written(kind: Kind, data: Mapping[str, Value], vocab: Mapping[str, Mapping[str, Label]]) -> str:
    """The record's fields as text to edit: each under its label, those that are empty as hints at the end."""

    def hint(field: Field) -> str:
        codes = vocab.get(str(field.options.get("of", "")), {}) if field.type == "choice" else {}
        choices = ", ".join(f"{code}={label(text)}" for code, text in codes.items())
        return f"# {label(field.label)}" + (f" ({choices})" if choices else "")

    lines = ["# " + _("Change what is to be changed, save and close. A line taken out removes the field.")]
    for field in kind.fields:
        if field.name in data:
            lines += [hint(field), dump({field.name: data[field.name]}).decode().rstrip("\n")]
    empty = [f for f in kind.fields if f.name not in data and _editable(kind, f.name)]
    if empty:
        lines += ["", "# " + _("Empty so far; take the # off to fill one in:")]
        lines += [f"#{field.name}:   {hint(field)}" for field in empty]
    return "\n".join(lines) + "\n"


def _editable(kind: Kind, name: str) -> bool:
    """A state moves by `advance`, a file is attached, a total is reckoned: none is text to edit."""
    field = kind.field(name)
    return field is not None and field.type != "file" and not is_sheet(field)


def _read(content: bytes, where: str) -> dict[str, Value]:
    if not any(line.strip() and not line.lstrip().startswith(b"#") for line in content.splitlines()):
        return {}
    raw = load(content, where)
    if not isinstance(raw, dict):
        raise InvalidInput(_("Write each field as NAME: VALUE"), where=where)
    return raw


def _changed(known: Mapping[str, Value], values: Mapping[str, Value]) -> dict[str, object]:
    """What differs from the record; inside a group what is gone is taken out too."""
    changed: dict[str, object] = {}
    for name in dict.fromkeys([*known, *values]):
        old, new = known.get(name), values.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            if inner := _changed(old, new):
                changed[name] = inner
        elif old != new or type(old) is not type(new):
            changed[name] = new
    return changed


def _again(faults: Faults) -> None:
    """Show every fault and ask whether to go on editing. Raises InvalidInput where nobody can answer, Aborted on no."""
    if not can_ask():
        raise InvalidInput(_("{count} to correct; nothing was written", count=len(faults)), findings=faults)
    for fault in faults:
        say(finding_line(fault))
    confirm(_("Correct it in the editor?"))


def _with_faults(text: str, faults: Faults) -> str:
    """The user's own text with the faults as comments on top, in the place of the last ones."""
    kept = [line for line in text.splitlines() if not line.startswith("#! ")]
    marks = [f"#! {line}" for fault in faults for line in finding_line(fault).splitlines()]
    return "\n".join([*marks, *kept]) + "\n"


def _run_editor(file: Path) -> None:
    command = _editor()
    extra = _QUIET.get(Path(command[0]).name, [])
    try:
        process = subprocess.Popen([*command, *extra, str(file)])
    except OSError as error:
        raise UsageError(
            _("The editor does not start: {name}", name=command[0]), hint="EDITOR=nano crmctl …"
        ) from error
    # ^C belongs to the editor while it runs
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        code = process.wait()
    except BaseException:
        process.terminate()
        process.wait()
        raise
    finally:
        signal.signal(signal.SIGINT, before)
    if code == -signal.SIGINT:
        raise KeyboardInterrupt
    if code != 0:
        raise UsageError(_("The editor ended with an error; nothing was written"), hint=_("Choose one with EDITOR=…"))


def _editor() -> list[str]:
    for name in ("VISUAL", "EDITOR"):
        if words := shlex.split(os.environ.get(name, "")):
            return words
    found = next((path for name in _CANDIDATES if (path := shutil.which(name))), None)
    if found is None:
        raise UsageError(_("There is no editor: say which with EDITOR=…"), hint="crmctl update WHO --set FIELD=VALUE")
    return [found]


@contextmanager
def _swept_when_killed() -> Iterator[None]:
    """Let a kill end us as an exception does, so that everything on the way out is done."""

    def stop(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, stop) for number in _ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _private_file(name: str, *, anyway: bool) -> Iterator[Path]:
    """An empty file only its owner can read, in memory, in a folder that is wiped with all in it."""
    place = _memory(anyway=anyway)
    _sweep(place or Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=f"crmctl-edit-{os.getpid()}-", dir=place))
    try:
        file = folder / f"{name}.yaml"
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield file
    finally:
        _wipe(folder)


def _memory(*, anyway: bool) -> Path | None:
    """A folder whose files lie in memory. Raises Refused where there is none."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    for folder in (Path(runtime) if runtime else None, Path("/dev/shm")):  # noqa: S108 - memory, in a folder of our own
        if folder is not None and folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
            return folder
    if anyway:
        return None
    raise Refused(
        _("There is no memory to edit in: the text would rest on the disk"), rule="update --edit",
        hint=_("crmctl update WHO --set FIELD=VALUE, or --edit-anyway"),
    )  # fmt: skip


def _sweep(place: Path) -> None:
    """Wipe what an earlier edit left that could not clean up after itself: its process was killed."""
    for folder in place.glob("crmctl-edit-*-*") if os.name == "posix" else ():
        pid = folder.name.split("-")[2]
        with contextlib.suppress(OSError, ValueError):
            if folder.lstat().st_uid == os.getuid() and not folder.is_symlink() and not _runs(int(pid)):
                _wipe(folder)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _wipe(folder: Path) -> None:
    """Overwrite and remove: in memory that is enough, on a disk it is what can be done."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            try:
                with path.open("r+b") as file:
                    file.write(b"\0" * path.stat().st_size)
                    file.flush()
                    os.fsync(file.fileno())
            except OSError:
                continue
    shutil.rmtree(folder, ignore_errors=True)
