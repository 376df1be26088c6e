"""A question and the templates -> the messages that are sent."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from dset import pictures, templates
from dset.contents import Question
from dset.headers import Columns
from dset.messages import Messages, read_messages

_COPIES = 4  # as it is read, and twice as text, which is a third longer


class Prompt:
    """The prompt and the system message of a run, read against the columns of its q.csv."""

    def __init__(self, prompt: str, system: str, columns: Columns, folder: Path, appendix: str = "") -> None:
        """`folder`: where the paths in an `image` column start. `appendix`: sent behind the system message as it is."""
        own = [name for _, name in columns.own]
        known = ["question", *([columns.heading] if columns.heading else []), *own]
        self._prompt = templates.parse(prompt, known)
        self._system = templates.parse(system, known)
        self.asks = bool(self._prompt.columns) or columns.image >= 0  # something of the row is sent
        self._heading, self._appendix = columns.heading, appendix
        self._folder = folder
        self.scaled: Callable[[bytes], bytes] | None = None  # makes a picture fit for those who are asked
        named: Sequence[str] = (*self._prompt.columns, *self._system.columns)
        self.named = tuple(dict.fromkeys(name for name in named if name in own and name != "question"))
        self.unknown = tuple(dict.fromkeys((*self._prompt.unknown, *self._system.unknown)))

    def picture_size(self, question: Question) -> int:
        """Bytes of the row's picture; 0 without one, or where it cannot be read."""
        return pictures.size(self._folder, question.image) if question.image and not question.messages else 0

    def weight(self, question: Question) -> int:
        """Bytes of memory that the row's picture takes while it is read and made a text of, about; 0 without one."""
        return self.picture_size(question) * _COPIES

    def messages(self, question: Question) -> Messages:
        """What is sent for the row. Raises ValueError where its cells do not allow it."""
        if question.messages:
            return read_messages(question.messages)
        cells = {self._heading: question.text, **question.columns, "question": question.text}
        content: Any = self._prompt.fill(cells)
        if question.image:
            picture = pictures.as_part(self._folder, question.image, self.scaled)
            content = [{"type": "text", "text": content}, picture]
        messages: Messages = [{"role": "user", "content": content}]
        if system := "\n\n".join(filter(None, (self._system.fill(cells), self._appendix))):
            messages.insert(0, {"role": "system", "content": system})
        return messages
