"""The line of a routing table that a change falls under, named in the clear on its commit (R-REV-13, ADR 0027).

A record is sealed, and so is the address on the customer's card: `verify` counts the approvals of the line that the
commit names. Whoever can open the record reads the table again: a reviewer, and `check` ever after.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from crmctl.errors import CrmctlError
from crmctl.i18n import N_
from crmctl.ledger.in_force import InForce, read_in_force
from crmctl.ledger.ledger import Ledger
from crmctl.model.dossier import is_office
from crmctl.model.findings import Finding
from crmctl.model.kinds import Kind
from crmctl.model.paths import dossier_of, lies_there, place_of, record_path
from crmctl.model.record import Record
from crmctl.model.values import Value
from crmctl.policy.review import ReviewRule
from crmctl.policy.routing import line_for

ROUTE = "Crmctl-Route"
_CLEAR = ("/dossier.yaml", "/office.yaml")
CARD_KIND = "customer"
Card = Callable[[str], Mapping[str, Value] | None]
Trailers = Iterable[tuple[str, str]]


def tables(in_force: InForce) -> tuple[ReviewRule, ...]:
    """The rules that ask by a table over what records say; none costs nothing."""
    return tuple(rule for rule in in_force.pack.review if rule.route and rule.route.lines)


def routes_of(trailers: Trailers) -> Callable[[str], Mapping[str, str]]:
    """What a commit's trailers say of a path: code of a rule → line of its table."""
    found: dict[str, dict[str, str]] = {}
    for key, value in trailers:
        code, _space, rest = value.partition(" ")
        record, _space, name = rest.partition(" ")
        if key == ROUTE:
            found.setdefault(record, {})[code] = name
    return lambda path: found.get(routed_id(path), {}) if found else {}


def routed_id(path: str) -> str:
    """By which id a change names what lies at a path: the record's, the customer's for its card and clear part."""
    place = place_of(path)
    if place is None or not place.folder:
        return dossier_of(path) or path
    return place.file.split(".")[0]


def route_trailers(in_force: InForce, records: Mapping[str, Record], clear: Iterable[str], card: Card) -> list[str]:
    """The trailers for a change of these records (by path) and clear parts of dossiers (by path)."""
    return [
        f"{ROUTE}: {code} {about} {name}" for (code, about), name in derived(in_force, records, clear, card).items()
    ]


def derived(
    in_force: InForce, records: Mapping[str, Record], clear: Iterable[str], card: Card
) -> dict[tuple[str, str], str]:
    """Rule's code and id → the line that fits. Where none does, the rule's own slots are asked."""
    found: dict[tuple[str, str], str] = {}
    for rule in tables(in_force):
        for path, about, data, kind in (*_asked(in_force, rule, records), *_clear(rule, clear)):
            dossier = dossier_of(path) or ""
            name = line_for(
                rule.route.lines if rule.route else (), data, kind, card(dossier), in_force.kinds.get(CARD_KIND)
            )
            if name is not None:
                found[rule.code, about] = name
    return found


def misrouted(
    in_force: InForce, trailers: Trailers, records: Mapping[str, Record], clear: Iterable[str], card: Card
) -> Iterator[tuple[str, Finding]]:
    """By path: where a commit names another line than what it says falls under, or none where one does."""
    said = routes_of(trailers)
    right = derived(in_force, records, clear, card)
    for rule in tables(in_force):
        for path, about, _data, _kind in (*_asked(in_force, rule, records), *_clear(rule, clear)):
            named, fits = said(path).get(rule.code), right.get((rule.code, about))
            if named == fits:
                continue
            args = {"code": rule.code, "said": named or "-", "line": fits or "-"}
            if named is None:
                message = N_("{code}: it says no line of the table, and falls under {line}")
            else:
                message = N_("{code}: it was passed on as {said}, but what it says falls under {line}")
            yield path, Finding("REV034", message, "error" if named else "warning", about, "", args)


def misrouted_at(ledger: Ledger, commit: str, paths: Collection[str]) -> Iterator[tuple[str, Finding]]:
    """The same for what a commit made of these paths, by the policy it was made under; what does not open is left."""
    info = ledger.repo.commit(commit)
    in_force = read_in_force(ledger.repo, info.parents[0])
    if not tables(in_force):
        return
    there = ledger.standing_on(commit)
    records = {path: record for path in paths if (record := _opened(there.read, path)) is not None}
    clear = [path for path in paths if path.endswith(_CLEAR)]
    yield from misrouted(in_force, info.trailers, records, clear, card_by(there.read, in_force))


def card_by(read: Callable[[str], Record], in_force: InForce) -> Card:
    """What the card of a dossier says, by a way to read records; None where it does not open or there is none."""

    def card(dossier: str) -> Mapping[str, Value] | None:
        kind = in_force.kinds.get(CARD_KIND)
        if kind is None or not dossier or is_office(dossier):
            return None
        record = _opened(read, record_path(kind, dossier, kind.compartment, dossier))
        return record.data if record else None

    return card


def routing_faults(ledger: Ledger) -> Iterator[Finding]:
    """What lies on main and was not passed on as it says, as far as the member can open it."""
    rules = tables(ledger.in_force)
    if not rules:
        return
    for commit, paths in _newest(ledger, rules).items():
        yield from (finding for _path, finding in misrouted_at(ledger, commit, paths))


def _newest(ledger: Ledger, rules: Iterable[ReviewRule]) -> dict[str, list[str]]:
    """The commits that brought what lies on main of what these rules are about, each with its paths."""
    words = ["log", "--no-merges", "--name-only", "-z", "--no-renames", "--format=%x01%H"]
    listing = ledger.repo.run(*words, ledger.main, "--", "customers", "offices").decode("utf-8", "surrogateescape")
    found: dict[str, list[str]] = {}
    seen: set[str] = set()
    for block in listing.split("\1")[1:]:
        commit, *paths = (word.strip() for word in block.split("\0"))
        for path in paths:
            if path not in seen and any(_concerned(ledger.in_force, rule, path) for rule in rules):
                found.setdefault(commit, []).append(path)
            seen.add(path)
    there = {path for paths in found.values() for path in paths if ledger.repo.entry(ledger.main, path) is not None}
    return {commit: [path for path in paths if path in there] for commit, paths in found.items()}


def _concerned(in_force: InForce, rule: ReviewRule, path: str) -> bool:
    place = place_of(path)
    if place is None or not place.is_record:
        return path.endswith(_CLEAR) and any(not trigger.action for trigger in rule.on)
    kinds = (in_force.kinds.get(trigger.what) for trigger in rule.on if trigger.action)
    return any(kind is not None and lies_there(kind, place) for kind in kinds)


def _opened(read: Callable[[str], Record], path: str) -> Record | None:
    place = place_of(path)
    if place is None or not place.is_record:
        return None
    try:
        return read(path)
    except CrmctlError:
        return None


def _asked(
    in_force: InForce, rule: ReviewRule, records: Mapping[str, Record]
) -> Iterator[tuple[str, str, Mapping[str, Value], Kind | None]]:
    """The records whose kind the rule names: path, id, fields, kind."""
    named = {trigger.what for trigger in rule.on if trigger.action}
    for path, record in records.items():
        kind, place = in_force.kinds.get(record.kind), place_of(path)
        if kind and place and kind.name in named and not kind.monthly and lies_there(kind, place):
            yield path, routed_id(path), record.data, kind


def _clear(rule: ReviewRule, clear: Iterable[str]) -> Iterator[tuple[str, str, Mapping[str, Value], Kind | None]]:
    if any(not trigger.action for trigger in rule.on):
        yield from ((path, routed_id(path), {}, None) for path in clear)
