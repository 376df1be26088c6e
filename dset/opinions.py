"""A second opinion: what becomes of a row that one model refuses and another one was asked about. Pure."""

from dataclasses import replace

from dset.failures import Failure, Kind
from dset.turns import Turn


def model_of(turn: Turn) -> str:
    """The model that was asked last."""
    return turn.lane.endpoint.model if turn.lane else ""


def against(turn: Turn) -> list[str]:
    """The models that will not answer it: the one that was asked last, and those that said nothing."""
    return list(dict.fromkeys([*turn.silent_at, model_of(turn)]))


def joined(turn: Turn, outcome: Failure) -> Failure:
    """What the row ends with: where the second model would not or could not take it, the first one's refusal stands."""
    first = turn.refusal
    if first is None or outcome is first or outcome.kind not in {Kind.REFUSAL, Kind.ROW_FAULT}:
        return outcome
    before, now = turn.refused_by[0], model_of(turn)
    if outcome.kind is Kind.REFUSAL:
        return replace(outcome, reason=f"{outcome.reason} ({now}; {before} refused it as well)")
    reason = f"{first.reason} ({before}; {now} could not take it: {outcome.reason})"
    return replace(outcome, kind=Kind.REFUSAL, reason=reason, advice=first.advice)
