"""The OpenAPI page, made on the server: it needs no network and no script."""

from collections.abc import Iterator, Mapping
from html import escape
from http import HTTPStatus
from typing import Any

from dset.pages import api_calls, api_schemas, page_frame
from dset.pages.api_schemas import Openapi

Operation = Mapping[str, Any]
_Group = tuple[str, str, list[tuple[str, str, Operation]]]  # its tag, what it is about, the operations
_METHODS = ("get", "put", "post", "delete", "patch")


def page(openapi: Openapi, base: str) -> str:
    """The whole page as HTML, of what an app's `openapi()` returns; `base`: the server's own address, without a path."""
    info = openapi.get("info", {})
    title, version = _text(info.get("title", "API")), _text(info.get("version", ""))
    groups = _groups(openapi)
    links = "".join(_links(name, operations) for name, _, operations in groups)
    sections = "".join(_group(openapi, base, *group) for group in groups)
    content = f"""<h1 dir="auto">What programs can ask of {title} <span class="quiet">{version}</span></h1>
<p dir="auto">{_text(info.get("summary", ""))} {_text(info.get("description", ""))}</p>
{_ABOUT}
<nav aria-label="Operations">{links}</nav>
{sections or '<p class="message">This program has no operations.</p>'}
<p class="quiet"><a href="/">Back to the run</a></p>"""
    return page_frame.page("Task API · dset", content, here="/docs", styles=("api.css",))


_ABOUT = """<p>For programs: <a href="/openapi.json">openapi.json</a>. A refusal is JSON: <code>{"detail": "one line"}</code>,
with <code>"faults"</code> where there are several. Words in capitals in the examples stand for values of yours.</p>
<p>What changes something needs the header <code>X-Dset-Token</code>. The program prints its value when it starts:
<code>to change tasks, a program sends the header X-Dset-Token: …</code> Where others on the network may ask too, it
stands behind <code>?token=</code> in the address that is printed instead, and reading needs the header as well.</p>"""


def _groups(openapi: Openapi) -> list[_Group]:
    """The operations by their tags, in the order in which the document tells of those; the others last."""
    told = {one["name"]: str(one.get("description", "")) for one in openapi.get("tags", [])}
    groups: dict[str, list[tuple[str, str, Operation]]] = {name: [] for name in told}
    for path, method, one in _operations(openapi):
        groups.setdefault(str(next(iter(one.get("tags", [])), "others")), []).append((path, method, one))
    return [(name, told.get(name, ""), found) for name, found in groups.items() if found]


def _links(name: str, operations: list[tuple[str, str, Operation]]) -> str:
    items = "".join(
        f'<li><a href="#{_anchor(method, path)}">{_name(method, path)}</a> '
        f'<span class="quiet" dir="auto">{_text(one.get("summary", ""))}</span></li>'
        for path, method, one in operations
    )
    return f'<p dir="auto"><strong>{_heading(name)}</strong></p><ul>{items}</ul>'


def _group(
    openapi: Openapi, base: str, name: str, about: str, operations: list[tuple[str, str, Operation]]
) -> str:
    sections = "".join(_section(openapi, base, path, method, one) for path, method, one in operations)
    return f'<h2 dir="auto">{_heading(name)}</h2><p dir="auto">{_text(about)}</p>{sections}'


def _heading(name: str) -> str:
    return _text(name[:1].upper() + name[1:])


def _operations(openapi: Openapi) -> Iterator[tuple[str, str, Operation]]:
    for path, methods in openapi.get("paths", {}).items():
        for method in _METHODS:
            if method in methods:
                yield path, method, methods[method]


def _section(openapi: Openapi, base: str, path: str, method: str, one: Operation) -> str:
    anchor = _anchor(method, path)
    return (
        f'<section class="operation" id="{anchor}" aria-labelledby="{anchor}-name">'
        f'<h3 id="{anchor}-name">{_name(method, path)}</h3>'
        f'<p dir="auto"><strong>{_text(one.get("summary", ""))}</strong></p>'
        f'<p dir="auto">{_text(one.get("description", ""))}</p>'
        f"{_token(one)}{_parameters(openapi, one)}{_body(openapi, one)}{_answers(openapi, one)}"
        f"{_calls(base, path, method, one)}</section>"
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
    return f'<h4>Parameters</h4><div class="scroll"><table><thead><tr>{heading}</tr></thead><tbody>{rows}</tbody></table></div>'


def _body(openapi: Openapi, one: Operation) -> str:
    body = one.get("requestBody")
    if not body:
        return ""
    kind, content = api_calls.content_of(body)
    return (
        f'<h4>Body</h4><p dir="auto"><code>{_text(kind)}</code>: {_text(body.get("description", ""))}</p>'
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
    return f"<h4>Answers</h4><dl>{found}</dl>"


def _calls(base: str, path: str, method: str, one: Operation) -> str:
    curl, python = api_calls.curl(base, path, method, one), api_calls.python(base, path, method, one)
    return f"<h4>From a shell</h4>{_code(curl)}<h4>From Python</h4>{_code(python)}"


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
