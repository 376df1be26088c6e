"""Pictures on their way to a service: no larger than it reads, so that nothing is sent that makes no difference.

DeepSeek: 640,000 pixels and 1 MiB a picture are what its own client sends (deepseek-harness), and no more than 384 tokens
are billed; others: 20 MB a request at Gemini (https://ai.google.dev/gemini-api/docs/image-understanding), 2,048 pixels
a side at OpenAI (https://platform.openai.com/docs/guides/images).
"""

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dset.endpoints import Endpoint

_QUALITY = (92, 85, 75, 60)
_SMALLER = 0.7  # of the pixels, where no quality is small enough


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
    bounds = [DEEPSEEK if one.provider == "deepseek" else OTHERS for one in endpoints]
    return Bound(min(one.pixels for one in bounds), min(one.bytes for one in bounds))


def for_services(endpoints: Callable[[], Sequence[Endpoint]]) -> Scaled | None:
    """What makes a picture fit for these services, which are asked for with the first picture; None without Pillow."""
    if importlib.util.find_spec("PIL") is None:
        return None
    bounds: list[Bound] = []

    def scaled(data: bytes) -> bytes:
        if not bounds:
            bounds.append(bound_of(endpoints()))
        return fit(data, bounds[0])

    return scaled


def fit(data: bytes, bound: Bound) -> bytes:
    """The picture as it is where it is small enough, else a JPEG that is. Raises ValueError for one that cannot be read."""
    from dset.images.fitting import Form, fitted, jpeg
    from dset.images.opening import PictureError, open_picture

    try:
        image = open_picture(data)
        width, height = image.size
        if width * height <= bound.pixels and len(data) <= bound.bytes:
            return data
        pixels = min(width * height, bound.pixels)
        while True:
            small = fitted(image, Form((pixels, 1), "inside", _QUALITY[0]))
            for quality in _QUALITY:
                if len(made := jpeg(small, quality)) <= bound.bytes:
                    return made
            pixels = int(pixels * _SMALLER)
            image = open_picture(data)
    except PictureError as error:
        raise ValueError(str(error)) from None
