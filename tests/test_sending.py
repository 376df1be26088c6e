"""Pictures on their way to a service: no larger than it reads, upright, and the same to every service."""

import base64
import concurrent.futures
import io
import random
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from dset.images import sending
from dset.images.sending import DEEPSEEK, OTHERS, Bound, bound_of, fit
from dset.rehearsal import faults
from dset.rehearsal.server import Behaviour, Request, Server
from tests import pictures, samples
from tests.running import Run


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def noise(size: tuple[int, int]) -> Image.Image:
    return Image.frombytes("RGB", size, random.Random(1).randbytes(size[0] * size[1] * 3))


# --- How large ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("bound", [DEEPSEEK, OTHERS])
def test_what_is_small_enough_goes_byte_by_byte_as_it_is(kind: str, bound: Bound) -> None:
    data = pictures.data(pictures.photo(), kind)
    assert fit(data, bound) is data


@pytest.mark.parametrize("size", [(1600, 900), (801, 800), (5000, 200), (200, 5000)])
def test_more_pixels_than_the_service_reads_become_as_many_in_the_same_shape(size: tuple[int, int]) -> None:
    made = opened(fit(pictures.jpeg(1, size), DEEPSEEK))
    assert made.format == "JPEG"
    assert 0.98 * DEEPSEEK.pixels < made.width * made.height <= DEEPSEEK.pixels
    assert made.width / made.height == pytest.approx(size[0] / size[1], rel=0.02)


def test_exactly_as_many_as_it_reads_are_not_touched() -> None:
    data = pictures.jpeg(1, (800, 800))
    assert fit(data, DEEPSEEK) is data


def test_more_bytes_than_it_takes_become_fewer_whatever_the_picture() -> None:
    data = pictures.data(noise((400, 300)), "PNG")
    for most in (100_000, 20_000, 3_000):
        assert len(fit(data, Bound(640_000, most))) <= most < len(data)


@pytest.mark.parametrize(("width", "height"), [(3, 70_000), (70_000, 3), (9_000, 40)])
def test_a_side_longer_than_a_service_or_a_jpeg_can_have_is_shortened(width: int, height: int) -> None:
    data = pictures.png_of(width, height, pictures.zeros((3 * width + 1) * height))
    made = opened(fit(data, OTHERS))
    assert made.format == "JPEG"
    assert max(made.size) <= 8_000


def test_of_several_services_the_least_bound_holds() -> None:
    gemini, deepseek = samples.lane().endpoint, samples.lane(is_deepseek=True).endpoint
    assert bound_of([gemini]) == OTHERS
    assert bound_of([gemini, deepseek]) == DEEPSEEK


def test_the_largest_picture_without_pillow_and_its_text_stay_below_the_largest_request() -> None:
    from dset import pictures as parts

    Path("cat.jpg").write_bytes(b"\xff\xd8\xff" + bytes(parts.LARGEST - 3))
    assert len(parts.as_part(Path(), "cat.jpg")["image_url"]["url"]) < (48 << 20) - (5 << 20)


# --- What is seen in it ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("turn", pictures.ORIENTATIONS)
def test_a_picture_is_sent_upright_however_the_camera_was_held(kind: str, turn: int) -> None:
    made = opened(fit(pictures.turned(pictures.quarters(), turn, kind), OTHERS))
    assert made.getexif().get(0x0112, 1) == 1
    seen = [made.convert("RGB").getpixel(at) for at in ((5, 5), (75, 5), (5, 55), (75, 55))]
    for pixel, meant in zip(seen, [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)], strict=True):
        assert pixel == pytest.approx(meant, abs=4)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_picture_is_sent(kind: str) -> None:
    made = opened(fit(pictures.animated(kind), OTHERS))
    assert (made.format, getattr(made, "n_frames", 1)) == ("JPEG", 1)
    assert made.getpixel((5, 5)) == pytest.approx((255, 0, 0), abs=4)


@pytest.mark.parametrize(("mode", "kind"), pictures.MODES)
def test_every_service_can_read_what_is_sent_and_sees_the_same(mode: str, kind: str) -> None:
    data = pictures.data(pictures.in_mode(pictures.photo(), mode), kind)
    made = fit(data, OTHERS)
    head = opened(made)
    assert head.format in {"JPEG", "PNG", "WEBP"}
    assert head.mode in {"1", "L", "LA", "P", "PA", "RGB", "RGBA"}
    assert made is data or head.format == "JPEG"


def test_16_bits_of_grey_are_sent_as_a_screen_shows_them() -> None:
    grey = pictures.in_mode(Image.linear_gradient("L"), "I;16")
    made = opened(fit(pictures.data(grey, "PNG"), OTHERS)).convert("L")
    assert [made.getpixel((100, y)) for y in (0, 128, 255)] == pytest.approx([0, 128, 255], abs=3)


def test_what_is_transparent_in_a_large_picture_becomes_white() -> None:
    clear = Image.new("RGBA", (1000, 1000), (0, 0, 0, 0))
    assert opened(fit(pictures.data(clear, "PNG"), DEEPSEEK)).getpixel((9, 9)) == (255, 255, 255)


# --- What cannot be read -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "make", "said"), pictures.BAD, ids=[name for name, _, _ in pictures.BAD])
def test_a_large_one_that_cannot_be_read_to_its_end_is_not_sent(
    name: str, make: Callable[[], bytes], said: str
) -> None:
    del name
    with pytest.raises(ValueError, match=r"\A(is|has|needs) [^\n]+\Z") as caught:
        fit(make(), Bound(640_000, -1))
    assert said in f"is {caught.value}" or said in str(caught.value)


def test_a_small_one_that_is_cut_off_goes_as_it_is_and_a_bomb_never() -> None:
    cut = pictures.cut(pictures.png(2))
    assert fit(cut, DEEPSEEK) == cut
    with pytest.raises(ValueError, match="too large"):
        fit(next(make() for name, make, _ in pictures.BAD if "bomb" in name), DEEPSEEK)


def test_large_pictures_wait_for_one_another_and_small_ones_do_not_starve(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sending, "_UNPACKED", 1_200_000)
    scaled = sending.for_services(lambda: [samples.lane(is_deepseek=True).endpoint])
    assert scaled is not None
    data = [pictures.jpeg(1, (1000, 900)), pictures.jpeg(2), pictures.jpeg(3, (1500, 1000))] * 3
    with concurrent.futures.ThreadPoolExecutor(6) as threads:
        made = list(threads.map(scaled, data, timeout=60))
    assert [opened(one).width * opened(one).height <= 640_000 for one in made] == [True] * 9


# --- In a run ----------------------------------------------------------------------------------------------


class Eyes:
    """A service that keeps the pictures it is sent."""

    def __init__(self) -> None:
        self.seen: dict[str, bytes] = {}

    def __call__(self, request: Request) -> Behaviour:
        text, picture = request.body["messages"][-1]["content"]
        self.seen[text["text"]] = base64.b64decode(picture["image_url"]["url"].partition(",")[2])
        return faults.ok("a cat")


def asked(main: Callable[..., Run], serve: Callable[[Eyes], Server], *names: str) -> tuple[Eyes, Run]:
    """A plain run over rows that have these pictures."""
    lines = [f"{name},,{name}\n" for name in names]
    Path("q.csv").write_text("question,status,image\n" + "".join(lines), encoding="utf-8")
    eyes = Eyes()
    url = serve(eyes).base_url
    return eyes, main("--base-url", url, "--prompt", "{question}", "--max-tokens", "100")


def test_a_plain_run_scales_its_pictures(main: Callable[..., Run], serve: Callable[[Eyes], Server]) -> None:
    Path("large.png").write_bytes(large := pictures.png(1, (1000, 800)))
    Path("small.png").write_bytes(small := pictures.png(2))
    bomb = next(make() for name, make, _ in pictures.BAD if "bomb" in name)
    Path("bomb.png").write_bytes(bomb)
    eyes, ran = asked(main, serve, "large.png", "small.png", "bomb.png")
    assert sorted(eyes.seen) == ["large.png", "small.png"]  # nothing of the bomb is sent
    assert eyes.seen["small.png"] == small
    assert len(eyes.seen["large.png"]) < len(large)
    assert opened(eyes.seen["large.png"]).width * opened(eyes.seen["large.png"]).height <= DEEPSEEK.pixels
    (line,) = samples.read_lines(Path("dset_generator/rejected.json"))
    assert line["kind"] == "row fault"
    assert line["reason"].startswith("the image 'bomb.png' is a")
    assert ran.exit_status == 1


@pytest.fixture
def no_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)


@pytest.mark.usefixtures("no_pillow")
def test_without_pillow_they_go_as_they_are_and_a_line_says_how_to_install_it(
    main: Callable[..., Run], serve: Callable[[Eyes], Server]
) -> None:
    Path("large.jpg").write_bytes(large := b"\xff\xd8\xff" + bytes(1_500_000))
    eyes, ran = asked(main, serve, "large.jpg")
    assert eyes.seen["large.jpg"] == large
    (line,) = [one for one in ran.err.splitlines() if "pictures go as they are" in one]
    assert line.rstrip('"').endswith("[images]")


@pytest.mark.usefixtures("no_pillow")
def test_without_pillow_nothing_is_said_of_pictures_that_are_small(
    main: Callable[..., Run], serve: Callable[[Eyes], Server]
) -> None:
    Path("small.jpg").write_bytes(b"\xff\xd8\xff" + bytes(50_000))
    eyes, ran = asked(main, serve, "small.jpg")
    assert len(eyes.seen) == 1
    assert "pillow" not in ran.err.lower()
    assert "as they are" not in ran.err
