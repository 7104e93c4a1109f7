"""Fill a page template: the only place that runs Jinja.

Templates may come from a ledger, so they are strangers: sandboxed, autoescaped, strict about
names, given plain dicts, lists and texts only, and able to load nothing but the files handed in.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NoReturn

from jinja2 import (
    Environment,
    FunctionLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from crmctl.errors import BadConfiguration
from crmctl.i18n import _
from crmctl.report.reasons import in_words

_PLAIN = (str, int, bool, type(None))


def render(
    templates: Mapping[str, str], name: str, values: Mapping[str, object], trusted: Mapping[str, str], folder: str
) -> str:
    """The page that template `name` makes of `values`.

    `templates` maps file names to sources; `trusted` is our own style and script, put in as it is;
    `folder` stands before the file in errors. Raises BadConfiguration with file and line for a
    template that is broken, asks for what is not there, or would let a customer's words be markup.
    """
    check_plain(values)
    environment = _environment(tuple(templates.items()), tuple(trusted.items()))
    try:
        return environment.get_template(name).render(values)
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
        _fault(error, templates, name, folder)


@lru_cache(maxsize=4)
def _environment(templates: tuple[tuple[str, str], ...], trusted: tuple[tuple[str, str], ...]) -> Environment:
    """Where these templates are compiled: once for all the pages they make."""
    sources = dict(templates)

    def source(file: str) -> tuple[str, str, None] | None:
        # with its name, by which a traceback tells file and line
        if file not in sources:
            return None
        _refuse_bare(environment, sources[file], file)
        return sources[file], file, None

    environment = _Confined(
        loader=FunctionLoader(source), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.globals.update({key: Markup(text) for key, text in trusted})  # noqa: S704
    return environment


class _Confined(ImmutableSandboxedEnvironment):
    """Jinja for strangers: no way to a Python object, to another file, or around the escaping."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.globals.clear()
        self.globals["_"] = _speak
        for name in ("safe", "tojson", "xmlattr", "urlize"):
            del self.filters[name]

    def from_string(self, source: Any, *arguments: Any, **more: Any) -> Template:
        """A template that is no file of its own: a part of a Word document."""
        _refuse_bare(self, str(source), "")
        return super().from_string(source, *arguments, **more)


def within_document(draw: Callable[[Environment], None], where: str) -> None:
    """Let `draw` fill the template parts of a Word document. Raises BadConfiguration, as `render` does."""
    try:
        draw(_Confined(autoescape=True, undefined=StrictUndefined))
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
        _fault(error, {}, "", where)


def check_plain(value: object) -> None:
    """Refuse anything with behaviour of its own. Raises TypeError: that is a bug, not a template's fault."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            check_plain(key)
            check_plain(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            check_plain(item)
    elif type(value) not in _PLAIN:
        message = f"{type(value).__name__} is not for a template"
        raise TypeError(message)


def _speak(text: str, **arguments: object) -> str:
    return _(text, **arguments)


def _refuse_bare(environment: Environment, source: str, file: str) -> None:
    """No template may switch the escaping off."""
    words = list(environment.lex(source, filename=file))
    for line, kind, word in words:
        if kind == "name" and word == "autoescape":
            raise TemplateSyntaxError(_("{name} may not be asked here", name=word), line, file, file)


def _fault(error: Exception, templates: Mapping[str, str], name: str, folder: str) -> NoReturn:
    file, line = getattr(error, "filename", None) or name, getattr(error, "lineno", None) or 1
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename in templates:
            file, line = frame.filename, frame.lineno or 1
    why = in_words(getattr(error, "message", None) or str(error))
    if isinstance(error, TemplateNotFound):
        why = _("There is no file {file} in this folder", file=error.name)
    raise BadConfiguration(
        _("The page template does not work: {why}", why=why),
        where=f"{folder}/{file}:{line}" if templates else folder,
        hint=_("crmctl report NAME --format json shows what a template is given"),
    ) from None  # fmt: skip
