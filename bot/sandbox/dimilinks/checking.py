"""Submissions read as strictly as the real service could: size, schema, and pictures that are pictures."""

import base64
import binascii
import hashlib
import io
import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError

from bot.sandbox.dimilinks.request_log import ReferenceImage

BODY_LIMIT_BYTES = 7 * 13_500_000 + 100_000
REFERENCE_LIMIT_BYTES = 10_000_000
_DATA_URL = re.compile(r"data:(image/(?:png|jpeg|webp));base64,")
_FORMATS = {"image/png": {"PNG"}, "image/jpeg": {"JPEG", "MPO"}, "image/webp": {"WEBP"}}
_COPY_SIDE_PX = 1600


@dataclass(frozen=True)
class Refusal:
    """Why a submission is answered with 400: the vendor's code, what it says, and what is told the tests."""

    code: str
    message: str
    violation: str


@dataclass(frozen=True)
class CheckedSubmission:
    """A submission that can be taken; `pictures` are small copies for the video factory."""

    fields: dict[str, str]
    references: tuple[ReferenceImage, ...]
    pictures: tuple[Path, ...]


@cache
def _validator() -> Any:  # noqa: ANN401 - jsonschema's annotations are recursive beyond the type checker
    # Imported with the first submission: nothing else here needs it, and it costs time and memory.
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    text = resources.files("bot.sandbox.dimilinks").joinpath("openapi.json").read_text("utf-8")
    return Draft202012Validator(json.loads(text)["components"]["schemas"]["VideoGenerationRequest"])


def read_order(body: Path, folder: Path) -> CheckedSubmission | Refusal:
    """The order in the JSON file `body`; pictures are left in `folder`. Slow: for a thread."""
    try:
        parsed: Any = json.loads(body.read_bytes())
    except (ValueError, UnicodeDecodeError) as error:
        return _invalid("请求体不是有效的 JSON", f"the body is no JSON: {error}")
    for error in _validator().iter_errors(parsed):
        place = "/".join(map(str, error.absolute_path)) or "body"
        return _invalid("参数无效", f"{place}: {error.message[:200]}")
    fields: dict[str, Any] = parsed
    urls: list[str] = fields.pop("input_reference", [])
    if not fields["prompt"].strip():
        return _invalid("提示词不能为空", "prompt: blank")
    references: list[ReferenceImage] = []
    pictures: list[Path] = []
    for number, url in enumerate(urls):
        read = _read_reference(url, folder / f"{number}.jpg")
        if isinstance(read, str):
            return Refusal(
                "invalid_reference_image", "参考图无效，请检查格式与大小", f"picture {number}: {read}"
            )
        references.append(read)
        pictures.append(folder / f"{number}.jpg")
    return CheckedSubmission(fields, tuple(references), tuple(pictures))


def _invalid(message: str, violation: str) -> Refusal:
    return Refusal("invalid_request_error", message, violation)


def _read_reference(url: str, copy: Path) -> ReferenceImage | str:
    """The picture in a Data URL, or what is wrong with it."""
    head = _DATA_URL.match(url)
    if head is None:
        return "no Data URL of a PNG, JPEG or WebP picture"
    try:
        content = base64.b64decode(url[head.end() :], validate=True)
    except binascii.Error as error:
        return f"no base64: {error}"
    if not 0 < len(content) < REFERENCE_LIMIT_BYTES:
        return f"{len(content)} bytes"
    try:
        with Image.open(io.BytesIO(content)) as picture:
            if picture.format not in _FORMATS[head[1]]:
                return f"{picture.format} sent as {head[1]}"
            width, height = picture.size
            copy.parent.mkdir(parents=True, exist_ok=True)
            picture.draft("RGB", (_COPY_SIDE_PX, _COPY_SIDE_PX))
            small = picture.convert("RGB")
            small.thumbnail((_COPY_SIDE_PX, _COPY_SIDE_PX))
            small.save(copy, quality=90)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        return f"cannot be opened: {error}"
    return ReferenceImage(head[1], len(content), hashlib.sha256(content).hexdigest(), width, height)
