"""The language in which a service is to search, told by the letters of a query."""

import re

# Only scripts that one language among those of both services is written in; for the rest the service decides.
_SCRIPTS = (
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("ko", re.compile("[\u1100-\u11ff\uac00-\ud7af]")),
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
)
_LOCALES = {"th": "th-TH", "ko": "ko-KR", "ja": "ja-JP", "zh": "zh-CN", "el": "el-GR", "ru": "ru-RU"}


def language(query: str) -> str:
    """Its code, '' where the letters do not tell."""
    return next((code for code, letters in _SCRIPTS if letters.search(query)), "")


def locale(query: str) -> str:
    """Language and country, '' where the letters do not tell."""
    return _LOCALES.get(language(query), "")
