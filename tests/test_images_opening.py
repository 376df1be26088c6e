"""A file is a picture by its content, of a format that is safe to read, and small enough; else it is said why not."""

import io
import struct
import threading
import warnings
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image, ImageFile

from dset.images import opening
from dset.images.calm import calm
from dset.images.opening import PictureError, open_picture, reading
from tests import pictures


def opened(data: bytes) -> Image.Image:
    picture = open_picture(data)
    with reading():
        picture.load()
    return picture


@pytest.mark.parametrize(("mode", "kind"), pictures.MODES)
def test_a_picture_of_any_mode_is_opened(mode: str, kind: str) -> None:
    picture = opened(pictures.data(pictures.in_mode(pictures.photo(), mode), kind))
    assert (picture.size, picture.format) == (pictures.SIZE, kind)


@pytest.mark.parametrize(("name", "make", "said"), pictures.BAD, ids=[name for name, _, _ in pictures.BAD])
def test_what_is_no_picture_is_told_in_a_short_line(name: str, make: Callable[[], bytes], said: str) -> None:
    with pytest.raises(PictureError) as refusal:
        opened(make())
    text = str(refusal.value)
    assert said in text
    assert len(text) < 200
    assert "\n" not in text


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "AVIF"])
def test_a_file_cut_anywhere_is_never_a_whole_picture(kind: str) -> None:
    whole = pictures.data(pictures.photo(0, (24, 16)), kind)
    for length in range(0, len(whole) * 9 // 10, max(1, len(whole) // 60)):
        with pytest.raises(PictureError):
            opened(whole[:length])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "AVIF"])
def test_bytes_changed_anywhere_make_a_picture_or_a_picture_error(kind: str) -> None:
    whole = pictures.data(pictures.photo(0, (24, 16)), kind)
    for at in range(0, min(len(whole), 600), 5):
        changed = whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
        try:
            opened(changed)
        except PictureError:
            continue


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF", "AVIF"])
def test_of_an_animation_the_first_frame_is_taken(kind: str) -> None:
    colour: Any = opened(pictures.animated(kind)).convert("RGB").getpixel((5, 5))
    red, green, blue = colour
    assert red > 240
    assert green < 15
    assert blue < 15


def test_a_jpeg_with_a_second_lens_is_a_jpeg() -> None:
    assert opened(pictures.two_lenses()).format == "JPEG"


def test_an_avif_whose_main_brand_is_general_is_one() -> None:
    whole = pictures.data(pictures.photo(), "AVIF")
    assert opening.kind_of(whole) == "AVIF"
    assert opening.kind_of(whole[:8] + b"mif1" + whole[12:]) == "AVIF"


def test_a_file_of_32_mb_is_taken_and_one_byte_more_is_not() -> None:
    whole = pictures.jpeg()
    padded = whole + bytes(opening.LARGEST - len(whole))
    assert opened(padded).size == pictures.SIZE
    with pytest.raises(PictureError, match="is larger than 32 MB"):
        open_picture(padded + b"\0")


def test_pixels_are_counted_before_anything_is_unpacked() -> None:
    side = 9_459  # 9,459 ** 2 is just below the limit, with a row more it is above
    assert open_picture(pictures.png_of(side, side)).size == (side, side)
    with pytest.raises(PictureError, match=r"is a PNG of 9,459 × 9,460 pixels, which is too large"):
        open_picture(pictures.png_of(side, side + 1))


def test_more_packed_pixels_than_the_head_declares_are_not_unpacked() -> None:
    picture = opened(pictures.png_of(2, 2, zlib.compress(bytes(7 * 2)) + bytes(9)))
    assert picture.getpixel((1, 1)) == (0, 0, 0)
    try:
        assert opened(pictures.png_of(2, 2, pictures.zeros(64 << 20))).size == (2, 2)
    except PictureError:
        pass


def test_nothing_of_pillow_or_of_the_warnings_is_left_changed() -> None:
    limit, truncated = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
    before = list(warnings.filters)
    for _, make, _ in pictures.BAD:
        with pytest.raises(PictureError):
            opened(make())
    assert (limit, truncated) == (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)
    assert warnings.filters == before


def test_a_warning_of_pillow_is_neither_shown_nor_raised() -> None:
    broken = b"Exif\0\0II*\0\x08\0\0\0\x40\0" + struct.pack("<HHII", 0x0112, 3, 9, 0x7FFF) + b"\x01"
    data = pictures.data(pictures.photo(), "JPEG", exif=broken)
    with pytest.warns(UserWarning, match="Truncated File Read"):
        Image.open(io.BytesIO(data)).getexif()
    with warnings.catch_warnings(record=True) as shown, reading():
        open_picture(data).getexif()
    assert shown == []


def test_warnings_are_as_before_once_the_last_of_many_threads_is_done() -> None:
    before = list(warnings.filters)
    inside, may_go = threading.Barrier(4), threading.Event()

    def stay() -> None:
        with calm():
            inside.wait()
            may_go.wait()

    threads = [threading.Thread(target=stay) for _ in range(3)]
    for thread in threads:
        thread.start()
    inside.wait()
    with calm():
        pass
    warnings.warn("not seen while another one is at work", stacklevel=1)
    may_go.set()
    for thread in threads:
        thread.join()
    assert warnings.filters == before
    with pytest.raises(UserWarning):
        warnings.warn("seen again", stacklevel=1)


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (RecursionError("maximum recursion depth exceeded"), "is damaged (maximum recursion depth exceeded)"),
        (struct.error(), "is damaged (error)"),
        (MemoryError(), "needs more memory than there is"),
        (EOFError("no more images"), "is cut off"),
        (OSError("a text\nof two lines " + "x" * 500), "is damaged (a text of two lines xxxx"),
    ],
)
def test_whatever_pillow_raises_is_a_short_reason(raised: Exception, said: str) -> None:
    with pytest.raises(PictureError) as refusal, reading():
        raise raised
    assert str(refusal.value).startswith(said)
    assert len(str(refusal.value)) < 150
