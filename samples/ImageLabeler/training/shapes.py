"""Draws pictures of shapes: eight kinds, in any colour, size and position, on backgrounds of several sorts."""

import io
import math

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

LABELS = ["circle", "crescent", "cross", "heart", "hexagon", "square", "star", "triangle"]
EXTENT = 64     # pixels in a row and a column, as the network takes them
FINE = 4        # drawn so many times as large, then shrunk: edges are smooth


def draw(random, label, extent=EXTENT):
    """A picture of a shape; `random` is a numpy RandomState."""
    large = extent * FINE
    back, front = colours(random)
    picture = background(random, large, back)
    mask = Image.new("L", (large, large))
    polygon_or_more(ImageDraw.Draw(mask), random, label, large)
    picture.paste(Image.new("RGB", (large, large), tuple(front)), mask=mask)
    if random.rand() < 0.3:
        picture = picture.filter(ImageFilter.GaussianBlur(random.uniform(0.2, 0.8) * FINE))
    small = np.asarray(picture.resize((extent, extent), Image.BOX), np.float32)
    small = small + random.normal(0, random.uniform(0, 8), small.shape)
    return as_jpeg(Image.fromarray(np.clip(small, 0, 255).astype(np.uint8)), int(random.randint(70, 96)))


def as_jpeg(picture, quality):
    """The picture after it was stored as JPEG and read again."""
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=quality)
    return Image.open(content).convert("RGB")


def colours(random):
    """Two colours that a person can tell apart."""
    while True:
        back, front = random.randint(0, 256, (2, 3))
        if np.abs(back - front).sum() > 180:
            return back, front


def background(random, extent, colour):
    """One colour, a gradient towards another one, or stripes."""
    kind = random.randint(3)
    other = np.clip(colour + random.randint(-50, 51, 3), 0, 255)
    angle = random.uniform(0, 2 * math.pi)
    rows, columns = np.mgrid[0:extent, 0:extent] / extent
    along = rows * math.sin(angle) + columns * math.cos(angle)
    if kind == 0:
        share = np.zeros_like(along)
    elif kind == 1:
        share = (along - along.min()) / (along.max() - along.min())
    else:
        share = (np.sin(along * random.uniform(10, 40)) > 0).astype(float)
    pixels = colour + share[..., None] * (other - colour)
    return Image.fromarray(pixels.astype(np.uint8))


def polygon_or_more(pen, random, label, extent):
    """Draws the shape itself."""
    radius = extent * random.uniform(0.22, 0.42)
    reach = extent / 2 - radius
    centre = extent / 2 + random.uniform(-reach, reach, 2)
    turn = random.uniform(0, 2 * math.pi)
    if label == "circle":
        disc(pen, centre, radius, 255)
    elif label == "crescent":
        disc(pen, centre, radius, 255)
        away = radius * random.uniform(0.45, 0.65)
        disc(pen, centre + away * np.array([math.cos(turn), math.sin(turn)]), radius * 0.85, 0)
    else:
        pen.polygon([tuple(centre + radius * rotated(point, turn)) for point in outline(random, label)], fill=255)


def disc(pen, centre, radius, fill):
    pen.ellipse([*(centre - radius), *(centre + radius)], fill=fill)


def rotated(point, angle):
    x, y = point
    return np.array([x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)])


def outline(random, label):
    """Corners of a shape of radius 1."""
    if label == "cross":
        arm = random.uniform(0.22, 0.36)
        quarter = [(arm, -1), (arm, -arm), (1, -arm), (1, arm)]
        return [rotated(point, turn * math.pi / 2) for turn in range(4) for point in quarter[:3]]
    if label == "heart":
        steps = np.linspace(0, 2 * math.pi, 48, endpoint=False)
        return [(math.sin(t) ** 3, -(13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)) / 17) for t in steps]
    if label == "star":
        inner = random.uniform(0.38, 0.5)
        return [corner(index, 10, 1 if index % 2 == 0 else inner) for index in range(10)]
    count = {"triangle": 3, "square": 4, "hexagon": 6}[label]
    return [corner(index, count, 1) for index in range(count)]


def corner(index, count, radius):
    angle = 2 * math.pi * index / count - math.pi / 2
    return radius * math.cos(angle), radius * math.sin(angle)
