"""JSON's grammar (RFC 8259) over a text that is not only JSON: where a value ends, or where it breaks.

One pass, linear time, no recursion. Beyond the grammar only a trailing comma is taken, and its place is told.
"""

import re
from dataclasses import dataclass, field

DEPTH = 100  # levels; what comes after (journal, validation, export) recurses

_SPACE = r"[ \t\n\r]*+"
_ESCAPE = r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})'
_INSIDE = rf'[^"\\\x00-\x1f]*+(?:{_ESCAPE}[^"\\\x00-\x1f]*+)*+'
_STRING = f'"{_INSIDE}"'
_NUMBER = r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+"
_PLAIN = f"(?:{_STRING}|{_NUMBER}|true|false|null)"
_KEY = f"{_STRING}{_SPACE}:{_SPACE}"
_LIST = rf"\[{_SPACE}(?:{_PLAIN}{_SPACE}(?:,{_SPACE}{_PLAIN}{_SPACE})*+)?+\]"
_OBJECT = rf"\{{{_SPACE}(?:{_KEY}{_PLAIN}{_SPACE}(?:,{_SPACE}{_KEY}{_PLAIN}{_SPACE})*+)?+\}}"
_SCALAR = f"(?:{_PLAIN}|{_LIST}|{_OBJECT})"  # flat lists and objects too: a step for each would take seconds
# What can stand in an array or an object before its end or the next value that has a content of its own.
_ITEMS = f"{_SPACE}(?:{_SCALAR}{_SPACE},{_SPACE})*+(?P<key>(?!))?(?P<value>{_SCALAR}{_SPACE})?+"
_MEMBERS = (
    f"{_SPACE}(?:{_KEY}{_SCALAR}{_SPACE},{_SPACE})*+(?:(?P<key>{_KEY})(?P<value>{_SCALAR}{_SPACE})?+)?+"
)
_FIRST = {"]": re.compile(f"(?P<comma>){_ITEMS}"), "}": re.compile(f"(?P<comma>){_MEMBERS}")}
_NEXT = {
    "]": re.compile(f"{_SPACE}(?:(?P<comma>,){_ITEMS})?+"),
    "}": re.compile(f"{_SPACE}(?:(?P<comma>,){_MEMBERS})?+"),
}
_CLOSER = {"[": "]", "{": "}"}
_SPACES = re.compile(_SPACE)
_CUT = re.compile(r"(?:-|\.|[eE][+-]?|tr?u?|fa?l?s?|nu?l?|\\(?:u[0-9a-fA-F]{0,3})?)\s*\Z")  # half of a token
_STRING_AT = re.compile(f'"{_INSIDE}')


@dataclass(frozen=True, slots=True)
class Scan:
    """A value that begins at a bracket: `end` is behind its last bracket, or the place where it breaks."""

    end: int
    fault: str = ""  # '' for a whole value
    commas: list[int] = field(default_factory=list)  # the places of trailing commas
    early: bool = False  # the text ends before the value does
    keyed: bool = False  # a key and its colon stand in what was read: hardly prose


def scan(text: str, start: int) -> Scan:
    """The value whose opening bracket stands at `start`."""
    open_ones, commas, keyed = [_CLOSER[text[start]]], [], False
    at, pattern = start + 1, _FIRST
    while open_ones:
        closer, begin = open_ones[-1], at
        match = pattern[closer].match(text, at)
        assert match, "every part of it is optional"
        at, char = match.end(), text[match.end() : match.end() + 1]
        keyed = keyed or (closer == "}" and ":" in text[begin:at])
        if char == closer and _may_close(match):
            if comma := _trailing_comma(text, begin, match):
                commas.append(comma)
            open_ones.pop()
            at, pattern = at + 1, _NEXT
        elif char and char in "[{" and _may_open(match, closer):
            open_ones.append(_CLOSER[char])
            at, pattern = at + 1, _FIRST
            if len(open_ones) > DEPTH:
                return Scan(at, f"it is nested deeper than {DEPTH} levels", keyed=True)
        else:
            return _broken(text, match, closer, keyed=keyed)
    return Scan(at, commas=commas, keyed=keyed)


def _may_close(match: re.Match[str]) -> bool:
    return match["key"] is None or match["value"] is not None


def _may_open(match: re.Match[str], closer: str) -> bool:
    if match["comma"] is None or match["value"] is not None:
        return False
    return closer == "]" or match["key"] is not None


def _trailing_comma(text: str, begin: int, match: re.Match[str]) -> int:
    """Where the comma before a closing bracket stands; 0 for none (a bracket stands there, never a comma)."""
    if match["comma"] is None or match["value"] is not None:
        return 0
    return max(0, text.rfind(",", begin, match.end()))


def _broken(text: str, match: re.Match[str], closer: str, *, keyed: bool) -> Scan:
    """What is wrong where the grammar broke off."""
    at = match.end()
    wanted = _wanted(match, closer)
    if text[at : at + 1] == '"' and "string" in wanted:  # a string that breaks, or a key without its colon
        inside = _STRING_AT.match(text, at)
        assert inside, "it begins with a quotation mark"
        at = inside.end()
        wanted = "another character: a string cannot hold this one as it is"
        if text[at : at + 1] == '"':
            at = _SPACES.match(text, at + 1).end()  # type: ignore[union-attr]
            wanted = "a colon"
        elif text[at : at + 1] == "\\":
            wanted = "another escape"
    if at >= len(text) or _CUT.match(text, at):
        return Scan(at, "it ends early", early=True, keyed=keyed)
    return Scan(at, f"{wanted} is wanted", keyed=keyed)


def _wanted(match: re.Match[str], closer: str) -> str:
    """What may stand where a match ended."""
    if match["value"] is not None or match["comma"] is None:
        return f"a comma or {closer}"
    if match["key"] is not None:
        return "a value (a string, number, true, false, null, [ or {)"
    return f"a key (a string in double quotes) or {closer}" if closer == "}" else "a value (a string, …) or ]"
