"""The sums behind an evidence folder, in plain Python: ed25519 signatures and age files opened by their own file key.

Part of the folder's `verify.py`, so it imports the standard library only. Nothing here makes a signature or a sealed
file, and no key it sees opens anything but the one file it belongs to; so that it runs in variable time tells nobody
anything. Sources: RFC 8032 (ed25519), RFC 7748 (X25519), RFC 8439 (ChaCha20-Poly1305), c2sp.org/age.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)
_BASE_Y = 4 * pow(5, -1, _P) % _P
_CHUNK = 65536
_TAG = 16
_INTRO = b"age-encryption.org/v1\n"

Point = tuple[int, int, int, int]


def verify_ed25519(public: bytes, signature: bytes, message: bytes) -> bool:
    """RFC 8032, 5.1.7, without cofactor: `[s]B = R + [k]A`."""
    point, scalar = _decoded(public), int.from_bytes(signature[32:], "little")
    if point is None or len(signature) != 64 or scalar >= _ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _ORDER
    base = _decoded(_BASE_Y.to_bytes(32, "little"))
    assert base is not None
    x, y, z, t = point
    return _encoded(_sum(_times(scalar, base), _times(k, (-x % _P, y, z, -t % _P)))) == signature[:32]


def _decoded(raw: bytes) -> Point | None:
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P or y >= _P or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return x, y, 1, x * y % _P


def _encoded(point: Point) -> bytes:
    inverse = pow(point[2], -1, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _sum(one: Point, other: Point) -> Point:
    a, b = (one[1] - one[0]) * (other[1] - other[0]) % _P, (one[1] + one[0]) * (other[1] + other[0]) % _P
    c, d = 2 * one[3] * other[3] * _D % _P, 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(factor: int, point: Point) -> Point:
    made: Point = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            made = _sum(made, point)
        point, factor = _sum(point, point), factor >> 1
    return made


def file_key(sealed: bytes, secret: bytes) -> bytes:
    """The key of one age file (16 bytes), from the X25519 secret (32 bytes) it is sealed to. Raises ValueError."""
    head = sealed[: sealed.index(b"\n---")].split(b"\n")
    for number, row in enumerate(head):
        words = row.split(b" ")
        if words[:2] == [b"->", b"X25519"]:
            share, body = _unbase64(words[2]), _unbase64(head[number + 1])
            salt = share + x25519(secret, (9).to_bytes(32, "little"))
            wrap = _hkdf(x25519(secret, share), salt, b"age-encryption.org/v1/X25519")
            key = _opened(wrap, bytes(12), body)
            if key is not None and len(key) == _TAG:
                return key
    raise ValueError("not sealed to this key")


def unseal(sealed: bytes, key: bytes) -> bytes:
    """What an age file holds, opened by its own file key. Raises ValueError for another key or a spoiled file."""
    end = sealed.index(b"\n---") + 4
    mac, _line, body = sealed[end:].partition(b"\n")
    wanted = hmac.new(_hkdf(key, b"", b"header"), sealed[:end], hashlib.sha256).digest()
    if not sealed.startswith(_INTRO) or _unbase64(mac.strip()) != wanted:
        raise ValueError("another key than this file's")
    stream, chunks, plain = _hkdf(key, body[:16], b"payload"), body[16:], []
    size = _CHUNK + _TAG
    count = max(1, -(-len(chunks) // size))
    for number in range(count):
        nonce = number.to_bytes(11, "big") + bytes([number == count - 1])
        piece = _opened(stream, nonce, chunks[number * size : (number + 1) * size])
        if piece is None:
            raise ValueError("the sealed file is spoiled")
        plain.append(piece)
    return b"".join(plain)


def x25519(secret: bytes, share: bytes) -> bytes:
    """RFC 7748, 5: the shared value of a secret scalar and a point's x."""
    k = (int.from_bytes(secret, "little") & ~7 & (2**255 - 1)) | 2**254
    x1 = int.from_bytes(share, "little") & (2**255 - 1)
    x2, z2, x3, z3 = 1, 0, x1, 1
    for place in reversed(range(255)):
        bit = k >> place & 1
        if bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a, b * b, d * a, c * b
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % _P, x1 * (da - cb) ** 2 % _P
        x2, z2 = aa * bb % _P, e * (aa + 121665 * e) % _P
        if bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
    return (x2 * pow(z2, -1, _P) % _P).to_bytes(32, "little") if z2 else bytes(32)


def _opened(key: bytes, nonce: bytes, sealed: bytes) -> bytes | None:
    """ChaCha20-Poly1305 without associated data (RFC 8439, 2.8); None where the tag is wrong."""
    content, tag = sealed[:-_TAG], sealed[-_TAG:]
    padded = content + bytes(-len(content) % 16) + struct.pack("<QQ", 0, len(content))
    if len(sealed) < _TAG or not hmac.compare_digest(_poly1305(_block(key, nonce, 0)[:32], padded), tag):
        return None
    stream = b"".join(_block(key, nonce, number + 1) for number in range(-(-len(content) // 64)))
    return bytes(one ^ other for one, other in zip(content, stream, strict=False))


def _poly1305(key: bytes, message: bytes) -> bytes:
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for at in range(0, len(message), 16):
        total = (total + int.from_bytes(message[at : at + 16] + b"\1", "little")) * r % (2**130 - 5)
    return ((total + int.from_bytes(key[16:], "little")) % 2**128).to_bytes(16, "little")


def _block(key: bytes, nonce: bytes, counter: int) -> bytes:
    start = struct.unpack("<16I", b"expand 32-byte k" + key + struct.pack("<I", counter) + nonce)
    state = list(start)
    for _round in range(10):
        for column in range(4):
            _quarter(state, column, column + 4, column + 8, column + 12)
        for column in range(4):
            _quarter(state, column, (column + 1) % 4 + 4, (column + 2) % 4 + 8, (column + 3) % 4 + 12)
    return struct.pack("<16I", *((one + other) & 0xFFFFFFFF for one, other in zip(state, start, strict=True)))


def _quarter(state: list[int], a: int, b: int, c: int, d: int) -> None:
    for into, add, turned, by in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        state[into] = (state[into] + state[add]) & 0xFFFFFFFF
        mixed = state[turned] ^ state[into]
        state[turned] = (mixed << by | mixed >> 32 - by) & 0xFFFFFFFF


def _hkdf(key: bytes, salt: bytes, info: bytes) -> bytes:
    return hmac.new(hmac.new(salt, key, hashlib.sha256).digest(), info + b"\1", hashlib.sha256).digest()


def _unbase64(text: bytes) -> bytes:
    return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
