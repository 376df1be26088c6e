"""One request as it arrived, and what to do on the wire in return."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived. With `keep_bodies=False` the kept record has no headers and no body."""

    number: int  # 1, 2, 3 … in order of arrival over the whole server
    method: str
    path: str
    headers: Mapping[str, str]  # names in lower case
    body: Mapping[str, Any]  # {} where there is no JSON object
    attempt: int  # how often this same text has been asked so far, this time included
    in_flight: int  # questions under way, this one included

    @property
    def text(self) -> str:
        """The text of the last user message, its text parts joined; '' where there is none."""
        return user_text(self.body)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What to do on the wire. A header given here takes the place of the server's own."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    delay: float = 0.0  # seconds of 'thinking' before the status line
    chunks: Iterable[tuple[float, bytes]] = ()  # pauses and pieces, sent in place of `body` after the headers
    content_length: int | None = None  # what the header claims; the connection closes afterwards
    cut: str = ""  # drop the socket: 'before' any byte, after the 'headers', in the middle of the 'body'
    hang: bool = False  # no byte at all until the client or the server closes


Script = Callable[[Request], Behaviour]


def json_reply(value: object, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Behaviour:
    """A reply with this JSON as its body: in UTF-8, or in escapes where UTF-8 cannot hold it."""
    try:
        body = json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # a lone surrogate
        body = json.dumps(value).encode()
    return Behaviour(status, headers, body)


def deepseek_pages(balance: str = "110.00") -> dict[str, Behaviour]:
    """What DeepSeek shows to a GET, by path; its amounts are strings."""
    names = ("deepseek-flash", "deepseek-v4-pro")
    models = [{"id": name, "object": "model", "owned_by": "deepseek"} for name in names]
    amounts = {"total_balance": balance, "granted_balance": "0.00", "topped_up_balance": balance}
    info = {"is_available": True, "balance_infos": [{"currency": "CNY", **amounts}]}
    return {"/models": json_reply({"object": "list", "data": models}), "/user/balance": json_reply(info)}


def user_text(body: Mapping[str, Any]) -> str:
    messages = body.get("messages")
    for message in reversed(messages if isinstance(messages, list) else []):
        if isinstance(message, dict) and message.get("role") == "user":
            content = message.get("content")
            parts = content if isinstance(content, list) else [{"text": content}]
            texts = [part.get("text") for part in parts if isinstance(part, dict)]
            return "".join(text for text in texts if isinstance(text, str))
    return ""
