"""The packs in a ledger: adopt one, set a value it leaves open, hold them against each other and against what ships."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from crmctl.errors import BadConfiguration, InvalidInput, NotFound
from crmctl.i18n import _
from crmctl.ledger.disk.shipped import kind_files, pack_file, pack_names
from crmctl.ledger.disk.yamlio import dump, load
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.setup.administer import change_setup, must_legislate
from crmctl.ledger.setup.filed_rules import must_be_filed, unfiled
from crmctl.ledger.setup.setup_check import (
    CALENDAR,
    CALENDAR_SCHEMA,
    COMPANY,
    Mapped,
    extends_of,
    kind_path,
    must_fit,
    pack_path,
    read_mapping,
    setup_faults,
    setup_files,
)
from crmctl.ledger.setup.value_text import typed_value
from crmctl.model.findings import Finding
from crmctl.model.kinds import Label
from crmctl.model.values import Value
from crmctl.policy.dated import is_dated, with_step
from crmctl.policy.department_rules import NOT_OVERLAYS
from crmctl.policy.pack_files import packs_in_force

_TOGETHER = "POL034"  # the items, weights and bands of a scorecard
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_ASKED = re.compile(r"\$([a-z][a-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class PackState:
    """A pack as it ships and as it lies in the ledger; versions are None where it is not there."""

    name: str
    label: Label
    shipped: int | None
    here: int | None
    adopted: bool
    same: bool


@dataclass(frozen=True, slots=True)
class Adopted:
    """What adopting a pack wrote; `commit` is None on a dry run and when all was there already."""

    name: str
    files: tuple[str, ...]
    commit: str | None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """A pack or kind file: `same`, `changed`, `only shipped`, `only here`; `lines` from shipped to here."""

    path: str
    state: str
    lines: tuple[str, ...] = ()


def pack_states(ledger: Ledger) -> list[PackState]:
    """Every pack shipped or in the ledger."""
    files = setup_files(ledger)
    adopted = extends_of(ledger.in_force.raw.get(COMPANY))
    here = {path.removeprefix("policy/packs/").removesuffix(".yaml") for path in files if "/packs/" in path}
    return [
        _state(name, files.get(pack_path(name)), adopted=name in adopted) for name in sorted(here | {*pack_names()})
    ]


def adopt(ledger: Ledger, what: str, *, dry_run: bool = False) -> Adopted:
    """Copy a shipped pack, or the pack in a file, into the ledger with the kinds it needs and put it in force.

    A file whose pack is called `company` becomes the company's own, one with `department:` that department's own
    rules, one of schema `crmctl/calendar/1` the company's calendar. Raises Refused for a member who may not write the
    policy and for a department's rules that were not filed where the policy asks for it, NotFound, BadConfiguration
    with every fault and its line.
    """
    must_legislate(ledger)
    where, content = _pack_source(what)
    raw, _lines = read_mapping(content, where)
    files = setup_files(ledger)
    name, edits = _edits(ledger, where, content)
    if "department" in raw and "pack" not in raw:
        must_be_filed(ledger, name)
    changed = {path: new for path, new in edits.items() if files.get(path) != new}
    shown = dict.fromkeys(list(edits)[:1], where)
    try:
        findings = must_fit({**files, **changed}, shown, ledger.in_force.org)
    except BadConfiguration as error:
        older = _older_kinds(raw, files)
        if older:
            error.hint = "; ".join(f"crmctl schema add {kind}" for kind in older)
        raise
    if not changed:
        return Adopted(name, (), None)
    commit = None if dry_run else change_setup(ledger, changed, "policy-adopt", name)
    return Adopted(name, tuple(sorted(changed)), commit, tuple(findings))


def _edits(ledger: Ledger, where: str, content: bytes) -> tuple[str, dict[str, bytes]]:
    """The name of a pack or of a department's rules, and the files (path → content) that put it in force."""
    raw, files = read_mapping(content, where)[0], setup_files(ledger)
    if raw.get("schema") == CALENDAR_SCHEMA:
        return "calendar", {CALENDAR: content}
    if "department" in raw and "pack" not in raw:
        name = _department(ledger, raw)
        return name, {f"policy/{name}.yaml": content}
    name = _pack_name(raw, where)
    edits = {pack_path(name): content, **_missing_kinds(raw, files)}
    if name != "company":
        edits[COMPANY] = _extended(files, name)
    return name, edits


def set_value(
    ledger: Ledger, name: str, text: str | None, *, dry_run: bool = False, start: date | None = None
) -> tuple[Value, Value, str | None]:
    """Set a value the packs leave open in the company's file; None takes the company's own value away.

    With `start` it counts from that day on, and what was set before counts until then.

    Returns the value in force before and after, and the commit id (None on a dry run or without a
    change). Raises Refused, NotFound for a name no pack knows, InvalidInput for another type.
    """
    must_legislate(ledger)
    before = ledger.in_force.pack.values.get(name)
    known = _known_values(ledger)
    must_be_known(ledger, name)
    company = _company(setup_files(ledger))
    own = company.get("values")
    values: Mapped = dict(own) if isinstance(own, dict) else {}
    if text is None:
        after = _taken_away(ledger, values, name)
    else:
        kind = _needed_type(ledger, name)
        after = typed_value(name, text, kind, _last(known[name]))
        after = after if start is None else list(with_step(before, start, after))
    if text is not None:
        values[name] = after
    content = dump({**company, "values": values})
    if before == after and text is not None:
        return before, after, None
    _must_go_on(ledger, content)
    if dry_run:
        return before, after, None
    return before, after, change_setup(ledger, {COMPANY: content}, "policy-set", name)


def must_be_known(ledger: Ledger, name: str) -> None:
    """Raise NotFound, with the nearest name, for a value that no pack in force knows."""
    known = _known_values(ledger)
    if name not in known:
        near = difflib.get_close_matches(name, sorted(known), 1)
        hint = _("Did you mean {near}?", near=near[0]) if near else "crmctl policy show"
        raise NotFound(_("No policy knows a value called {name}", name=name), hint=hint)


def with_pack(ledger: Ledger, what: str) -> Ledger:
    """The ledger as it would be with a shipped pack, or one in a file, in force; nothing is written.

    Raises NotFound for a pack that is not there, BadConfiguration with what does not fit.
    """
    from copy import copy

    from crmctl.ledger.in_force import compile_in_force

    where, content = _pack_source(what)
    edits = _edits(ledger, where, content)[1]
    must_fit({**setup_files(ledger), **edits}, dict.fromkeys(list(edits)[:1], where), ledger.in_force.org)
    trial = copy(ledger)
    changed = {path: load(content, path) for path, content in edits.items()}
    trial.__dict__["in_force"] = compile_in_force({**ledger.in_force.raw, **changed})
    return trial


def _must_go_on(ledger: Ledger, company: bytes) -> None:
    """Raise InvalidInput where the rules load now and would not with this file of the company.

    A scorecard's numbers only fit together: they are set one after another, and `policy check` tells of them.
    """
    files, org = setup_files(ledger), ledger.in_force.org
    after = [fault for fault in setup_faults({**files, COMPANY: company}, org=org) if fault.severity == "error"]
    if after:
        before = {(fault.code, fault.where, fault.field) for fault in setup_faults(files, org=org)}
        new = [f for f in after if f.code != _TOGETHER and (f.code, f.where, f.field) not in before]
        if new:
            raise InvalidInput(
                _("The rules would not load with this value"), findings=new, hint=_("Nothing was written")
            )


def check_policy(ledger: Ledger, file: Path | None = None) -> list[Finding]:
    """Every fault of the kinds and packs in the ledger, or as they would be with `file` laid in."""
    files = setup_files(ledger)
    org = ledger.in_force.org
    if file is None:
        return [*setup_faults(files, org=org), *unfiled(ledger, files)]
    where, content = _pack_source(str(file))
    raw, _lines = read_mapping(content, where)
    if raw.get("schema") == CALENDAR_SCHEMA:
        path = CALENDAR
    elif "department" in raw and "pack" not in raw:
        path = f"policy/{_department(ledger, raw)}.yaml"
    else:
        path = kind_path(str(raw["kind"])) if "kind" in raw else pack_path(_pack_name(raw, where))
    planned = {**files, path: content}
    if path not in {COMPANY, *files} and path.startswith("policy/packs/"):
        planned[COMPANY] = _extended(files, _pack_name(raw, where))
    return [fault for fault in setup_faults(planned, {path: where}, org) if fault.where.startswith(where)]


def differences(ledger: Ledger, name: str | None = None) -> Iterator[Difference]:
    """The packs and kinds that ship against those in the ledger; `name` picks one pack or kind."""
    files = setup_files(ledger)
    shipped = {pack_path(pack): pack_file(pack).read_bytes() for pack in pack_names()}
    shipped |= {kind_path(kind): path.read_bytes() for kind, path in kind_files().items()}
    paths = sorted({*shipped, *files} - {COMPANY, CALENDAR})
    if name is not None:
        paths = [path for path in paths if path in {pack_path(name), kind_path(name)}]
        if not paths:
            raise NotFound(_("There is no pack or kind {name}", name=name), hint="crmctl policy list")
    for path in paths:
        yield _difference(path, shipped.get(path), files.get(path))


def _state(name: str, here: bytes | None, *, adopted: bool) -> PackState:
    ships = pack_file(name).read_bytes() if name in pack_names() else None
    source = here if here is not None else ships
    raw = load(source, name) if source is not None else {}
    text = raw.get("label") if isinstance(raw, dict) else None
    spoken = (str(text[0]), str(text[1])) if isinstance(text, list) and len(text) == 2 else (name, name)
    return PackState(name, spoken, _version(ships), _version(here), adopted, ships == here)


def _version(content: bytes | None) -> int | None:
    raw = load(content, "pack") if content is not None else None
    version = raw.get("version", 1) if isinstance(raw, dict) else None
    return version if isinstance(version, int) else None


def _pack_source(what: str) -> tuple[str, bytes]:
    path = Path(what)
    if not path.is_file():
        if path.suffix in {".yaml", ".yml"} or "/" in what:
            raise NotFound(_("The file cannot be read"), where=what)
        path = pack_file(what)
    return str(path), path.read_bytes()


def _department(ledger: Ledger, raw: Mapping[str, Value]) -> str:
    name, known = str(raw["department"]), ledger.in_force.org.departments
    if name not in known or name in NOT_OVERLAYS:
        near = difflib.get_close_matches(name, sorted(known), 1)
        hint = _("Did you mean {near}?", near=near[0]) if near else "crmctl department list"
        raise NotFound(_("There is no department {key}", key=name), hint=hint)
    return name


def _pack_name(raw: Mapping[str, Value], where: str) -> str:
    name = raw.get("pack")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidInput(
            _("This file is no pack: it has no name under pack:"), where=where, hint="crmctl policy show base"
        )
    return name


def _company(files: Mapping[str, bytes]) -> Mapped:
    if COMPANY not in files:
        return {"schema": "crmctl/company/1", "pack": "company", "version": 1, "extends": []}
    return read_mapping(files[COMPANY], COMPANY)[0]


def _extended(files: Mapping[str, bytes], name: str) -> bytes:
    company = _company(files)
    extends = extends_of(company)
    if name in extends:
        return files[COMPANY]
    return dump({**company, "extends": [*extends, name]})


def _missing_kinds(raw: Mapping[str, Value], files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The shipped kinds the pack says requirements for that the ledger has not."""
    shipped = kind_files()
    named = raw.get("requires")
    return {
        kind_path(kind): shipped[kind].read_bytes()
        for kind in (named if isinstance(named, dict) else {})
        if kind in shipped and kind_path(kind) not in files
    }


def _older_kinds(raw: Mapping[str, Value], files: Mapping[str, bytes]) -> list[str]:
    """The kinds the pack speaks of that the ledger has in an older version than the one shipped with it."""
    shipped = kind_files()
    spoken = dict.fromkeys(kind for key in ("requires", "arrows") for kind in _mapping(raw.get(key)))
    return [
        kind for kind in spoken
        if kind in shipped and kind_path(kind) in files
        and (_version(files[kind_path(kind)]) or 0) < (_version(shipped[kind].read_bytes()) or 0)
    ]  # fmt: skip


def _mapping(raw: object) -> dict[str, Value]:
    return raw if isinstance(raw, dict) else {}


def _known_values(ledger: Ledger) -> dict[str, Value]:
    """Every value a pack in force gives, needs or asks for as `$name`: its name and what it is now (None: nothing)."""
    known: dict[str, Value] = {}
    for path, content in ledger.in_force.raw.items():
        if path.startswith("policy/packs/") and isinstance(content, dict):
            needs = content.get("needs")
            known |= dict.fromkeys([*(needs if isinstance(needs, dict) else {}), *_asked_for(content)])
    return known | dict(ledger.in_force.pack.values)


def _asked_for(content: Value) -> Iterator[str]:
    if isinstance(content, str):
        yield from _ASKED.findall(content)
    elif isinstance(content, (dict, list)):
        for inner in content.values() if isinstance(content, dict) else content:
            yield from _asked_for(inner)


def _needed_type(ledger: Ledger, name: str) -> str | None:
    """What a pack in force says a value it needs is (`needs:`), the later pack's word for it."""
    kind = None
    for _path, pack in packs_in_force(ledger.in_force.raw):
        needs = pack.get("needs")
        spec = needs.get(name) if isinstance(needs, dict) else None
        kind = str(spec.get("is")) if isinstance(spec, dict) else kind
    return kind


def _last(value: Value) -> Value:
    """What a value is like: the last step of one that changes on a day."""
    last = value[-1] if is_dated(value) and isinstance(value, list) else value
    return last["is"] if isinstance(last, dict) and "is" in last else last


def _taken_away(ledger: Ledger, values: Mapped, name: str) -> Value:
    values.pop(name, None)
    lower: Value = None
    for pack in extends_of(ledger.in_force.raw.get(COMPANY)):
        content = ledger.in_force.raw.get(pack_path(pack))
        given = content.get("values") if isinstance(content, dict) else None
        lower = given.get(name, lower) if isinstance(given, dict) else lower
    return lower


def _difference(path: str, shipped: bytes | None, here: bytes | None) -> Difference:
    if shipped == here:
        return Difference(path, "same")
    if shipped is None or here is None:
        return Difference(path, "only here" if shipped is None else "only shipped")
    lines = difflib.unified_diff(
        shipped.decode().splitlines(), here.decode().splitlines(), f"shipped/{path}", path, n=2, lineterm=""
    )
    return Difference(path, "changed", tuple(lines))
