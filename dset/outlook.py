"""What a run is about to do, for those who pay for it: the endpoints, an estimate of money and time, a row's price."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from dset import answers, clocks, costs, estimates, guesses, lanes, prices
from dset.answers import Record
from dset.contents import Question
from dset.endpoints import Endpoint
from dset.errors import DsetError
from dset.estimates import Estimate
from dset.folders import Folder
from dset.guesses import Past, Size
from dset.lanes import Lane
from dset.messages import Messages
from dset.prompts import Prompt
from dset.questions import Sheet
from dset.schedules import Terms
from dset.settings import Settings
from dset.workspace import Workspace

_SHOWN = 6  # endpoints that a line names at most
_SAMPLE = 60  # rows that are looked at
_TAIL = 1 << 18  # bytes of the journal that are looked at, from its end
_MOST_TOKENS = 10**9  # more is no figure of a service's
_TYPICAL = 200  # bytes of a question that nobody has written yet
_THINKERS = {"deepseek", "gemini", "openai"}  # they think unless they are told not to


def notes(used: Sequence[Lane], settings: Settings) -> list[str]:
    """What a user should know of the endpoints before anything is asked."""
    found: list[str] = []
    if len(used) > 1:
        shown = ", ".join(lane.name for lane in used[:_SHOWN])
        more = f" and {len(used) - _SHOWN:,} more" if len(used) > _SHOWN else ""
        how = "all at once" if settings.spread else "one after the other"
        found.append(f"endpoints, {how}: {shown}{more}")
    keys: dict[str, dict[str, None]] = {}
    for lane in used:
        keys.setdefault(lane.tariff, {})[lane.endpoint.key_name] = None
    found += estimates.shared_quota_notes({provider: list(names) for provider, names in keys.items()})
    if settings.off_peak and not any(lane.price and lane.price.peak for lane in used):
        found.append("--off-peak: no service here is known to have cheap hours; it is asked at any time")
    return found


def estimate(work: Workspace, used: Sequence[Lane]) -> Estimate | None:
    """What the plan will cost and how long it will take; None where it is too short for an estimate."""
    plan, settings = work.plan, work.settings
    if plan.todo < estimates.WORTH:
        return None
    sample = [size for question in plan.sample(_SAMPLE) if (size := _size_of(work.prompt, question))]
    past = list(_past(_tail(work.outputs.folder.journal), _models(settings), work.prompt, settings))
    return estimates.estimate(
        plan.todo,
        sample,
        past,
        [_terms(lane, settings) for lane in used],
        settings.concurrency or 1,
        clocks.now(),
        spread=settings.spread,
    )


def _terms(lane: Lane, settings: Settings) -> Terms:
    limits = lane.endpoint.limits
    learned = lane.closure.quota if lane.closure else None
    thinks = settings.thinking == "on" or (not settings.thinking and lane.tariff in _THINKERS)
    return Terms(lane.price, limits.rpm, limits.rpd or learned, limits.tpm, limits.concurrency, thinks=thinks)


def _size_of(prompt: Prompt, question: Question) -> Size | None:
    """The size of what is sent for a row, without reading its picture; None for a row that cannot be sent."""
    try:
        sent = prompt.messages(replace(question, image=""))
    except (ValueError, MemoryError, RecursionError):
        return None
    return Size.of(_text(sent), images=bool(question.image))


def _text(sent: Messages) -> str:
    return "\n".join(str(message.get("content", "")) for message in sent)


def _models(settings: Settings) -> set[str]:
    """The names of the models that are asked."""
    return {settings.model, *(name.partition("/")[2].partition("{")[0] for name in settings.services)}


def _past(
    records: Iterator[Record], models: Container[str], prompt: Prompt | None, settings: Settings
) -> Iterator[Past]:
    """Answers of before, those of the same models where there are any."""
    tail = list(records)
    # An endpoint is provider/key/model, and a model's name may hold a / too.
    same = [one for one in tail if str(one["metadata"].get("endpoint", "")).split("/", 2)[-1] in models]
    for record in same or tail:
        metadata = record["metadata"]
        figures = [metadata.get(name) for name in ("prompt_tokens", "completion_tokens", "cached_tokens")]
        came_in, went_out, cached = map(_tokens, figures)
        if came_in and went_out is not None:
            # At a pace that is yet to be found the seconds of an answer tell no time.
            seconds = metadata.get("seconds") if settings.concurrency else None
            waited = float(seconds) if isinstance(seconds, int | float) else None
            size = _size_then(prompt, metadata) if prompt else None
            yield Past(came_in, went_out, waited, size, cached or 0)


def _tokens(value: object) -> int | None:
    return value if isinstance(value, int) and 0 <= value <= _MOST_TOKENS else None


def _size_then(prompt: Prompt, metadata: Record) -> Size | None:
    text, columns = metadata.get("question"), metadata.get("columns")
    if not isinstance(text, str) or not isinstance(columns, dict):
        return None
    told = {str(name): str(cell) for name, cell in columns.items()}
    image, conversation = (str(metadata.get(name) or "") for name in ("image", "messages"))
    question = Question(0, 0, text, image, conversation, told, "")
    return _size_of(prompt, question)


def _tail(path: Path) -> Iterator[Record]:
    try:
        with path.open("rb") as stream:
            start = max(0, path.stat().st_size - _TAIL)
            stream.seek(start)
            lines = stream.read().split(b"\n")
    except OSError:  # no answers yet; what else is wrong is told where it is opened for good
        return
    for line in lines[1 if start else 0 :]:
        try:
            yield answers.parse(line)
        except ValueError:
            continue


# --- A row's price, without a run -------------------------------------------------------------------------


class RowPrices:
    """What a row costs, by q.csv and the answers so far where there are any, else for a typical row.

    Reads a little of both, locks nothing and changes nothing; what cannot be read is as if it were not there.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._prompt: Prompt | None = None
        self._sample = [Size.of(settings.prompt + settings.system, 0)]
        self._sample[0] = replace(self._sample[0], ascii=self._sample[0].ascii + _TYPICAL)
        try:
            self._read()
        except (DsetError, OSError):
            pass  # a run would say what is wrong; this is only a price
        self._records = list(_tail(Folder(settings.output).journal))

    def _read(self) -> None:
        told = self._settings
        with Sheet(told.questions, encoding=told.encoding, column=told.column) as sheet:
            prompt = Prompt(told.prompt, told.system, sheet.columns, told.questions.parent, told.appendix)
            asked = (sheet.question(record) for _, record in islice(sheet.records(), _SAMPLE))
            sizes = [size for one in asked if not one.is_empty and (size := _size_of(prompt, one))]
        self._prompt, self._sample = prompt, sizes or self._sample

    def at(self, endpoint: Endpoint) -> str:
        """A row's price at that endpoint at this moment, in words."""
        lane, now = lanes.make(endpoint, None, off_peak=False), clocks.now()
        if lane.price is None:
            return "price unknown"
        past = list(_past(iter(self._records), {endpoint.model}, self._prompt, self._settings))
        came_in = round(guesses.tokens_in(self._sample, past).likely)
        went_out = guesses.tokens_out(past, thinks=_terms(lane, self._settings).thinks).likely
        rate = lane.price.rate(now, came_in)
        usd = rate.cost(came_in, round(guesses.cached_share(past) * came_in), round(went_out))
        peak = " at the peak price of now" if lane.price.peak and prices.is_peak(lane.tariff, now) else ""
        return f"about {costs.usd(usd * self._settings.samples, 2)} a row{peak}"
