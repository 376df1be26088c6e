"""A dataset in which every text that a stranger may have written is one that means harm."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dset import answers, live, rejections
from tests import samples

ENDED = "2026-11-21T12:00:00Z"


def folder_name(text: str) -> str:
    """As much of the text as can be the name of a folder."""
    plain = text.encode("utf-8", "replace").decode().replace("/", "\N{DIVISION SLASH}").replace("\0", "")
    return plain.encode()[:200].decode("utf-8", "ignore").strip(". ") or "x"


def write(folder: Path, texts: Sequence[str], ending: str = "") -> Path:
    """The dataset; the answers end with `ending`, and the ids are those of the texts' places."""
    made, failed = [], []
    for number, text in enumerate(texts):
        asked = samples.question(text, number + 2, columns={text: text, "class": text[:40]})
        about = {"run": text, "model": text, "endpoint": text, "timestamp": ENDED, "cost_usd": 0.25}
        data = (
            None if "\\u" in text else {text: [text]}
        )  # an answer with escapes in it is shown as what its data says
        came = samples.reply(text + ending, text, finish_reason=text)
        record = answers.as_record(samples.answer(asked, came, data=data, **about))
        record["metadata"]["id"] = f"{number}: {text}"
        made.append(record)
        rejection = dict(rejections.as_record(samples.rejection(asked, text, reason=text, reply=came)))
        rejection["metadata"] |= {"id": f"{number}, failed", "row": 1000 + number, "model": text}
        failed.append(rejection)
    samples.write_lines(folder / "output.json", made)
    samples.write_lines(folder / "rejected.json", failed)
    samples.write_lines(folder / "runs.json", [*(run(text, text) for text in texts), run("r", texts[0])])
    lines = [f"{ENDED} {text}\n" for text in texts]
    (folder / "run.log").write_bytes("".join(lines).encode("utf-8", "surrogatepass"))
    spent = {text: {"spent_until": "2999-01-01T00:00:00Z", "reason": text} for text in texts}
    (folder / "endpoints.json").write_text(json.dumps(spent), encoding="utf-8")
    (folder / ".progress.json").write_bytes(live.as_bytes(note([text[:2_000] for text in texts])))
    return folder


def run(name: str, text: str) -> dict[str, Any]:
    """A line of runs.json."""
    request = {"model": text, "prompt": f"{text} {{question}}", "system": text}
    return {"run": name, "started": ENDED, "ended": None, "settings": request, "named": [text]} | request


def note(texts: Sequence[str]) -> dict[str, Any]:
    """What a run notes of itself."""
    waiting = [
        {"row": row, "reason": text, "until": "2999-01-01T00:00:00Z", "attempt": 2, "attempts": 4}
        for row, text in enumerate(texts, 2)
    ]
    lanes = [
        {"name": f"lane {text}", "is_open": False, "until": "2999-01-01T00:00:00Z", "reason": text}
        for text in texts
    ]
    return {
        "format": 1, "run": "r", "pid": os.getpid(), "started": ENDED, "state": "running", "waiting": waiting, "lanes": lanes,
        "trouble": texts[1], "total": len(texts),
    }  # fmt: skip
