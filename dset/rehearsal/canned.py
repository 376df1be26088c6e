"""The rehearsal: invented answers, the same for the same question, and marked as invented."""

import hashlib
import json
from dataclasses import replace

from dset.rehearsal import faults
from dset.rehearsal.server import Behaviour, Request, Script

_MARK = "[rehearsal]"
_SHOWN = 500  # characters of the question that its answer repeats
_CACHE_BLOCK = 64  # tokens: DeepSeek's prompt cache counts in blocks of them


def answer(request: Request, form: str = "") -> Behaviour:
    """The invented answer: it says so, repeats the question, and has a plausible bill.

    `form` where an object of some form is asked for; JSON where the request asks for JSON; no reasoning where it
    switches thinking off.
    """
    text = request.text
    shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    said = f"{_MARK} No model was asked. Your question was: {shown}"
    if form:
        said = form
    elif _asks_for_json(request):
        said = json.dumps({"rehearsal": said}, ensure_ascii=False)
    reasoning = f"{_MARK} A model that thinks aloud would do so here." if _thinks(request) else None
    asked, spent = _tokens(text), _tokens(said)
    thought = 20 + hashlib.sha256(text.encode("utf-8", "replace")).digest()[0] if reasoning else 0
    return faults.ok(
        said,
        reasoning,
        model=str(request.body.get("model", "rehearsal")),
        prompt_tokens=asked,
        cached_tokens=asked // 2 // _CACHE_BLOCK * _CACHE_BLOCK,
        completion_tokens=spent + thought,
        reasoning_tokens=thought,
    )


def calm(latency: float = 0.0, reply: Script = answer) -> Script:
    """Every question is answered, after `latency` seconds."""
    return faults.slow(latency, reply)


def outage(after: int, latency: float = 0.0, reply: Script = answer) -> Script:
    """A service that goes down for good once `after` questions are answered; a re-run finds it down still.

    From then on it drops connections and says that it is overloaded, in turn. Before that the second question
    to arrive is told once to come back in a second, which is no outage. `reply` says what is answered.
    """
    down = [faults.dropped(), faults.overloaded(), faults.dropped_after_headers()]
    told = iter([faults.retry_after(1)])
    answered = failed = 0

    def script(request: Request) -> Behaviour:
        nonlocal answered, failed
        if answered >= after:
            failed += 1
            # Later than the answers under way: what fails after the last answer is an outage and no bad row.
            return replace(down[failed % len(down)], delay=1.5 * latency)
        if answered == 1 and (pace := next(told, None)):
            return pace
        answered += 1
        return replace(reply(request), delay=latency)

    return script


def _thinks(request: Request) -> bool:
    thinking = request.body.get("thinking")
    return not (isinstance(thinking, dict) and thinking.get("type") == "disabled")


def _asks_for_json(request: Request) -> bool:
    wanted = request.body.get("response_format")
    return isinstance(wanted, dict) and str(wanted.get("type", "")).startswith("json")


def _tokens(text: str) -> int:
    """About what a tokeniser would count: four bytes each."""
    return 1 + len(text.encode("utf-8", "replace")) // 4
