"""The things in a street, one function for each."""

import numpy as np

from .scene import Colour, Scene, pick, tone

# fmt: off
WALLS = (
    (236, 205, 160), (214, 120, 96), (178, 72, 60), (240, 226, 200), (160, 178, 196),
    (232, 170, 90), (196, 150, 130), (150, 170, 140), (238, 180, 176), (120, 110, 120),
)
ROOFS = ((150, 70, 54), (96, 84, 92), (120, 56, 50), (80, 92, 104))
LEAVES = (
    (74, 128, 52), (98, 146, 58), (52, 110, 66), (196, 130, 44), (186, 84, 44),
    (232, 164, 180),
)
PAINTS = (
    (200, 40, 44), (36, 88, 170), (238, 238, 234), (240, 190, 50), (44, 120, 90),
    (60, 62, 70), (232, 120, 50), (120, 190, 200), (130, 60, 120), (240, 220, 190),
)
SKINS = ((244, 206, 172), (214, 160, 120), (150, 100, 70), (96, 62, 44))
# fmt: on
WHITE, RED, YELLOW = (240, 236, 226), (206, 32, 40), (250, 206, 70)
FAR = 110.0


def draw_sky(scene: Scene) -> None:
    """Sky that pales towards the horizon, with sun or moon, and clouds."""
    rng, mood = scene.rng, scene.mood
    width, height = scene.image.size
    for row in range(height):
        share = min(1, row / scene.vanishing_point[1])
        colour = (1 - share) * np.array(mood.zenith) + share * np.array(mood.horizon)
        scene.image_pen.line([(0, row), (width, row)], tuple(colour.astype(int)))
    scene.labels.paste(1, (0, 0, width, height))
    sun = (rng.uniform(-60, 60), rng.uniform(25, 60), FAR)
    for radius, alpha in ((9, 40), (6.5, 70), (4, 255)):
        scene.ellipse(sun, (radius, radius), (255, 246, 214, alpha), glow=True)
    for _ in range(rng.integers(5)):
        x, y = rng.uniform(-80, 80), rng.uniform(20, 75)
        for _ in range(9):
            puff = (x + rng.normal(0, 8), y + rng.normal(0, 1.2), FAR)
            radii = (rng.uniform(3, 8), rng.uniform(1.5, 4))
            scene.ellipse(puff, radii, (*tone(mood.horizon, 1.12), 150), glow=True)


def draw_balloon(scene: Scene) -> None:
    """A hot-air balloon. It has no class: its pixels are unlabelled."""
    x, y = scene.rng.uniform(-40, 40), scene.rng.uniform(30, 55)
    paint = pick(scene.rng, PAINTS)
    for radius, colour in ((6, paint), (3.6, WHITE), (1.4, paint)):
        scene.ellipse((x, y, FAR), (radius, 7), colour, 'unlabelled')
    scene.box((x - 1.2, x + 1.2), (y - 11, y - 9), FAR, (120, 80, 50), 'unlabelled')


def draw_skyline(scene: Scene) -> None:
    """What closes the street far away: the rest of the town, and trees."""
    rng = scene.rng
    x = -150.0
    while x < 150:
        width, height = rng.uniform(8, 24), rng.uniform(6, 22)
        if rng.random() < 0.25:
            scene.ellipse((x, 2, FAR), (width, height * 0.6), (70, 110, 80), 'tree')
        else:
            wall = pick(rng, WALLS)
            scene.box((x, x + width), (0, height), FAR, wall, 'building')
            for y in np.arange(2, height - 2, 4):
                scene.box((x + 1, x + width - 1), (y, y + 1.5), FAR, tone(wall, 0.8))
        x += width * rng.uniform(0.6, 1.1)


def draw_ground(scene: Scene, road: tuple[float, float], pavement: float) -> None:
    """Lawn with tufts, pavement of slabs with its kerb, road with its marks."""
    rng, (left, right) = scene.rng, road
    lawn, everything = (120, 156, 80), (1.0, FAR)
    scene.strip((-300, 300), everything, lawn, 'grass')
    for x, z in rng.uniform((-30, 2), (30, 40), (140, 2)):
        tuft = tone(lawn, rng.uniform(0.8, 1.2))
        scene.strip((x, x + rng.uniform(0.3, 2)), (z, z + rng.uniform(0.2, 0.8)), tuft)
    slab = tone((190, 176, 160), rng.uniform(0.85, 1.1))
    walk = (left - pavement, right + pavement)
    scene.strip(walk, everything, slab, 'pavement')
    for z in np.geomspace(1.5, 60, 30):
        scene.strip(walk, (z, z * 1.012), tone(slab, 0.82))
    for edge in (left - 0.2, right):
        scene.strip((edge, edge + 0.2), everything, tone(slab, 1.25))
    asphalt = tone((98, 98, 106), rng.uniform(0.75, 1.2))
    scene.strip(road, everything, asphalt, 'road')
    for x, z in rng.uniform((left, 2), (right - 1.5, 40), (25, 2)):
        scene.strip((x, x + 1.5), (z, z * 1.1), tone(asphalt, rng.uniform(0.93, 1.06)))
    middle = (left + right) / 2
    for z in np.arange(rng.uniform(2, 5), 70, 6):
        scene.strip((middle - 0.08, middle + 0.08), (z, z + 3), WHITE)
    if rng.random() < 0.4:
        z = rng.uniform(4, 14)
        for x in np.arange(left + 0.4, right - 0.5, 1.0):
            scene.strip((x, x + 0.5), (z, z + 2.5), WHITE)


def draw_building(scene: Scene, x: float, z: float, depth: float, side: int) -> None:
    """A house on one side of the road; its front stands at x, from z - depth to z."""
    rng, z, end = scene.rng, z - depth, z
    storeys, wall = rng.integers(2, 6), pick(rng, WALLS)
    eaves = 3.0 * storeys + 0.8
    ridge = eaves + pick(rng, (0.0, 3.0))  # a flat roof or a gable

    def front(
        z0: float, z1: float, y0: float, y1: float, colour: Colour, **kwargs
    ) -> None:
        corners = [(x, y0, z0), (x, y0, z1), (x, y1, z1), (x, y1, z0)]
        scene.polygon(corners, colour, **kwargs)

    middle, back = 4.5 * side, 9 * side
    gable = [(0, 0), (0, eaves), (middle, ridge), (back, eaves), (back, 0)]
    scene.outline(x, z, gable, tone(wall, 0.82), 'building')
    top = x + middle
    slope = [(x, eaves, z), (x, eaves, end), (top, ridge, end), (top, ridge, z)]
    scene.polygon(slope, pick(rng, ROOFS), 'building')
    front(z, end, 0, eaves, wall, label='building')
    for y in np.arange(0.4, eaves, pick(rng, (0.8, 3.0))):  # planks or storeys
        front(z, end, y, y + 0.12, tone(wall, 0.88))
    front(z, end, eaves - 0.4, eaves, tone(wall, 1.15))
    columns = max(1, int(depth / 2.6))
    for z0 in z + depth * (np.arange(columns) + 0.5) / columns - 0.6:
        front(z0 - 0.1, z0 + 1.3, 0, 2.3, tone(pick(rng, PAINTS), 0.7))
        for y in np.arange(1, storeys) * 3 + 0.9:
            lit = rng.random() < scene.mood.lit_windows
            glass = (255, 214, 120) if lit else (84, 108, 136)
            front(z0 - 0.12, z0 + 1.32, y - 0.12, y + 1.62, WHITE)
            front(z0, z0 + 1.2, y, y + 1.5, glass, glow=lit)
            front(z0 + 0.55, z0 + 0.65, y, y + 1.5, WHITE)
    if rng.random() < 0.5:
        edge = x - 0.9 * side
        awning = [(x, 3, z), (x, 3, end), (edge, 2.4, end), (edge, 2.4, z)]
        scene.polygon(awning, pick(rng, PAINTS), 'building')


def draw_tree(scene: Scene, x: float, z: float) -> None:
    """A fir, or a tree with leaves in the colours of the seasons."""
    rng = scene.rng
    height, leaf = rng.uniform(3.5, 7.5), pick(rng, LEAVES)
    scene.shadow(x, z, 0.25 * height)
    trunk = 0.035 * height
    scene.box((x - trunk, x + trunk), (0, 0.5 * height), z, (104, 76, 56), 'tree')
    if rng.random() < 0.25:
        for level in np.linspace(0.2, 0.75, 5):
            half, y = 0.28 * height * (1.1 - level), level * height
            needles = [(-half, y), (half, y), (0, y + 0.36 * height)]
            scene.outline(x, z, needles, tone((46, 96, 68), 0.7 + 0.6 * level), 'tree')
        return
    for shade in np.linspace(0.6, 1.3, 45):  # from the dark puffs behind to the front
        angle, reach = rng.uniform(0, 2 * np.pi), height * np.sqrt(rng.random())
        dx, dy = 0.24 * reach * np.cos(angle), 0.22 * reach * np.sin(angle)
        y = dy + height * (0.54 + 0.08 * shade)  # light falls from above
        radius = height * rng.uniform(0.05, 0.1)
        scene.ellipse((x + dx, y, z), (radius, radius), tone(leaf, shade), 'tree')


def draw_car(scene: Scene, x: float, z: float, coming: bool) -> None:
    """A car from behind, or from the front where it is coming."""
    paint, roof = pick(scene.rng, PAINTS), pick(scene.rng, (1.45, 1.6, 2.0))
    body = [(-0.9, 0.25), (0.9, 0.25), (0.9, 0.95), (0.72, roof), (-0.72, roof),
            (-0.9, 0.95)]  # fmt: skip
    glass = [(-0.8, 1.0), (0.8, 1.0), (0.64, roof - 0.12), (-0.64, roof - 0.12)]
    scene.shadow(x, z + 0.3, 1.2)
    for slice_z in np.linspace(z + 3.8, z, 14):  # its length, seen at an angle
        scene.outline(x, slice_z, body, tone(paint, 0.72), 'car')
    scene.outline(x, z, body, paint, 'car')
    scene.outline(x, z, glass, (70, 90, 110))
    for wheel in (x - 0.72, x + 0.48):
        scene.box((wheel, wheel + 0.24), (0, 0.35), z, (30, 30, 34), 'car')
    scene.box((x - 0.9, x + 0.9), (0.25, 0.36), z, (50, 50, 56))
    scene.box((x - 0.26, x + 0.26), (0.42, 0.58), z, WHITE)
    lamp = (255, 244, 200) if coming else (220, 40, 40)
    for dx in (-0.68, 0.68):
        scene.ellipse((x + dx, 0.75, z), (0.15, 0.1), lamp, glow=coming)


def draw_person(scene: Scene, x: float, z: float) -> None:
    """Somebody on foot, small or tall."""
    rng = scene.rng
    tall, coat, skin = rng.uniform(1.1, 1.9), pick(rng, PAINTS), pick(rng, SKINS)
    trousers, hair = tone(pick(rng, PAINTS), 0.6), tone(pick(rng, SKINS), 0.5)
    step = rng.uniform(0.02, 0.12)
    scene.shadow(x, z, 0.3)

    def limb(
        start: tuple[float, float],
        end: tuple[float, float],
        width: float,
        colour: Colour,
    ) -> None:
        (x0, y0), (x1, y1) = start, end
        corners = [
            (x0 - width, y0),
            (x0 + width, y0),
            (x1 + width, y1),
            (x1 - width, y1),
        ]
        scene.outline(
            x, z, [(dx * tall, y * tall) for dx, y in corners], colour, 'person'
        )

    def round_part(y: float, radii: tuple[float, float], colour: Colour) -> None:
        centre = (x, y * tall, z)
        scene.ellipse(centre, (radii[0] * tall, radii[1] * tall), colour, 'person')

    for foot in (-step, step):
        limb((foot / 3, 0.5), (foot, 0), 0.055, trousers)
    for hand in (-0.17, 0.17):
        limb((hand * 0.4, 0.8), (hand, 0.46), 0.04, tone(coat, 0.85))
    limb((0, 0.84), (0, 0.4), 0.12, coat)
    round_part(0.93, (0.08, 0.09), skin)
    round_part(0.98, (0.085, 0.055), hair)


def draw_sign(scene: Scene, x: float, z: float) -> None:
    """A traffic sign (round, square, or with three corners) or a traffic light."""
    kind = pick(scene.rng, ('round', 'square', 'triangle', 'light'))
    scene.box((x - 0.09, x + 0.09), (0, 2.6), z, (130, 134, 140), 'sign')
    if kind == 'round':
        scene.ellipse((x, 2.8, z), (0.6, 0.6), RED, 'sign')
        scene.ellipse((x, 2.8, z), (0.4, 0.4), WHITE)
    elif kind == 'square':
        scene.box((x - 0.55, x + 0.55), (2.2, 3.3), z, (30, 84, 180), 'sign')
        scene.box((x - 0.15, x + 0.15), (2.4, 3.1), z, WHITE)
    elif kind == 'triangle':
        for size, colour in ((0.75, RED), (0.42, YELLOW)):
            corners = [(-size, 2.8 - 0.6 * size), (size, 2.8 - 0.6 * size)]
            scene.outline(x, z, [*corners, (0, 2.8 + 1.1 * size)], colour, 'sign')
    else:
        scene.box((x - 0.32, x + 0.32), (2.0, 3.6), z, (44, 46, 50), 'sign')
        shining = scene.rng.integers(3)
        for i, lamp in enumerate((RED, YELLOW, (70, 220, 110))):
            colour = lamp if i == shining else tone(lamp, 0.35)
            scene.ellipse((x, 3.3 - 0.5 * i, z), (0.2, 0.2), colour, glow=True)
