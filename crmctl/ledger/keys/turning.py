"""When a compartment's key must be followed by a new one: somebody holds it who is no reader any more (DESIGN 3).

A reader's wrap that the policy no longer gives stays on the keyring as the mark of it until a holder turns
the key: with the next record sealed there at the latest, or at the next sync of any holder.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from crmctl.model.dossier import Compartment
from crmctl.model.org import Org
from crmctl.model.wraps import GROUP, Wraps

Held = Mapping[str, Wraps]


def lapsed(held: Held, name: str, expected: Collection[str]) -> dict[str, set[tuple[str, int]]]:
    """The lines of a compartment, of any generation, that readers hold who are none any more; by reader."""
    found = {
        reader: {line for line in lines if line[0] == name} for reader, lines in held.items() if reader not in expected
    }
    return {reader: lines for reader, lines in found.items() if lines}


def must_turn(held: Held, name: str, entry: Compartment, expected: Collection[str], org: Org) -> bool:
    """Whether somebody may hold the present key who is no reader: by a wrap of his own, or by a group he left."""
    gone = lapsed(held, name, expected)
    if any((name, entry.generation) in lines for lines in gone.values()):
        return True
    return any(
        org.groups[reader].generation > entry.groups.get(reader, 1)
        for reader in expected
        if reader in org.groups and (name, entry.generation) in held.get(reader, {})
    )


def group_generations(readers: Collection[str], org: Org) -> dict[str, int]:
    """The present generation of each group among the readers."""
    return {reader: org.groups[reader].generation for reader in readers if reader in org.groups}


def left_behind(held: Held, generation: int, members: Collection[str]) -> dict[str, set[tuple[str, int]]]:
    """The lines of a group's key that people hold who do not belong to it any more, if one is the present key's."""
    gone = {member: set(lines) for member, lines in held.items() if member not in members}
    return gone if any((GROUP, generation) in lines for lines in gone.values()) else {}
