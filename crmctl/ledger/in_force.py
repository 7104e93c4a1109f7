"""What is in force at a commit: settings, org, kinds and the policy laid over each other.

The parsed YAML of these clear files is cached as JSON under `.git/crmctl/`, keyed by their Git
tree ids: nothing in it is secret, and parsing it anew would cost every command 20 ms.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from crmctl.errors import BadConfiguration, InvalidInput
from crmctl.i18n import N_, _
from crmctl.ledger.disk.files import write_atomic
from crmctl.ledger.disk.yamlio import load, load_located
from crmctl.ledger.git.repository import Repository
from crmctl.model.clear_files import (
    ClearFileError,
    Settings,
    read_delegations,
    read_departments,
    read_groups,
    read_member,
    read_settings,
)
from crmctl.model.findings import Finding
from crmctl.model.located import line_of
from crmctl.model.org import Org
from crmctl.model.values import Value

if TYPE_CHECKING:  # whoever only opens a record loads neither kinds nor policy
    from crmctl.model.kinds import Kind
    from crmctl.policy.effective import Effective
    from crmctl.policy.pack import Pack

CLEAR = ("ledger.yaml", "org", "policy", "schemas")
DELEGATIONS = "org/delegations/"
# Tables every snapshot has besides those of the kinds.
OWN_TABLES = ("member", "role", "department", "assignment", "coverage", "damaged", "number", "approval")
_KEEP = 8
_COMPANYS = frozenset({"policy/company.yaml", "policy/calendar.yaml"})


_compiled: dict[str, InForce] = {}
_Compiled = tuple["Kind | None", tuple[Finding, ...]]  # with what is off about it
_kinds_compiled: dict[str, tuple[Value, _Compiled]] = {}


@dataclass(frozen=True, slots=True)
class InForce:
    """The ledger's set-up at one commit. `raw` maps each clear file to its parsed content.

    The pack's values stand in it as they are written; `values` tells which of them count for a department on a day.
    """

    settings: Settings
    org: Org
    kinds: Mapping[str, Kind]
    pack: Pack
    raw: Mapping[str, Value]
    values: Effective


@dataclass(frozen=True, slots=True)
class People:
    """Settings and members alone, all that opening a record asks for."""

    settings: Settings
    org: Org


def read_people(repo: Repository, commit: str) -> People:
    """Read settings and members at a commit; no kind and no policy is compiled. Raises BadConfiguration."""
    key = set_up_key(repo, commit)
    if key in _compiled:
        return People(_compiled[key].settings, _compiled[key].org)
    try:
        return _people(_raw(repo, commit, key))
    except BadConfiguration as error:
        raise _located(repo, commit, error) from error


def read_in_force(repo: Repository, commit: str) -> InForce:
    """Read the set-up at a commit. Raises BadConfiguration with every fault of kinds and packs, and its line."""
    key = set_up_key(repo, commit)
    if key in _compiled:
        return _compiled[key]
    try:
        made = compile_in_force(_raw(repo, commit, key))
    except BadConfiguration as error:
        raise _located(repo, commit, error) from error
    if len(_compiled) >= _KEEP:
        _compiled.pop(next(iter(_compiled)))
    return _compiled.setdefault(key, made)


def compile_in_force(raw: Mapping[str, Value]) -> InForce:
    """Compile the parsed clear files (path → content)."""
    from crmctl.policy.effective import Effective

    people = _people(raw)
    findings: list[Finding] = []
    kinds = dict(_kinds(raw, findings))
    pack = _pack(raw, findings)
    findings += _departments(raw, pack, people.org.departments)
    if findings:
        raise BadConfiguration(
            _("The ledger's kinds or policy do not load"), findings=findings, hint=_("Correct the named files")
        )
    values = Effective(pack.values, dict(_departments_values(raw)))
    return InForce(people.settings, people.org, kinds, pack, raw, values)


def _people(raw: Mapping[str, Value]) -> People:
    where = "ledger.yaml"
    try:
        settings = read_settings(raw.get(where))
        where = "org/departments.yaml"
        departments = read_departments(raw.get(where, {"departments": {}}))
        where = "org/groups.yaml"
        groups = read_groups(raw.get(where, {"groups": {}}))
        members = {}
        for where in sorted(path for path in raw if path.startswith("org/members/")):
            member = read_member(raw[where])
            if where != f"org/members/{member.id}.yaml":  # else one file could stand for another member
                raise ClearFileError("id")
            members[member.id] = member
        delegations = {}
        for where in sorted(path for path in raw if path.startswith(DELEGATIONS)):
            delegations[where.removeprefix(DELEGATIONS).removesuffix(".yaml")] = read_delegations(raw[where])
    except ClearFileError as error:
        raise BadConfiguration(_("The file does not read at {path}", path=error), where=where) from error
    return People(settings, Org(members, departments, groups, delegations))


def _kinds(raw: Mapping[str, Value], findings: list[Finding]) -> Iterator[tuple[str, Kind]]:
    taken: dict[tuple[str, str], str] = {("table", table): "crmctl" for table in OWN_TABLES}
    for path in sorted(path for path in raw if path.startswith("schemas/")):
        kind, faults = _compiled_kind(raw[path], path)
        findings += faults
        if kind:
            findings += _taken(kind, path, taken)
            yield kind.name, kind


def _compiled_kind(content: Value, path: str) -> _Compiled:
    """A kind file's parsed content compiled: where one file changes the others are not compiled anew."""
    known = _kinds_compiled.get(path)
    if known is not None and known[0] == content:
        return known[1]
    from crmctl.model.kind_reader import compile_kind

    kind, faults = compile_kind(content if isinstance(content, dict) else {}, path)
    _kinds_compiled[path] = content, (kind, tuple(faults))
    return kind, tuple(faults)


def _taken(kind: Kind, path: str, taken: dict[tuple[str, str], str]) -> Iterator[Finding]:
    """What an earlier kind has already: an id would mean two records, a table or folder would mix them."""
    if path != f"schemas/{kind.name}.yaml":
        yield Finding(
            "SCH007", N_("The file of kind {name} has another name"), "error", path, "kind", {"name": kind.name}
        )
    for key, word in (("id", kind.prefix), ("table", kind.table), ("folder", kind.folder)):
        other = taken.setdefault((key, word), kind.name)
        if other != kind.name:
            args = {"name": word, "kind": other}
            yield Finding("SCH005", N_("{name} belongs to the kind {kind} already"), "error", path, key, args)


def _pack(raw: Mapping[str, Value], findings: list[Finding]) -> Pack:
    from crmctl.policy.pack import lay_over, read_pack

    company = raw.get("policy/company.yaml")
    company = company if isinstance(company, dict) else {}
    extends = company.get("extends")
    names = [str(name) for name in extends] if isinstance(extends, list) else []
    packs = []
    for name in names:
        path = f"policy/packs/{name}.yaml"
        content = raw.get(path)
        if not isinstance(content, dict):
            raise BadConfiguration(_("policy/company.yaml extends {name}, which is not there", name=name), where=path)
        pack, faults = read_pack(content, path)
        packs.append(pack)
        findings += faults
    own, faults = read_pack({k: v for k, v in company.items() if k != "extends"}, "policy/company.yaml")
    findings += faults
    return lay_over([*packs, own])


def _departments(raw: Mapping[str, Value], pack: Pack, departments: Mapping[str, object]) -> list[Finding]:
    """What departments' own rules loosen: they would decide otherwise than the company allows (R-ADM-08)."""
    if not any(path.startswith("policy/") and path.count("/") == 1 and path not in _COMPANYS for path in raw):
        return []
    from crmctl.policy.department_rules import department_faults
    from crmctl.policy.pack_files import packs_in_force

    return department_faults(raw, packs_in_force(raw), departments, pack)


def _departments_values(raw: Mapping[str, Value]) -> Iterator[tuple[str, Mapping[str, Value]]]:
    """What each department's file lays over the company's values."""
    for path, content in raw.items():
        name = path.removeprefix("policy/").removesuffix(".yaml")
        own = content.get("values") if isinstance(content, dict) else None
        if path.startswith("policy/") and "/" not in name and path not in _COMPANYS and isinstance(own, dict):
            yield name, own


def set_up_key(repo: Repository, commit: str) -> str:
    """Names the set-up by the Git ids of its trees: the same key is the same content, in any repository."""
    root = repo.tree(commit)
    named = " ".join(f"{name}={root[name].oid}" for name in CLEAR if name in root)
    return hashlib.sha256(named.encode()).hexdigest()[:32]


def _raw(repo: Repository, commit: str, key: str) -> dict[str, Value]:
    folder = repo.git_dir / "crmctl" / "in-force"
    cached = folder / f"{key}.json"
    if cached.is_file():
        try:
            content: dict[str, Value] = json.loads(cached.read_bytes())
        except ValueError:
            cached.unlink(missing_ok=True)
        else:
            if isinstance(content, dict):
                return content
    raw = _parse(repo, commit, set(repo.tree(commit)))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomic(cached, json.dumps(raw, ensure_ascii=False).encode())
        for old in sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)[:-_KEEP]:
            old.unlink(missing_ok=True)
    except OSError:
        return raw  # a read-only clone is still readable, only slower
    return raw


def _parse(repo: Repository, commit: str, names: set[str]) -> dict[str, Value]:
    if "ledger.yaml" not in names:
        raise BadConfiguration(_("This is not a crmctl ledger: it has no ledger.yaml"), hint="crmctl init DIR")
    paths = {"ledger.yaml": repo.tree(commit)["ledger.yaml"].oid}
    for folder in CLEAR[1:]:
        if folder in names:
            paths.update({path: oid for path, oid in repo.walk(commit, folder) if path.endswith(".yaml")})
    contents = dict(repo.read_blobs(sorted(set(paths.values()))))
    try:
        return {path: json.loads(_parsed(contents[oid], path)) for path, oid in sorted(paths.items())}
    except InvalidInput as error:
        raise BadConfiguration(error.what, where=error.where, hint=error.hint) from error


@lru_cache(maxsize=512)
def _parsed(content: bytes, path: str) -> str:
    """A clear file's content as JSON: whoever gets it may change what it is read into."""
    return json.dumps(load(content, path))


def _located(repo: Repository, commit: str, error: BadConfiguration) -> BadConfiguration:
    """The same error with the lines its file and its findings mean."""

    def line(path: str, field: str) -> str:
        content = repo.read(commit, path)
        if content is None:
            return path
        positions = load_located(content, path)[1]
        number = line_of(field, positions)
        deeper = next((at for steps, at in positions.items() if steps and steps[-1] == field), 1)
        return f"{path}:{number if number > 1 else deeper}"

    where = line(error.where, str(error.__cause__ or "")) if error.where else None
    findings = [replace(finding, where=line(finding.where, finding.field)) for finding in error.findings]
    hint = error.hint or _("Correct it, then git add and git commit the file")
    return BadConfiguration(error.what, where=where, hint=hint, findings=findings)
