"""Terms of office: when the organisation changes by itself, because a role or a membership begins or ends."""

from __future__ import annotations

from datetime import date, timedelta

from crmctl.model.org import Member, Org, Role


def next_change(org: Org, today: date) -> date | None:
    """The first day after `today` on which other people hold roles than today; None when nothing is dated."""
    members = org.members.values()
    spans: list[Member | Role] = [*members, *(role for member in members for role in member.roles)]
    begins = [span.since for span in spans if span.since > today]
    ends = [span.until + timedelta(1) for span in spans if span.until and span.until >= today]
    return min([*begins, *ends], default=None)
