"""What makes a checkpoint count: its manifest, with the size and SHA-256 of each of its files."""

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple


class Proof(NamedTuple):
    """What a file has to be like: its size, and the SHA-256 of its content in hexadecimal."""

    bytes: int
    sha256: str


@dataclasses.dataclass(frozen=True)
class Notes:
    """What a manifest tells of a checkpoint besides its step and its files.

    Attributes:
        epoch: that its step belongs to, from 1; None where nobody said.
        saved: when, in seconds since 1970; 0 where nobody said.
        figures: of its samples, by name, where they were measured.
        record: of the run, as `run.json` holds it: enough to go on where that is lost.
    """

    epoch: int | None = None
    saved: float = 0.0
    figures: Mapping[str, float] = dataclasses.field(default_factory=dict)
    record: Mapping[str, Any] | None = None


@dataclasses.dataclass(frozen=True)
class Manifest:
    """The manifest of a checkpoint.

    Attributes:
        step: steps done.
        files: proofs of TensorFlow's files, by their names.
    """

    step: int
    files: Mapping[str, Proof]
    notes: Notes = dataclasses.field(default_factory=Notes)

    @property
    def size(self) -> int:
        """Return the bytes of all files together."""
        return sum(proof.bytes for proof in self.files.values())

    def as_json(self) -> dict[str, Any]:
        """Return what its file holds."""
        told = dataclasses.asdict(self.notes)
        return {
            "step": self.step,
            "files": {name: proof._asdict() for name, proof in self.files.items()},
            **{name: value for name, value in told.items() if value not in (None, {})},
        }


def parse_manifest(value: Mapping[str, Any] | None) -> Manifest | None:
    """Return the manifest that a file holds, None where it is none."""
    if value is None:
        return None
    try:
        return Manifest(
            step=int(value["step"]),
            files={
                name: Proof(int(proof["bytes"]), str(proof["sha256"]))
                for name, proof in value["files"].items()
            },
            notes=Notes(
                epoch=None if value.get("epoch") is None else int(value["epoch"]),
                saved=float(value.get("saved", 0)),
                figures={name: float(found) for name, found in value.get("figures", {}).items()},
                record=value.get("record"),
            ),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None
