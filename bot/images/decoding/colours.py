"""Brings pixels to 8-bit sRGB."""

import io
from typing import Final

from PIL import Image, ImageCms

from bot import colour_profiles

_BITS_16_TO_8: Final = 1 / 257
_SRGB_GAMMA: Final = (0.44, 0.47)
"""Values of a PNG's gAMA chunk that mean the gamma of sRGB, 1/2.2."""


def with_plain_mode(picture: Image.Image) -> Image.Image:
    """Return the picture as L, RGB, RGBA or CMYK, with 8 bits a channel."""
    if picture.mode.startswith("I"):
        # Not stretched: 65,535 is white, whatever the brightest pixel is.
        wide = picture.convert("I")
        return wide.point(lambda value: value * _BITS_16_TO_8 + 0.5).convert("L")
    if picture.mode in {"RGB", "RGBA", "CMYK", "L"} and "transparency" not in picture.info:
        return picture
    if picture.mode == "1":
        return picture.convert("L")
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture as RGB or RGBA in sRGB.

    Args:
        picture: L, RGB, RGBA or CMYK.
        profile: The ICC profile of its colours. Without one, or with one that cannot be used, they are taken for
            sRGB, as viewers do.
    """
    if picture.mode == "RGBA":
        colours = to_srgb(picture.convert("RGB"), profile)
        colours.putalpha(picture.getchannel("A"))
        return colours
    if profile:
        try:
            found = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, found, _srgb(), outputMode="RGB")
        # A profile of another colour space, a damaged one: Little CMS raises what it likes about it.
        except Exception:  # noqa: BLE001 - as the line above says
            converted = None
        if converted is not None:
            return converted
    return picture.convert("RGB")


def png_profile(picture: Image.Image) -> bytes | None:
    """Return a profile for the gamma and chromaticities that a PNG states without a profile; None for sRGB's."""
    if "srgb" in picture.info:
        return None
    gamma: float | None = picture.info.get("gamma")
    chromaticities: tuple[float, ...] | None = picture.info.get("chromaticity")
    if gamma is None or not gamma > 0 or (_SRGB_GAMMA[0] < gamma < _SRGB_GAMMA[1] and chromaticities is None):
        return None
    if chromaticities is None:
        return colour_profiles.profile(
            (0.64, 0.33, 0.3, 0.6, 0.15, 0.06), (0.3127, 0.329), lambda code: code ** (1 / gamma)
        )
    white, primaries = chromaticities[:2], chromaticities[2:]
    return colour_profiles.profile(primaries, white, lambda code: code ** (1 / gamma))  # pyright: ignore[reportArgumentType] - eight


def _srgb() -> ImageCms.ImageCmsProfile:
    # Pillow leaves out the type of what it returns.
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
