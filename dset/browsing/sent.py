"""What was sent for a row, told again of what runs.json says of its run and of what its line says of the row."""

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dset import runs, templates
from dset.browsing import shown
from dset.headers import USUAL
from dset.messages import read_messages
from dset.state import Mark, mark

_LARGEST = 64 << 20  # bytes of a runs.json that is read
_Sent = list[dict[str, str]]
_NO_RUN = "its line does not say which run asked for it"
_AGAIN = "it took {attempts} requests; this is the first one"


class Runs:
    """runs.json, read again when it has changed. For any number of threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._mark: Mark | None = None
        self._requests: Mapping[str, dict[str, Any]] = {}

    def sent(self, about: Mapping[str, Any]) -> dict[str, Any]:
        """{"sent", "sent_note"} for a line's metadata: the messages, None where nobody knows them; what to know of them."""
        run = about.get("run")
        if not isinstance(run, str) or not run:
            return {"sent": None, "sent_note": _NO_RUN}
        request = self._of(run)
        if request is None:
            return {"sent": None, "sent_note": f"runs.json has no line about the run {shown.text(run, 60)}"}
        try:
            sent, note = messages(request, about), _note(about)
        except ValueError as error:
            sent, note = None, f"it cannot be told: {error}"
        return {"sent": sent, "sent_note": note}

    def _of(self, run: str) -> Mapping[str, Any] | None:
        with self._lock:
            there = mark(self._path) if os.path.isfile(self._path) else None  # a pipe has no end
            if there != self._mark:
                is_read = there is not None and there[0] <= _LARGEST
                self._requests = runs.read(self._path).requests if is_read else {}
                self._mark = there
            return self._requests.get(run)


def messages(request: Mapping[str, Any], about: Mapping[str, Any]) -> _Sent:
    """The messages of a row; a picture stands in them in words. `request`: the settings of its run. Raises ValueError."""
    conversation = about.get("messages")
    if isinstance(conversation, str) and conversation:
        return [
            {"role": shown.text(one["role"], 60), "content": _content(one)}
            for one in read_messages(conversation)
        ]
    prompt, system, appendix = (_text(request.get(name)) for name in ("prompt", "system", "appendix"))
    columns, question = about.get("columns"), _text(about.get("question"))
    own = columns.items() if isinstance(columns, dict) else ()
    cells = {str(name): _text(cell) for name, cell in own} | {"question": question}
    content, said = _filled(prompt, cells), _filled(system, cells)
    if picture := _text(about.get("image")):
        content += f"\n\n[picture: {picture}]"
    first = "\n\n".join(filter(None, (said, appendix)))
    sent = [{"role": "system", "content": first}] if first else []
    return [
        {"role": one["role"], "content": shown.text(one["content"])}
        for one in (*sent, {"role": "user", "content": content})
    ]


def _filled(template: str, cells: Mapping[str, str]) -> str:
    """The template filled. No line says what the heading of the question was: a usual one is taken for it."""
    unknown = templates.parse(template, list(cells)).unknown
    headings = {word: cells["question"] for word in unknown if word.strip().casefold() in USUAL}
    return templates.parse(template, [*cells, *headings]).fill({**headings, **cells})


def _content(message: Mapping[str, Any]) -> str:
    """What a message says; what is no text in it stands there in words."""
    content = message.get("content")
    parts = content if isinstance(content, list) else [content]
    return shown.text("\n\n".join(_part(part) for part in parts if part is not None))


def _part(part: Any) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, dict) and isinstance(part.get("text"), str):
        return str(part["text"])
    kind = part.get("type") if isinstance(part, dict) else None
    return "[picture]" if kind == "image_url" else f"[{shown.text(kind, 40) or 'something that is no text'}]"


def _note(about: Mapping[str, Any]) -> str:
    attempts = shown.whole(about.get("attempts")) or 1
    return _AGAIN.format(attempts=f"{attempts:,}") if attempts > 1 else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
