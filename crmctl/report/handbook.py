"""What the policy tells people, as tables for reports: guidance, and posts with their duties.

`guidance (pack, topic, reader, clause, nth, zh, en)`: what packs in force say, a row for each it is for (`reader` null:
everybody; `customer`: what customers are told).
`duty (role, post_zh, post_en, what, nth, clause, kinds_zh, kinds_en, zh, en)`: a post's duties and rights (`what`: duty
or right).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from crmctl.ledger.reading.handbook import guidance, posts

if TYPE_CHECKING:
    from sqlite3 import Connection

    from crmctl.ledger.ledger import Ledger

GUIDANCE, DUTY = "guidance", "duty"
CREATE = {
    GUIDANCE: f"CREATE TABLE {GUIDANCE} (pack TEXT, topic TEXT, reader TEXT, clause TEXT, nth INTEGER, "
    "zh TEXT, en TEXT)",
    DUTY: f"CREATE TABLE {DUTY} (role TEXT, post_zh TEXT, post_en TEXT, what TEXT, nth INTEGER, clause TEXT, "
    "kinds_zh TEXT, kinds_en TEXT, zh TEXT, en TEXT)",
}


def add_handbook(connection: Connection, ledger: Ledger, tables: Collection[str]) -> None:
    """Add to a snapshot those of the tables that its questions read."""
    if GUIDANCE in tables:
        connection.execute(CREATE[GUIDANCE])
        connection.executemany(f"INSERT INTO {GUIDANCE} VALUES (?, ?, ?, ?, ?, ?, ?)", _guidance(ledger))  # noqa: S608 (a constant)
    if DUTY in tables:
        connection.execute(CREATE[DUTY])
        connection.executemany(f"INSERT INTO {DUTY} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _duties(ledger))  # noqa: S608 (a constant)


def _guidance(ledger: Ledger) -> Iterator[tuple[object, ...]]:
    for nth, one in enumerate(guidance(ledger)):
        for reader in one.readers or (None,):
            yield one.pack, one.topic, reader, one.clause, nth, *one.text


def _duties(ledger: Ledger) -> Iterator[tuple[object, ...]]:
    roles, kinds = ledger.in_force.pack.vocab.get("role", {}), ledger.in_force.kinds
    for post in posts(ledger):
        title = post.title or roles.get(post.role, (post.role, post.role))
        for what, items in (("duty", post.duties), ("right", post.rights)):
            for nth, one in enumerate(items):
                labels = [kinds[kind].label for kind in one.kinds if kind in kinds]
                named = ("、".join(zh for zh, _en in labels), ", ".join(en for _zh, en in labels))
                yield post.role, *title, what, nth, one.clause, *named, *one.text
