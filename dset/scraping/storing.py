"""Pictures that were paid for, on disk before their answers count; each under the name that its content gives it."""

import tempfile
import threading
from pathlib import Path

from dset import files
from dset.downloads import kinds, naming
from dset.errors import StorageError
from dset.images.opening import PictureError, open_picture, reading


class Store:
    """A folder of them. `put` may be called from several threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._one_by_one = threading.Lock()  # two answers may be the same picture

    def put(self, data: bytes) -> str:
        """The name of the picture, which is durable by then.

        Raises PictureError for what is none, and StorageError that says where the picture is instead.
        """
        with open_picture(data) as picture, reading():
            picture.load()  # what is cut off shows only then
        if not (kind := kinds.kind(data)):
            raise PictureError(f"is {kinds.other(data)}; taken are {', '.join(kinds.EXTENSIONS)}")
        name = naming.name(data, kind)
        with self._one_by_one:
            try:
                files.make_folder(self.folder)
                files.replace(self.folder / name, [data])
            except OSError as error:
                raise StorageError(_rescued(self.folder / name, data, error)) from None
        return name


def _rescued(path: Path, data: bytes, error: OSError) -> str:
    """What is said of a picture that its folder does not take; it is in the temporary one, if that does."""
    place = Path(tempfile.gettempdir()) / f"dset-rescue-{path.name}"
    why = f"cannot write {path.as_posix()} ({error.strerror})"
    try:
        files.replace(place, [data])
    except OSError as second:
        return f"{why}, nor {place} ({second.strerror}): lost: 1 picture that was paid for"
    return f"{why}: the picture, which was paid for, is kept in {place}"
