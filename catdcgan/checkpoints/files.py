"""The files of checkpoints: how they are named, proven whole, found, kept and removed.

A checkpoint is `model.ckpt-00000500` with TensorFlow's files (`.index`, `.data-...`) and, written
last, its manifest `.json`: the step, and size and SHA-256 of each file. One without a manifest does
not count; beside it lies a mark, `.saving`, if its save was cut short. One whose files are not
those of the manifest is damaged; one whose manifest is of another run does not count either.
"""

import contextlib
import math
import re
from collections.abc import Mapping, Sequence, Set
from typing import Any, NamedTuple

from catdcgan.checkpoints.manifest import Manifest, Notes, Proof, parse_manifest
from catdcgan.checkpoints.ownership import RECORD_NAME, is_foreign
from catdcgan.console.errors import UserError
from catdcgan.console.words import printable
from catdcgan.metrics.catalogue import DISTANCE
from catdcgan.storage import checked_json, files

NAME = "model.ckpt"
_PART = r"(?:index|data-\d{5}-of-\d{5})"
# TensorFlow writes its parts under temporary names first, which nobody else would think of.
OURS = re.compile(rf"({NAME}-\d{{8,}})\.(?:json|saving|{_PART}(?:\.tempstate\d+)?)")


class Checkpoint(NamedTuple):
    """A checkpoint of a run: its prefix (path without endings), its step and its manifest."""

    prefix: str
    step: int
    manifest: Manifest


class Damage(NamedTuple):
    """A checkpoint that does not count, and why.

    Attributes:
        promised: it was whole once, and this run's.
        left_over: its save was cut short, so that nobody needs what there is of it.
    """

    prefix: str
    reason: str
    promised: bool = True
    left_over: bool = False


def prefix_at(run_dir: str, step: int) -> str:
    """Return the prefix of the checkpoint of a step."""
    return files.join(run_dir, f"{NAME}-{step:08d}")


def step_of(prefix: str) -> int:
    """Return the step in the name of a checkpoint of ours."""
    return int(prefix.rpartition("-")[2])


def mark_begun(prefix: str) -> None:
    """Note that a save begins, before its first file.

    Raises:
        OSError: that cannot be written.
    """
    files.write_atomically(f"{prefix}.saving", b"", durable=False)


def write_manifest(prefix: str, step: int, notes: Notes) -> Checkpoint:
    """Write what makes a checkpoint count; TensorFlow's files are on the disk by then.

    Raises:
        OSError: a file cannot be read or written.
    """
    folder = files.split(prefix)[0]
    paths = {name: files.join(folder, name) for name in _names_of(prefix)}
    for path in [*paths.values(), folder or "."]:
        files.flush_to_disk(path)
    proofs = {
        name: Proof(files.size_of(path), files.sha256_of(path)) for name, path in paths.items()
    }
    manifest = Manifest(step, proofs, notes)
    checked_json.write(f"{prefix}.json", manifest.as_json())
    with contextlib.suppress(OSError):  # with a manifest it means nothing
        files.remove(f"{prefix}.saving")
    return Checkpoint(prefix, step, manifest)


def find_all(run_dir: str) -> list[Checkpoint]:
    """Return the checkpoints that have a manifest and files of its sizes, oldest first."""
    return [entry for entry in _look_through(run_dir) if isinstance(entry, Checkpoint)]


def find_damaged(run_dir: str) -> list[Damage]:
    """Return the checkpoints that can be seen to be damaged without reading them through."""
    return [entry for entry in _look_through(run_dir) if isinstance(entry, Damage)]


def distance_of(checkpoint: Checkpoint) -> float:
    """Return how far its samples are from real pictures, infinity where that was not measured."""
    return checkpoint.manifest.notes.figures.get(DISTANCE, math.inf)


def find_best(checkpoints: Sequence[Checkpoint]) -> Checkpoint | None:
    """Return the checkpoint with the best samples, None where none was measured."""
    best = min(checkpoints, key=distance_of, default=None)
    return best if best and distance_of(best) < math.inf else None


def find_newest_sound(
    run_dir: str, read_through: int = 1
) -> tuple[Checkpoint | None, list[Damage]]:
    """Return the newest checkpoint that is as it was saved, and those that do not count.

    Args:
        read_through: of how many, at least, to compare every byte; of none, only what a glance
            shows is found.
    """
    newest, damages, looked_at = None, [], 0
    for entry in reversed(_look_through(run_dir)):
        wanted = read_through and (newest is None or looked_at < read_through)
        if wanted and isinstance(entry, Checkpoint):
            looked_at += 1
            reason = verify(entry)
            entry = Damage(entry.prefix, reason) if reason else entry
        if isinstance(entry, Damage):
            damages.append(entry)
        elif newest is None:
            newest = entry
    return newest, damages


def verify(checkpoint: Checkpoint) -> str | None:
    """Read a checkpoint through; return how it differs from its manifest, None if nowhere."""
    folder = files.split(checkpoint.prefix)[0]
    for name, proof in checkpoint.manifest.files.items():
        if files.sha256_of(files.join(folder, name)) != proof.sha256:
            return f"{name} has other content than was saved"
    return None


def remove(prefix: str) -> None:
    """Remove what there is of a checkpoint, its manifest first.

    Raises:
        OSError: a file cannot be removed.
    """
    for path in sorted(paths_of(prefix), key=lambda path: not path.endswith(".json")):
        files.remove(path)


def paths_of(prefix: str) -> list[str]:
    """Return the files of a checkpoint of ours, those that are half-written too."""
    folder, base = files.split(prefix)
    return [
        files.join(folder, name)
        for name in files.list_names(folder or ".")
        if (match := OURS.fullmatch(name)) and match[1] == base
    ]


def prefix_of(path: str, flag: str) -> str:
    """Return the prefix of a checkpoint that is named by its prefix, a file of it, or its run.

    Raises:
        UserError: there is no such checkpoint; the text lists those beside it.
    """
    if files.is_folder(path) and (whole := find_all(path)):
        return whole[-1].prefix
    folder, name = files.split(path)
    if name == "checkpoint" and (noted := _prefix_noted_in(path)):
        path = noted if "/" in noted else files.join(folder, noted)
    prefix = re.sub(r"\.(index|meta|json|data-\d+-of-\d+)$", "", path)
    if _has_files(prefix):
        return prefix
    folder = path if files.is_folder(path) else files.split(path)[0] or "."
    beside = [
        name.removesuffix(".index") for name in files.list_names(folder) if name.endswith(".index")
    ]
    there = f"; there are {', '.join(map(printable, beside))}" if beside else ""
    raise UserError(
        f"{flag}: {printable(path)}: no checkpoint; "
        f"a prefix that has .index and .data files is needed{there}."
    )


def read_checkpoint(prefix: str) -> Checkpoint | None:
    """Return a checkpoint of ours by its prefix, None where it has no manifest."""
    manifest = parse_manifest(checked_json.read(f"{prefix}.json"))
    return Checkpoint(prefix, manifest.step, manifest) if manifest else None


def _look_through(run_dir: str) -> list[Checkpoint | Damage]:
    """Return everything that is or was to be a checkpoint, oldest first."""
    names = set(files.list_names(run_dir))
    prefixes = {match[1] for name in names if (match := OURS.fullmatch(name))}
    entries = [_look_at(run_dir, name, names) for name in sorted(prefixes, key=step_of)]
    # Where the run's own record is lost, that of the newest checkpoint counts.
    record: Mapping[str, Any] | None = checked_json.read(files.join(run_dir, RECORD_NAME))
    for entry in reversed(entries):
        if record is None and isinstance(entry, Checkpoint):
            record = entry.manifest.notes.record
    return [
        Damage(entry.prefix, "it is of another run", promised=False)
        if isinstance(entry, Checkpoint) and is_foreign(entry.manifest.notes.record, record)
        else entry
        for entry in entries
    ]


def _look_at(run_dir: str, name: str, names: Set[str]) -> Checkpoint | Damage:
    """Return the checkpoint of this name, as far as a glance shows.

    Args:
        names: of all files of the run.
    """
    prefix = files.join(run_dir, name)
    if f"{name}.json" not in names:
        if f"{name}.saving" in names or not any(_is_part(name, other) for other in names):
            return Damage(prefix, "its save was cut short", promised=False, left_over=True)
        return Damage(prefix, "it has no manifest (.json)", promised=False)
    manifest = parse_manifest(checked_json.read(f"{prefix}.json"))
    if manifest is None:
        return Damage(prefix, f"{name}.json is damaged")
    reason = _defect(run_dir, name, manifest)
    return Damage(prefix, reason) if reason else Checkpoint(prefix, manifest.step, manifest)


def _defect(run_dir: str, name: str, manifest: Manifest) -> str | None:
    """Return what is wrong with a checkpoint as far as a glance shows."""
    if manifest.step != step_of(name):
        return f"{name}.json is that of step {manifest.step}"
    named = manifest.files
    if f"{name}.index" not in named or not all(_is_part(name, other) for other in named):
        return f"{name}.json does not name its files"
    for file_name, proof in manifest.files.items():
        path = files.join(run_dir, file_name)
        if not files.exists(path):
            return f"{file_name} is missing"
        if files.size_of(path) != proof.bytes:
            return f"{file_name} has {files.size_of(path):,} bytes, not {proof.bytes:,}"
    return None


def _is_part(name: str, file_name: str) -> bool:
    """Tell whether a file is one of TensorFlow's, whole, of the checkpoint of ours of this name."""
    return re.fullmatch(rf"{re.escape(name)}\.{_PART}", file_name) is not None


def _prefix_noted_in(path: str) -> str | None:
    """Return what TensorFlow's file `checkpoint` names as the last one saved."""
    text = (files.read_bytes(path) or b"").decode("utf-8", "replace")
    match = re.search(r'^model_checkpoint_path: "(.+)"', text, re.MULTILINE)
    return match[1] if match else None


def _has_files(prefix: str) -> bool:
    names = _names_of(prefix)
    base = files.split(prefix)[1]
    return f"{base}.index" in names and any(name.startswith(f"{base}.data-") for name in names)


def _names_of(prefix: str) -> list[str]:
    """Return the names of TensorFlow's files of a checkpoint."""
    folder, base = files.split(prefix)
    endings = re.compile(re.escape(base) + r"\.(index|data-\d+-of-\d+)")
    return [name for name in files.list_names(folder or ".") if endings.fullmatch(name)]
