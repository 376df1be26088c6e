"""A picture of any kind becomes an upright sRGB picture of the wanted size."""

import io
import math
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageCms, ImageOps, ImageStat, JpegImagePlugin

from dset.images.fitting import Form, fitted, jpeg
from dset.images.opening import PictureError, open_picture
from tests import pictures

CORNERS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255))


def made(data: bytes, form: Form) -> Image.Image:
    return fitted(open_picture(data), form)


def apart(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of the worst colour, of 255."""
    return max(ImageStat.Stat(ImageChops.difference(one, other)).mean)


def pixel(image: Image.Image, x: int, y: int) -> Any:
    return image.getpixel((x % image.width, y % image.height))


def near(one: tuple[int, ...], other: tuple[int, ...], within: int) -> bool:
    return all(abs(a - b) <= within for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(("mode", "kind"), pictures.MODES)
def test_a_picture_of_any_mode_keeps_its_looks(mode: str, kind: str) -> None:
    source = pictures.photo()
    grey = mode in {"L", "LA", "I;16", "I;16B", "I", "F"}
    wanted = source.convert("L" if grey else mode if mode in {"1", "P"} else "RGB").convert("RGB")
    image = made(pictures.data(pictures.in_mode(source, mode), kind), Form(None))
    assert (image.mode, image.size) == ("RGB", source.size)
    assert apart(image, wanted) < (12 if kind in {"JPEG", "WEBP", "AVIF"} else 2)


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch", "inside"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_a_picture_stands_upright_however_the_camera_was_held(kind: str, fit: str) -> None:
    for turn in pictures.ORIENTATIONS:
        image = made(pictures.turned(pictures.quarters(), turn, kind), Form((40, 30), fit))
        assert image.size == (40, 30)
        seen = [pixel(image, x, y) for x, y in ((10, 7), (30, 7), (10, 22), (30, 22))]
        assert all(near(one, corner, 40) for one, corner in zip(seen, CORNERS, strict=True)), (turn, seen)


@pytest.mark.parametrize("turn", [0, 9, 65_535])
def test_an_orientation_that_does_not_exist_is_none(turn: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    image = made(pictures.data(pictures.quarters(), "PNG", exif=exif.tobytes()), Form(None))
    assert apart(image, pictures.quarters()) == 0


def test_broken_exif_costs_no_picture() -> None:
    for broken in (
        b"Exif\0\0",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x01" * 30,
    ):
        image = made(pictures.data(pictures.quarters(), "JPEG", exif=broken), Form((40, 30)))
        assert near(pixel(image, 10, 7), CORNERS[0], 20)


@pytest.mark.parametrize(
    ("size", "fit", "wanted"),
    [
        ((200, 100), "crop", (64, 64)),
        ((10, 20), "crop", (64, 64)),
        ((200, 100), "pad", (64, 64)),
        ((1, 3_000), "pad", (64, 64)),
        ((200, 100), "stretch", (64, 64)),
        ((200, 100), "inside", (90, 45)),
        ((40, 30), "inside", (40, 30)),
        ((64, 64), "inside", (64, 64)),
        ((4_000, 1), "inside", (4_000, 1)),
        ((9_000, 1), "inside", (4_096, 1)),
        ((1, 1), "crop", (64, 64)),
    ],
)
def test_the_size_is_what_was_asked_for(size: tuple[int, int], fit: str, wanted: tuple[int, int]) -> None:
    image = made(pictures.data(pictures.flat((9, 99, 199), size), "PNG"), Form((64, 64), fit))
    assert image.size == wanted


@pytest.mark.parametrize("size", [(1_000, 10), (333, 777), (123, 45), (4_001, 13)])
def test_inside_has_no_more_pixels_than_asked_for_nearly_all_of_them_and_the_same_shape(
    size: tuple[int, int],
) -> None:
    image = made(pictures.data(pictures.flat((0, 0, 0), size), "PNG"), Form((50, 20), "inside"))
    assert image.width * image.height <= 1_000
    assert math.isclose(image.width / image.height, size[0] / size[1], rel_tol=0.5)
    assert (image.width + 1) * (image.height + 1) > 1_000


def test_a_crop_takes_the_middle_and_padding_is_white() -> None:
    wide = Image.new("RGB", (90, 30), "red")
    wide.paste("blue", (30, 0, 60, 30))
    assert near(pixel(made(pictures.data(wide, "PNG"), Form((30, 30))), 1, 1), (0, 0, 255), 3)
    padded = made(pictures.data(wide, "PNG"), Form((90, 90), "pad"))
    assert pixel(padded, 45, 10) == pixel(padded, 45, -10) == (255, 255, 255)
    assert near(pixel(padded, 5, 45), (255, 0, 0), 3)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("form", [Form(None), Form((20, 20))])
def test_what_is_transparent_becomes_white_and_hides_its_colour(kind: str, form: Form) -> None:
    clear = Image.new("RGBA", (40, 40), (0, 255, 0, 0))
    clear.paste((255, 0, 0, 255), (0, 0, 40, 20))
    image = made(pictures.data(clear, kind, **({"lossless": True} if kind == "WEBP" else {})), form)
    assert near(pixel(image, 10, 2), (255, 0, 0), 12)
    assert near(pixel(image, 10, -2), (255, 255, 255), 12)


def test_a_transparent_colour_of_a_palette_or_of_grey_becomes_white() -> None:
    palette = Image.new("P", (20, 20), 0)
    palette.putpalette([0, 0, 0, 255, 0, 0])
    palette.paste(1, (0, 0, 20, 10))
    for kind in ("GIF", "PNG"):
        image = made(pictures.data(palette, kind, transparency=0), Form(None))
        assert (pixel(image, 5, 2), pixel(image, 5, -2)) == ((255, 0, 0), (255, 255, 255))
    for mode, colour in (("L", 7), ("RGB", (7, 7, 7))):
        data = pictures.data(
            Image.new(mode, (20, 20), 7 if mode == "L" else (7, 7, 7)), "PNG", transparency=colour
        )
        assert pixel(made(data, Form((10, 10))), 5, 5) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["I;16", "I;16B", "I"])
def test_sixteen_bits_are_scaled_and_not_cut(mode: str) -> None:
    grey = Image.linear_gradient("L").resize((64, 64))
    image = made(pictures.data(pictures.in_mode(grey.convert("RGB"), mode), "TIFF"), Form(None))
    assert apart(image, grey.convert("RGB")) < 1


def test_a_dark_picture_of_sixteen_bits_stays_dark() -> None:
    dark = Image.new("I;16", (8, 8), 700)
    assert pixel(made(pictures.data(dark, "PNG"), Form(None)), 3, 3) == (2, 2, 2)


def _icc(name: Any) -> bytes:
    profile: Any = ImageCms.ImageCmsProfile(ImageCms.createProfile(name))
    return bytes(profile.tobytes())


def _profile(swapped: bool = False) -> bytes:
    """Of another RGB than sRGB, if `swapped` one that LittleCMS makes for Lab."""
    if swapped:
        return _icc("LAB")
    # Red and blue change places, and the name: what is stored as red is meant to be seen as blue.
    srgb = _icc("sRGB").replace(b"rXYZ", b"?XYZ").replace(b"bXYZ", b"rXYZ").replace(b"?XYZ", b"bXYZ")
    return srgb.replace("sRGB".encode("utf-16-be"), "xRGB".encode("utf-16-be"))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_colours_are_those_that_the_profile_means(kind: str) -> None:
    red = pictures.data(pictures.flat((255, 0, 0)), kind, icc_profile=_profile())
    assert near(pixel(made(red, Form((16, 16))), 8, 8), (0, 0, 255), 12)


@pytest.mark.parametrize("profile", [b"\0" * 200, b"no profile", _profile()[:300], _profile(swapped=True)])
def test_a_profile_that_is_broken_or_of_other_colours_is_passed_over(profile: bytes) -> None:
    for mode in ("RGB", "L", "CMYK"):
        source = pictures.flat((200, 30, 90)).convert(mode)
        image = made(pictures.data(source, "JPEG", icc_profile=profile), Form((16, 16)))
        assert near(pixel(image, 8, 8), pixel(source.convert("RGB"), 8, 8), 6)


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch", "inside"])
@pytest.mark.parametrize("size", [(1_600, 1_200), (1_201, 1_603), (1_001, 333)])
def test_a_large_jpeg_read_at_a_part_of_its_size_looks_as_if_it_was_read_whole(
    fit: str, size: tuple[int, int]
) -> None:
    source = pictures.photo(5, size, shapes=40)
    data = pictures.data(source, "JPEG", quality=95)
    picture = open_picture(data)
    image = fitted(picture, Form((96, 64), fit))
    whole = fitted(open_picture(pictures.data(Image.open(io.BytesIO(data)), "BMP")), Form((96, 64), fit))
    assert picture.width < size[0]  # else nothing is tested here
    assert image.size == whole.size
    assert apart(image, whole) < 1.5


def test_a_fit_is_that_of_pillow() -> None:
    source = pictures.photo(1, (300, 200))
    wanted = ImageOps.fit(source, (90, 90), Image.Resampling.LANCZOS)
    assert apart(made(pictures.data(source, "PNG"), Form((90, 90))), wanted) < 0.6


def test_damage_further_on_is_a_picture_error() -> None:
    for kind in ("JPEG", "PNG", "GIF", "TIFF"):
        with pytest.raises(PictureError):
            made(pictures.cut(pictures.data(pictures.photo(), kind)), Form((16, 16)))


@pytest.mark.parametrize("quality", [1, 50, 89, 90, 95, 100])
def test_a_jpeg_keeps_nothing_but_its_pixels(quality: int) -> None:
    noise = pictures.photo(3, (200, 150), noise=1.0)
    noise.info = {
        "comment": b"a secret",
        "exif": b"Exif\0\0II*\0",
        "icc_profile": b"x" * 200,
        "dpi": (72, 72),
    }
    data = jpeg(noise, quality)
    image = Image.open(io.BytesIO(data))
    image.load()
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (200, 150))
    assert not {"comment", "exif", "icc_profile"} & set(image.info)
    sampling: Any = JpegImagePlugin.get_sampling(image)
    assert (sampling == 0) is (quality >= 90)  # 4:4:4: every colour at every pixel
    assert noise.info["comment"] == b"a secret"  # the picture itself is as it was


def test_a_better_quality_is_nearer_to_the_picture() -> None:
    source = pictures.photo(4)
    worse, better = (Image.open(io.BytesIO(jpeg(source, quality))) for quality in (20, 95))
    assert apart(better, source) < apart(worse, source)


@pytest.mark.parametrize("wrong", [{"fit": "cover"}, {"size": (0, 5)}, {"quality": 0}, {"quality": 101}])
def test_a_form_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is "):
        Form(**({"size": (5, 5)} | wrong))
