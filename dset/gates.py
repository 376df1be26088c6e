"""The gate: the check an answer must pass to enter the outputs, and what a model is told that failed it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dset.contents import Question
from dset.messages import Messages
from dset.replies import Reply

_SHOWN = (
    20_000  # characters of a refused answer that are sent back: a longer one would cost more than it tells
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says of a reply. Without a fault it is the row's answer, with `data` if that was asked for."""

    faults: tuple[str, ...] = ()
    data: Any = None
    again: str = ""  # what the model is told with the faults, when it is asked once more; '': it is not

    @property
    def reason(self) -> str:
        """The faults in one line."""
        return "; ".join(self.faults)


# (question, reply, how often the row was asked again for such a fault) -> verdict. Called once for each reply, in the
# order of their arrival.
Gate = Callable[[Question, Reply, int], Verdict]


def open_to_all(question: Question, reply: Reply, times: int) -> Verdict:
    """The gate of a run that asks for no form."""
    del question, reply, times
    return Verdict()


def told(messages: Messages, reply: Reply, verdict: Verdict) -> Messages:
    """The conversation that asks again: the question, the answer that was refused, and why."""
    given = reply.answer if len(reply.answer) <= _SHOWN else reply.answer[:_SHOWN] + " …"
    return [
        *messages,
        {"role": "assistant", "content": given},
        {"role": "user", "content": verdict.again},
    ]
