"""How grades, scorecards, services and passed caps are told to a person and as data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crmctl.cli.out import Out
from crmctl.cli.table import table
from crmctl.i18n import _, label
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.regrading import Run
from crmctl.policy.axes import ALL, Axis, Service
from crmctl.policy.scorecard import Line
from crmctl.rules.regrade import spoken


def services_of(axis: Axis, grade: str | None) -> list[Service]:
    """What holds for every grade of an axis, and what for this one."""
    return [axis.service[name] for name in (ALL, grade or ALL) if name in axis.service][: 2 if grade else 1]


def service_document(axis: Axis, grade: str | None) -> dict[str, object]:
    """A grade's service as data."""
    found = services_of(axis, grade)
    own = found[-1] if found else Service()
    return {
        "priority": own.priority, "managed_by": own.managed_by, "price": own.price,
        "rights": [one for service in found for one in service.rights],
        "obligations": [one for service in found for one in service.obligations],
        "measures": [one for service in found for one in service.measures],
    }  # fmt: skip


def service_lines(ledger: Ledger, axis: Axis, grade: str | None) -> Iterator[str]:
    """A grade's service in the user's language, line by line."""
    found = services_of(axis, grade)
    if not found:
        return
    own = found[-1]
    if own.priority is not None:
        yield _("Priority: {priority}", priority=own.priority)
    if own.managed_by:
        role = ledger.in_force.pack.vocab.get("role", {}).get(own.managed_by, own.managed_by)
        yield _("Managed by: {role}", role=label(role))
    if own.price:
        yield _("Price: {price}", price=label(own.price))
    for head, lists in (
        (_("Rights"), [service.rights for service in found]),
        (_("Obligations"), [service.obligations for service in found]),
        (_("Service"), [service.measures for service in found]),
    ):
        texts = [label(text) for one in lists for text in one]
        if texts:
            yield _("{head}: {text}", head=head, text="; ".join(texts))


def draw_service(out: Out, ledger: Ledger, axis: Axis, grade: str | None) -> None:
    """Print what a grade means for the customer."""
    for line in service_lines(ledger, axis, grade):
        out.line(line)


def score_documents(lines: Sequence[Line]) -> list[dict[str, object]]:
    """A scorecard's lines as data."""
    return [
        {"item": line.item.name, "weight": str(line.item.weight), "value": spoken(line.value),
         "points": None if line.points is None else str(line.points),
         "adds": None if line.adds is None else f"{line.adds:f}"}
        for line in lines
    ]  # fmt: skip


def draw_scorecard(out: Out, lines: Sequence[Line]) -> None:
    """Print a scorecard line by line, with its sum."""
    if not lines:
        return
    heads = [_("Item"), _("Value"), _("Points"), _("Weight"), _("Adds")]
    words = {"unknown": _("unknown"), "not applicable": _("not applicable"), "yes": _("yes"), "no": _("no")}
    rows = [
        (label(line.item.label), words.get(spoken(line.value), spoken(line.value)),
         words["unknown"] if line.points is None else f"{line.points:f}", f"{line.item.weight:f}%",
         "" if line.adds is None else f"{line.adds:.2f}")
        for line in lines
    ]  # fmt: skip
    table([(heads[0], "left"), (heads[1], "left"), *((head, "right") for head in heads[2:])], rows)
    adds = [line.adds for line in lines if line.adds is not None]
    total = f"{sum(adds):.2f}" if len(adds) == len(lines) else _("unknown")
    out.line(_("Score: {total}", total=total))


def over_documents(done: Run) -> list[dict[str, object]]:
    """The warning caps that are passed, as data."""
    return [
        {"grade": one.cap.grade, "group": one.group, "holders": list(one.holders), "seats": one.seats,
         "base": one.base, "code": one.cap.code}
        for one in done.over
    ]  # fmt: skip


def tell_over(out: Out, ledger: Ledger, done: Run) -> None:
    """Warn of caps that only warn and are passed."""
    vocab = ledger.in_force.pack.vocab.get(done.rules.axis.words, {})
    for one in done.over:
        grade = label(vocab.get(one.cap.grade, one.cap.grade))
        out.line(
            _("Warning {code}: {group}: {count} of {base} customers hold {grade}, in principle at most {seats}",
              code=one.cap.code, group=one.group or done.department, count=len(one.holders), base=one.base,
              grade=grade, seats=one.seats)
        )  # fmt: skip


def no_seats(ledger: Ledger, done: Run) -> Iterator[str]:
    """Say where a department is too small for one seat (R-GRD-31)."""
    vocab = ledger.in_force.pack.vocab.get(done.rules.axis.words, {})
    for cap in done.rules.grading.caps:
        base = done.bases.get(cap.grade)
        if base is not None and cap.per == "department" and cap.seats(base) == 0:
            grade = label(vocab.get(cap.grade, cap.grade))
            yield _("{grade}: {base} customers count, too few for one seat", grade=grade, base=base)
