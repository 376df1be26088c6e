"""How large a conversation is, for those who pay for it."""

import json

import pytest

from dset.messages import Messages, sizes

DATA = "data:image/png;base64," + "A" * 9000
PICTURE = {"type": "image_url", "image_url": {"url": DATA}}
CALL = {"id": "c1", "type": "function", "function": {"name": "search", "arguments": '{"q": "ภาษา"}'}}


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([{"role": "user", "content": "abc"}], (3, 0)),
        ([{"role": "user", "content": "ภาษา"}], (12, 0)),
        ([{"role": "user", "content": "\ud83d"}], (3, 0)),
        ([{"role": "system", "content": "ab"}, {"role": "user", "content": "c"}], (3, 0)),
        ([{"role": "user", "content": [{"type": "text", "text": "abc"}, PICTURE, PICTURE]}], (3, 2)),
        ([{"role": "user", "content": [{"text": "abc"}]}], (3, 0)),
        ([{"role": "user", "content": ["abc"]}], (3, 0)),
        ([{"role": "user", "content": ""}], (0, 0)),
        ([], (0, 0)),
    ],
)
def test_text_is_counted_in_bytes_and_pictures_by_their_number(
    messages: Messages, expected: tuple[int, int]
) -> None:
    assert sizes(messages) == expected


@pytest.mark.parametrize(
    "message",
    [
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "user", "name": "n" * 500, "content": "x"},
        {"role": "user", "content": [{**PICTURE, "text": "n" * 500}]},
        {"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "A" * 500}}]},
        {"role": "user", "content": [{"type": "text", "text": "n" * 500, "cache_control": {"type": "x"}}]},
        {"role": "user", "content": {"text": "n" * 500}},
        {"role": "user", "content": 10**50},
    ],
)
def test_nothing_that_the_model_reads_is_left_out(message: dict[str, object]) -> None:
    bare = json.dumps(message, ensure_ascii=False).replace(DATA, "").encode()
    names = 120  # bytes for roles, names of fields and the marks between them
    assert sizes([message])[0] >= len(bare) - names


def test_what_is_neither_text_nor_picture_counts_as_a_picture_too() -> None:
    parts = [{"type": "file", "file": {"file_id": "f"}}, {"type": "video_url", "video_url": {"url": "u"}}]
    assert sizes([{"role": "user", "content": parts}])[1] == 2
