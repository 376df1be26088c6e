"""What a request says to a model: a conversation, as the chat completions of OpenAI have it."""

import json
from typing import Any

Messages = list[dict[str, Any]]


def read_messages(cell: str) -> Messages:
    """The conversation in a `messages` cell. Raises ValueError that says what is wrong with it."""
    try:
        messages = json.loads(cell)
    except (ValueError, RecursionError):
        raise ValueError("the messages cell is not JSON") from None
    if not isinstance(messages, list) or not messages:
        raise ValueError('the messages cell must be a list like [{"role": "user", "content": "..."}]')
    for number, message in enumerate(messages, 1):
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise ValueError(f"message {number} of the messages cell has no role")
    return messages


def sizes(messages: Messages) -> tuple[int, int]:
    """How large they are at the most: (bytes of text in UTF-8, pictures). What is neither counts as both."""
    size = pictures = 0
    for message in messages:
        content = message.get("content")
        # Names, calls of tools and what stands beside a text are read by the model too.
        size += _size_but(message, "role", "content")
        for part in content if isinstance(content, list) else [content]:
            if isinstance(part, dict):
                size += _size_but(part, "type", "image_url")
                pictures += "image_url" in part or part.get("type", "text") != "text"
            else:
                size += _size(part)
    return size, pictures


def weight(messages: Messages) -> int:
    """Bytes of memory that its pictures take on their way, about: as text, and twice in the body of the request."""
    parts = [part for one in messages if isinstance(one["content"], list) for part in one["content"]]
    urls = (part["image_url"]["url"] for part in parts if isinstance(part, dict) and "image_url" in part)
    return sum(len(url) for url in urls if isinstance(url, str)) * 3


def _size_but(table: dict[str, Any], *names: str) -> int:
    return sum(_size(value) for name, value in table.items() if name not in names)


def _size(value: object) -> int:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return len(text.encode("utf-8", "surrogatepass"))
