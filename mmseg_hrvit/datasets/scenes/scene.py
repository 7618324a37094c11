"""The canvas on which a street is drawn: perspective, light, and the label map."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw

# As in ADE20K, class k has the value k + 1 in a label file, and 0 is unlabelled.
CLASSES = (
    'sky', 'building', 'road', 'pavement', 'grass', 'tree', 'car', 'person', 'sign',
)  # fmt: skip
LABELS = dict(zip(('unlabelled', *CLASSES), range(len(CLASSES) + 1), strict=True))
GRAIN = np.array([3, 1, 4, 5, 4, 8, 6, 2, 3, 2])  # still sky, rough lawn

OVERSAMPLING = 3
EYE_HEIGHT = 1.7

Colour = tuple[int, ...]  # RGB or RGBA
Point = tuple[float, float, float]


@dataclass(frozen=True)
class Mood:
    """Colours of the sky, tint of all that it lights, and how many lamps are on."""

    zenith: Colour
    horizon: Colour
    light: tuple[float, float, float]
    lit_windows: float = 0.0


MOODS = (
    Mood((70, 140, 220), (205, 230, 245), (1.0, 1.0, 1.0)),  # noon
    Mood((120, 180, 230), (250, 235, 205), (1.05, 1.0, 0.9)),  # morning
    Mood((150, 160, 172), (214, 218, 220), (0.86, 0.88, 0.92)),  # clouds
    Mood((90, 100, 170), (255, 176, 110), (1.0, 0.82, 0.74), 0.3),  # sunset
    Mood((28, 36, 84), (150, 110, 150), (0.52, 0.52, 0.70), 0.6),  # night
)


class Scene:
    """An image and its label map, drawn together.

    A point is (x, y, z) in metres: to the right, up, and away from the camera. What is
    drawn without a label goes only into the image. Things that glow keep their colour
    in any light.

    Args:
        height (int): Height of the image in pixels.
        width (int): Width of the image in pixels.
        rng (np.random.Generator): Source of all randomness.
    """

    def __init__(self, height: int, width: int, rng: np.random.Generator):
        self.rng = rng
        self.size = (width, height)
        self.mood = pick(rng, MOODS)
        big_width, big_height = width * OVERSAMPLING, height * OVERSAMPLING
        self.image = Image.new('RGB', (big_width, big_height))
        self.labels = Image.new('L', self.image.size)
        self.image_pen = ImageDraw.Draw(self.image, 'RGBA')
        self.label_pen = ImageDraw.Draw(self.labels)
        self.focal = 0.62 * big_width
        self.vanishing_point = (
            big_width * rng.uniform(0.38, 0.62),
            big_height * rng.uniform(0.42, 0.54),
        )

    def project(self, x: float, y: float, z: float) -> tuple[float, float]:
        """Pixel at which a point is seen."""
        scale = self.focal / z
        u, v = self.vanishing_point
        return u + x * scale, v + (EYE_HEIGHT - y) * scale

    def shade(self, colour: Colour, z: float) -> Colour:
        """Colour of a thing at distance z, in the scene's light and haze."""
        haze = 1 - np.exp(-z / 110)
        lit = np.multiply(colour[:3], self.mood.light)
        mixed = (1 - haze) * lit + haze * np.array(self.mood.horizon)
        return (*np.clip(mixed, 0, 255).astype(int).tolist(), *colour[3:])

    def polygon(
        self,
        points: list[Point],
        colour: Colour,
        label: str | None = None,
        glow: bool = False,
    ) -> None:
        """Draws the polygon with these corners."""
        pixels = [self.project(*point) for point in points]
        distance = sum(z for _, _, z in points) / len(points)
        self.image_pen.polygon(pixels, colour if glow else self.shade(colour, distance))
        if label:
            self.label_pen.polygon(pixels, LABELS[label])

    def ellipse(
        self,
        centre: Point,
        radii: tuple[float, float],
        colour: Colour,
        label: str | None = None,
        glow: bool = False,
    ) -> None:
        """Draws an ellipse that faces the camera."""
        (x, y, z), (rx, ry) = centre, radii
        box = [*self.project(x - rx, y + ry, z), *self.project(x + rx, y - ry, z)]
        self.image_pen.ellipse(box, colour if glow else self.shade(colour, z))
        if label:
            self.label_pen.ellipse(box, LABELS[label])

    def outline(
        self,
        x: float,
        z: float,
        corners: list[tuple[float, float]],
        colour: Colour,
        label: str | None = None,
    ) -> None:
        """Draws a polygon that faces the camera, with corners (x + dx, y)."""
        self.polygon([(x + dx, y, z) for dx, y in corners], colour, label)

    def box(
        self,
        x: tuple[float, float],
        y: tuple[float, float],
        z: float,
        colour: Colour,
        label: str | None = None,
    ) -> None:
        """Draws a rectangle that faces the camera."""
        (left, right), (low, high) = x, y
        corners = [(left, low), (right, low), (right, high), (left, high)]
        self.outline(0, z, corners, colour, label)

    def strip(
        self,
        x: tuple[float, float],
        z: tuple[float, float],
        colour: Colour,
        label: str | None = None,
    ) -> None:
        """Draws a rectangle that lies on the ground."""
        left, right = x
        # In slices, for the haze thickens along a long strip.
        edges = np.geomspace(*z, 2 + int(6 * np.log(z[1] / z[0])))
        for near, far in pairwise(edges.tolist()):
            corners = [
                (left, 0, near),
                (right, 0, near),
                (right, 0, far),
                (left, 0, far),
            ]
            self.polygon(corners, colour, label)

    def shadow(self, x: float, z: float, radius: float) -> None:
        """Darkens the ground under a thing."""
        (left, v), (right, _) = (self.project(x + dx, 0, z) for dx in (-radius, radius))
        flat = 0.12 * (right - left)
        self.image_pen.ellipse([left, v - flat, right, v + flat], (20, 20, 40, 90))

    def finish(self) -> tuple[Image.Image, Image.Image]:
        """Image, with uneven light, grain and noise, and label map in their size."""
        rng, (width, height) = self.rng, self.size
        labels = self.labels.resize(self.size, Image.Resampling.NEAREST)
        image = np.asarray(self.image.resize(self.size, Image.Resampling.BOX), float)
        grain = GRAIN[np.asarray(labels)] * rng.normal(size=(height, width))
        light = Image.fromarray(rng.uniform(0.8, 1.15, (3, 4)).astype('float32'))
        light = np.asarray(light.resize(self.size, Image.Resampling.BICUBIC))
        image = (image + grain[..., None]) * light[..., None]
        image += rng.normal(0, rng.uniform(1, 4), image.shape)
        return Image.fromarray(image.clip(0, 255).astype('uint8')), labels


def pick(rng: np.random.Generator, choices: tuple):
    """One of the choices, each as likely as the others."""
    return choices[rng.integers(len(choices))]


def tone(colour: Colour, factor: float) -> Colour:
    """The colour made darker (factor < 1) or lighter (factor > 1)."""
    return tuple(int(min(255, value * factor)) for value in colour)
