"""Keep the Chinese catalogue: add entries, find gaps, compile. For developers only.

    python tools/translate.py add "English {name}" "中文 {name}"
    python tools/translate.py add-tsv FILE        # lines of English<TAB>中文
    python tools/translate.py missing             # untranslated, or with other placeholders; exit 1
    python tools/translate.py stale [--drop]      # entries no code uses any more; exit 1
    python tools/translate.py compile             # rewrite the .mo beside the .po

Message ids come from `_("…")` and `N_("…")` in the package, from the message and hint of
`Finding(…)` and `FieldProblem(…)`, and from `_("…")` in the templates.
"""

from __future__ import annotations

import argparse
import ast
import io
import os
import string
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = Path("crmctl/locale/zh_CN/LC_MESSAGES/crmctl.po")
MARKERS = {"_": 0, "N_": 0, "Finding": 1, "FieldProblem": 1}
TEXT_KEYWORDS = {"Finding": ("message", "hint"), "FieldProblem": ("message",)}
LOCK_PATIENCE_SECONDS = 30.0
HEADER_COMMENT = "# Chinese for crmctl. Add entries with tools/translate.py."
HEADERS = {
    "Project-Id-Version": "crmctl",
    "Language": "zh_CN",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=1; plural=0;",
}


class SteadyCatalogue(Catalog):
    """A catalogue whose header names no date and no tool, so that equal entries give equal bytes."""

    def _get_mime_headers(self) -> list[tuple[str, str]]:
        return list(HEADERS.items())

    def _set_mime_headers(self, headers: object) -> None:
        """Ignore what the file says: the header is always ours."""

    mime_headers = property(_get_mime_headers, _set_mime_headers)


@contextmanager
def locked(po: Path) -> Iterator[None]:
    """Hold the catalogue's lock; several people add entries at the same time."""
    lock = po.with_suffix(".lock")
    deadline = time.monotonic() + LOCK_PATIENCE_SECONDS
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            break
        except FileExistsError:
            if time.monotonic() > deadline:
                raise SystemExit(f"{lock} is held; remove it if nobody is adding a translation") from None
            time.sleep(0.05)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def read_entries(po: Path) -> dict[str, str]:
    """The catalogue as English -> Chinese."""
    if not po.exists():
        return {}
    with po.open("rb") as stream:
        return _plain(read_po(stream, locale="zh_CN"))


def read_compiled(mo: Path) -> dict[str, str]:
    """What the compiled catalogue says."""
    with mo.open("rb") as stream:
        return _plain(read_mo(stream))


def _plain(catalogue: Catalog) -> dict[str, str]:
    return {str(entry.id): str(entry.string) for entry in catalogue if entry.id}


def write_entries(po: Path, entries: Mapping[str, str]) -> None:
    """Replace the .po and the .mo beside it."""
    catalogue = SteadyCatalogue(locale="zh_CN", header_comment=HEADER_COMMENT)
    for english in sorted(entries):
        catalogue.add(english, entries[english])
    for path, writer in ((po, _po_bytes), (po.with_suffix(".mo"), _mo_bytes)):
        fresh = path.with_name(path.name + ".new")
        fresh.write_bytes(writer(catalogue))
        fresh.replace(path)


def _po_bytes(catalogue: Catalog) -> bytes:
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=0, sort_output=True)
    return buffer.getvalue()


def _mo_bytes(catalogue: Catalog) -> bytes:
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def placeholders(text: str) -> set[str]:
    """The `{names}` in `text`; a lone brace counts as a placeholder that matches nothing."""
    try:
        return {field[1] for field in string.Formatter().parse(text) if field[1] is not None}
    except ValueError:
        return {f"unbalanced: {text}"}


def used_ids(root: Path) -> dict[str, str]:
    """Every message id in the code and templates -> where it was seen first."""
    found: dict[str, str] = {}
    for path in sorted((root / "crmctl").rglob("*.py")):
        where = path.relative_to(root).as_posix()
        for text, line in python_ids(path.read_text(encoding="utf-8")):
            found.setdefault(text, f"{where}:{line}")
    for path in sorted((root / "templates").rglob("*")):
        if path.is_file() and path.suffix in {".html", ".j2", ".jinja", ".txt", ".svg"}:
            for text, line in template_ids(path):
                found.setdefault(text, f"{path.relative_to(root).as_posix()}:{line}")
    return found


def python_ids(source: str) -> Iterator[tuple[str, int]]:
    """(message id, line) for each marked literal of a Python source."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name not in MARKERS:
            continue
        wanted = node.args[MARKERS[name] : MARKERS[name] + 1]
        wanted += [kw.value for kw in node.keywords if kw.arg in TEXT_KEYWORDS.get(name, ())]
        yield from ((leaf, node.lineno) for value in wanted for leaf in _literals(value))


def _literals(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)


def template_ids(path: Path) -> Iterator[tuple[str, int]]:
    """(message id, line) for each `_("…")` of a Jinja template."""
    from jinja2.ext import babel_extract

    with path.open("rb") as stream:
        for line, _, message, _ in babel_extract(stream, ["_", "gettext", "N_"], [], {"silent": "false"}):
            first = message[0] if isinstance(message, tuple) else message
            if first:
                yield str(first), line


def missing(entries: Mapping[str, str], used: Mapping[str, str]) -> list[str]:
    """One line a message id that has no Chinese or whose placeholders differ."""
    lines = []
    for english, where in used.items():
        chinese = entries.get(english, "")
        if not chinese:
            lines.append(f"{where}: no Chinese for {english!r}")
        elif placeholders(english) != placeholders(chinese):
            lines.append(f"{where}: other placeholders in {english!r} -> {chinese!r}")
    return lines


def stale(entries: Mapping[str, str], used: Mapping[str, str]) -> list[str]:
    """Message ids in the catalogue that nothing uses."""
    return sorted(set(entries) - set(used))


def add(po: Path, additions: Mapping[str, str]) -> None:
    """Insert or update entries; refuse a translation whose placeholders differ."""
    for english, chinese in additions.items():
        if not english or not chinese:
            raise SystemExit(f"empty side in {english!r} -> {chinese!r}")
        if placeholders(english) != placeholders(chinese):
            raise SystemExit(f"other placeholders in {english!r} -> {chinese!r}")
    with locked(po):
        write_entries(po, read_entries(po) | dict(additions))


def read_tsv(path: Path) -> dict[str, str]:
    r"""English<TAB>中文 lines; `\n` stands for a line break, blank lines and `#` lines are skipped."""
    additions = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        english, tab, chinese = line.partition("\t")
        if not tab:
            raise SystemExit(f"{path}:{number}: no tab")
        additions[english.replace("\\n", "\n")] = chinese.strip().replace("\\n", "\n")
    return additions


def main(arguments: list[str] | None = None) -> int:
    """Run one subcommand; 1 when `missing` or `stale` found something."""
    parser = argparse.ArgumentParser(description="Keep the Chinese catalogue.")
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("add")
    one.add_argument("english")
    one.add_argument("chinese")
    commands.add_parser("add-tsv").add_argument("file", type=Path)
    commands.add_parser("missing")
    commands.add_parser("stale").add_argument("--drop", action="store_true")
    commands.add_parser("compile")
    chosen = parser.parse_args(arguments)
    po = ROOT / CATALOGUE
    if chosen.command == "add":
        # a shell user types \n for a line break; the code's msgid holds the real one
        add(po, {chosen.english.replace("\\n", "\n"): chosen.chinese.replace("\\n", "\n")})
    elif chosen.command == "add-tsv":
        add(po, read_tsv(chosen.file))
    elif chosen.command == "compile":
        add(po, {})
    elif chosen.command == "missing":
        return _tell(missing(read_entries(po), used_ids(ROOT)))
    else:
        gone = stale(read_entries(po), used_ids(ROOT))
        if chosen.drop:
            with locked(po):
                entries = read_entries(po)
                write_entries(po, {english: entries[english] for english in entries if english not in gone})
        return _tell(gone)
    return 0


def _tell(lines: list[str]) -> int:
    for line in lines:
        sys.stdout.write(line + "\n")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
