"""`task NAME --images FOLDER`: which dataset is to be made of a folder of pictures, and the plan that binds some of it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dset import files
from dset.errors import UsageError
from dset.settings import Settings
from dset.tasks import definitions, orders, picture_fields, planfile, schemas
from dset.tasks.catalog import Catalog
from dset.tasks.definitions import Task

KIND = "pictures"
_MEANINGLESS = (
    ("set", "the pictures decide what the records say"),
    ("against", "a picture is read whatever other datasets hold"),
    ("max_requests", "each picture is asked about once; --limit asks about fewer now"),
)


@dataclass(frozen=True, slots=True)
class PictureOrder:
    """What was asked for on the command line."""

    task: Task  # as it is stated
    asked: Task  # as a model is asked
    lang: str
    source: Path  # the user's folder
    count: int | None = None  # the first so many pictures; None: all
    near: float | None = None  # how much alike two records may not be; None: they may be equal
    name: str = ""
    together: tuple[str, ...] = ()  # the folders of all datasets of one command: a budget is for their sum

    @property
    def folder(self) -> str:
        """The name of its folder."""
        return self.name or self.task.name

    def as_document(self) -> dict[str, Any]:
        """As plan.json holds it."""
        return {
            "version": 1,
            "kind": KIND,
            "task": definitions.as_document(self.task),
            "schema_version": schemas.version(self.task.schema),
            "lang": self.lang,
            "images": self.source.as_posix(),
        }


def read(
    options: Mapping[str, Any], catalog: Catalog, settings: Settings, tell: Callable[[str], None]
) -> list[PictureOrder]:
    """The orders of NAME[,NAME] [COUNT] --images FOLDER. Raises UsageError."""
    for field, why in _MEANINGLESS:
        if options[field]:
            raise UsageError(f"--{field.replace('_', '-')} means nothing with --images: {why}")
    if options["per_request"] > 1:
        raise UsageError("--per-request means nothing with --images: each picture has its own request")
    names, count = orders.named(options, tell, catalog, is_counted=False)
    source = _folder(options["images"], settings.output)
    made = []
    for name in names:
        task = catalog.get(name)
        if not picture_fields.is_on_pictures(task):
            raise UsageError(
                f"--images: the schema of the task {name} has no property image, so it is not about pictures: "
                f'leave --images out, or add "image": {{"type": "string"}} to its properties'
            )
        asked, lang = picture_fields.without(task), orders.language(options, task)
        # The verb's own default of --near is for texts: what stands in the settings was given.
        made.append(PictureOrder(task, asked, lang, source, count, settings.near, options["name"], names))
    return made


def _folder(folder: Path, output: Path) -> Path:
    folder = folder.expanduser()
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "there is no such folder"
        raise UsageError(f"--images: {folder}: {what}; name the folder that holds the pictures")
    if folder.resolve().is_relative_to((output / "tasks").resolve()):
        raise UsageError(f"--images: {folder} is a dataset of ours; name the folder with your own pictures")
    return folder


def bind(path: Path, order: PictureOrder) -> None:
    """Note the order in plan.json. Raises UsageError that names each thing in which it differs from what stands there."""
    wanted, known = order.as_document(), planfile.read(path)
    if known is not None and (told := _differences(known, wanted, order)):
        raise UsageError(
            f"{path} holds another plan: {'; '.join(told)}. Make a dataset of its own with --name, or ask as before"
        )
    if known != wanted:
        text = json.dumps(wanted, ensure_ascii=False, indent=1) + "\n"
        files.replace(path, [text.encode("utf-8", "surrogatepass")])


def _differences(known: Mapping[str, Any], wanted: Mapping[str, Any], order: PictureOrder) -> list[str]:
    if known.get("kind") != KIND:
        return ["it was made without --images"]
    told = []
    if not _is_same_folder(str(known.get("images")), order.source):
        told.append(f"the pictures were in {known.get('images')} and are in {order.source} now")
    if known.get("lang") != order.lang:
        told.append(f"--lang was {known.get('lang')} and is {order.lang} now")
    if known.get("task") != wanted["task"]:
        told.append(f"the task {order.task.name} has changed")
    return told


def _is_same_folder(known: str, source: Path) -> bool:
    """The same one, or the one that took its place: a project that was moved takes its pictures along."""
    return Path(known).resolve() == source.resolve() or not Path(known).exists()
