"""What the charts need beside the figures of a report, counted in the same pass over the same lines."""

from typing import Any

from dset.answers import Record
from dset.charts import amounts
from dset.charts.histograms import Sizes
from dset.charts.quantiles import LONGEST, Quantiles
from dset.charts.samples import Samples
from dset.charts.timeline import COARSE, Timeline
from dset.costs import DEAREST
from dset.reports.subject import Subject

_COLUMNS = 120  # of a chart over time: as many as a phone has room for
_WIDTHS = 14 * 24  # two weeks of hours: of a longer time the cost is told by the day, and so on
_TOKENS = 1e9  # of one answer


class Observed:
    """An onlooker of the counting; its parts are read when all lines have passed."""

    def __init__(self, subject: Subject) -> None:
        self.pace = Timeline(_COLUMNS)
        self.cost = Timeline(_WIDTHS, COARSE, longest=_WIDTHS)
        self.seconds = Quantiles()
        self.lengths, self.prompt, self.completion = Sizes(), Sizes(), Sizes()
        self.samples = Samples(subject)
        self.timeless = 0  # answers without a believable time
        self.is_priced = False  # the cost of some answer is known

    def answered(self, line: Record) -> None:
        """A line of output.json."""
        about = line["metadata"]
        self.lengths.add(len(_answer(line["response"])))
        for sizes, name in ((self.prompt, "prompt_tokens"), (self.completion, "completion_tokens")):
            tokens = amounts.amount(about, name, _TOKENS)
            if tokens is not None:
                sizes.add(int(tokens))
        seconds = amounts.amount(about, "seconds", LONGEST)
        if seconds is not None:
            self.seconds.add(seconds)
        at = amounts.moment(about)
        if at is None:
            self.timeless += 1
        else:
            bucket = self.pace.at(at)
            bucket.answered += 1
            if seconds is not None:
                bucket.seconds.add(seconds)
            self._charge(at, about)
        self.samples.add(line)

    def rejected(self, line: Record) -> None:
        """A line of rejected.json."""
        about = line["metadata"]
        at = amounts.moment(about)
        if at is not None:
            self.pace.at(at).rejected += 1
            self._charge(at, about)

    def _charge(self, at: float, about: Record) -> None:
        cost = amounts.amount(about, "cost_usd", DEAREST)
        if cost is not None:
            self.is_priced = True
            self.cost.at(at).usd += cost


def _answer(response: Any) -> str:
    answer = response.get("answer") if isinstance(response, dict) else response
    return answer if isinstance(answer, str) else ""
