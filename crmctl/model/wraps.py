"""A wrap file of the keyring: one line a compartment and generation, sorted (DESIGN 3)."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from itertools import zip_longest

Wraps = dict[tuple[str, int], bytes]
GROUP = "group"


class WrapError(ValueError):
    """The file is no wrap file; the message is the number of the line that is off."""


def read_wraps(content: bytes) -> Wraps:
    """Read `<compartment> <generation> <base64>` lines. Raises WrapError.

    There is one way to write a wrap file; anything else (another order, padding or line end) is off.
    """
    found: Wraps = {}
    lines = content.decode("ascii", "replace").split("\n")
    for number, line in enumerate(lines[:-1], 1):
        parts = line.split(" ")
        try:
            compartment, generation, text = parts
            found[compartment, int(generation)] = b64decode(text, validate=True)
        except (ValueError, Base64Error) as error:
            raise WrapError(str(number)) from error
        if not compartment or int(generation) < 1:
            raise WrapError(str(number))
    canonical = write_wraps(found, "replace").decode("ascii", "replace").split("\n")
    for number, (line, wanted) in enumerate(zip_longest(lines, canonical), 1):
        if line != wanted:
            raise WrapError(str(number))
    return found


def write_wraps(wraps: Wraps, errors: str = "strict") -> bytes:
    """The file's bytes; reading and writing again gives the same."""
    lines = [
        f"{name} {generation} {b64encode(sealed).decode()}\n" for (name, generation), sealed in sorted(wraps.items())
    ]
    return "".join(lines).encode("ascii", errors)


def merge_wraps(base: bytes, ours: bytes, theirs: bytes) -> bytes:
    """Theirs with what our side added to and took from their common `base`.

    Where both wrapped the same key anew, theirs (already shared) stays; a line either side took
    away stays away, or a revocation would be undone by whoever syncs next.
    """
    before, mine, shared = read_wraps(base), read_wraps(ours), read_wraps(theirs)
    merged: Wraps = {}
    for key in {**mine, **shared}:
        if key in before and (key not in mine or key not in shared):
            continue
        changed_by_them = key in shared and shared[key] != before.get(key)
        merged[key] = shared[key] if changed_by_them else mine[key]
    return write_wraps(merged)
