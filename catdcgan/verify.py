"""List the checkpoints of a run and compare every byte with what was saved.

Usage: python -m catdcgan.verify RUN_DIR

Exit code: 0 when the newest checkpoint is sound, 1 when not.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from catdcgan.checkpoints.files import Checkpoint, find_all, find_damaged, verify
from catdcgan.console import exits
from catdcgan.console.errors import UserError
from catdcgan.console.words import printable
from catdcgan.settings import flags
from catdcgan.storage import files


@dataclass(frozen=True)
class VerifyConfig:
    """This command has no flags."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return exits.run(_verify, arguments)


def _verify(arguments: Sequence[str]) -> int:
    given = flags.parse(arguments, VerifyConfig, __doc__, positional="RUN_DIR")
    run_dir = flags.the_one(given["RUN_DIR"], "RUN_DIR")
    files.refuse_unknown_scheme(run_dir, "RUN_DIR")
    found = find_damaged(run_dir)
    unfinished = {damage.prefix: damage.reason for damage in found if damage.left_over}
    unproven = {
        damage.prefix: damage.reason
        for damage in found
        if not damage.promised and not damage.left_over
    }
    defects = {damage.prefix: damage.reason for damage in found if damage.promised}
    sound = {}
    for checkpoint in find_all(run_dir):
        defect = verify(checkpoint)
        if defect:
            defects[checkpoint.prefix] = defect
        else:
            sound[checkpoint.prefix] = _describe(checkpoint)
    if not defects and not sound and not unfinished and not unproven:
        raise UserError(f"{printable(run_dir)}: no checkpoint; a run that has saved one is needed.")
    for prefix in sorted(defects | sound | unfinished | unproven):
        if prefix in sound:
            said = f"sound       {sound[prefix]}"
        elif prefix in defects:
            said = f"DAMAGED     {defects[prefix]}"
        elif prefix in unproven:
            said = f"not counted {unproven[prefix]}"
        else:
            said = "unfinished  being saved just now, or cut short"
        print(f"{files.split(prefix)[1]}  {said}")
    finished = defects | sound
    return 0 if finished and max(finished) in sound else 1


def _describe(checkpoint: Checkpoint) -> str:
    size, notes = checkpoint.manifest.size, checkpoint.manifest.notes
    time = datetime.datetime.fromtimestamp(notes.saved).isoformat(" ", "seconds")
    return f"{size / 2**20:,.1f} MiB, saved {time}, epoch {notes.epoch or 0:,}"


if __name__ == "__main__":
    raise SystemExit(main())
