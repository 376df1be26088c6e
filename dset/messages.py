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
    """How large they are: (bytes of text in UTF-8, pictures)."""
    size = pictures = 0
    for message in messages:
        content = message.get("content")
        for part in content if isinstance(content, list) else [content]:
            if isinstance(part, dict) and "image_url" in part:
                pictures += 1
            else:
                text = part.get("text") if isinstance(part, dict) else part
                size += len(str(text).encode("utf-8", "surrogatepass"))
    return size, pictures
