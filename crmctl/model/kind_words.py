"""Words a kind file may not use as names, because tables and records use them already."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# https://www.sqlite.org/lang_keywords.html
SQL_WORDS = _words(
    """
    abort action add after all alter always analyze and as asc attach autoincrement before begin between by cascade
    case cast check collate column commit conflict constraint create cross current database default deferrable
    deferred delete desc detach distinct do drop each else end escape except exclude exclusive exists explain fail
    filter first following for foreign from full generated glob group groups having if ignore immediate in index
    indexed initially inner insert instead intersect into is isnull join key last left like limit match materialized
    natural no not nothing notnull null nulls of offset on or order others outer over partition plan pragma
    preceding primary query raise range recursive references regexp reindex release rename replace restrict
    returning right rollback row rows savepoint select set table temp temporary then ties to transaction trigger
    unbounded union unique update using vacuum values view virtual when where window with without
    """
)
# What every table has as columns, or what a record keeps outside its fields.
RESERVED = _words(
    """
    id dossier department compartment rev state unverified data kind path entered_by entered_for entered_at entered_on
    to_confirm
    """
)
# What a row of a kind stored by the month keeps beside its fields.
ROW_WORDS = frozenset({"by", "for", "at"})
