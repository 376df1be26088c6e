"""What a service said: the text, the thoughts, and the figures it told."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Reply:
    """What a completion holds. `answer` is the text as it came; figures are None where none are told."""

    answer: str
    reasoning: str | None
    model: str | None
    finish_reason: str | None
    prompt_tokens: int | None
    cached_tokens: int | None
    completion_tokens: int | None
    reasoning_tokens: int | None
    raw: bytes | None = field(default=None, repr=False)  # the body, where it is no UTF-8
