"""What a change's commit says in the clear: action, kind and ids, never a name or a content (docs/architecture.md)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from crmctl.model.record import Record

_MOST = 20  # trailers of one sort: an import of thousands names the first and counts


def change_message(action: str, kind: str, touched: Iterable[str], trailers: Sequence[str]) -> str:
    """The message of a commit that changed the records with these ids; each is named once."""
    ids = list(dict.fromkeys(touched))
    about = ids[0] if len(ids) == 1 else f"{len(ids)} records"
    lines = [f"Crmctl-Action: {action}", *(f"Crmctl-Record: {record_id}" for record_id in ids[:_MOST])]
    if len(ids) > _MOST:
        lines.append(f"Crmctl-Records: {len(ids)}")
    return " ".join(part for part in (action, kind, about) if part) + "\n\n" + "\n".join([*lines, *trailers]) + "\n"


def generation_trailers(records: Iterable[Record]) -> list[str]:
    """Which generation of which compartment's key records are sealed to, for `verify` to hold against the dossier."""
    used = {(record.dossier, record.compartment, record.generation) for record in records}
    return [f"Crmctl-Generation: {d}:{c}:{g}" for d, c, g in sorted(used)][:_MOST]
