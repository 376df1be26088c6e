"""A picture of any kind as an RGB picture of the wanted size, and as the bytes of a JPEG."""

import io
import math
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageCms, JpegImagePlugin

from dset.images.opening import reading

_FITS = ("crop", "pad", "stretch", "inside")
# A JPEG is unpacked, and any picture first shrunk by whole numbers, to no less than so many times the wanted size.
_DRAFT = 2.0
_GAP = 3.0
_ORIENTATION = 0x0112  # the tag of EXIF
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = (5, 6, 7, 8)
_WHOLE_COLOUR = 90  # from this quality on the colours of a JPEG keep every pixel (4:4:4)


@dataclass(frozen=True, slots=True)
class Form:
    """What pictures are made into.

    `size`: width and height in pixels, None as the picture is. `fit`, where the shape differs: crop the middle, pad with
    white, stretch, or inside: keep the shape, with no more pixels in all than `size` has, and never more than there were.
    `quality`: of a JPEG, 1 to 100.
    """

    size: tuple[int, int] | None
    fit: str = "crop"
    quality: int = 95

    def __post_init__(self) -> None:
        if self.fit not in _FITS:
            raise ValueError(f"fit is {self.fit!r}, not one of {', '.join(_FITS)}")
        if self.size and min(self.size) < 1:
            raise ValueError(f"size is {self.size}, not at least 1 × 1")
        if not 1 <= self.quality <= 100:
            raise ValueError(f"quality is {self.quality}, not between 1 and 100")


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which part of the picture, as it lies in the file, is scaled to which size."""

    box: tuple[float, float, float, float]
    size: tuple[int, int]


def fitted(image: Image.Image, form: Form) -> Image.Image:
    """The picture upright, in sRGB, of the form's size. `image` is used up. Raises PictureError.

    What is transparent becomes white; a picture of 16 bits, in grey or in CMYK is scaled to what a screen shows.
    """
    with reading():
        box = _load(image, form)
        turn = _orientation(image)
        profile = image.info.get("icc_profile")
        image = _scalable(image)
        plan = _plan(box, form, sideways=turn in _SIDEWAYS)
        if plan.size != image.size or plan.box != (0, 0, *image.size):
            image = image.resize(plan.size, Image.Resampling.LANCZOS, plan.box, reducing_gap=_GAP)
        image = _in_srgb(_on_white(image), profile)
        if turn in _TURNS:
            image = image.transpose(_TURNS[turn])
        if form.size and form.fit == "pad":
            image = _padded(image, form.size)
        image.info = {}
        return image


def jpeg(image: Image.Image, quality: int) -> bytes:
    """The bytes of a JPEG without EXIF, profile or comment."""
    image = image.convert("RGB") if image.mode not in {"RGB", "L"} else image.copy()
    image.info = {}  # a comment would be kept
    stream = io.BytesIO()
    colours: dict[str, Any] = {"subsampling": 0} if quality >= _WHOLE_COLOUR else {}
    # Not optimised: for that the encoder's buffer must hold the whole file, and noise does not fit into it.
    image.save(stream, "JPEG", quality=quality, **colours)
    return stream.getvalue()


def _load(image: Image.Image, form: Form) -> tuple[float, float, float, float]:
    """Unpack the picture, a large JPEG at half its size or less where that is enough; the box it fills."""
    box = None
    if isinstance(image, JpegImagePlugin.JpegImageFile) and form.size:
        wanted = _plan((0, 0, *image.size), form, sideways=_orientation(image) in _SIDEWAYS)
        # Of a crop only the box must be large enough.
        scale = min(
            (wanted.box[2] - wanted.box[0]) / wanted.size[0], (wanted.box[3] - wanted.box[1]) / wanted.size[1]
        )
        least = max(scale / _DRAFT, 1)
        drafted: Any = image.draft(None, (math.ceil(image.width / least), math.ceil(image.height / least)))
        box = drafted[1] if drafted else None
    image.load()
    return box or (0, 0, *image.size)


def _orientation(image: Image.Image) -> int:
    """How the camera was held, 1 to 8; 1 where nothing is told or what is told is broken."""
    try:
        turn = image.getexif().get(_ORIENTATION, 1)
    # A stranger's EXIF breaks Pillow's reader in as many ways as the picture itself; it is not worth the picture.
    except Exception:  # noqa: BLE001
        return 1
    return turn if isinstance(turn, int) else 1


def _scalable(image: Image.Image) -> Image.Image:
    """The same picture in a mode of 8 bits whose pixels may be averaged."""
    if image.mode.startswith("I;16"):
        high = 0 if image.mode == "I;16B" else 1  # which of the two bytes counts
        return Image.frombytes("L", image.size, image.tobytes()[high::2])
    if image.mode in {"I", "F"}:
        return _stretched(image)
    if image.mode == "1":
        image = image.convert("L")
    if image.has_transparency_data:
        return image if image.mode in {"RGBA", "LA"} else image.convert("RGBA")
    return image if image.mode in {"L", "RGB", "CMYK"} else image.convert("RGB")


def _stretched(image: Image.Image) -> Image.Image:
    """Of numbers without a fixed range: as 8 or 16 bits or as shares of 1 where they are within, else from least to most."""
    extrema: Any = image.getextrema()
    least, most = float(extrema[0]), float(extrema[1])
    if not math.isfinite(least) or not math.isfinite(most):
        raise ValueError("numbers that are none")
    if least < 0 or most > 65535:
        low, high = least, most
    else:
        low, high = 0.0, 1.0 if image.mode == "F" and most <= 1 else 255.0 if most <= 255 else 65535.0
    scale = 255 / ((high - low) or 1)
    return image.point(lambda pixel: pixel * scale + (0.5 - low * scale)).convert("L")


def _plan(box: tuple[float, float, float, float], form: Form, *, sideways: bool) -> _Plan:
    """`sideways`: the picture is turned by a quarter after it is scaled."""
    width, height = box[2], box[3]
    if form.size is None:
        return _Plan(box, (round(width), round(height)))
    size = form.size[::-1] if sideways else form.size
    if form.fit == "crop":
        return _Plan(_middle(width, height, size[0] / size[1]), size)
    if form.fit == "stretch":
        return _Plan(box, size)
    if form.fit == "pad":
        scale = min(size[0] / width, size[1] / height)
        return _Plan(box, (max(1, round(width * scale)), max(1, round(height * scale))))
    return _Plan(box, _inside(width, height, size[0] * size[1]))


def _inside(width: float, height: float, most: int) -> tuple[int, int]:
    """The size of the same shape with no more than `most` pixels, and no larger."""
    scale = min(1.0, math.sqrt(most / (width * height)))
    # Not a pixel less for a last digit; and what is thinner than a pixel is cut to size.
    wide, high = (max(1, math.floor(side * scale + 1e-6)) for side in (width, height))
    wide = min(wide, most // high) or 1
    return wide, min(high, most // wide)


def _middle(width: float, height: float, shape: float) -> tuple[float, float, float, float]:
    """The largest box of this shape (width by height) in the middle."""
    wide, high = min(width, height * shape), min(height, width / shape)
    left, top = (width - wide) / 2, (height - high) / 2
    return left, top, left + wide, top + high


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode not in {"RGBA", "LA"}:
        return image
    whole = Image.new(image.mode[:-1], image.size, "white")
    whole.paste(image.convert(whole.mode), mask=image.getchannel("A"))
    return whole


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB as a screen shows it; a profile that is broken, or of other colours than the picture's, is passed over."""
    if profile:
        try:
            source: Any = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if "srgb" not in (source.profile.profile_description or "").lower():
                wanted = ImageCms.createProfile("sRGB")
                image = ImageCms.profileToProfile(image, source, wanted, outputMode="RGB") or image
        # As above: broken in any way, it is not worth the picture.
        except Exception:  # noqa: BLE001, S110
            pass
    return image if image.mode == "RGB" else image.convert("RGB")


def _padded(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    if image.size == size:
        return image
    whole = Image.new("RGB", size, "white")
    whole.paste(image, ((size[0] - image.width) // 2, (size[1] - image.height) // 2))
    return whole
