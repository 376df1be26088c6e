"""How an operation of an OpenAPI document is called: a line for a shell, a few for Python."""

import json
import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

Operation = Mapping[str, Any]
_BASE = "http://127.0.0.1:8000"


def curl(path: str, method: str, one: Operation) -> str:
    """The call as a line for a POSIX shell."""
    words = ["curl"] + ([] if method == "get" else ["-X", method.upper()]) + [_BASE + _filled(path, one)]
    line = shlex.join(words)
    if one.get("security"):
        line += ' -H "X-Dset-Token: $TOKEN"'
    if "requestBody" in one:
        line += " -H 'Content-Type: application/json' -d " + shlex.quote(_compact(_example(one)))
    return line


def python(path: str, method: str, one: Operation) -> str:
    """The call with nothing but Python's own library."""
    headers = ['"X-Dset-Token": token'] if one.get("security") else []
    given, before = f'method="{method.upper()}"', ""
    if "requestBody" in one:
        before = f"body = json.dumps({_python(_example(one))}).encode()\n"
        headers.append('"Content-Type": "application/json"')
        given += ", data=body"
    given += f", headers={{{', '.join(headers)}}}" if headers else ""
    has_answer = "204" not in one.get("responses", {})
    end = "    print(json.load(answer))" if has_answer else "    print(answer.status)"
    imports = "import json\nimport urllib.request\n" if before or has_answer else "import urllib.request\n"
    url = json.dumps(_BASE + _filled(path, one))
    return f"{imports}\n{before}request = urllib.request.Request({url}, {given})\nwith urllib.request.urlopen(request) as answer:\n{end}"


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
    """The path with an example in place of each parameter."""
    for found in one.get("parameters", []):
        if found["in"] == "path":
            examples = found.get("examples") or found.get("schema", {}).get("examples")
            word = (
                examples[0]
                if isinstance(examples, list) and examples
                else found.get("example", found["name"])
            )
            path = path.replace("{" + found["name"] + "}", quote(str(word), safe=""))
    return path


def _example(one: Operation) -> Any:
    return content_of(one["requestBody"])[1].get("example", {})


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _python(value: Any) -> str:
    """As Python writes it."""
    return repr(value)
