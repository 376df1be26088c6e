"""Prompt and system templates: `{column}` becomes that row's cell, once; any other brace stays as it is."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_BRACES = re.compile(r"\{([^{}\n]+)\}")
_WORD = re.compile(r"[^\W\d]\w*\Z")


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template: `pieces` alternates text and column names, beginning with text."""

    pieces: tuple[str, ...]
    unknown: tuple[str, ...]  # lone {word}s that name no column: probably a typing error

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it names, in order of first appearance."""
        return tuple(dict.fromkeys(self.pieces[1::2]))

    def fill(self, cells: Mapping[str, str]) -> str:
        """The text for one row. What a cell holds is never looked at for braces."""
        filled = list(self.pieces)
        filled[1::2] = [cells.get(name, "") for name in self.pieces[1::2]]
        return "".join(filled)


def parse(text: str, columns: Sequence[str]) -> Template:
    """`text` read against the columns that exist; the exact name wins over one that differs in case."""
    folded = {_fold(name): name for name in reversed(columns)}
    pieces, unknown, end = [""], [], 0
    for match in _BRACES.finditer(text):
        wanted = match[1].strip()
        name = wanted if wanted in columns else folded.get(_fold(wanted))
        pieces[-1] += text[end : match.start()]
        end = match.end()
        if name is not None:
            pieces += [name, ""]
            continue
        pieces[-1] += match[0]
        if _WORD.match(wanted):
            unknown.append(match[1])
    pieces[-1] += text[end:]
    return Template(tuple(pieces), tuple(dict.fromkeys(unknown)))


def _fold(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip().casefold()
