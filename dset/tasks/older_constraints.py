"""The constraints of the older form as keywords of JSON Schema: Length, Range, Format, Pattern and their kin."""

from typing import Any

from dset.tasks.findings import Findings, meant, quoted, under
from dset.tasks.keywords import FORMATS

Node = dict[str, Any]
_TAGS = ("type", "kind", "constraint_type")
_BOUNDS = {
    "length": {"string": ("minLength", "maxLength"), "array": ("minItems", "maxItems")},
    "range": {"number": ("minimum", "maximum"), "integer": ("minimum", "maximum")},
}
_ENDS = ({"min", "minimum"}, {"max", "maximum"})
# One bound that stands alone: which pair it belongs to, and which end.
_SINGLE = {
    **dict.fromkeys(("minlength", "minitems"), ("length", 0)),
    **dict.fromkeys(("maxlength", "maxitems"), ("length", 1)),
    **dict.fromkeys(("min", "minimum", "minvalue"), ("range", 0)),
    **dict.fromkeys(("max", "maximum", "maxvalue"), ("range", 1)),
}
_FORMATS = {"url": "uri", "datetime": "date-time", "timestamp": "date-time", "ip": "ipv4"}
_KNOWN = ("Length", "Range", "Format", "Pattern", "MinLength", "MaxLength", "Min", "Max", "Unique")


def read(value: object, schema: Node, path: str, findings: Findings) -> Node:
    """The keywords that a field's `constraints` become; `schema` is what its type became."""
    if isinstance(value, dict):
        return of_table(value, schema, path, findings)
    if value is not None and not isinstance(value, list):
        findings.leave_out(path, f"must be a list of constraints, not {quoted(value)}")
    found: Node = {}
    for number, one in enumerate(value if isinstance(value, list) else ()):
        place = f"{path}[{number}]"
        if isinstance(one, str):
            found |= of_table({one: True}, schema, place, findings)
        elif isinstance(one, dict):
            found |= of_table(_untagged(one), schema, place, findings)
        else:
            findings.leave_out(place, f"is no constraint: {quoted(one)}")
    return found


def _untagged(constraint: Node) -> Node:
    """{"type": "Length", "min": 1} as {"Length": {"min": 1}}."""
    tag = next((one for one in _TAGS if isinstance(constraint.get(one), str)), "")
    if not tag:
        return constraint
    rest = {key: one for key, one in constraint.items() if key != tag}
    return {constraint[tag]: rest.get("value", rest)}


def of_table(table: object, schema: Node, path: str, findings: Findings) -> Node:
    """The keywords of {"Length": {...}, "Pattern": "..."}; what cannot be understood is left out and named."""
    found: Node = {}
    if not isinstance(table, dict):
        findings.leave_out(path, f"is not understood: {quoted(table)}")
        return found
    for name, content in table.items():
        if content is not None:
            found |= _one(name, content, schema, under(path, name), findings)
    return found


def _one(name: str, content: object, schema: Node, place: str, findings: Findings) -> Node:
    word = name.casefold().replace("_", "").replace("-", "")
    if word in _SINGLE:
        pair, end = _SINGLE[word]
        if pair == "range" and schema.get("type") in _BOUNDS["length"]:
            pair = "length"  # {"Array": {"items": …, "min": 1}} counts the items
        return _bounds(pair, {("min", "max")[end]: content}, schema, place, findings)
    if word in _BOUNDS:
        return _bounds(word, content, schema, place, findings)
    if word in {"pattern", "regex", "format"} or word in {*FORMATS, *_FORMATS}:
        return _of_text(word, content, schema, place, findings)
    if word in {"unique", "uniqueitems"} and schema.get("type") == "array" and isinstance(content, bool):
        return {"uniqueItems": content}
    if word in {"required", "nonempty", "notempty"} and content is True:
        return {} if word == "required" else _bounds("length", {"min": 1}, schema, place, findings)
    findings.leave_out(place, f"is no constraint that is known; {meant(name, _KNOWN)}")
    return {}


def _bounds(pair: str, content: object, schema: Node, place: str, findings: Findings) -> Node:
    kind = str(schema.get("type", "enum"))
    if kind not in _BOUNDS[pair]:
        fits = {"length": "Text and Array", "range": "Number and Integer"}[pair]
        findings.leave_out(place, f"a {pair} is for {fits}, not for a field of type {kind}")
        return {}
    if isinstance(content, list) and len(content) == 2:
        content = {"min": content[0], "max": content[1]}
    if not isinstance(content, dict) or not content:
        findings.leave_out(place, f'must be {{"min": …, "max": …}}, not {quoted(content)}')
        return {}
    found: Node = {}
    for key, value in content.items():
        end = next((number for number, words in enumerate(_ENDS) if key.casefold() in words), -1)
        if end < 0:
            findings.leave_out(under(place, key), f"is not known there; {meant(key, ('min', 'max'))}")
        elif value is not None and _is_bound(pair, value):
            found[_BOUNDS[pair][kind][end]] = int(value) if pair == "length" else value
        elif value is not None:
            wanted = "a whole number of at least 0" if pair == "length" else "a number"
            findings.leave_out(under(place, key), f"must be {wanted}, not {quoted(value)}")
    return found


def _is_bound(pair: str, value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return pair == "range" or (value >= 0 and value == int(value))


def _of_text(word: str, content: object, schema: Node, place: str, findings: Findings) -> Node:
    """A pattern or a format; {"Email": true} is {"Format": "email"}."""
    if isinstance(content, dict) and len(content) == 1:  # {"Pattern": {"regex": "..."}}
        content = next(iter(content.values()))
    if schema.get("type") != "string":
        findings.leave_out(place, f"is for Text, not for a field of type {schema.get('type', 'any')}")
        return {}
    if word in {"pattern", "regex"} and isinstance(content, str):
        return {"pattern": content}
    stated = word if content is True else content
    form = stated.casefold().replace("_", "-") if isinstance(stated, str) else ""
    form = _FORMATS.get(form.replace("-", ""), form)
    if form in FORMATS:
        return {"format": form}
    findings.leave_out(place, f"{quoted(content)} is no {word} that is known; {meant(form, FORMATS)}")
    return {}
