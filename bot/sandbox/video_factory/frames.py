"""The frames of a film: its pictures or a scene from its prompt, with the prompt and a notice upon them."""

import random
from collections.abc import Iterator

from PIL import Image, ImageChops

from bot.sandbox.video_factory.caption import caption, notice
from bot.sandbox.video_factory.landscapes import mountains, sea
from bot.sandbox.video_factory.lights import lights
from bot.sandbox.video_factory.meadow import meadow
from bot.sandbox.video_factory.night_scenes import city, space
from bot.sandbox.video_factory.painting import vignette
from bot.sandbox.video_factory.pictures import shots
from bot.sandbox.video_factory.scene import Canvas, Place, Scene, chance_of, scene_of
from bot.sandbox.video_factory.sky import Painter
from bot.sandbox.video_factory.spec import VideoSpec
from bot.sandbox.video_factory.weather import falling


def frames(spec: VideoSpec) -> Iterator[Image.Image]:
    """Yield every frame of the video, in RGB and of the specified size."""
    count = int(spec.seconds * spec.frames_per_s)
    size = (spec.width_px, spec.height_px)
    below = caption(spec.prompt, size)
    above = notice(spec.notice, size) if spec.notice else None
    margin = min(size) // 40
    for frame in _drawn(spec, count):
        if below is not None:
            frame.paste(below, (0, spec.height_px - below.height), below)
        if above is not None:
            frame.paste(above, (margin, margin), above)
        yield frame


def _drawn(spec: VideoSpec, count: int) -> Iterator[Image.Image]:
    if spec.pictures:
        return shots(spec, count)
    if spec.enlarged > 1:
        return lights(spec, count)
    scene = scene_of(spec.prompt)
    return lights(spec, count) if scene.place is Place.LIGHTS else _played(spec, scene, count)


def _played(spec: VideoSpec, scene: Scene, count: int) -> Iterator[Image.Image]:
    canvas, chance = Canvas.of(spec), chance_of(spec.prompt)
    paint = _painter(canvas, scene, chance_of(spec.prompt + scene.place))
    overlay = falling(canvas, scene.weather, chance)
    edge = vignette(canvas.size)
    for number in range(count):
        at_s = number / float(spec.frames_per_s)
        frame = paint(at_s)
        overlay(frame, at_s)
        yield ImageChops.multiply(frame, edge)


def _painter(canvas: Canvas, scene: Scene, chance: random.Random) -> Painter:
    match scene.place:
        case Place.SEA:
            return sea(canvas, scene, chance)
        case Place.MOUNTAINS:
            return mountains(canvas, scene, chance)
        case Place.CITY:
            return city(canvas, scene, chance)
        case Place.SPACE:
            return space(canvas, scene, chance)
        case Place.MEADOW | Place.LIGHTS:
            return meadow(canvas, scene, chance)
