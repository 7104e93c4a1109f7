"""A wrap file of the keyring: one line a compartment and generation, sorted (DESIGN 3)."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as Base64Error

Wraps = dict[tuple[str, int], bytes]
GROUP = "group"


class WrapError(ValueError):
    """The file is no wrap file; the message is the number of the line that is off."""


def read_wraps(content: bytes) -> Wraps:
    """Read `<compartment> <generation> <base64>` lines. Raises WrapError."""
    found: Wraps = {}
    for number, line in enumerate(content.decode("ascii", "replace").splitlines(), 1):
        parts = line.split(" ")
        try:
            compartment, generation, text = parts
            key = (compartment, int(generation))
            sealed = b64decode(text, validate=True)
        except (ValueError, Base64Error) as error:
            raise WrapError(str(number)) from error
        if key in found or str(key[1]) != generation or key[1] < 1:
            raise WrapError(str(number))
        found[key] = sealed
    return found


def write_wraps(wraps: Wraps) -> bytes:
    """The file's bytes; reading and writing again gives the same."""
    lines = [
        f"{name} {generation} {b64encode(sealed).decode()}\n" for (name, generation), sealed in sorted(wraps.items())
    ]
    return "".join(lines).encode("ascii")


def merge_wraps(ours: bytes, theirs: bytes) -> bytes:
    """Both sides' lines; where both wrapped the same key anew, theirs (already shared) stays."""
    return write_wraps({**read_wraps(ours), **read_wraps(theirs)})
