"""The bodies of a 200, one row each, and whatever else a server may send."""

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dset import quick_json
from dset.completions import read_completion
from dset.failures import Failure, Kind
from dset.rehearsal import faults
from dset.replies import Reply

USAGE = {
    "prompt_tokens": 10,
    "completion_tokens": 5,
    "total_tokens": 15,
    "prompt_cache_hit_tokens": 4,
    "prompt_cache_miss_tokens": 6,
    "prompt_tokens_details": {"cached_tokens": 4},
    "completion_tokens_details": {"reasoning_tokens": 3},
}


def body(message: Any = None, finish: Any = "stop", **top: Any) -> bytes:
    """A completion as DeepSeek sends it, with one choice."""
    choice = {"index": 0, "finish_reason": finish, "logprobs": None}
    if message is not None:
        choice["message"] = message
    document = {
        "id": "1",
        "object": "chat.completion",
        "model": "deepseek-flash",
        "choices": [choice],
        "usage": USAGE,
    }
    return json.dumps(document | top).encode()


def says(content: Any, **message: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **message}


def answer(raw: bytes, content_type: str = "application/json") -> Reply:
    reply = read_completion(raw, content_type)
    assert isinstance(reply, Reply), reply
    return reply


def failure(raw: bytes, content_type: str = "application/json") -> Failure:
    found = read_completion(raw, content_type)
    assert isinstance(found, Failure), found
    assert found.status == 200
    assert 0 < len(found.reason) <= 300
    assert found.maybe_billed is (found.kind is Kind.OUTAGE and not found.silent)
    return found


def test_a_completion_is_read_whole() -> None:
    reply = answer(body(says("Paris.", reasoning_content="France, so", tool_calls=None)))
    assert reply == Reply("Paris.", "France, so", "deepseek-flash", "stop", 10, 4, 5, 3)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (body(says("  kept \r\n\x00\u2028 exactly\n\n")), "  kept \r\n\x00\u2028 exactly\n\n"),
        (b"\n\n \r\n\n" + body(says("after blank lines")), "after blank lines"),
        (b": keep-alive\n\n: keep-alive\n\n" + body(says("after comments")), "after comments"),
        (b"\xef\xbb\xbf" + body(says("after a BOM")), "after a BOM"),
        (
            body(
                says([{"type": "text", "text": "one "}, {"type": "image"}, {"type": "text", "text": "two"}])
            ),
            "one two",
        ),
        (body(says(["one ", {"text": "two"}, 3, None])), "one two"),
        (body(says([{"type": "thinking", "text": "hm"}, {"type": "output_text", "text": "two"}])), "two"),
        (body(says("no finish"), finish=None), "no finish"),
        (body(says("unknown finish"), finish="OTHER"), "unknown finish"),
        (body(says("finish is no text"), finish=7), "finish is no text"),
        (body(says("null error"), error=None), "null error"),
        (body(says("with a refusal beside it", refusal="no")), "with a refusal beside it"),
        (body(says("and tools", tool_calls=[{"id": "1"}])), "and tools"),
        (body(says("NaN beside it"), score=float("nan"), other=float("-inf")), "NaN beside it"),
        (body(says("long number"), big=1).replace(b'"big": 1', b'"big": ' + b"9" * 5000), "long number"),
        (body(says("raw X break")).replace(b"X", b"\n"), "raw \n break"),
        (body(says("bad X bytes")).replace(b"X", b"\xff"), "bad \N{REPLACEMENT CHARACTER} bytes"),
        (body(says("\ud800 alone")), "\ud800 alone"),
        (b"[" + body(says("in an array")) + b"]", "in an array"),
        (body(says("x" * 10_000_000)), "x" * 10_000_000),
    ],
)
def test_an_answer_is_kept_as_it_came(raw: bytes, text: str) -> None:
    assert answer(raw).answer == text


def test_a_body_that_is_no_utf8_is_kept_beside_what_was_read_from_it() -> None:
    bad = body(says("caf X")).replace(b"X", b"\xe9")
    reply = answer(bad)
    assert (reply.answer, reply.raw) == ("caf \N{REPLACEMENT CHARACTER}", bad)
    cut = body(says("caf X"), "length").replace(b"X", b"\xed\xa0\x80")
    kept = failure(cut).reply
    assert kept is not None
    assert kept.raw == cut
    assert answer(body(says("café \ufffd \ud800"))).raw is None
    assert failure(b"\xff\xfe\x00").reply is None


def test_an_answer_under_a_wrong_content_type_is_an_answer() -> None:
    assert answer(body(says("yes")), "text/html; charset=utf-8").answer == "yes"


@pytest.mark.parametrize(
    ("message", "text", "reasoning"),
    [
        (says("a", reasoning_content="x", reasoning="y"), "a", "x"),
        (says("a", reasoning_content="", reasoning="y"), "a", "y"),
        (says("a", reasoning_content=["x"], reasoning={"y": 1}), "a", None),
        (says("a", reasoning_content="  "), "a", None),
        (says("<think>\nhm\n</think>\n\n \r\n  a\n"), "  a\n", "hm"),
        (says("\n<think></think>\n\na"), "a", None),
        (says("<think>x</think>a</think>b"), "a</think>b", "x"),
        (says("a <think>x</think>"), "a <think>x</think>", None),
        (says("<think>x</think>a", reasoning_content="y"), "<think>x</think>a", "y"),
    ],
)
def test_reasoning_comes_from_its_field_or_from_a_leading_think_block(
    message: dict[str, Any], text: str, reasoning: str | None
) -> None:
    reply = answer(body(message))
    assert (reply.answer, reply.reasoning) == (text, reasoning)


@pytest.mark.parametrize(
    ("usage", "figures"),
    [
        (None, (None, None, None, None)),
        ([1], (None, None, None, None)),
        ({"prompt_tokens": "10", "completion_tokens": 5.0}, (None, None, None, None)),
        ({"prompt_tokens": -1, "completion_tokens": True}, (None, None, None, None)),
        ({"prompt_tokens": 0, "completion_tokens": 2}, (0, None, 2, None)),
        ({"prompt_cache_hit_tokens": 4}, (None, 4, None, None)),
        (
            {"prompt_cache_hit_tokens": 4, "prompt_tokens_details": {"cached_tokens": 0}},
            (None, 0, None, None),
        ),
        ({"prompt_cache_hit_tokens": 4, "prompt_tokens_details": "x"}, (None, 4, None, None)),
        ({"completion_tokens_details": {"reasoning_tokens": None}}, (None, None, None, None)),
    ],
)
def test_figures_of_a_wrong_type_are_unknown_and_cost_no_answer(usage: Any, figures: tuple[Any, ...]) -> None:
    reply = answer(body(says("a"), usage=usage))
    assert (
        reply.prompt_tokens,
        reply.cached_tokens,
        reply.completion_tokens,
        reply.reasoning_tokens,
    ) == figures


@pytest.mark.parametrize("model", [None, 3, ["m"], ""])
def test_a_model_of_a_wrong_type_is_unknown(model: Any) -> None:
    assert answer(body(says("a"), model=model)).model is None


HTML = b"<!DOCTYPE html><html><head><title>Log in</title><script>if (a < b) {}</script></head><body>Guest net"


@pytest.mark.parametrize(
    ("raw", "content_type", "reason"),
    [
        (b"", "application/json", "empty body"),
        (b"\n\n \r\n\n", "application/json", "empty body"),
        (b": keep-alive\n\n", "text/event-stream", "empty body"),
        (HTML, "text/html", "a web page: Log in Guest net"),
        (HTML, "application/json", "a web page: Log in Guest net"),
        (b"Please log in", "text/html", "a web page: Please log in"),
        (body(says("Paris."))[:-30], "application/json", 'cut off, or not JSON: {"id": "1"'),
        (b"upstream connect error", "text/plain", "cut off, or not JSON: upstream connect error"),
        (b"[" * 100_000, "application/json", "cut off, or not JSON"),
        (b'{"a":' * 100_000, "application/json", "cut off, or not JSON"),
        (b"\xff\xfe\x00", "application/json", "cut off, or not JSON"),
        (b"data: {}\n\ndata: [DONE]", "text/event-stream", "cut off, or not JSON"),
        (b"null", "application/json", "no completion: null"),
        (b'"text"', "application/json", "no completion"),
        (b"[]", "application/json", "no completion"),
        (b"3", "application/json", "no completion"),
        (b"{}", "application/json", "no choices in it"),
        (b'{"choices": null, "usage": {"completion_tokens": 0}}', "application/json", "no choices in it"),
        (b'{"choices": []}', "application/json", "no choices in it"),
        (b'{"choices": {"0": {}}}', "application/json", "no choices in it"),
        (b'{"choices": [null]}', "application/json", "no choices in it"),
        (b'{"error": {"message": "Server busy", "code": 500}}', "application/json", "Server busy"),
        (b'[{"error": {"message": "Try later"}}]', "application/json", "Try later"),
        (b'{"error": "oops"}', "application/json", "oops"),
        (b'{"error": true}', "application/json", 'an error: {"error": true}'),
        (body(says(None)), "application/json", "no text in it"),
        (body(says("")), "application/json", "no text in it"),
        (body(says("   \n  ")), "application/json", "no text in it"),
        (body(says({"text": "a"})), "application/json", "no text in it"),
        (body(says([])), "application/json", "no text in it"),
        (body(), "application/json", "no text in it"),
        (body("text"), "application/json", "no text in it"),
        (body(says(None, tool_calls=[{"id": "1"}]), "tool_calls"), "application/json", "only tool_calls"),
        (body(says("", reasoning_content="hm")), "application/json", "only reasoning"),
        (body(says("<think>without end")), "application/json", "only reasoning"),
        (body(says("<think>hm</think>\n\n")), "application/json", "only reasoning"),
    ],
)
def test_a_200_without_an_answer_is_an_outage(raw: bytes, content_type: str, reason: str) -> None:
    found = failure(raw, content_type)
    assert found.kind is Kind.OUTAGE
    assert reason in found.reason


def test_a_web_page_names_what_to_check() -> None:
    assert "--base-url" in failure(HTML, "text/html").advice


def test_a_web_page_is_shown_in_its_first_200_characters_without_escapes() -> None:
    found = failure(b"<p>\x1b[2J\xe2\x80\xae" + b"word " * 1000)
    assert found.reason.startswith("a web page: word word")
    assert len(found.reason) <= len("a web page: ") + 200


@pytest.mark.parametrize("finish", ["insufficient_system_resource", "error"])
def test_a_completion_that_broke_off_is_an_outage_that_keeps_its_text(finish: str) -> None:
    found = failure(body(says("half an"), finish))
    assert found.kind is Kind.OUTAGE
    assert finish in found.reason
    assert found.reply is not None
    assert found.reply.answer == "half an"


def test_an_error_beside_a_text_is_an_outage_that_keeps_the_text() -> None:
    found = failure(body(says("half an"), error={"message": "upstream died"}))
    assert (found.kind, found.reason) == (Kind.OUTAGE, "upstream died")
    assert found.reply is not None


def test_reasoning_alone_is_kept_but_is_no_answer() -> None:
    found = failure(body(says("", reasoning_content="hm")))
    assert found.reply is not None
    assert (found.reply.answer, found.reply.reasoning) == ("", "hm")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        # https://github.com/michelle-avery/custom-conversation/issues/24 and others: a choice without a message
        (body(finish="content_filter: PROHIBITED_CONTENT"), "content_filter: PROHIBITED_CONTENT"),
        (body(finish="content_filter: SAFETY"), "content_filter: SAFETY"),
        (body(says(""), "content_filter"), "content_filter"),
        (body(finish="SAFETY"), "SAFETY"),
        (body(finish="Recitation"), "Recitation"),
        (body(finish="BLOCKLIST"), "BLOCKLIST"),
        (body(finish="prohibited_content"), "prohibited_content"),
        (body(finish="SPII"), "SPII"),
        (body(finish="IMAGE_SAFETY"), "IMAGE_SAFETY"),
        (body(says(None, refusal="I cannot help with that.")), "I cannot help with that."),
        (
            b'{"error": {"message": "Content Exists Risk", "code": "invalid_request_error"}}',
            "Content Exists Risk",
        ),
        (b'{"error": {"message": "no", "code": "content_filter"}}', "no"),
        (b'{"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {}}', "blockReason"),
        (b'{"choices": [], "prompt_feedback": {"block_reason": "OTHER"}}', "block_reason"),
        (b'{"choices": [], "prompt_filter_results": [{"hate": {"filtered": true}}]}', "filtered"),
        (b'{"choices": null, "finish_reason": "content_filter"}', "content_filter"),
    ],
)
def test_a_blocked_answer_is_a_refusal(raw: bytes, reason: str) -> None:
    found = failure(raw)
    assert found.kind is Kind.REFUSAL
    assert reason in found.reason
    assert found.reply is None


def test_a_refusal_keeps_the_text_that_came_before_it() -> None:
    found = failure(body(says("half an"), "content_filter"))
    assert found.kind is Kind.REFUSAL
    assert found.reply is not None
    assert found.reply.answer == "half an"


def test_words_of_an_answer_that_look_like_a_block_are_no_block() -> None:
    reasoning = '{"blockReason": "SAFETY", "filtered": true, "finish_reason": "content_filter"}'
    assert failure(body(says("", reasoning_content=reasoning))).kind is Kind.OUTAGE
    assert answer(body(says(reasoning))).answer == reasoning


@pytest.mark.parametrize("finish", ["length", "max_tokens", "MAX_TOKENS"])
@pytest.mark.parametrize("text", ["half an", "", None])
def test_a_cut_answer_is_kept_apart_and_the_flag_is_named(finish: str, text: str | None) -> None:
    found = failure(body(says(text, reasoning_content="hm"), finish))
    assert found.kind is Kind.CUT_SHORT
    assert "--max-tokens" in found.advice
    assert found.reply == Reply(text or "", "hm", "deepseek-flash", finish, 10, 4, 5, 3)


def test_a_cut_choice_without_a_message_is_cut_short_too() -> None:
    assert failure(body(finish="length")).kind is Kind.CUT_SHORT


NAMES = st.sampled_from(
    [
        "choices",
        "message",
        "content",
        "finish_reason",
        "error",
        "usage",
        "reasoning",
        "reasoning_content",
        "refusal",
        "text",
        "type",
        "model",
        "code",
        "prompt_tokens_details",
        "cached_tokens",
        "tool_calls",
        "metadata",
        "raw",
        "detail",
        "length",
        "stop",
        "content_filter",
        "<think>",
        "</think>",
    ]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | NAMES | st.text(max_size=20)
DOCUMENTS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=30,
)
MESSAGES = st.dictionaries(NAMES, DOCUMENTS, max_size=6)
CHOICES = st.lists(st.fixed_dictionaries({"message": MESSAGES, "finish_reason": LEAVES}), max_size=2)


UNSAFE = r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"


def check(raw: bytes) -> None:
    """What must hold of any body: no exception, and an answer only where there is text."""
    found = read_completion(raw)
    if isinstance(found, Reply):
        assert found.answer.strip()
    else:
        assert not re.search(UNSAFE, found.reason)
        assert 0 < len(found.reason) <= 300


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_raise(raw: bytes) -> None:
    check(raw)


@settings(deadline=None)
@given(DOCUMENTS, CHOICES)
def test_no_json_raises(document: Any, choices: Any) -> None:
    check(json.dumps(document).encode())
    check(json.dumps({"choices": choices, "error": None, "usage": document}).encode())
    check(json.dumps({"choices": choices, "error": document}).encode())


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=400))
def test_no_part_of_a_completion_is_an_answer(length: int) -> None:
    whole = body(says("Paris."))
    assert (failure(whole[:length]) if length < len(whole) else answer(whole)) is not None


@pytest.mark.parametrize("depth", [10, 100, 900, 950, 990])
def test_deep_nesting_raises_nothing(depth: int) -> None:
    nest = b"[" * depth + b"]" * depth
    for raw in (nest, b'{"error": ' + nest + b"}", b'{"choices": ' + nest + b"}", body(says("a"), x=1)):
        check(raw.replace(b'"x": 1', b'"x": ' + nest))


def test_a_figure_that_nobody_can_have_counted_is_none() -> None:
    raw = body(says("a"), usage={"prompt_tokens": 10**19, "completion_tokens": 10**19 - 1})
    assert (answer(raw).prompt_tokens, answer(raw).completion_tokens) == (None, 10**19 - 1)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(_VALUES, _VALUES, _VALUES)
@settings(max_examples=100, deadline=None)
def test_both_parsers_read_the_same(content: object, usage: object, finish: object) -> None:
    raw = json.dumps(
        {"choices": [{"message": {"content": content}, "finish_reason": finish}], "usage": usage}
    )
    quick = read_completion(raw.encode())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(quick_json, "parse", _refuses)
        assert read_completion(raw.encode()) == quick


def _refuses(data: bytes) -> object:
    raise ValueError


def test_what_was_billed_without_a_text_is_told_all_the_same() -> None:
    for behaviour in (faults.gemini_blocked(), faults.blank_content(), faults.content_filter()):
        failure = read_completion(behaviour.body)
        assert isinstance(failure, Failure)
        assert failure.reply is None
        assert failure.usage is not None
        assert failure.usage.prompt_tokens == 10
