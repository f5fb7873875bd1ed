"""Cat faces drawn by the program itself, for training when no pictures are at hand.

A cat is a set of random traits, and its shapes are signed distances: smooth functions of the place,
negative inside, zero on the outline. They are sharp at every resolution, melt into one another, and
fade as softly as fur. x grows to the right, y downwards, and an upright cat fills -1..1 in both. It
is nearly symmetric, so most shapes are drawn once, in terms of |x|.
"""

import colorsys
import math
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

COUNT = 4096
VERSION = 2  # To be raised whenever the drawing changes: it is part of the name of a cache.

_STREAM = 0xCA7  # Keeps these random numbers apart from the program's others.
_SMALLEST_CANVAS = 128  # A smaller picture is drawn at least this large, then reduced.

RGB = tuple[float, float, float]  # 0..255
Plane = np.ndarray  # float32 [side, side]: a coordinate, a distance, or a mask of 0..1.
Planes = np.ndarray  # float32 [3, side, side]: a picture in the making, 0..255.

_WHITE, _BLACK, _INK, _GINGER = (246, 242, 236), (66, 59, 63), (44, 36, 38), (228, 150, 80)
_PINK, _RED, _INDIGO, _GOLD = (232, 152, 150), (190, 58, 64), (84, 104, 190), (238, 190, 70)
_YELLOW, _AMBER, _GREEN = (236, 196, 72), (226, 150, 52), (136, 190, 94)
_TEAL, _BLUE = (92, 176, 160), (98, 168, 226)


class Look(NamedTuple):
    """A kind of coat, and what goes with it."""

    base: RGB
    marking: RGB  # Stripes or points; near the base, it is a plain coat with a hint of stripes.
    pale: RGB  # Muzzle, rims of the eyes, and tufts in the ears.
    eyes: tuple[RGB, ...]
    white_share: float  # How many of them have a white muzzle and chest.
    pattern: str = "tabby"


_LOOKS = (
    Look(_GINGER, (186, 98, 44), (252, 230, 200), (_YELLOW, _AMBER, _GREEN), 0.4),
    Look((164, 128, 98), (84, 60, 46), (232, 210, 182), (_YELLOW, _GREEN, _AMBER), 0.3),
    Look((184, 184, 188), (88, 88, 96), (242, 240, 238), (_GREEN, _YELLOW, _TEAL), 0.4),
    Look((244, 220, 184), (222, 176, 126), (254, 244, 226), (_AMBER, _GREEN), 0.3),
    Look(_BLACK, (54, 48, 53), (86, 79, 84), (_YELLOW, _GREEN, _AMBER), 0.6),
    Look((136, 146, 162), (124, 134, 150), (164, 172, 186), (_AMBER, _YELLOW), 0.4),
    Look((235, 230, 224), (229, 222, 215), (246, 242, 236), (_BLUE, _GREEN, _YELLOW), 0),
    Look((240, 235, 228), _BLACK, (248, 244, 238), (_YELLOW, _GREEN, _AMBER), 0, "calico"),
    Look((240, 226, 204), (98, 74, 64), (240, 226, 204), (_BLUE,), 0, "points"),
)
# One half of a tabby: x, y, half the length and angle of each stripe; three make half the M.
_STRIPES = (
    (0.06, -0.40, 0.14, -1.0),
    (0.14, -0.58, 0.18, 1.5),
    (0.18, -0.40, 0.15, -1.2),
    (0.00, -0.62, 0.16, 1.57),
    (0.70, 0.06, 0.22, 0.1),
    (0.70, 0.24, 0.24, 0.1),
    (0.66, 0.41, 0.20, 0.3),
)
_PATCHES = ((0.5, -0.5, 0.46, _GINGER), (-0.55, -0.5, 0.44, _BLACK), (0.75, 0.35, 0.2, _BLACK))
_COLLARS = (None, None, None, None, _RED, _TEAL, _INDIGO)


def _between(low: float, high: float) -> Any:
    return field(metadata={"range": (low, high)})


@dataclass(frozen=True)
class Cat:
    """What tells one cat from another: its look, and traits that are uniform in their ranges."""

    look: Look
    brightness: float = _between(0.92, 1.05)
    blaze_chance: float = _between(0, 1)
    blaze_top: float = _between(-0.6, 0.1)
    blaze_width: float = _between(0.1, 0.22)
    blaze_lean: float = _between(-0.08, 0.08)
    stripe_width: float = _between(0.025, 0.04)
    patch_wave: float = _between(-math.pi, math.pi)  # Its sign is the side of the ginger patch.
    head_width: float = _between(0.94, 1.06)
    cheek_fluff: float = _between(0, 0.1)
    ear_height: float = _between(0.44, 0.58)
    ear_angle: float = _between(0.3, 0.55)  # 0 is upright.
    eye_choice: float = _between(0, 1)
    eye_size: float = _between(0.17, 0.21)
    eye_roundness: float = _between(0.72, 0.95)
    eye_slant: float = _between(0.05, 0.25)
    pupil_width: float = _between(0.35, 1)  # Of its height: from a slit to round.
    nose_choice: float = _between(0, 1)
    collar_choice: float = _between(0, 1)
    tilt: float = _between(-0.13, 0.13)
    scale: float = _between(0.96, 1.08)
    shift_x: float = _between(-0.05, 0.05)
    shift_y: float = _between(-0.04, 0.04)
    turn: float = _between(-0.1, 0.1)  # How far the middle of the face looks aside,
    nod: float = _between(-0.04, 0.05)  # and down.
    background_hue: float = _between(0, 1)
    background_saturation: float = _between(0.1, 0.36)
    background_value: float = _between(130, 215)
    background_slope: float = _between(-0.15, 0.15)

    @property
    def has_blaze(self) -> bool:
        """Whether its muzzle and chest, and perhaps its forehead, are white."""
        return self.blaze_chance < self.look.white_share


def _choose(options: tuple, choice: float) -> Any:
    return options[int(choice * len(options))]


def _turned(x: Plane, y: Plane, angle: float) -> tuple[Plane, Plane]:
    cos, sin = math.cos(angle), math.sin(angle)
    return x * cos + y * sin, y * cos - x * sin


def _ellipse(x: Plane, y: Plane, radius_x: float, radius_y: float) -> Plane:
    return (np.hypot(x / radius_x, y / radius_y) - 1) * min(radius_x, radius_y)


def _almond(x: Plane, y: Plane, half_length: float, half_width: float, angle: float) -> Plane:
    """Two arcs that meet in points at both ends; it lies along x and is turned by `angle`."""
    along, across = _turned(x, y, angle)
    radius = (half_length**2 + half_width**2) / (2 * half_width)
    return np.hypot(along, np.abs(across) + (radius - half_width)) - radius


def _join(first: Plane, second: Plane, roundness: float) -> Plane:
    """Both shapes in one, with the corner between them filled."""
    overlap = np.maximum(roundness - np.abs(first - second), 0)
    return np.minimum(first, second) - overlap * overlap / (4 * roundness)


def _inside(distance: Plane, softness: float) -> Plane:
    """The mask of a shape: 1 inside and 0 outside, with a smooth rim as wide as `softness`."""
    part = np.clip(0.5 - distance / softness, 0, 1)
    return part * part * (3 - 2 * part)


def _paint(picture: Planes, mask: Plane, colour: RGB | Planes) -> None:
    """Lay `colour` (one, or one a pixel) over `picture` where `mask` is 1."""
    if isinstance(colour, tuple):
        colour = _filled(colour, (1, 1))
    picture += mask * (colour - picture)


def _filled(colour: RGB, shape: tuple[int, ...], brightness: float = 1.0) -> Planes:
    planes = np.empty((3, *shape), np.float32)
    planes.T[:] = [brightness * channel for channel in colour]
    return planes


def draw_cat(index: int, image_size: int) -> np.ndarray:
    """Return cat number `index`, the same at every size: uint8 `[image_size, image_size, 3]`."""
    random = np.random.Generator(np.random.Philox(key=[index, _STREAM]))
    look = _LOOKS[random.integers(len(_LOOKS))]
    cat = Cat(look, *(random.uniform(*trait.metadata["range"]) for trait in fields(Cat)[1:]))
    reduction = math.ceil(_SMALLEST_CANVAS / image_size)
    side = image_size * reduction
    edge = 3 / side  # An outline's rim of one and a half pixels: neither jagged nor blurred.
    centres = (np.arange(side, dtype=np.float32) + 0.5) * (2 / side) - 1
    x, y = np.meshgrid(centres, centres)

    hsv = cat.background_hue, cat.background_saturation, cat.background_value
    picture = _filled(colorsys.hsv_to_rgb(*hsv), x.shape)
    picture *= 1 + cat.background_slope * x - 0.1 * y
    x, y = _turned((x - cat.shift_x) / cat.scale, (y - cat.shift_y) / cat.scale, cat.tilt)
    _paint_body(picture, cat, x, y, edge)
    head, inner_ears = _head(cat, x, y)
    # What is nearest to us moves most when a head turns or nods: the middle of the face.
    nearness = np.maximum(1 - x * x - y * y, 0)
    x, y = x - cat.turn * nearness, y - cat.nod * nearness
    _paint(picture, _inside(head, edge), _coat(cat, x, y, head, inner_ears))
    _paint_eyes(picture, cat, x, y, edge)
    _paint_muzzle(picture, cat, x, y, edge)
    pixels = np.clip(picture + 0.5, 0, 255).astype(np.uint8).transpose(1, 2, 0)
    return np.array(Image.fromarray(np.ascontiguousarray(pixels)).reduce(reduction))


def _paint_body(picture: Planes, cat: Cat, x: Plane, y: Plane, edge: float) -> None:
    """Paint the shoulders, in the shadow of the head, and the collar with its bell."""
    body = _ellipse(x, y - 1.32, 0.92, 0.8)
    coat = _filled(cat.look.base, x.shape, 0.86 * cat.brightness)
    if cat.has_blaze:
        _paint(coat, _inside(_ellipse(x, y - 1.1, 0.34, 0.55), 0.12), _WHITE)
    _paint(coat, 0.25 * _inside(-body - 0.1, 0.3), _INK)
    _paint(coat, 0.4 * _inside(_ellipse(x, y - 0.3, 0.8, 0.58), 0.4), _INK)
    collar = _choose(_COLLARS, cat.collar_choice)
    if collar:
        _paint(coat, 0.85 * _inside(np.abs(y - 0.79 + 0.3 * x * x) - 0.05, edge), collar)
        _paint(coat, _inside(_ellipse(x, y - 0.87, 0.08, 0.08), edge), _GOLD)
    _paint(picture, _inside(body, edge), coat)


def _head(cat: Cat, x: Plane, y: Plane) -> tuple[Plane, Plane]:
    """Return the distances to the head, ears included, and to the inside of the ears."""
    skull = _ellipse(x, y - 0.03, 0.7 * cat.head_width, 0.61)
    cheeks = _ellipse(np.abs(x) - 0.36 * cat.head_width, y - 0.24, 0.39, 0.32)
    chin = _ellipse(x, y - 0.44, 0.36, 0.24)
    face = _join(_join(skull, cheeks, 0.2), chin, 0.2)
    # Tufts of fur: the outline of the cheeks goes in and out along its way.
    # In double precision: in single, NumPy rounds otherwise with AVX-512, and draws other cats.
    angle = np.arctan2((y - 0.1).astype(np.float64), np.abs(x).astype(np.float64))
    angle = angle.astype(np.float32)
    fade = np.maximum(1 - np.abs(angle - 0.35) / 0.6, 0)
    face -= cat.cheek_fluff * fade * (1 - np.abs(np.sin(9 * angle)))
    ears = _ears(cat, x, y, cat.ear_height, 0.27) - 0.02
    inner_ears = _ears(cat, x, y, 0.76 * cat.ear_height, 0.15)
    # The ears stand behind the skull, whose fur covers their foot.
    return _join(face, ears, 0.1), np.maximum(inner_ears, 0.03 - face)


def _ears(cat: Cat, x: Plane, y: Plane, height: float, half_width: float) -> Plane:
    x, y = np.abs(x) - 0.45 * cat.head_width, y + 0.33
    return _almond(x, y, height, half_width, cat.ear_angle - math.pi / 2)


def _coat(cat: Cat, x: Plane, y: Plane, head: Plane, inner_ears: Plane) -> Planes:
    """Return the fur of the head, with light and shade."""
    coat = _filled(cat.look.base, x.shape, cat.brightness)
    paint_pattern = {"tabby": _tabby, "calico": _calico, "points": _points}[cat.look.pattern]
    paint_pattern(coat, cat, x, y)
    if cat.has_blaze:
        stripe = np.abs(x - cat.blaze_lean * (0.3 - y)) + 0.03
        stripe -= cat.blaze_width * np.sqrt(np.maximum(y - cat.blaze_top, 0))
        muzzle = _ellipse(x, y - 0.46, 0.32 + 0.5 * cat.blaze_width, 0.32)
        _paint(coat, _inside(_join(stripe, muzzle, 0.15), 0.05), _WHITE)
    in_ears = _inside(inner_ears, 0.07)
    _paint(coat, 0.55 * in_ears, _PINK)
    tufts = _almond(np.abs(x) - 0.38, y + 0.5, 0.16, 0.03, -0.9)
    tufts = np.minimum(tufts, _almond(np.abs(x) - 0.47, y + 0.44, 0.14, 0.03, -0.6))
    _paint(coat, 0.8 * in_ears * _inside(tufts, 0.04), cat.look.pale)
    # A sheen on the forehead, light from above on the left, and a rim that curves away from us.
    _paint(coat, 0.1 * _inside(_ellipse(x + 0.1, y + 0.2, 0.45, 0.4), 0.6), _WHITE)
    return coat * (1.04 - 0.05 * x - 0.1 * y - 0.24 * _inside(-head - 0.06, 0.26))


def _tabby(coat: Planes, cat: Cat, x: Plane, y: Plane) -> None:
    """Paint the M on the forehead, and the lines over the crown and on the cheeks."""
    for stripe_x, stripe_y, half_length, angle in _STRIPES:
        stripe = _almond(np.abs(x) - stripe_x, y - stripe_y, half_length, cat.stripe_width, angle)
        _paint(coat, 0.9 * _inside(stripe, 0.05), cat.look.marking)


def _calico(coat: Planes, cat: Cat, x: Plane, y: Plane) -> None:
    x = x * math.copysign(1, cat.patch_wave)
    wave = 0.06 * np.sin(10 * x + cat.patch_wave) * np.sin(9 * y + cat.patch_wave)  # Uneven edges.
    for patch_x, patch_y, radius, colour in _PATCHES:
        patch = _ellipse(x - patch_x, y - patch_y, radius, 1.1 * radius)
        _paint(coat, _inside(patch + wave, 0.06), colour)


def _points(coat: Planes, cat: Cat, x: Plane, y: Plane) -> None:
    """Paint a dark mask that fades from the nose outwards, and dark ears."""
    _paint(coat, 0.85 * _inside(_ellipse(x, y - 0.15, 0.4, 0.5), 0.5), cat.look.marking)
    ears = _ears(cat, x, y, cat.ear_height, 0.27)
    _paint(coat, 0.95 * _inside(np.maximum(ears, y + 0.42), 0.3), cat.look.marking)


def _paint_eyes(picture: Planes, cat: Cat, x: Plane, y: Plane, edge: float) -> None:
    size = cat.eye_size
    across, down = np.abs(x) - 0.31, y + 0.1
    eye = _almond(across, down, 1.12 * size, cat.eye_roundness * size, -cat.eye_slant)
    _paint(picture, 0.5 * _inside(eye - 0.05, 0.1), cat.look.pale)
    _paint(picture, _inside(eye - 0.022, 1.5 * edge), _INK)
    iris = _filled(_choose(cat.look.eyes, cat.eye_choice), x.shape)
    # Brighter below, and shaded by the lid above.
    iris *= 1.05 + 1.3 * down - 0.4 * _inside(down + 0.8 * size, 0.9 * size)
    pupil = _ellipse(across, down, 0.75 * size * cat.pupil_width, 0.75 * size)
    _paint(iris, _inside(pupil, 1.5 * edge), (24, 20, 24))
    glint = _ellipse(np.abs(x + 0.045) - 0.31, down + 0.35 * size, 0.24 * size, 0.24 * size)
    small_glint = _ellipse(np.abs(x - 0.04) - 0.31, down - 0.4 * size, 0.13 * size, 0.13 * size)
    _paint(iris, _inside(np.minimum(glint, small_glint), edge), (255, 255, 255))
    _paint(picture, _inside(eye, edge), iris)


def _paint_muzzle(picture: Planes, cat: Cat, x: Plane, y: Plane, edge: float) -> None:
    """Paint the pale muzzle, the smile, the nose and the whiskers."""
    mirrored = np.abs(x)
    if cat.look.pattern != "points":
        puffs = _ellipse(mirrored - 0.13, y - 0.36, 0.2, 0.15)
        muzzle = _join(puffs, _ellipse(x, y - 0.47, 0.15, 0.11), 0.05)
        _paint(picture, 0.85 * _inside(muzzle, 0.1), _WHITE if cat.has_blaze else cat.look.pale)
    ring = np.abs(np.hypot(mirrored - 0.105, y - 0.31) - 0.105)
    smile = np.maximum(ring - 0.012, 0.32 - y)
    groove = np.maximum(np.abs(x) - 0.011, np.abs(y - 0.29) - 0.04)
    _paint(picture, 0.85 * _inside(np.minimum(smile, groove), edge), _INK)
    nose = _join(_almond(x, y - 0.2, 0.12, 0.05, 0), _ellipse(x, y - 0.235, 0.055, 0.045), 0.06)
    _paint(picture, _inside(nose, edge), _choose((_PINK, _INK), cat.nose_choice))
    _paint(picture, 0.3 * _inside(_ellipse(x + 0.02, y - 0.19, 0.05, 0.02), 0.04), _WHITE)
    whisker_colour = (150, 140, 136) if cat.look.base[0] > 232 else _WHITE
    out = mirrored - 0.22
    for number in (-1, 0, 1):
        height = 0.36 + number * (0.04 + 0.22 * out) + 0.1 * out * out
        whisker = np.abs(y - height) - 0.012 * np.clip(1 - out / 0.66, 0, 1)
        _paint(picture, 0.8 * _inside(np.maximum(whisker, -out), edge), whisker_colour)
