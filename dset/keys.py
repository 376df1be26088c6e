"""Keys: in a type that does not show them, and taken out of every text that is shown or written."""

import base64
import functools
import re
from collections.abc import Iterator, Mapping

KEY_NAME = re.compile(r"(?:[A-Z0-9_]*API_KEY(?:_\d+)?|HF_TOKEN)\Z")
_PLACEHOLDER = re.compile(r"(?i)your[-_ ]?|<.*>|\bhere\b|change[-_ ]?me|x{4,}|\.\.\.|placeholder|insert")
_PERCENT = re.compile("%[2-7]")
_BREAK = r"(?:\s|\\+[nrt])*"  # a long line is wrapped anywhere, in JSON too
_TWINS = {"+": "-", "/": "_"}  # base64 as it stands in a URL


def is_placeholder(value: str) -> bool:
    """What an example file holds in place of a key."""
    return bool(_PLACEHOLDER.search(value))


class Secret(str):
    """A key. Its repr is `***`; only the endpoint that sends it takes its text."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "***"

    @property
    def shown(self) -> str:
        """Enough to tell it from others: sk-…1234."""
        return f"{self[:3]}…{self[-4:]}" if len(self) >= 16 else "…"


class Secrets:
    """Every key that .env and the environment hold, by the name of its variable."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = {name: Secret(value.strip()) for name, value in values.items() if value.strip()}
        # A placeholder is never sent, and an answer about programming may well hold its words.
        real = {value for value in self._values.values() if len(value) >= 8 and not is_placeholder(value)}
        longest_first = sorted(real, key=len, reverse=True)  # one key may be part of another
        self._forms = [form for value in longest_first for form in _forms(value)]
        self._parts = frozenset(part for form in self._forms for part in form.parts)
        self._lower_parts = frozenset(map(str.lower, self._parts))

    def __repr__(self) -> str:
        return f"Secrets({', '.join(self._values)})"

    @property
    def names(self) -> tuple[str, ...]:
        """The variables that hold something."""
        return tuple(self._values)

    def get(self, name: str) -> Secret | None:
        """The key in variable `name`, or None where it is missing or empty."""
        return self._values.get(name)

    def scrub(self, text: str) -> str:
        """`text` without any key in it: plain, in base64, in JSON's, a URL's or HTML's escapes, wrapped.

        JSON stays JSON: a backslash goes with what it escapes.
        """
        if not self._forms:
            return text
        escaped = _is_escaped(text)
        if escaped or self._is_suspect(text):
            for form in self._forms:
                text = form.take_out(text, escaped=escaped)
        return text

    def _is_suspect(self, text: str) -> bool:
        """A part of a key may stand in it: nearly no text is, and few looks at each tell."""
        parts = self._parts
        if (
            text.isascii()
        ):  # then half as many looks are enough; in other scripts `lower` costs more than they do
            text, parts = text.lower(), self._lower_parts
        for part in parts:  # noqa: SIM110 - `any` takes twice as long
            if part in text:
                return True
        return False

    def scrub_bytes(self, data: bytes) -> bytes:
        """`data` without any key in it; every other byte stays."""
        return self.scrub(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


class _Form:
    """One spelling of a key. Looking for its parts first is what makes it cheap: no pattern is as quick as `in`."""

    def __init__(self, text: str, pattern: str) -> None:
        third = len(text) // 3
        parts = (text[:third], text[third : 2 * third], text[2 * third :])
        self.parts = {part for whole in parts for part in (whole, whole.lower())}
        self._source = pattern

    @functools.cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self._source)  # 10 ms each, and most runs need none

    def take_out(self, text: str, *, escaped: bool) -> str:
        if escaped or any(part in text for part in self.parts):
            return self._pattern.sub("***", text)
        return text


def _is_escaped(text: str) -> bool:
    """Some of it may be written in JSON's, HTML's or a URL's escapes."""
    return "\\u00" in text or "&#" in text or ("%" in text and _PERCENT.search(text) is not None)


def _forms(value: str) -> Iterator[_Form]:
    # In lower case too: a host's name is shown so.
    yield _Form(value, _spelled({one, one.lower()} for one in value))
    data = value.encode("utf-8", "surrogatepass")
    for before in range(3):  # bytes before it in its group of three, as of `Bearer `
        code = base64.b64encode(b"\0" * before + data).decode().rstrip("=")
        # What is told by the key alone; the letter behind it may be told by what follows.
        start, end = -(-before * 8 // 6), (before + len(data)) * 8 // 6
        pattern = _spelled({one, _TWINS.get(one, one)} for one in code[start:end])
        yield _Form(code[start:end], f"{pattern}(?:{re.escape(code[end:])}(?:={{1,2}}|%3[Dd])*)?")


def _spelled(letters: Iterator[set[str]]) -> str:
    """The pattern of a word of which each letter may stand in any way."""
    return _BREAK.join(
        f"(?:{'|'.join(way for letter in sorted(ways) for way in _ways(letter))})" for ways in letters
    )


def _ways(letter: str) -> Iterator[str]:
    code = ord(letter)
    units = letter.encode("utf-16-be", "surrogatepass").hex()
    yield re.escape(letter)
    yield "".join(rf"\\\\*u(?i:{units[at : at + 4]})" for at in range(0, len(units), 4))
    if not letter.isalnum():
        yield rf"\\\\*{re.escape(letter)}"  # PHP writes \/ in JSON
    yield "".join(f"%(?:25)*(?i:{byte:02x})" for byte in letter.encode("utf-8", "surrogatepass"))
    yield f"&#(?:{code}|[xX]0*(?i:{code:x}));"
