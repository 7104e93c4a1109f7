"""How scorecards and passed caps are told to a person and as data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crmctl.cli.out import Out
from crmctl.cli.table import table
from crmctl.i18n import _, label
from crmctl.ledger.changing.regrading import Run
from crmctl.ledger.ledger import Ledger
from crmctl.policy.scorecard import Line
from crmctl.rules.grading import Seat
from crmctl.rules.regrade import Evidence, spoken


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
    rows = [
        (label(line.item.label), told(spoken(line.value)),
         told("unknown") if line.points is None else f"{line.points:f}", f"{line.item.weight:f}%",
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


def spoken_grade(ledger: Ledger, done: Run, grade: str | None) -> str:
    """A grade in the user's language; empty for none."""
    return label(ledger.in_force.pack.vocab.get(done.rules.axis.words, {}).get(grade, grade)) if grade else ""


def told(value: str) -> str:
    """A fact's value, or how a condition came out, in the user's language."""
    words = {"unknown": _("unknown"), "not applicable": _("not applicable"), "yes": _("yes"), "no": _("no")}
    return words.get(value, value)


def condition_text(evidence: Evidence) -> str:
    """A condition with what it is held against, and whether one of several is enough."""
    text = f"{evidence.condition} ({evidence.against})" if evidence.against else evidence.condition
    if evidence.joined == "any":
        return _("one of: {condition}", condition=text)
    return _("none of: {condition}", condition=text) if evidence.joined == "none" else text


def seat_text(ledger: Ledger, done: Run, seat: Seat) -> str:
    """A customer's place under a cap, with the cap's code and clause."""
    return _(
        "{grade}: place {place} of {of}, {seats:seat|seats} ({share} of {base}) [{code}, {clause}]",
        grade=spoken_grade(ledger, done, seat.cap.grade), place=seat.place, of=seat.of, seats=seat.seats,
        share=f"{float(seat.cap.share):.0%}", base=seat.base, code=seat.cap.code, clause=seat.cap.clause,
    )  # fmt: skip
