"""A record whose field says into whose part of an office it goes stays there: the field is not changed afterwards."""

from __future__ import annotations

from collections.abc import Mapping

from crmctl.errors import Refused
from crmctl.i18n import _
from crmctl.model.kinds import Kind
from crmctl.model.paths import addressed_to
from crmctl.model.record import Record
from crmctl.model.values import Value


def must_stay(kind: Kind, record: Record, after: Mapping[str, Value]) -> None:
    """Raises Refused when a change would name another part than the record lies in."""
    if kind.addressee and addressed_to(kind, record.data, "") != addressed_to(kind, after, ""):
        raise Refused(
            _("{field} says who reads it, and stays as it is", field=kind.addressee), where=record.id, rule="R-ACL-11",
            hint=_("Enter it anew, and undo this one"),
        )  # fmt: skip
