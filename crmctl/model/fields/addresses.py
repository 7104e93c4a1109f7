"""Field types `email` and `url`. Neither is ever looked up on a network."""

from __future__ import annotations

import re

from crmctl.i18n import N_
from crmctl.model.fields.characters import clean_line, folded
from crmctl.model.fields.field_type import FieldType, Options
from crmctl.model.fields.problem import FieldProblem

_URL_LIMIT = 2000
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?://|(?![0-9]))")
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})+|localhost|\[[0-9a-f:.]+\]")


def _read_email(raw: object, _options: Options) -> str:
    from email_validator import EmailNotValidError, validate_email

    text = folded(raw).removeprefix("mailto:")
    if text.count("@") != 1:
        raise FieldProblem("FLD013", "An e-mail address has one @", hint=N_("One address only, without the name"))
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        raise FieldProblem("FLD013", "Not an e-mail address", hint=N_("One address only, without the name")) from None


def _read_url(raw: object, _options: Options) -> str:
    from urllib.parse import urlsplit, urlunsplit

    text = clean_line(raw, _URL_LIMIT)
    if not _SCHEME.match(text):
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _not_a_url() from None
    if parts.scheme not in {"http", "https"} or any(character.isspace() for character in text):
        raise _not_a_url()
    if parts.username is not None or parts.password is not None:
        raise FieldProblem("FLD019", "A web address must not hold a user name or password")
    if not _HOST.fullmatch(host) or "\\" in text:
        raise _not_a_url()
    shown = host if port is None else f"{host}:{port}"
    return urlunsplit((parts.scheme, shown, parts.path, parts.query, parts.fragment))


def _not_a_url() -> FieldProblem:
    return FieldProblem("FLD019", "Not a web address", hint=N_("Write it like https://example.com/path"))


EMAIL = FieldType(
    "email", "TEXT", "wang@example.com", _read_email, lambda _options: {"type": "string", "format": "idn-email"}
)
URL = FieldType(
    "url",
    "TEXT",
    "https://example.com",
    _read_url,
    lambda _options: {"type": "string", "format": "iri", "pattern": "^https?://"},
)
