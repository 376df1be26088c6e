"""The gates of the three queues: a caption, a yes or no, a translation."""

from collections.abc import Callable, Mapping

from dset import texts
from dset.captions import prompts, rules
from dset.captions.rules import Rules
from dset.contents import Question
from dset.gates import Verdict
from dset.replies import Reply

TIMES = 2  # that a row is asked again with the faults of its answer


class CaptionGate:
    """Lets in a caption that follows the rules and was not given to another picture."""

    def __init__(self, wanted: Rules, known: Mapping[str, str]) -> None:
        """`known`: the captions that stand, by picture."""
        self._rules = wanted
        self._pictures = {texts.normal(caption): picture for picture, caption in known.items()}

    def __call__(self, question: Question, reply: Reply, times: int) -> Verdict:
        """The verdict on one reply."""
        caption = rules.tidy(reply.answer)
        faults = rules.faults(caption, self._rules)
        twin = self._pictures.get(texts.normal(caption))
        if not faults and twin not in {None, question.image}:
            faults.append(f"{twin} has the very same caption: say what sets this picture apart")
        if faults:
            return Verdict(tuple(faults), again=prompts.again(faults) if times < TIMES else "")
        self._pictures[texts.normal(caption)] = question.image
        return Verdict(data={"caption": caption})


def yes_or_no(question: Question, reply: Reply, times: int) -> Verdict:
    """Lets in what is a yes or a no."""
    del question
    said = prompts.verdict(reply.answer)
    if said is None:
        fault = "it is neither yes nor no"
        return Verdict((fault,), again="Answer with one word: yes or no." if times < TIMES else "")
    return Verdict(data={"keep": said})


def translation(wanted: Rules) -> Callable[[Question, Reply, int], Verdict]:
    """A gate that lets in one line in the other language, with the trigger where it was."""

    def gate(question: Question, reply: Reply, times: int) -> Verdict:
        del question
        text = rules.tidy(reply.answer)
        faults = rules.faults(text, wanted)
        if faults:
            return Verdict(tuple(faults), again=prompts.again(faults) if times < TIMES else "")
        return Verdict(data={"caption": text})

    return gate
