"""Tokens of a run, added up. What the service did not tell stays unknown and is counted as such."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dset.replies import Reply


@dataclass(slots=True)
class Tokens:
    """Sums over replies, in tokens; `cached` is part of `prompt`, `reasoning` part of `completion`."""

    prompt: int = 0
    cached: int = 0
    completion: int = 0
    reasoning: int = 0
    untold: int = 0  # replies whose usage the service did not tell

    def add(self, reply: Reply) -> None:
        """Add the figures of one reply, answered or paid for in vain."""
        if reply.prompt_tokens is None and reply.completion_tokens is None:
            self.untold += 1
        self.prompt += reply.prompt_tokens or 0
        self.cached += reply.cached_tokens or 0
        self.completion += reply.completion_tokens or 0
        self.reasoning += reply.reasoning_tokens or 0

    def count(self, metadata: Mapping[str, Any]) -> None:
        """Add the figures that the metadata of a record states; what is no number there counts as not told."""
        told = {name: value for name, value in metadata.items() if isinstance(value, int)}
        if "prompt_tokens" not in told and "completion_tokens" not in told:
            self.untold += 1
        self.prompt += told.get("prompt_tokens", 0)
        self.cached += told.get("cached_tokens", 0)
        self.completion += told.get("completion_tokens", 0)
        self.reasoning += told.get("reasoning_tokens", 0)

    def __str__(self) -> str:
        text = f"{self.prompt:,} in ({self.cached:,} cached), {self.completion:,} out ({self.reasoning:,} thinking)"
        return text + (f"; not told for {self.untold:,}" if self.untold else "")
