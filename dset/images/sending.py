"""Pictures on their way to a service: no larger than it reads, so that nothing is sent that makes no difference.

DeepSeek: 640,000 pixels and 1 MiB a picture are what its own client sends (deepseek-harness), and no more than 384 tokens
are billed; others: 20 MB a request at Gemini (https://ai.google.dev/gemini-api/docs/image-understanding), 2,048 pixels
a side at OpenAI (https://platform.openai.com/docs/guides/images).

What is small enough goes as it is, unless services differ in what they see: how the camera was held, which picture of an
animation, GIF at all (Gemini takes none), CMYK, numbers of more than 8 bits.
"""

import importlib.util
import io
import math
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dset.endpoints import Endpoint
from dset.errors import install_line

if TYPE_CHECKING:
    from PIL.Image import Image

_QUALITY = (92, 85, 75, 60)
_FINE = 90  # from this quality on colours keep every pixel
_SUBSAMPLING = ("4:2:0", "4:4:4")
_SMALLER = 0.7  # of the pixels, where no quality is small enough
_SIDE = 8_000  # pixels: Claude refuses more (https://docs.claude.com/en/docs/build-with-claude/vision), a JPEG 65,500
_UNPACKED = 90_000_000  # pixels in memory at once, in all threads: 360 MB with transparency
_ORIENTATION = 0x0112  # the tag of EXIF that says how the camera was held
_AS_IT_IS = {"JPEG", "PNG", "WEBP"}
_MODES = {"1", "L", "LA", "P", "PA", "RGB", "RGBA"}
_DENSE = (
    1  # bytes a pixel of a photograph's file: few have more, so that one with more bytes has too many pixels
)


@dataclass(frozen=True, slots=True)
class Bound:
    """The largest picture that is sent."""

    pixels: int
    bytes: int


DEEPSEEK = Bound(640_000, 1 << 20)
OTHERS = Bound(2048 * 2048, 14 << 20)
Scaled = Callable[[bytes], bytes]


def bound_of(endpoints: Sequence[Endpoint]) -> Bound:
    """What all of them read."""
    bounds = [DEEPSEEK if one.is_deepseek else OTHERS for one in endpoints]
    return Bound(min(one.pixels for one in bounds), min(one.bytes for one in bounds))


def is_possible() -> bool:
    """Pillow is there."""
    return importlib.util.find_spec("PIL") is not None


def for_services(endpoints: Callable[[], Sequence[Endpoint]]) -> Scaled | None:
    """What makes a picture fit for these services, which are asked for with the first picture; None without Pillow.

    It may be called in several threads at once: large pictures then wait for one another.
    """
    if not is_possible():
        return None
    bounds: list[Bound] = []
    memory = _Memory(_UNPACKED)

    def scaled(data: bytes) -> bytes:
        if not bounds:
            bounds.append(bound_of(endpoints()))
        return fit(data, bounds[0], memory)

    return scaled


def notes(sizes: Iterable[int], endpoints: Sequence[Endpoint]) -> list[str]:
    """What to tell where pictures of these sizes, in bytes, would be scaled and cannot be; `sizes` is read only then."""
    if is_possible():
        return []
    bound = bound_of(endpoints)
    if max(sizes, default=0) <= min(bound.bytes, bound.pixels * _DENSE):
        return []
    return [
        f"pictures go as they are, larger than the services read them; to scale them: {install_line('PIL')}"
    ]


class _Memory:
    """So many pixels, for threads."""

    def __init__(self, pixels: int) -> None:
        self._most = self._left = pixels
        self._freed = threading.Condition()

    @contextmanager
    def taken(self, pixels: int) -> Iterator[None]:
        """Hold so many while the block runs, as soon as they are free."""
        pixels = min(pixels, self._most)
        with self._freed:
            self._freed.wait_for(lambda: pixels <= self._left)
            self._left -= pixels
        try:
            yield
        finally:
            with self._freed:
                self._left += pixels
                self._freed.notify_all()


def fit(data: bytes, bound: Bound, memory: _Memory | None = None) -> bytes:
    """The picture as it is where it is fit for any service, else a JPEG that is.

    One that cannot be read to its end here goes as it is where it is small: some services read it all the same. Raises
    ValueError for others; the text is the rest of a sentence that begins with its name.
    """
    from dset.images.opening import PictureError, TooLargeError, open_picture, reading

    try:
        image = open_picture(data)
        width, height = image.size
        with (memory or _Memory(_UNPACKED)).taken(width * height), reading():
            pixels = _pixels(width, height, bound)
            if len(data) > bound.bytes or pixels < width * height or not _is_plain(image):
                return _smaller(data, pixels, bound.bytes)
            image.load()
            return data if _is_upright(image) else _smaller(data, pixels, bound.bytes)
    except TooLargeError as error:
        raise ValueError(str(error)) from None
    except PictureError as error:
        if len(data) <= bound.bytes:
            return data
        raise ValueError(str(error)) from None


def _pixels(width: int, height: int, bound: Bound) -> int:
    """How many of them are sent: neither side is too long."""
    share = min(1.0, bound.pixels / (width * height), (_SIDE / max(width, height)) ** 2)
    return max(1, math.floor(width * height * share))


def _is_plain(image: "Image") -> bool:
    """Every service sees the same in it, as far as its head tells."""
    is_single = getattr(image, "n_frames", 1) == 1
    return image.format in _AS_IT_IS and image.mode in _MODES and is_single


def _is_upright(image: "Image") -> bool:
    """Its pixels lie as they are to be seen. `image` is loaded, since a PNG may tell it behind its pixels."""
    try:
        return image.getexif().get(_ORIENTATION, 1) not in range(2, 9)
    except Exception:  # noqa: BLE001 - EXIF that breaks its reader turns nothing
        return True


def _smaller(data: bytes, pixels: int, most: int) -> bytes:
    """A JPEG of at most so many pixels and bytes. Raises PictureError."""
    from dset.images.fitting import Form, fitted
    from dset.images.opening import open_picture

    while True:
        small = fitted(open_picture(data), Form((pixels, 1), "inside", _QUALITY[0]))
        for quality in _QUALITY:
            stream = io.BytesIO()  # not packed best: that takes twice as long, and of pure noise it fails
            small.save(stream, "JPEG", quality=quality, subsampling=_SUBSAMPLING[quality >= _FINE])
            if stream.tell() <= most:
                return stream.getvalue()
        pixels = max(1, int(pixels * _SMALLER))
