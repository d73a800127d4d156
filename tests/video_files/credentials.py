"""Reads content credentials as a viewer would, and puts some into a film as somebody else would."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.video_files.credentials import is_installed

NOT_INSTALLED = not is_installed()
REASON = "c2pa-python is not installed (requirements/marks.lock)"
STRANGER = {"name": "Elsewhere", "version": "1"}


@dataclass(frozen=True)
class Shown:
    """What a viewer finds.

    Attributes:
        state: "Valid" where nothing is wrong but that nobody knows the signer.
        problems: Codes of what is wrong.
        active: What the last signer says.
        before: What those before said, from the last to the first.
    """

    state: str
    problems: set[str]
    active: dict[str, Any]
    before: list[dict[str, Any]]

    @property
    def actions(self) -> list[tuple[str, str]]:
        """What the last signer says was done, and what the file then came from."""
        said = next(one["data"] for one in self.active["assertions"] if one["label"] == "c2pa.actions.v2")
        return [
            (one["action"], one.get("digitalSourceType", "").rpartition("/")[2]) for one in said["actions"]
        ]


def shown(path: Path) -> Shown | None:
    """Return what a viewer finds in a file; None if there are no credentials."""
    import c2pa  # noqa: PLC0415 - an extra

    with path.open("rb") as file:
        reader = c2pa.Reader.try_create("video/mp4", file)
        if reader is None:
            return None
        with reader:
            found = json.loads(reader.json())
    manifests = found["manifests"]
    active = manifests[found["active_manifest"]]
    before, last = [], active
    while last.get("ingredients"):
        (ingredient,) = last["ingredients"]
        assert ingredient["relationship"] == "parentOf"
        last = manifests[ingredient["active_manifest"]]
        before.append(last)
    problems = {one["code"] for one in found.get("validation_status", [])}
    return Shown(found["validation_state"], problems, active, before)


def signed_elsewhere(path: Path, content: bytes) -> Path:
    """Write a film with the credentials of somebody else."""
    from bot.video_files.signing.identity import own_identity  # noqa: PLC0415 - needs the extra
    from bot.video_files.signing.manifest import sign_file  # noqa: PLC0415

    folder = path.parent / "elsewhere"
    identity = own_identity(folder / "key.pem", folder / "certificate.pem")
    plain = folder / "plain.mp4"
    plain.write_bytes(content)
    sign_file(identity, plain, path, title="theirs.mp4", maker=STRANGER, original=None, changes=[])
    return path
