"""Language codes, as BCP 47 has them: th, en, pt-BR, zh_Hant. Any language may be asked for, not only the known ones."""

import re

_CODE = re.compile(r"[a-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}\Z")


def is_code(text: str) -> bool:
    """`text` has the form of a language code."""
    return _CODE.match(text) is not None
