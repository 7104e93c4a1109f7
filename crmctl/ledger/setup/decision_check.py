"""Hold what the packs decide by against kinds, facts and each other before anything is decided by it.

Every fault names its file and the dotted path in it; the caller adds the line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from crmctl.i18n import N_
from crmctl.model.findings import Finding
from crmctl.model.kinds import Kind
from crmctl.model.values import Value
from crmctl.policy.axes import read_axis
from crmctl.policy.dated import dated_faults
from crmctl.policy.decision import Declared, declared
from crmctl.policy.department_rules import given_to
from crmctl.policy.examples import example_faults
from crmctl.policy.pack import Pack
from crmctl.policy.pack_files import PackFile, axes_of

# What a fact's SQL may refer to besides the policy's values; only the names count here.
PARAMETERS = (
    "department", "as_of", "year_ago", "half_ago", "month_ago", "period_from", "period_to", "product",
    "customer", "record", "member",
)  # fmt: skip


def decision_faults(packs: Sequence[PackFile], kinds: Mapping[str, Kind], whole: Pack) -> list[Finding]:
    """Every fault in facts, sets, axes, dated values and examples of the packs in force (path, content)."""
    findings: list[Finding] = []
    found = declared(packs, whole.vocab, findings)
    given = given_to(packs, found, whole)
    for where, raw in packs:
        findings += [fault.at(where) for fault in dated_faults(_mapping(raw.get("values")))]
        findings += _broken(raw, kinds, given.values, where)
        findings += _card(raw, found, where)
        for name, path, content in axes_of(raw):
            findings += read_axis(name, path, content, given, where)[1]
        findings += [fault.at(where) for fault in example_faults(raw, packs, found)]
    return findings


def _card(raw: Mapping[str, Value], found: Declared, where: str) -> Iterator[Finding]:
    """What `card:` names that no pack declares, or shows without a label."""
    given = raw.get("card")
    for number, item in enumerate(given if isinstance(given, list) else []):
        text = item.get("label") if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(text, list) or len(text) != 2:
            message = N_("A label is a list of two texts: Chinese, English")
            yield Finding("POL036", message, "error", where, f"card.{number}")
        elif str(item.get("fact")) not in found.facts:
            args: dict[str, object] = {"name": str(item.get("fact"))}
            yield Finding("POL036", N_("No pack declares the fact {name}"), "error", where, f"card.{number}.fact", args)


def _broken(
    raw: Mapping[str, Value], kinds: Mapping[str, Kind], values: Mapping[str, object], where: str
) -> Iterator[Finding]:
    """SQL of facts and sets that does not run on empty tables, or gives other columns."""
    from crmctl.ledger.snapshot.closeup import FUNCTIONS
    from crmctl.ledger.snapshot.survey import BrokenSql, survey

    parameters: dict[str, object] = {**values, **dict.fromkeys(PARAMETERS, "2026-01-01")}
    for section in ("facts", "sets"):
        for name, spec in _mapping(raw.get(section)).items():
            sql = _mapping(spec).get("sql")
            if not isinstance(sql, str):
                continue
            path = f"{section}.{name}.sql"
            try:
                columns = survey(kinds.values(), sql, parameters, functions=FUNCTIONS).columns
            except BrokenSql as error:
                args: dict[str, object] = {"name": name, "why": error.reason, "line": error.line}
                yield Finding("POL036", N_("The SQL of {name} does not run (its line {line}): {why}"), "error", where,
                              path, args)  # fmt: skip
                continue
            if columns[:2] != ("id", "value"):
                yield Finding("POL036", N_("The SQL of {name} must give the columns id and value first"), "error",
                              where, path, {"name": name})  # fmt: skip


def _mapping(raw: object) -> dict[str, Value]:
    return raw if isinstance(raw, dict) else {}
