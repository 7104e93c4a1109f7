"""What a region's code is called in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from crmctl.i18n import language
from crmctl.model.fields.region import region_name_in
from crmctl.resources import division_names, divisions_list

_CHINESE = "zh_CN"


def division_name(code: str, options: Mapping[str, object] | None = None) -> str:
    """`广东省深圳市`, in English `Shenzhen, Guangdong`; text that is no code unchanged.

    `options` are the field's, which may know divisions that the list lacks.
    """
    if options and "extra" in options:
        return _name(code, language(), options)
    return _listed(code, language())


@lru_cache(maxsize=4096)  # a list of ten thousand customers asks the same few hundred again and again
def _listed(code: str, tongue: str) -> str:
    return _name(code, tongue, {})


def _name(code: str, tongue: str, options: Mapping[str, object]) -> str:
    told = b"" if tongue == _CHINESE else division_names(tongue)
    return region_name_in(divisions_list(), code, options, told=told)
