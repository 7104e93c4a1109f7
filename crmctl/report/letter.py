"""A report as a Word document: by the folder's own .docx template, else its tables one below the other.

A template may come from a ledger, so that what could run, fetch or embed something is refused before it is filled.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from crmctl.errors import BadConfiguration
from crmctl.i18n import _
from crmctl.report.filled import Filled

_LARGEST = 20 << 20
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
_FIELDS = frozenset({"PAGE", "NUMPAGES", "SECTIONPAGES", "SECTION"})
_FORBIDDEN_PARTS = ("vba", "activex", "embeddings", "oleobject", "afchunk", "attachedtoolbars", "customui")
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def to_letter(filled: Filled) -> bytes:
    """The file's bytes; the same figures give the same bytes. Raises BadConfiguration for a template that is off."""
    if filled.report.document:
        document = _by_template(filled, filled.report.document)
    else:
        from crmctl.report.plain_letter import plain_letter

        document = plain_letter(filled)
    properties = document.core_properties
    properties.title, properties.author, properties.last_modified_by = filled.title, filled.company, ""
    properties.subject = properties.keywords = properties.category = properties.comments = ""
    properties.revision = 1
    properties.created = properties.modified = datetime.fromisoformat(filled.as_of)
    out = io.BytesIO()
    document.save(out)
    return without_clock(out.getvalue())


def _by_template(filled: Filled, file: str) -> Any:
    from docxtpl import DocxTemplate

    from crmctl.report.html import as_values
    from crmctl.report.page import check_plain, within_document

    where = f"{filled.report.folder}/{file}"
    content = filled.report.files[file]
    values = as_values(filled)
    check_plain(values)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _LARGEST:
                raise BadConfiguration(_("The Word template is too large"), where=where)
        template = DocxTemplate(io.BytesIO(content))
        template.init_docx()
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        hint = _("Save it as .docx in Word")
        raise BadConfiguration(_("This is no Word document"), where=where, hint=hint) from error
    for fault in active_parts(template.docx.part.package):
        raise BadConfiguration(
            _("The Word template holds what is not allowed in one: {what}", what=fault), where=where,
            hint=_("A template is text, tables and pictures; save it without macros, links to files and fields"),
        )  # fmt: skip
    within_document(lambda environment: template.render(_xml_safe(values), environment, autoescape=True), where)
    return template.docx


def active_parts(package: Any) -> Iterator[str]:
    """What in a Word document runs, fetches or brings along something: macros, foreign files, computed fields."""
    for relation in package.rels.values():
        if relation.is_external:
            yield str(relation.target_ref)
    for part in package.iter_parts():
        name = str(part.partname)
        if any(word in name.lower() for word in _FORBIDDEN_PARTS) or "macro" in part.content_type.lower():
            yield name
        yield from (str(relation.target_ref) for relation in part.rels.values() if relation.is_external)
        if part.content_type.endswith("+xml"):
            yield from _fields(part.blob)


def _fields(xml: bytes) -> Iterator[str]:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    tree = etree.fromstring(xml, parser)
    if tree.getroottree().docinfo.doctype:
        yield "DOCTYPE"
    # a field's instruction may be spread over several runs, so a paragraph's are taken together
    for paragraph in tree.iter(f"{_W}p"):
        instructions = "".join(element.text or "" for element in paragraph.iter(f"{_W}instrText")).split("\\")[0]
        yield from (word for word in instructions.split() if word not in _FIELDS)
    for element in tree.iter(f"{_W}fldSimple"):
        word = (element.get(f"{_W}instr") or "").split() or [""]
        if word[0] not in _FIELDS:
            yield word[0]
    yield from ("altChunk" for _element in tree.iter(f"{_W}altChunk"))


def _xml_safe(value: Any) -> Any:
    """The values without the two signs that XML knows not."""
    if isinstance(value, str):
        return value.replace("\ufffe", "").replace("\uffff", "")
    if isinstance(value, dict):
        return {key: _xml_safe(item) for key, item in value.items()}
    return [_xml_safe(item) for item in value] if isinstance(value, list) else value


def without_clock(content: bytes) -> bytes:
    """The same archive, its entries in order and of one date, so that it tells nothing of when it was made."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        names = source.namelist()
        first = [name for name in names if name == "[Content_Types].xml"]
        for name in (*first, *sorted(set(names) - set(first))):
            entry = zipfile.ZipInfo(name, _FIRST_DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(name))
    return out.getvalue()
