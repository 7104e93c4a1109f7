"""The user's language: gettext catalogues under `crmctl/locale`, English msgids in the code.

Order: `CRMCTL_LANG`, `LC_ALL`, `LC_MESSAGES`, `LANGUAGE`, `LANG`; zh_CN where none says
otherwise. Keys of JSON, codes, ids and trailers are never translated.
"""

from __future__ import annotations

import gettext
import os
import string
from pathlib import Path

from crmctl.model.findings import Finding

LOCALE_DIR = Path(__file__).parent / "locale"
_ORDER = ("CRMCTL_LANG", "LC_ALL", "LC_MESSAGES", "LANGUAGE", "LANG")
_translations: gettext.NullTranslations | None = None
_language: str | None = None


def N_(text: str) -> str:
    """Mark `text` for translation where it is printed later."""
    return text


def chosen_language() -> str:
    """`zh_CN` or `en`, from the environment."""
    for name in _ORDER:
        value = os.environ.get(name, "").split(":")[0].lower()
        if value in {"", "c", "posix"} or value.startswith("c."):
            continue
        return "zh_CN" if value.startswith("zh") else "en"
    return "zh_CN"


def language() -> str:
    """The language in force."""
    return _language or chosen_language()


def set_language(name: str) -> None:
    """Fix the language for this process (tests, reports in a given language)."""
    global _translations, _language
    _language = name
    _translations = gettext.translation("crmctl", LOCALE_DIR, languages=[name], fallback=True)


def bind() -> None:
    """Point plain `gettext` at our catalogue too, so that Typer's own words follow."""
    os.environ["LANGUAGE"] = language()
    gettext.bindtextdomain("crmctl", str(LOCALE_DIR))
    gettext.textdomain("crmctl")


def _(text: str, /, **args: object) -> str:
    """`text` in the user's language, its `{placeholders}` filled from `args`.

    What is counted names its noun for one and for many: `{count:change|changes}` gives `1 change`, `2 changes`.
    """
    if _translations is None:
        set_language(chosen_language())
    assert _translations is not None
    translated = _translations.gettext(text) if text else ""
    if args and "|" in translated:
        return _COUNTING.vformat(translated, (), args)
    return translated.format(**args) if args else translated


class _Counting(string.Formatter):
    """Fills `{count:change waits|changes wait}` with the count and the words that go with it."""

    def format_field(self, value: object, format_spec: str) -> str:
        one, bar, many = format_spec.partition("|")
        return f"{value} {one if value in {1, '1'} else many}" if bar else str(format(value, format_spec))


_COUNTING = _Counting()


def label(pair: object) -> str:
    """Pick from a `[zh, en]` label of a kind, pack or report file."""
    if isinstance(pair, (list, tuple)) and pair:
        return str(pair[0] if language() == "zh_CN" or len(pair) < 2 else pair[1])
    return str(pair)


def finding_text(finding: Finding) -> str:
    """The finding's sentence in the user's language; a `[zh, en]` argument is picked too."""
    return _(finding.message, **_spoken_args(finding))


def finding_hint(finding: Finding) -> str:
    """What to do about the finding, in the user's language; empty when it says nothing."""
    return _(finding.hint, **_spoken_args(finding)) if finding.hint else ""


def _spoken_args(finding: Finding) -> dict[str, object]:
    return {name: label(value) if isinstance(value, (list, tuple)) else value for name, value in finding.args.items()}
