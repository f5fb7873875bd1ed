"""What the workers of a run agree on before its first step.

Worker 0 has the run, and what it says of the settings counts; each worker has its own pictures, or
its own copy of them. Where two differ in what has to be the same, all end with the same line.
"""

import dataclasses
import importlib.metadata
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from catdcgan.console.errors import UserError
from catdcgan.machine.arithmetic import Arithmetic
from catdcgan.run_folder.record import Pictures
from catdcgan.settings.config import Config
from catdcgan.settings.setting import settings_of

if TYPE_CHECKING:
    from catdcgan.workers.team import Alone

OWN = ("data_dir", "cache_dir", "quiet")  # settings that each worker has for itself
# Of how a worker computes, with the flag or variable that changes it.
SAME = {
    "tensorflow": "TensorFlow",
    "onednn": "TF_ENABLE_ONEDNN_OPTS: oneDNN",
    "threads": "--threads",
    "devices": "--devices",
}


class Agreed(NamedTuple):
    """What all workers know now.

    Attributes:
        config: the run's settings, with this worker's own where each has its own.
        finished: there is nothing left to do.
        remarks: what is to be said of it.
    """

    config: Config
    finished: bool
    remarks: list[str]


def agree_on_settings(
    team: "Alone",
    config: Config,
    given: Mapping[str, Any],
    arithmetic: Arithmetic,
    *,
    finished: bool = False,
) -> Agreed:
    """Tell the others, and hear from worker 0, with which settings they train.

    Args:
        config: as this worker knows the settings.
        given: on its command line.
        arithmetic: how it computes.
        finished: it knows of a run that is finished.

    Raises:
        UserError: the programs or the settings differ.
        LostWorkerError: another worker is gone.
    """
    said = {
        "program": importlib.metadata.version("catdcgan"),
        "config": dataclasses.asdict(config) | {"precision": arithmetic.precision},
        "given": {name: given[name] for name in _fixed() & given.keys()},
        "arithmetic": dataclasses.asdict(arithmetic),
        "finished": finished,
    }
    heard = team.exchange(said)
    chief = heard[0]
    for number, other in enumerate(heard):
        _refuse_other("catdcgan", number, other["program"], chief["program"])
        for name, words in SAME.items():
            there, here = other["arithmetic"], chief["arithmetic"]
            if name != "threads" or there["cores"] == here["cores"]:
                _refuse_other(words, number, there[name], here[name])
        for name, value in other["given"].items():
            _refuse_other(f"--{name}", number, value, chief["config"][name])
    own = {name: getattr(config, name) for name in OWN}
    remarks = []
    if len({other["arithmetic"]["instruction_set"] for other in heard}) > 1:
        remarks.append("the workers' processors differ: their weights may, in the last bits")
    agreed = Config(**(chief["config"] | own))
    return Agreed(agreed, chief["finished"], remarks)


def agree_on_pictures(team: "Alone", pictures: Pictures) -> None:
    """Check that all workers learn from the same pictures.

    Raises:
        UserError: they do not.
        LostWorkerError: another worker is gone.
    """
    heard = team.exchange(dataclasses.asdict(pictures))
    for number, other in enumerate(heard):
        if other["fingerprint"] != heard[0]["fingerprint"]:
            raise UserError(
                f"--data_dir: worker {number} has {other['source']}, worker 0 others: "
                f"{heard[0]['source']}; the same pictures are needed on all."
            )


def _fixed() -> set[str]:
    return {name for name, known in settings_of(Config).items() if known.fixed}


def _refuse_other(what: str, number: int, there: Any, here: Any) -> None:
    if there != here:
        raise UserError(
            f"{what}: {_word(there)} at worker {number}, {_word(here)} at worker 0; the same is "
            "needed on all."
        )


def _word(value: Any) -> str:
    return ("on" if value else "off") if isinstance(value, bool) else str(value)
