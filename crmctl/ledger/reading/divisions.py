"""What a region's code is called in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from crmctl.i18n import language
from crmctl.model.fields.region import region_name_in
from crmctl.resources import division_names, divisions_list

_CHINESE = "zh_CN"


def division_name(code: str, options: Mapping[str, object] | None = None) -> str:
    """`广东省深圳市`, in English `Shenzhen, Guangdong`; text that is no code unchanged."""
    told = b"" if language() == _CHINESE else division_names(language())
    return region_name_in(divisions_list(), code, options, told=told)
