"""What a service tells of the money that is left."""

import json

import pytest

from dset.balances import read


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            {"is_available": True, "balance_infos": [{"currency": "CNY", "total_balance": "110.00"}]},
            "110.00 CNY",
        ),
        (
            {
                "balance_infos": [
                    {"currency": "CNY", "total_balance": "-1"},
                    {"currency": "USD", "total_balance": "0.5"},
                ]
            },
            "-1 CNY, 0.5 USD",
        ),
        (
            {"is_available": False, "balance_infos": [{"currency": "USD", "total_balance": "0.00"}]},
            "0.00 USD, too little for a request",
        ),
        ({"data": {"limit_remaining": 7.25}}, "7.25 USD left of the key's limit"),
        ({"data": {"limit_remaining": None, "usage": 3}}, ""),
        ({"balance_infos": [{"total_balance": "5"}]}, "5"),
    ],
)
def test_the_balance_is_told_in_words(document: object, expected: str) -> None:
    assert read(json.dumps(document).encode()) == expected


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"7", b"<html>", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5000,
        b'{"balance_infos": {}}', b'{"balance_infos": [1, null, [], {}]}',
        b'{"balance_infos": [{"total_balance": {"x": 1}, "currency": []}]}',
        b'{"balance_infos": [{"total_balance": true}]}', b'{"balance_infos": [{"total_balance": "a lot"}]}',
        b'{"balance_infos": [{"total_balance": "' + b"9" * 99_999 + b'"}]}',
        b'{"data": {"limit_remaining": true}}', b'{"data": {"limit_remaining": "7"}}', b'{"data": [1]}',
        b'{"data": {"limit_remaining": NaN}}', b'{"data": {"limit_remaining": -Infinity}}',
        b'{"data": {"limit_remaining": ' + b"9" * 4000 + b"}}", b'{"data": {"limit_remaining": 1e308}}',
    ],
    ids=lambda body: body[:40].decode("latin-1"),
)  # fmt: skip
def test_a_page_that_tells_none_is_passed_over(body: bytes) -> None:
    assert read(body) == ""


def test_a_page_cannot_fill_the_screen_or_move_the_terminal() -> None:
    info = {"total_balance": "1", "currency": "\x1b[2J\nsk-0123456789abcdefcanary" + "x" * 999}
    said = read(json.dumps({"balance_infos": [info] * 1000}).encode())
    assert said.isprintable()
    assert len(said) < 80
    assert "sk-0123456789" not in said
