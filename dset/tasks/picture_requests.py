"""What a model is told of a picture: the task, the language and the form of the record; then the picture."""

from dataclasses import replace
from pathlib import Path

from dset.settings import Settings
from dset.tasks import requests
from dset.tasks.definitions import Task

_PROMPT = "Write the record of this picture."


def settings_for(settings: Settings, folder: Path, asked: Task, lang: str) -> Settings:
    """The settings that ask the q.csv in `folder` about its pictures; `asked`: the task as a model is asked it."""
    return replace(
        settings,
        questions=folder / "q.csv",
        output=folder,
        given=settings.given | {"output"},
        prompt=_PROMPT,
        system="",
        appendix=_told(asked, lang),
        samples=1,
        schema=None,
        near=None,
        second_opinion=True,
        encoding="",
        column="",
    )


def _told(asked: Task, lang: str) -> str:
    """The same for every picture, so that prompt caches hit."""
    text = requests.system(asked, lang, 1)
    example = requests.example_for(asked, lang, {}, asked.name)
    return f"{text}\n\n{requests.shown(example, 'of another picture')}" if example else text


def mended(line: str) -> str:
    """A line of a run's summary as it is true here: the verb has no such flag, the setting has its variable."""
    return line.replace("--retry-failed", "DSET_RETRY_FAILED=1")
