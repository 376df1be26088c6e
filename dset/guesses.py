"""How many tokens a request takes, from the bytes of its prompt and from the answers that came before. Pure."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

# Bytes of UTF-8 a token. English: 4 characters for Gemini (https://ai.google.dev/gemini-api/docs/tokens), 3.3 for
# DeepSeek (0.3 tokens a character, https://api-docs.deepseek.com/quick_start/token_usage). Other scripts, on the dear
# side: Chinese 5 for DeepSeek (0.6 tokens a character); Thai takes 2.8 times the tokens of the same text in English,
# over many tokenisers (https://mothertoken.inigoimaz.com/), and about as many times its bytes.
_ASCII, _OTHER = 4.0, 3.0
_A_REQUEST = 8  # tokens that roles and separators take
_PICTURE = 1_100  # tokens: Gemini 3 takes 1,120, OpenAI 1,229 for 1024 x 1024, DeepSeek up to 384
_ANSWER, _THOUGHTFUL_ANSWER = 800, 2_500  # tokens, guessed
_TOKENS_A_SECOND = 50.0  # guessed
_SHORTEST = 0.001  # seconds
_GUESSED_IN, _GUESSED_OUT = 2.0, 4.0  # a guess may be wrong by this factor


@dataclass(frozen=True, slots=True)
class Size:
    """What a row sends: bytes of ASCII, bytes of UTF-8 beyond it, pictures."""

    ascii: int
    other: int = 0
    images: int = 0

    @classmethod
    def of(cls, text: str, images: int = 0) -> Self:
        """The size of a prompt."""
        plain = len(text.encode("ascii", "ignore"))
        return cls(plain, len(text.encode("utf-8", "surrogatepass")) - plain, images)

    @property
    def tokens(self) -> float:
        """How many tokens that will be, about."""
        return self.ascii / _ASCII + self.other / _OTHER + self.images * _PICTURE + _A_REQUEST


@dataclass(frozen=True, slots=True)
class Past:
    """An answer that came earlier. `size` is None where the prompt is not known any more."""

    prompt_tokens: int
    completion_tokens: int
    seconds: float | None = None
    size: Size | None = None
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Guess:
    """A likely number and the factor by which it may be wrong."""

    likely: float
    factor: float


def tokens_in(sample: Sequence[Size], past: Sequence[Past]) -> Guess:
    """Tokens of a prompt; the past tells how many a row of such a size really takes."""
    guessed = statistics.fmean(size.tokens for size in sample) if sample else 0.0
    ratios = [one.prompt_tokens / one.size.tokens for one in past if one.size is not None]
    if ratios and sample:
        return _from([guessed * ratio for ratio in ratios])
    return _from([one.prompt_tokens for one in past]) if past else Guess(guessed, _GUESSED_IN)


def tokens_out(past: Sequence[Past], *, thinks: bool) -> Guess:
    """Tokens of an answer, thoughts and all."""
    if past:
        return _from([one.completion_tokens for one in past])
    return Guess(_THOUGHTFUL_ANSWER if thinks else _ANSWER, _GUESSED_OUT)


def _from(values: Sequence[float]) -> Guess:
    """The mean; wrong by two standard errors and a little, by more where there are few: they hide how far they spread."""
    mean, count = statistics.fmean(values), len(values)
    spread = statistics.pstdev(values) / mean if mean else 0.0
    return Guess(mean, 1.05 + 2 * (spread + 1 / count) / math.sqrt(count))


def wait(past: Sequence[Past], out: float) -> float:
    """Seconds until an answer of `out` tokens is there, above 0."""
    waits = [one.seconds for one in past if one.seconds is not None]
    return max(_SHORTEST, statistics.fmean(waits)) if waits else 1 + out / _TOKENS_A_SECOND


def cached_share(past: Sequence[Past]) -> float:
    """Of the tokens in, how many the service had in its cache: 0 to 1."""
    prompts = sum(one.prompt_tokens for one in past)
    return sum(one.cached_tokens for one in past) / prompts if prompts else 0.0
