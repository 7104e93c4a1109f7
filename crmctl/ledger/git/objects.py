"""Git's objects as bytes: trees, commits and packs written and read in process. Pure.

Formats: Git's documentation, `gitformat-pack` and `gitformat-signature`. SHA-1 only.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from crmctl.errors import TrustBroken
from crmctl.i18n import _

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
NO_OBJECT = "0" * 40
FILE_MODE = "100644"
TREE_MODE = "40000"
LINK_MODE = "160000"
REGULAR_MODES = frozenset({"100644", "100755"})

_PACK_KINDS = {"commit": 1, "tree": 2, "blob": 3}
_PERSON = re.compile(rb"^(.*?) ?<([^<>\n]*)> (\d{1,18}) ([+-]\d{4})$")
_TRAILER = re.compile(r"^([A-Za-z0-9][A-Za-z0-9-]*): (.*)$")


class TreeEntry(NamedTuple):
    """One line of a tree: mode without leading zero, `blob`, `tree` or `commit`, object id."""

    mode: str
    kind: str
    oid: str


class Who(NamedTuple):
    """An author or committer."""

    name: str
    mail: str


@dataclass(frozen=True, slots=True)
class CommitInfo:
    """A commit as read. `payload` is what `signature` (SSHSIG text, None when unsigned) covers."""

    oid: str
    tree: str
    parents: tuple[str, ...]
    author: Who
    at: datetime
    committer: Who
    committed_at: datetime
    message: str
    signature: str | None
    payload: bytes

    @property
    def subject(self) -> str:
        """The message's first line."""
        return self.message.split("\n", 1)[0]

    @property
    def trailers(self) -> list[tuple[str, str]]:
        """The `Key: value` lines of the last paragraph, in order; empty unless all its lines are."""
        return trailers_in(self.message)


def trailers_in(message: str) -> list[tuple[str, str]]:
    """The trailers of a commit's message."""
    paragraphs = message.rstrip("\n").split("\n\n")
    found = [_TRAILER.match(line) for line in paragraphs[-1].split("\n")]
    if len(paragraphs) < 2 or not all(found):
        return []
    return [(match[1], match[2].strip()) for match in found if match]


def object_id(kind: str, content: bytes) -> str:
    """The SHA-1 Git gives an object."""
    digest = hashlib.sha1(b"%s %d\0" % (kind.encode(), len(content)), usedforsecurity=False)
    digest.update(content)
    return digest.hexdigest()


def encode_tree(entries: Mapping[str, TreeEntry]) -> bytes:
    """A tree object's content: entries in Git's order, where a folder sorts as `name/`."""
    rows = []
    for name, entry in entries.items():
        raw = name.encode("utf-8", "surrogateescape")
        key = raw + b"/" if entry.kind == "tree" else raw
        rows.append((key, entry.mode.encode() + b" " + raw + b"\0" + bytes.fromhex(entry.oid)))
    return b"".join(row for _key, row in sorted(rows))


def parse_tree(content: bytes) -> dict[str, TreeEntry]:
    """The entries of a tree object. A damaged one or a name used twice raises TrustBroken."""
    entries: dict[str, TreeEntry] = {}
    start, end = 0, len(content)
    try:
        while start < end:
            nul = content.index(b"\0", start)
            mode, name = content[start:nul].split(b" ", 1)
            text = name.decode("utf-8", "surrogateescape")
            if nul + 21 > end or text in entries:
                raise ValueError(text)
            kind = "tree" if mode == b"40000" else "commit" if mode == b"160000" else "blob"
            entries[text] = TreeEntry(mode.decode("ascii"), kind, content[nul + 1 : nul + 21].hex())
            start = nul + 21
    except ValueError as error:
        raise TrustBroken(_("A folder in the ledger's history is damaged")) from error
    return entries


def encode_commit(tree: str, parents: Sequence[str], who: Who, at: datetime, message: str) -> bytes:
    """An unsigned commit, author and committer the same; also the payload that gets signed.

    `at` carries its zone, whole seconds count. Raises ValueError for a name or mail that
    would break the header.
    """
    offset = at.utcoffset()
    if offset is None or re.search(r"[<>\n\0]", who.name + who.mail):
        raise ValueError("a commit needs a zoned time and a plain name and mail")
    minutes = int(offset.total_seconds()) // 60
    sign, minutes = ("-", -minutes) if minutes < 0 else ("+", minutes)
    person = f"{who.name} <{who.mail}> {int(at.timestamp())} {sign}{minutes // 60:02}{minutes % 60:02}"
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
    lines += [f"author {person}", f"committer {person}", "", message.rstrip("\n") + "\n"]
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def with_signature(payload: bytes, signature: str) -> bytes:
    """The commit `payload` with `signature` in its `gpgsig` header."""
    head, _blank, body = payload.partition(b"\n\n")
    folded = signature.rstrip("\n").replace("\n", "\n ").encode("ascii")
    return head + b"\ngpgsig " + folded + b"\n\n" + body


def parse_commit(oid: str, content: bytes) -> CommitInfo:
    """A commit object's parts; one with two signatures counts as unsigned. Damaged: TrustBroken."""
    head, _blank, body = content.partition(b"\n\n")
    fields: dict[bytes, list[bytes]] = {}
    kept: list[bytes] = []
    name = b""
    for line in head.split(b"\n"):
        if line.startswith(b" ") and name:
            fields[name][-1] += b"\n" + line[1:]
        else:
            name, _space, value = line.partition(b" ")
            fields.setdefault(name, []).append(value)
        if name not in (b"gpgsig", b"gpgsig-sha256"):
            kept.append(line)
    try:
        author, at = _person(fields[b"author"])
        committer, committed_at = _person(fields[b"committer"])
        (tree,) = fields[b"tree"]
    except (KeyError, ValueError, OverflowError) as error:
        raise TrustBroken(_("A commit is damaged: {commit}", commit=oid)) from error
    signatures = fields.get(b"gpgsig", [])
    return CommitInfo(
        oid, tree.decode("ascii", "replace"),
        tuple(parent.decode("ascii", "replace") for parent in fields.get(b"parent", [])),
        author, at, committer, committed_at, body.decode("utf-8", "replace"),
        signatures[0].decode("ascii", "replace") + "\n" if len(signatures) == 1 else None,
        b"\n".join(kept) + b"\n\n" + body,
    )  # fmt: skip


def _person(values: list[bytes]) -> tuple[Who, datetime]:
    (value,) = values
    match = _PERSON.match(value)
    if match is None:
        raise ValueError("no author line")
    sign = -1 if match[4][:1] == b"-" else 1
    zone = timezone(sign * timedelta(hours=int(match[4][1:3]), minutes=int(match[4][3:])))
    who = Who(match[1].decode("utf-8", "replace"), match[2].decode("utf-8", "replace"))
    return who, datetime.fromtimestamp(int(match[3]), zone)


def encode_pack(objects: Iterable[tuple[str, bytes]], level: int = 1) -> bytes:
    """A version 2 pack of whole objects, `(kind, content)` each; no deltas, sealed text has none.

    `level` is zlib's: sealed records do not shrink, trees and commits a little.
    """
    parts = [b""]
    for kind, content in objects:
        parts += [_pack_header(_PACK_KINDS[kind], len(content)), zlib.compress(content, level)]
    parts[0] = b"PACK" + (2).to_bytes(4) + ((len(parts) - 1) // 2).to_bytes(4)
    body = b"".join(parts)
    return body + hashlib.sha1(body, usedforsecurity=False).digest()


def _pack_header(kind: int, size: int) -> bytes:
    first = kind << 4 | size & 15
    size >>= 4
    header = bytearray()
    while size:
        header.append(first | 128)
        first = size & 127
        size >>= 7
    header.append(first)
    return bytes(header)
