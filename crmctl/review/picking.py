"""From what a reviewer types to changes: a submission, a change of it, an author, an id, a name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from crmctl.errors import NotFound
from crmctl.i18n import _
from crmctl.review.inbox import Bundle, Handed
from crmctl.review.looking import Looked

_SHOWN = 8


def pick(bundles: Sequence[Bundle], looked: Mapping[str, Looked], words: Iterable[str]) -> list[Handed]:
    """The changes meant by `words`, each once, in the order of the submissions.

    Raises NotFound for a word that fits nothing, or a piece of a name that fits several.
    """
    every = [change for bundle in bundles for change in bundle.changes]
    meant = {change.name for word in words for change in _meant(every, looked, word)}
    return [change for change in every if change.name in meant]


def about(bundles: Sequence[Bundle], looked: Mapping[str, Looked], record_id: str) -> list[Handed]:
    """The changes that are about a record, by its id or the beginning of it."""
    word = record_id.upper()
    return [
        change for bundle in bundles for change in bundle.changes
        if any(name.startswith(word) for name in {*change.about, *_ids(looked[change.name])})
    ]  # fmt: skip


def _meant(every: Sequence[Handed], looked: Mapping[str, Looked], word: str) -> list[Handed]:
    upper = word.upper()
    ways = (
        [change for change in every if change.name == word],
        [change for change in every if change.name.rpartition(".")[0] == word],
        [change for change in every if word in change.authors],
        [change for change in every if upper in {*change.about, *_ids(looked[change.name])}],
        [change for change in every if word.casefold() in looked[change.name].title.casefold()],
    )
    found = next((way for way in ways if way), [])
    if not found:
        raise NotFound(_("Nothing under review fits {word}", word=word), hint="crmctl review list")
    if found is ways[-1] and len(found) > 1:
        listed = ", ".join(f"{change.name} {looked[change.name].title}" for change in found[:_SHOWN])
        raise NotFound(_("{what} fits {count:change|changes}", what=word, count=len(found)), hint=listed)
    return found


def _ids(looked: Looked) -> set[str]:
    return {record.id.upper() for record in looked.records}
