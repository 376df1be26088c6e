"""What is wrong in a document, collected with its place: the reader goes on, so that every mistake is named."""

import difflib
import json
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from dset.cleaning import clean, harmless


class Finding(NamedTuple):
    """One mistake: its place in the task ("parameters.topic", '' for the task itself) and what is wrong there."""

    path: str
    message: str
    fatal: bool = True  # else the task can be used without what stands there

    def line(self, place: str) -> str:
        """The mistake as a line; `place` is the file and the task: "tasks.json: ner"."""
        where = f"{place}.{self.path}" if self.path and not self.path.startswith("[") else place + self.path
        return f"{clean(where, 300)}: {self.message}"

    def line_of_file(self, file: object) -> str:
        """The mistake as a line, where it stands in no task: "tasks.json: [3]: must be …"."""
        return ": ".join(one for one in (str(file), clean(self.path), self.message) if one)


class Findings(list[Finding]):
    """The mistakes so far; the readers return what can be used, and note what cannot."""

    def add(self, path: str, message: str) -> None:
        """Note a mistake without whose cure the task cannot be used."""
        self.append(Finding(path, message))

    def leave_out(self, path: str, message: str) -> None:
        """Note what cannot be understood, and what the task can be used without."""
        self.append(Finding(path, message, fatal=False))

    def only(
        self, table: Mapping[str, Any], known: Collection[str], path: str, *, fatal: bool = True
    ) -> None:
        """Note the keys of `table` that nobody reads."""
        for key in table:
            if key not in known:
                self.append(Finding(under(path, key), f"is not known there; {meant(key, known)}", fatal))

    def text(self, value: object, path: str) -> str:
        """The text, stripped; '' for what is none."""
        if isinstance(value, str):
            return value.strip()
        self.add(path, f"must be text, not {quoted(value)}")
        return ""

    def flag(self, value: object, path: str) -> bool:
        """True or false; False for what is neither."""
        if not isinstance(value, bool):
            self.add(path, f"must be true or false, not {quoted(value)}")
        return value is True

    def words(self, value: object, path: str) -> tuple[str, ...]:
        """A list of words, each once; numbers count as words."""
        if not isinstance(value, list):
            self.add(path, f"must be a list of words, not {quoted(value)}")
            return ()
        found: list[str] = []
        for number, one in enumerate(value):
            word = str(one) if isinstance(one, int | float) and not isinstance(one, bool) else one
            if not isinstance(word, str) or not word.strip():
                self.add(f"{path}[{number}]", f"must be a word, not {quoted(one)}")
            elif word.strip() in found:
                self.add(f"{path}[{number}]", f"{quoted(word)} stands there twice")
            else:
                found.append(word.strip())
        return tuple(found)

    def table(self, value: object, path: str) -> dict[str, Any]:
        """A JSON object; an empty one for what is none."""
        if isinstance(value, dict):
            return value
        self.add(path, f"must be an object, not {quoted(value)}")
        return {}


def under(path: str, key: str) -> str:
    """The place of `key` in what stands at `path`."""
    return f"{path}.{harmless(key)}" if path else harmless(key)


def meant(word: str, known: Collection[str]) -> str:
    """ "did you mean topic?", or what there is, where nothing is near."""
    near = difflib.get_close_matches(word, known, 1) or [
        one for one in known if one.casefold() == word.casefold()
    ]
    if near:
        return f"did you mean {near[0]}?"
    return f"known are {', '.join(list(known)[:40])}" if known else "there is none"


def quoted(value: object, limit: int = 80) -> str:
    """`value` as JSON on one line, cut to `limit` characters; nothing in it that a terminal obeys."""
    if isinstance(value, list | dict) and len(value) > limit:
        return f"a list of {len(value):,}" if isinstance(value, list) else f"an object of {len(value):,} keys"
    text = harmless(json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= limit else text[: limit - 1] + "…"
