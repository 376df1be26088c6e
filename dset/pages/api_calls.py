"""How an operation of an OpenAPI document is called: a line for a shell, a few for Python."""

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

Operation = Mapping[str, Any]


def curl(base: str, path: str, method: str, one: Operation) -> str:
    """The call as a line for a POSIX shell; `base` is the server's own address, without a path."""
    words = ["curl"] + ([] if method == "get" else ["-X", method.upper()])
    words += ["-o", "answer"] if _comes_back(one) == "bytes" else []
    line = shlex.join([*words, base + _filled(path, one)])
    if one.get("security"):
        line += ' -H "X-Dset-Token: $TOKEN"'
    if "requestBody" in one:
        line += " -H 'Content-Type: application/json' -d " + shlex.quote(_compact(_example(one)))
    return line


_ENDS = {
    "json": "    print(json.load(answer))",
    "bytes": '    open("answer", "wb").write(answer.read())',
    "": "    print(answer.status)",
}


def python(base: str, path: str, method: str, one: Operation) -> str:
    """The call with nothing but Python's own library."""
    headers = ['"X-Dset-Token": token'] if one.get("security") else []
    given, before, comes_back = f'method="{method.upper()}"', "", _comes_back(one)
    if "requestBody" in one:
        before = f"body = json.dumps({_python(_example(one))}).encode()\n"
        headers.append('"Content-Type": "application/json"')
        given += ", data=body"
    given += f", headers={{{', '.join(headers)}}}" if headers else ""
    imports = "import json\n" if before or comes_back == "json" else ""
    url = json.dumps(base + _filled(path, one))
    return (
        f"{imports}import urllib.request\n\n{before}request = urllib.request.Request({url}, {given})\n"
        f"with urllib.request.urlopen(request) as answer:\n{_ENDS[comes_back]}"
    )


def _comes_back(one: Operation) -> str:
    """json, bytes, or '' for nothing."""
    found = [answer for status, answer in one.get("responses", {}).items() if status[:1] == "2"]
    kinds = {kind for answer in found for kind in answer.get("content") or {}}
    return "" if not kinds else "json" if "application/json" in kinds else "bytes"


def content_of(part: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """(media type, what stands under it) of a body or an answer; ('', {}) where it has none."""
    content = part.get("content") or {}
    for kind, found in content.items():
        return kind, found
    return "", {}


def pretty(value: Any) -> str:
    """A value as JSON over lines."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def _filled(path: str, one: Operation) -> str:
    """The path with an example in place of each parameter that it needs; where there is none, its name in capitals."""
    for name, word in _needed(one, "path"):
        path = path.replace("{" + name + "}", quote(word, safe=""))
    query = urlencode(list(_needed(one, "query")))
    return f"{path}?{query}" if query else path


def _needed(one: Operation, where: str) -> Iterator[tuple[str, str]]:
    for found in one.get("parameters", []):
        if found["in"] == where and found.get("required"):
            listed = found.get("examples") or found.get("schema", {}).get("examples")
            word = listed[0] if isinstance(listed, list) and listed else found.get("example")
            yield found["name"], str(word if word is not None else found["name"].upper())


def _example(one: Operation) -> Any:
    return content_of(one["requestBody"])[1].get("example", {})


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _python(value: Any) -> str:
    """As Python writes it."""
    return repr(value)
