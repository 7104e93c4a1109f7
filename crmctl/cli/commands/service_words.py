"""How what a grade brings is told to a person and as data."""

from __future__ import annotations

from collections.abc import Iterator

from crmctl.cli.out import Out
from crmctl.i18n import _, label
from crmctl.ledger.ledger import Ledger
from crmctl.model.duration import with_values
from crmctl.policy.axes import Axis
from crmctl.policy.service import ALL, Service


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
        "communication": [one for service in found for one in service.communication],
        "recurring": [{"code": one.code, "text": one.text, "every": one.every}
                      for service in found for one in service.recurring],
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
        (_("Communication"), [service.communication for service in found]),
    ):
        texts = [label(text) for one in lists for text in one]
        if texts:
            yield _("{head}: {text}", head=head, text="; ".join(texts))
    for measure in [measure for service in found for measure in service.recurring]:
        every = with_values(measure.every, ledger.values())
        span = str(every) if every else _("as soon as the company sets how often")
        yield _("{text}: every {span} [{code}]", text=label(measure.text), span=span, code=measure.code)


def draw_service(out: Out, ledger: Ledger, axis: Axis, grade: str | None) -> None:
    """Print what a grade means for the customer."""
    for line in service_lines(ledger, axis, grade):
        out.line(line)
