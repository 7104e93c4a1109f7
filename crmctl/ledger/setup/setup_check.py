"""Hold the kinds and packs of a ledger against each other, file by file, each fault with its line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from crmctl.errors import BadConfiguration, InvalidInput
from crmctl.i18n import N_, _
from crmctl.ledger.disk.yamlio import Positions, load_located
from crmctl.ledger.ledger import Ledger
from crmctl.model.findings import Finding
from crmctl.model.kind_reader import compile_kind
from crmctl.model.kinds import Kind
from crmctl.model.located import at_lines
from crmctl.model.org import Org
from crmctl.model.values import Value
from crmctl.policy.clocks import department_faults
from crmctl.policy.dated import undated
from crmctl.policy.fit import kind_faults, pack_faults, unknown
from crmctl.policy.pack import Pack, lay_over, read_pack
from crmctl.policy.review import seat_faults
from crmctl.policy.workdays import read_calendar

COMPANY = "policy/company.yaml"
CALENDAR, CALENDAR_SCHEMA = "policy/calendar.yaml", "crmctl/calendar/1"
_NOTHING: Mapping[str, str] = {}
Mapped = dict[str, Value]


def setup_files(ledger: Ledger) -> dict[str, bytes]:
    """The kind and policy files at the ledger's commit: path → content."""
    found = {
        path: oid
        for folder in ("policy", "schemas")
        for path, oid in ledger.repo.walk(ledger.head, folder)
        if path.endswith(".yaml")
    }
    contents = dict(ledger.repo.read_blobs(sorted(set(found.values()))))
    return {path: contents[oid] for path, oid in found.items()}


def setup_faults(
    files: Mapping[str, bytes], shown: Mapping[str, str] = _NOTHING, org: Org | None = None
) -> list[Finding]:
    """Every fault of these kind and policy files (path → content); `shown` gives a path another name in findings.

    `org` has the departments and members there are; without it any may be named.
    """
    return _Setup(files, shown, org).faults()


def kind_path(name: str) -> str:
    """Where a kind's file lies."""
    return f"schemas/{name}.yaml"


def pack_path(name: str) -> str:
    """Where a pack's file lies; the company's own is called `company`."""
    return COMPANY if name == "company" else f"policy/packs/{name}.yaml"


def extends_of(company: Value) -> list[str]:
    """The packs the company's file is laid over, the lowest first."""
    raw = company.get("extends") if isinstance(company, dict) else None
    return [str(name) for name in raw] if isinstance(raw, list) else []


def read_mapping(content: bytes, where: str) -> tuple[Mapped, Positions]:
    """One YAML mapping with its lines. Raises InvalidInput with file and line."""
    raw, positions = load_located(content, where)
    if not isinstance(raw, dict):
        raise InvalidInput(_("The file is not a list of FIELD: VALUE"), where=where)
    return raw, positions


class _Setup:
    """The files read once, faults gathered on the way."""

    def __init__(self, files: Mapping[str, bytes], shown: Mapping[str, str], org: Org | None = None) -> None:
        self._shown, self._org = shown, org
        self._findings: list[Finding] = []
        self._raw: dict[str, Mapped] = {}
        self._lines: dict[str, Positions] = {}
        for path, content in sorted(files.items()):
            try:
                self._raw[path], self._lines[path] = read_mapping(content, self._name(path))
            except InvalidInput as error:
                where, args = error.where or path, {"why": error.what}
                self._findings.append(Finding("POL015", N_("The file does not read: {why}"), "error", where, "", args))

    def faults(self) -> list[Finding]:
        kinds = self._kinds()
        packs = self._packs()
        whole = lay_over(packs.values())
        for path, kind in kinds.items():
            self._note(path, kind_faults(kind, {k.name: k for k in kinds.values()}, whole))
        for path, pack in packs.items():
            self._note(path, pack_faults(self._raw[path], pack, {k.name: k for k in kinds.values()}, whole))
            if self._org is not None:
                self._note(path, seat_faults(pack.review, self._org.departments, self._org.members))
                self._note(path, department_faults(pack.clocks, undated(whole.values), self._org.departments))
        if CALENDAR in self._raw:
            self._note(CALENDAR, [replace(fault, where="") for fault in read_calendar(self._raw[CALENDAR], "")[1]])
        self._decisions({k.name: k for k in kinds.values()}, list(packs), whole)
        if whole.guarded:
            self._guards({kind.name: kind for kind in kinds.values()}, packs, whole)
        self._daily({kind.name: kind for kind in kinds.values()}, packs, whole)
        self._handbook({kind.name: kind for kind in kinds.values()}, list(packs), whole)
        return self._findings

    def _handbook(self, kinds: Mapping[str, Kind], packs: Iterable[str], whole: Pack) -> None:
        """What people are told: guidance, posts with their duties, flows and their steps."""
        from crmctl.policy.flows import flow_faults, read_flows, unwritten
        from crmctl.policy.guidance import TOPICS, guidance_faults
        from crmctl.policy.posts import post_faults

        raws = [(path, self._raw[path]) for path in packs]
        roles = {*whole.company_roles, *whole.vocab.get("role", {})}
        flows = read_flows(raw for _path, raw in raws)
        names = {flow.name for flow in flows}
        for path, raw in raws:
            self._note(path, guidance_faults(raw, roles, whole.vocab.get(TOPICS, {})))
            self._note(path, post_faults(raw, roles, kinds, names))
            self._note(path, flow_faults(raw, roles, kinds))
            self._note(path, unwritten(flow for flow in flows if flow.pack == raw.get("pack")))

    def _daily(self, kinds: Mapping[str, Kind], packs: Mapping[str, Pack], whole: Pack) -> None:
        """Classes, priorities, cadences and the questions of clocks."""
        from crmctl.ledger.changing.proving import search_faults
        from crmctl.ledger.reading.asker import no_grades, parameters_of
        from crmctl.ledger.reading.standing import question_faults, rows_faults
        from crmctl.policy.cron import read_jobs
        from crmctl.policy.segments import read_segments, segment_faults
        from crmctl.policy.standing import KEYS, read_standing, unset_cadences

        raws = [(path, self._raw[path]) for path in packs]
        for path in packs:
            self._note(path, search_faults(self._raw[path], kinds))
            self._note(path, [replace(fault, where="") for fault in read_jobs([(path, self._raw[path])])[1]])
        for path, raw in raws:
            segments, faults = read_segments([(path, raw)])
            self._note(path, [*(replace(fault, where="") for fault in faults),
                              *segment_faults(segments, kinds.get("customer"))])  # fmt: skip
        parameters = parameters_of(undated(whole.values), date(2000, 1, 1))
        for path, pack in packs.items():
            for number, clock in enumerate(pack.clocks):
                if clock.rows:
                    columns = ["id", "dossier", "department", *clock.fields]
                    where = f"clocks.{number}.rows"
                    self._note(
                        path,
                        rows_faults(
                            kinds.values(), clock.rows, {**parameters, **no_grades(clock.rows)}, where, columns
                        ),
                    )
        if not any(KEYS & set(raw) for _path, raw in raws):
            return
        findings = read_standing(raws)[1]
        for path, raw in raws:
            self._note(path, [replace(finding, where="") for finding in findings if finding.where == path])
            own, _of_others = read_standing([(path, raw)])
            self._note(path, question_faults(own, kinds, whole.values))
            self._note(path, unset_cadences(raw, own, undated(whole.values)))

    def _guards(self, kinds: Mapping[str, Kind], packs: Mapping[str, Pack], whole: Pack) -> None:
        """The guards of all packs together: one may ask for a fact of another."""
        from crmctl.ledger.reading.guarding import Guarding, read_guarding, sql_faults
        from crmctl.policy.dated import undated

        raws = [(path, self._raw[path]) for path in packs]
        made, findings = read_guarding(raws, kinds, whole, undated(whole.values))
        for path, raw in raws:
            facts = raw.get("facts")
            own = {name: fact for name, fact in made.facts.items() if isinstance(facts, dict) and name in facts}
            self._note(path, sql_faults(Guarding((), own, {}), kinds, whole.values))
            self._note(path, [replace(finding, where="") for finding in findings if finding.where == path])

    def _decisions(self, kinds: Mapping[str, Kind], paths: Iterable[str], whole: Pack) -> None:
        from crmctl.ledger.setup.decision_check import decision_faults
        from crmctl.policy.department_rules import department_faults, overlays

        packs = [(path, self._raw[path]) for path in paths]
        stems = {stem: stem for stem, _path, _content in overlays(self._raw)}
        departments = dict.fromkeys(self._org.departments) if self._org is not None else stems
        faults = [*decision_faults(packs, kinds, whole), *department_faults(self._raw, packs, departments, whole)]
        for fault in faults:
            self._note(fault.where or COMPANY, [fault])

    def _kinds(self) -> dict[str, Kind]:
        kinds = {}
        for path in [path for path in self._raw if path.startswith("schemas/")]:
            kind, faults = compile_kind(self._raw[path], path)
            self._note(path, faults)
            if kind is not None:
                kinds[path] = kind
        return kinds

    def _packs(self) -> dict[str, Pack]:
        """The packs in force, in the order in which they lie over each other."""
        packs = {}
        for number, name in enumerate([*extends_of(self._raw.get(COMPANY)), "company"]):
            path = pack_path(name)
            if path not in self._raw:
                if name != "company" and COMPANY in self._raw:
                    known = [p.removeprefix("policy/packs/").removesuffix(".yaml") for p in self._raw]
                    message = N_("There is no pack {name} in this ledger")
                    self._note(COMPANY, [unknown("POL016", f"extends.{number}", message, name, known)])
                continue
            own = {key: value for key, value in self._raw[path].items() if key != "extends" or path != COMPANY}
            packs[path], faults = read_pack(own, path)
            self._note(path, faults)
        return packs

    def _note(self, path: str, findings: Iterable[Finding]) -> None:
        self._findings += at_lines(findings, self._lines[path], self._name(path))

    def _name(self, path: str) -> str:
        return self._shown.get(path, path)


def must_fit(files: Mapping[str, bytes], shown: Mapping[str, str] = _NOTHING, org: Org | None = None) -> list[Finding]:
    """The warnings of these files. Raises BadConfiguration with every error."""
    findings = setup_faults(files, shown, org)
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        raise BadConfiguration(
            _("{count} to correct in the kinds and the policy", count=len(errors)), findings=errors,
            hint=_("Correct the named lines; nothing was written"),
        )  # fmt: skip
    return findings
