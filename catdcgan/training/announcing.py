"""What a start tells before its first step."""

from typing import TYPE_CHECKING

from catdcgan.console.words import counted
from catdcgan.datasets.loading import Dataset
from catdcgan.machine.arithmetic import Arithmetic, differences
from catdcgan.machine.tensorflow_import import ONEDNN_SWITCH
from catdcgan.run_folder.directory import RunDirectory
from catdcgan.run_folder.log import RunLog
from catdcgan.run_folder.opening import Opening
from catdcgan.run_folder.record import changes
from catdcgan.settings.config import Config
from catdcgan.settings.schedule import Schedule
from catdcgan.settings.small_sets import describe_changes
from catdcgan.storage import checked_json

if TYPE_CHECKING:
    from catdcgan.graph.training import TrainingGraph  # loads TensorFlow


SKIPPED_SHOWN = 10
MANY_PARAMETERS = 5_000_000  # of both networks; with more, a processor takes hours


def say_what_was_found(dataset: Dataset, log: RunLog) -> None:
    """Name the files that were left out, the first of them on the terminal, and what is odd."""
    for remark in dataset.remarks:
        log.say(remark)
    if dataset.skipped:
        log.say(f"skipped {counted(len(dataset.skipped), 'file')}:")
    for index, skipped in enumerate(dataset.skipped):
        (log.say if index < SKIPPED_SHOWN else log.keep)(f"  {skipped}")
    if len(dataset.skipped) > SKIPPED_SHOWN:
        log.say(f"  and {len(dataset.skipped) - SKIPPED_SHOWN:,} more, named in train.log")


def say_what_is_different(
    opening: Opening, arithmetic: Arithmetic, dataset: Dataset, log: RunLog
) -> None:
    """Say in what a continuation is not the run as it was."""
    for damage in opening.damages:
        log.say(f"passed over {damage.prefix}: {damage.reason}")
    if opening.record is None:
        return
    if checked_json.read(opening.run.record_file) is None:
        log.say(f"{opening.run.record_file} is damaged or missing; taken from the checkpoint")
    for name, value in changes(opening.record, opening.config).items():
        log.say(f"changed    --{name} is {value}, was {opening.record.config.get(name)}")
    different = differences(arithmetic, opening.record.arithmetic)
    begun_earlier = opening.record.id is None  # by a version that drew other cats with AVX-512
    if begun_earlier and dataset.fingerprint != opening.record.pictures.fingerprint:
        different.append("a few pixels of the drawn cats")
    if different:
        log.say(f"bits may differ from here on: {', '.join(different)}")


def say_plan(
    config: Config,
    dataset: Dataset,
    schedule: Schedule,
    run: RunDirectory,
    graph: "TrainingGraph",
    arithmetic: Arithmetic,
    log: RunLog,
) -> None:
    """Say what the run is going to do, and on what."""
    from catdcgan.graph.training import count_parameters
    from catdcgan.machine import devices

    log.say(f"run        {run.path}, preset {config.preset}, seed {config.seed}")
    log.say(f"pictures   {dataset.source}, {config.image_size} x {config.image_size} pixels")
    changes = describe_changes(config)
    if changes:
        log.say(f"           {changes}")
    log.say(
        f"networks   generator {count_parameters(graph.g_variables):,} parameters, "
        f"discriminator {count_parameters(graph.d_variables):,}"
    )
    log.say(
        f"steps      {schedule.last_step:,} of {counted(config.batch_size, 'picture')}, "
        f"{schedule.steps_per_epoch:,} an epoch"
    )
    threads = counted(arithmetic.threads, "thread")
    log.say(f"device     {devices.describe_device()}, {threads}, {arithmetic.precision}")
    if arithmetic.workers * arithmetic.devices > 1:
        devices_each = counted(arithmetic.devices, "device")
        who = devices_each
        if arithmetic.workers > 1:
            who = f"{counted(arithmetic.workers, 'worker')} with {devices_each} each"
        norm = "the whole of it" if config.batch_norm == "sync" else "each device's part of it"
        log.say(f"batches    shared by {who}; batch norm by {norm}")
    if 1 == arithmetic.devices < devices.count_gpus():
        gpus = devices.count_gpus()
        log.say(f"           {gpus} GPUs are here: --devices gpu:{gpus} shares batches among them")
    if not arithmetic.onednn and not devices.on_gpu():
        log.say(
            f"           without oneDNN ({ONEDNN_SWITCH}=1), which is quicker on most processors"
        )
    if config.jit and not devices.on_gpu():
        log.say("           --jit is left off: on a processor it makes a step slower")
    parameters = count_parameters(graph.g_variables + graph.d_variables)
    if not devices.on_gpu() and parameters > MANY_PARAMETERS:
        log.say("           without a GPU this is slow; --preset tiny ends in minutes")
