"""Keys: in a type that does not show them, and taken out of every text that is shown or written."""

import base64
import json
import re
import urllib.parse
from collections.abc import Mapping

KEY_NAME = re.compile(r"[A-Z0-9_]*API_KEY(_\d+)?\Z")
_PLACEHOLDER = re.compile(r"(?i)your[-_ ]?|<.*>|\bhere\b|change[-_ ]?me|x{4,}|\.\.\.|placeholder|insert")
_ESCAPE = re.compile(r"\\(?:u00([2-7][0-9A-Fa-f])|/)")


def is_placeholder(value: str) -> bool:
    """What an example file holds in place of a key."""
    return bool(_PLACEHOLDER.search(value))


class Secret(str):
    """A key. Its repr is `***`; only the endpoint that sends it takes its text."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "***"


class Secrets:
    """Every key that .env and the environment hold, by the name of its variable."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = {name: Secret(value.strip()) for name, value in values.items() if value.strip()}
        forms = [form for value in self._values.values() if len(value) >= 8 for form in _forms(value)]
        self._pattern = (
            re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True)))) if forms else None
        )

    def __repr__(self) -> str:
        return f"Secrets({', '.join(self._values)})"

    def get(self, name: str) -> Secret | None:
        """The key in variable `name`, or None where it is missing or empty."""
        return self._values.get(name)

    def scrub(self, text: str) -> str:
        """`text` without any key in it, plain, base64 or URL-encoded."""
        return self._pattern.sub("***", text) if self._pattern else text

    def scrub_bytes(self, data: bytes) -> bytes:
        """`data` without any key in it. Where one hides in JSON's escapes, all escapes of ASCII are resolved."""
        text = self.scrub(data.decode("utf-8", "surrogateescape"))
        resolved = _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)) if escape[1] else "/", text)
        scrubbed = self.scrub(resolved)
        return (text if scrubbed == resolved else scrubbed).encode("utf-8", "surrogateescape")


def _forms(value: str) -> set[str]:
    encoded = base64.b64encode(value.encode()).decode()
    return {value, encoded, encoded.rstrip("="), urllib.parse.quote(value, safe=""), json.dumps(value)[1:-1]}
