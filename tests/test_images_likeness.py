"""How alike two pictures look: copies of one are, others are not."""

import io
import random
from collections.abc import Callable

import pytest
from PIL import Image, ImageEnhance, ImageFilter

from dset.images import likeness
from dset.images.likeness import DIGITS, SHARE, Prints, fingerprint
from tests import pictures

SEEDS = range(25)


def seen(seed: int, shapes: int = 20) -> Image.Image:
    return pictures.photo(seed, (240, 180), shapes=shapes)


def cropped(image: Image.Image, share: float) -> Image.Image:
    across, down = image.width * share, image.height * share
    return image.resize(
        image.size, Image.Resampling.LANCZOS, (across, down, image.width - across, image.height - down)
    )


def stored(image: Image.Image, quality: int) -> Image.Image:
    return Image.open(io.BytesIO(pictures.data(image, "JPEG", quality=quality)))


COPIES: dict[str, tuple[Callable[[Image.Image], Image.Image], float]] = {
    "stored anew": (lambda image: stored(image, 85), 1.0),
    "stored badly": (lambda image: stored(image, 30), 0.9),
    "smaller": (lambda image: image.resize((120, 90), Image.Resampling.LANCZOS), 1.0),
    "much smaller": (lambda image: image.resize((60, 45), Image.Resampling.BILINEAR), 0.9),
    "larger": (lambda image: image.resize((500, 375)), 1.0),
    "another shape": (lambda image: image.resize((240, 240)), 1.0),
    "lighter": (lambda image: ImageEnhance.Brightness(image).enhance(1.12), 0.9),
    "blurred": (lambda image: image.filter(ImageFilter.GaussianBlur(1)), 1.0),
    "cropped": (lambda image: cropped(image, 0.005), 0.85),
    "palette": (lambda image: image.convert("P", palette=Image.Palette.ADAPTIVE), 0.9),
}


def share_of(one: str, other: str) -> float:
    return likeness.likeness(one, other)


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_is_alike_in_nearly_every_case(name: str) -> None:
    copy, wanted = COPIES[name]
    pairs = [(fingerprint(seen(seed)), fingerprint(copy(seen(seed)))) for seed in SEEDS]
    assert sum(share_of(one, other) >= SHARE for one, other in pairs) >= wanted * len(pairs)


@pytest.mark.parametrize("shapes", [3, 12, 60])
def test_different_pictures_are_far_from_alike(shapes: int) -> None:
    prints = [fingerprint(seen(seed, shapes)) for seed in SEEDS]
    alike = [share_of(one, other) for at, one in enumerate(prints) for other in prints[:at]]
    assert max(alike) < SHARE - 0.05


def test_flat_pictures_are_told_apart_by_their_colours() -> None:
    colours = [
        (0, 0, 0),
        (255, 255, 255),
        (255, 0, 0),
        (0, 255, 0),
        (0, 0, 255),
        (128, 128, 128),
        (64, 64, 64),
    ]
    prints = [fingerprint(pictures.flat(colour)) for colour in colours]
    assert max(share_of(one, other) for at, one in enumerate(prints) for other in prints[:at]) < SHARE
    assert share_of(prints[0], fingerprint(stored(pictures.flat((3, 2, 4)), 60))) == 1


def test_the_grain_of_a_flat_surface_counts_for_nothing() -> None:
    for seed in range(5):
        grainy = Image.blend(pictures.flat((90, 120, 60)), pictures.photo(seed, noise=1.0), 0.03)
        assert share_of(fingerprint(pictures.flat((90, 120, 60))), fingerprint(grainy)) >= SHARE


def test_light_that_falls_from_another_side_is_another_picture() -> None:
    light = Image.linear_gradient("L")
    turned = [
        light,
        *(light.transpose(way) for way in (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180)),
    ]
    prints = [fingerprint(image) for image in turned]
    assert max(share_of(one, other) for at, one in enumerate(prints) for other in prints[:at]) < 0.8


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_a_picture_of_any_mode_and_size_has_a_print_of_the_same_length(mode: str) -> None:
    for size in ((1, 1), (2, 300), (300, 2), (64, 64)):
        text = fingerprint(pictures.in_mode(pictures.photo(0, size, shapes=0), mode))
        assert len(text) == DIGITS == 88
        assert set(text) <= set("0123456789abcdef")


@pytest.mark.parametrize("mode", ["RGBA", "CMYK", "I;16", "F", "P"])
def test_a_picture_of_any_mode_is_like_itself(mode: str) -> None:
    source = seen(3)
    other = Image.open(io.BytesIO(pictures.data(pictures.in_mode(source, mode), "TIFF")))
    assert (
        share_of(fingerprint(other), fingerprint(source.convert("L") if mode in {"I;16", "F"} else source))
        >= SHARE
    )


def test_a_picture_is_like_itself_however_the_camera_was_held() -> None:
    prints = {
        fingerprint(Image.open(io.BytesIO(pictures.turned(seen(3), turn, "PNG")))) for turn in (1, 3, 6)
    }
    assert len(prints) == 1 or min(share_of(one, other) for one in prints for other in prints) > 0.98


def test_likeness_is_1_for_the_same_0_for_the_opposite_and_the_same_both_ways() -> None:
    one, other = fingerprint(seen(1)), fingerprint(seen(2))
    assert share_of(one, one) == 1
    assert share_of(one, other) == share_of(other, one)
    assert share_of("0" * DIGITS, "f" * DIGITS) == 0


@pytest.mark.parametrize("wrong", ["", "0" * 87, "0" * 89, "x" * 88])
def test_what_is_no_fingerprint_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"fingerprint|hex|int"):
        share_of(wrong, "0" * DIGITS)
    with pytest.raises(ValueError, match=r"fingerprint|hex|int"):
        Prints().add("name", wrong)


def near(text: str, bits: int, dice: random.Random) -> str:
    """A print that differs in so many bits."""
    number = int(text[:64], 16)
    for at in dice.sample(range(256), bits):
        number ^= 1 << at
    return f"{number:064x}{text[64:]}"


@pytest.mark.parametrize("share", [1.0, 0.98, SHARE, 0.9, 0.8, 0.5])
def test_all_that_are_alike_enough_are_found_and_none_else(share: float) -> None:
    dice = random.Random(0)
    most = int((1 - share) * 256 + 1e-9)
    prints = Prints(share)
    known = {f"{number}": dice.randbytes(44).hex() for number in range(300)}
    for name, text in known.items():
        prints.add(name, text)
    for name, text in known.items():
        found = prints.find(near(text, most, dice))
        assert found is not None
        assert found[1] >= share
        if share > 0.8:  # else a stranger may be as near
            assert found == (name, 1 - most / 256)
            assert prints.find(near(text, most + 1, dice)) is None
    assert len(prints) == 300


def test_what_is_found_is_what_a_comparison_with_all_would_find() -> None:
    dice = random.Random(1)
    prints = Prints(0.9)
    known: list[tuple[str, str]] = []
    for number in range(400):
        text = near(dice.choice(known)[1], dice.randrange(40), dice) if known and dice.random() < 0.6 else (
            dice.randbytes(44).hex()
        )  # fmt: skip
        best = max(((share_of(text, other), -at) for at, (_, other) in enumerate(known)), default=(0.0, 0))
        assert prints.find(text) == ((known[-best[1]][0], best[0]) if best[0] >= 0.9 else None)
        known.append((f"picture {number}", text))
        prints.add(*known[-1])


@pytest.mark.parametrize("share", [0, -1, 1.01])
def test_a_share_that_cannot_be_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share is"):
        Prints(share)
