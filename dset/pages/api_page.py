"""The OpenAPI page, made on the server: it needs no network and no script."""

from collections.abc import Iterator, Mapping
from html import escape
from http import HTTPStatus
from typing import Any

from dset.pages import api_calls, api_schemas
from dset.pages.api_schemas import Openapi

Operation = Mapping[str, Any]
_METHODS = ("get", "put", "post", "delete", "patch")
_PAGES = (
    ("/", "Run"),
    ("/answers", "Answers"),
    ("/charts", "Charts"),
    ("/compare", "Compare"),
    ("/docs", "Task API"),
)


def page(openapi: Openapi) -> str:
    """The whole page as HTML, of what an app's `openapi()` returns."""
    info = openapi.get("info", {})
    title, version = _text(info.get("title", "API")), _text(info.get("version", ""))
    operations = list(_operations(openapi))
    links = "".join(
        f'<li><a href="#{_anchor(method, path)}">{_name(method, path)}</a> '
        f'<span class="quiet" dir="auto">{_text(one.get("summary", ""))}</span></li>'
        for path, method, one in operations
    )
    sections = "".join(_section(openapi, path, method, one) for path, method, one in operations)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Task API · {title}</title>
<link rel="icon" href="/static/icon.svg">
<link rel="stylesheet" href="/static/base.css">
<link rel="stylesheet" href="/static/api.css">
</head>
<body>
<a class="skip" href="#operations">To the operations</a>
<header class="top"><div><strong>dset</strong><nav aria-label="Pages"><ul>{_pages()}</ul></nav></div></header>
<main>
<h1 dir="auto">The API of {title} <span class="quiet">{version}</span></h1>
<p dir="auto">{_text(info.get("description", ""))}</p>
<p>For programs: <a href="/openapi.json">openapi.json</a>. What changes something needs the header
<code>X-Dset-Token</code>; its value stands in the address with which the program opened the browser.
A refusal is JSON: <code>{{"detail": "one line"}}</code>, with <code>"faults"</code> where there are several.</p>
<nav aria-label="Operations"><ul>{links}</ul></nav>
<div id="operations" tabindex="-1">{sections or "<p>This program has no operations.</p>"}</div>
</main>
</body>
</html>
"""


def _pages() -> str:
    """The way to the other pages, as they have it themselves."""
    here = ' aria-current="page"'
    return "".join(
        f'<li><a href="{path}"{here if path == "/docs" else ""}>{name}</a></li>' for path, name in _PAGES
    )


def _operations(openapi: Openapi) -> Iterator[tuple[str, str, Operation]]:
    for path, methods in openapi.get("paths", {}).items():
        for method in _METHODS:
            if method in methods:
                yield path, method, methods[method]


def _section(openapi: Openapi, path: str, method: str, one: Operation) -> str:
    anchor = _anchor(method, path)
    return (
        f'<section class="operation" id="{anchor}" aria-labelledby="{anchor}-name">'
        f'<h2 id="{anchor}-name">{_name(method, path)}</h2>'
        f'<p dir="auto"><strong>{_text(one.get("summary", ""))}</strong></p>'
        f'<p dir="auto">{_text(one.get("description", ""))}</p>'
        f"{_token(one)}{_parameters(openapi, one)}{_body(openapi, one)}{_answers(openapi, one)}"
        f"{_calls(path, method, one)}</section>"
    )


def _token(one: Operation) -> str:
    return "<p>Needs the header <code>X-Dset-Token</code>.</p>" if one.get("security") else ""


def _parameters(openapi: Openapi, one: Operation) -> str:
    rows = "".join(
        f'<tr><th scope="row"><code>{_text(found["name"])}</code></th><td>{_text(found["in"])}'
        f"{', required' if found.get('required') else ''}</td>"
        f"<td>{_text(api_schemas.kind(openapi, found.get('schema', {})))}</td>"
        f'<td dir="auto">{_text(found.get("description", ""))}</td></tr>'
        for found in one.get("parameters", [])
    )
    if not rows:
        return ""
    heading = "".join(f'<th scope="col">{word}</th>' for word in ("name", "where", "kind", "what"))
    return f'<h3>Parameters</h3><div class="scroll"><table><thead><tr>{heading}</tr></thead><tbody>{rows}</tbody></table></div>'


def _body(openapi: Openapi, one: Operation) -> str:
    body = one.get("requestBody")
    if not body:
        return ""
    kind, content = api_calls.content_of(body)
    return (
        f'<h3>Body</h3><p dir="auto"><code>{_text(kind)}</code>: {_text(body.get("description", ""))}</p>'
        f"{_schema(openapi, content.get('schema'), 'What it looks like')}{_example(content.get('example'))}"
    )


def _answers(openapi: Openapi, one: Operation) -> str:
    found = ""
    for status, answer in sorted(one.get("responses", {}).items()):
        kind, content = api_calls.content_of(answer)
        told = f"<code>{_text(status)}</code> {_text(_phrase(status))}"
        what = f'<span class="quiet" dir="auto">{_text(answer.get("description", ""))}</span>'
        # A refusal is the same everywhere; the head of the page says what it looks like.
        is_refusal = status[:1] in {"4", "5"}
        shape = "" if is_refusal else _schema(openapi, content.get("schema"), "What it looks like")
        found += f"<dt>{told}{' <code>' + _text(kind) + '</code>' if kind else ''}</dt><dd>{what}{shape}</dd>"
    return f"<h3>Answers</h3><dl>{found}</dl>"


def _calls(path: str, method: str, one: Operation) -> str:
    curl, python = api_calls.curl(path, method, one), api_calls.python(path, method, one)
    return f"<h3>From a shell</h3>{_code(curl)}<h3>From Python</h3>{_code(python)}"


def _code(text: str) -> str:
    """Lines that can be wider than the page: with a place in the order of the tabulator, so that they scroll by keyboard."""
    return f'<pre tabindex="0"><code>{_text(text)}</code></pre>'


def _schema(openapi: Openapi, schema: Any, heading: str) -> str:
    if not isinstance(schema, dict) or not schema:
        return ""
    lines = "".join(
        f'<li><code dir="auto">{_text(name)}</code> <span class="quiet">{_text(kind)}</span> '
        f'<span dir="auto">{_text(what)}</span></li>'
        for name, kind, what in api_schemas.fields(openapi, schema)
    )
    named = _text(api_schemas.kind(openapi, schema))
    return f'<details><summary>{heading}: {named}</summary><ul class="fields">{lines}</ul></details>'


def _example(value: Any) -> str:
    if value is None:
        return ""
    return f"<details><summary>An example</summary>{_code(api_calls.pretty(value))}</details>"


def _name(method: str, path: str) -> str:
    return f'<span class="method {method}">{method.upper()}</span> <code>{_text(path)}</code>'


def _anchor(method: str, path: str) -> str:
    return method + "".join(one if one.isalnum() and one.isascii() else "-" for one in path).rstrip("-")


def _phrase(status: str) -> str:
    return HTTPStatus(int(status)).phrase if status.isdecimal() and int(status) in list(HTTPStatus) else ""


def _text(value: object) -> str:
    return escape(str(value), quote=True)
