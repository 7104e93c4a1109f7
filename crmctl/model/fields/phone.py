"""Field type `phone`: numbers of any country, kept as `+86 10 6277 0000;ext=8012`.

The canonical text is the international spelling of libphonenumber with the extension as RFC 3966
writes it; it names its country, so it reads the same under any `region`. The library drops what
it does not understand, so everything but signs of a phone number is refused before it is asked.
"""

from __future__ import annotations

import re

from crmctl.i18n import N_
from crmctl.model.fields.characters import folded, without_sheet_traces
from crmctl.model.fields.field_type import FieldType, Options, text_option
from crmctl.model.fields.problem import FieldProblem

_LONGEST = 60
_SIGNS = re.compile(r"[+0-9 ()./-]+")
_SAID = re.compile(
    r"\s*(?:(?:;ext=|ext(?:ension|n)?\.?|转|轉|分机号?|分機|#|x)\s*[:.]?\s*)+([0-9]{1,7})", re.IGNORECASE
)
_DASHED = re.compile(r"(.+?)\s*-\s*([0-9]{1,6})")
# Chinese numbers of five digits that libphonenumber does not know: banks, insurers and carriers
# (95…, 10 0…), public hotlines (12 3…, 96…), the postal service (11 18…).
_SERVICE = re.compile(r"(?:\+86)?(95[0-9]{3}|96[0-9]{3}|100[0-9]{2}|123[0-9]{2}|1118[0-9])")


def _read(raw: object, options: Options) -> str:
    region = text_option(options, "region", "CN").upper()
    text = without_sheet_traces(folded(raw))
    if len(text) > _LONGEST:
        raise _not_a_phone()
    number, extension = _split(text)
    if not _SIGNS.fullmatch(number):
        raise _not_a_phone()
    canonical = _canonical(number, region)
    if canonical is None and extension is None and (dashed := _DASHED.fullmatch(number)):
        canonical, extension = _canonical(dashed[1], region), dashed[2]
    if canonical is None:
        raise _not_a_phone()
    return f"{canonical};ext={extension}" if extension else canonical


def _split(text: str) -> tuple[str, str | None]:
    """The number and the extension that a word or sign announces."""
    for match in _SAID.finditer(text):
        if match.end() == len(text):
            return text[: match.start()].rstrip(" ,;"), match[1]
    return text, None


def _canonical(number: str, region: str) -> str | None:
    service = _SERVICE.fullmatch(re.sub(r"[\s-]", "", number))
    if service and (region == "CN" or number.startswith("+")):
        return f"+86 {service[1]}"
    import phonenumbers

    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise FieldProblem("FLD012", "The country of the number is not known", hint=N_("Two letters, such as CN or US"))
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _not_a_phone() -> FieldProblem:
    return FieldProblem(
        "FLD012",
        "Not a phone number that exists",
        hint=N_("With area code, one number only; a foreign number begins with + and the country code"),
    )


PHONE = FieldType(
    "phone",
    "TEXT",
    "010-62770000 转 8012",
    _read,
    lambda _options: {"type": "string", "pattern": r"^\+[0-9][0-9 ()./-]*(;ext=[0-9]{1,7})?$"},
    options=frozenset({"region"}),
)
