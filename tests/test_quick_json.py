"""JSON read quickly, and what is left to Python's own parser."""

import json

import pytest

from dset import quick_json


@pytest.mark.parametrize(
    "value", [{}, [1, -2.5, None, True], {"a": {"b": "ทำไม? 😀\u2028\x00"}}, "x", 10**30]
)
def test_what_it_reads_is_what_python_reads(value: object) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False)):
        assert quick_json.parse(text.encode()) == value


@pytest.mark.parametrize("data", [b"", b"{", b"{} {}", b'"\xff"', b"'a'", b'"\n"'])
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        quick_json.parse(data)


def test_without_openai_python_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick_json, "_from_json", None)
    assert quick_json.parse(b'{"a": 1}') == {"a": 1}
