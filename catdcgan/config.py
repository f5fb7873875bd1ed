"""Every hyperparameter once: name, type, default, help and check; and the presets.

A preset is a row of differences from the defaults, which are those of `cat128`: the networks and
numbers of T. Simonini, "How AI can learn to generate pictures of cats" (2018).
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from catdcgan.errors import UserError
from catdcgan.settings import QUIET, a_grid, between, check_each, one_of, setting, settings_of

# The sizes that each family in `networks/` can be built at, repeated here without TensorFlow.
LEGAL_IMAGE_SIZES = {"dcgan": (32, 64, 128, 256)}

RUN = "The run"
NETWORKS = "Networks"
DATA = "Pictures to learn from"
TRAINING = "Training"
OUTPUT = "Snapshots and checkpoints"
WATCHING = "Watching it learn"
MACHINE = "The machine"


PRESETS: dict[str, dict[str, Any]] = {
    "cat128": {},
    "cat64": {"image_size": 64},
    "tiny": {
        "image_size": 64,
        "base_filters": 16,
        "batch_size": 16,
        "epochs": 12,
        "snapshot_every": 256,
    },
    # 2018 as it was in what the pictures depend on; its faults are not reproduced (README).
    "cat128-2018": {
        "pixel_range": 0.5,
        "label_smoothing": 0.0,
        "shuffle": False,
        "lr_d": 5e-5,
        "snapshot_every": 10,
    },
}


@dataclasses.dataclass(frozen=True)
class Config:
    """The settings of a run."""

    preset: str = setting("cat128", f"named set of defaults: {', '.join(PRESETS)}", RUN, fixed=True)
    data_dir: str | None = setting(
        None,
        "folder, zip or tar of pictures, searched in depth, or the files of MNIST or CIFAR-10 "
        "(else data, else drawn cats)",
        RUN,
    )
    run_dir: str | None = setting(
        None, "where everything of the run is kept (else checkpoints/<preset>)", RUN
    )
    init_from: str | None = setting(
        None, "checkpoint that a new run takes its weights from, to start at step 0", RUN
    )

    network: str = setting("dcgan", "network family", NETWORKS, flag=False, fixed=True)
    image_size: int = setting(
        128, "width and height of the pictures, in pixels: 32, 64, 128, 256", NETWORKS, fixed=True
    )
    base_filters: int = setting(
        64,
        "width of the networks: filters of the layers nearest the picture",
        NETWORKS,
        check=between(1, 1024),
        fixed=True,
    )
    z_dim: int = setting(
        100, "components of a latent vector", NETWORKS, check=between(1, 65536), fixed=True
    )
    noise_law: str = setting("uniform", "law of the latents", NETWORKS, flag=False, fixed=True)
    pixel_range: float = setting(
        1.0, "reals are scaled to plus and minus this", NETWORKS, flag=False, fixed=True
    )

    classes: str | None = setting(
        None, "only these classes of MNIST or CIFAR-10, such as cat or 3,8", DATA, fixed=True
    )
    cache_dir: str | None = setting(
        None,
        "where decoded pictures are kept (else .catdcgan-cache beside them, else in the run's "
        "folder, else in the system's cache folder)",
        DATA,
    )
    batch_size: int = setting(
        64,
        "real pictures a step, and as many generated ones",
        DATA,
        check=between(1, 65536),
        fixed=True,
    )
    shuffle: bool = setting(True, "draw a new order of the pictures each epoch", DATA, fixed=True)
    mirror: bool = setting(False, "mirror a picture half of the time", DATA, fixed=True)
    seed: int = setting(
        0,
        "of the initial weights, the order, the mirroring and the training latents",
        DATA,
        check=between(0, 2**63 - 1),
        fixed=True,
    )

    epochs: int = setting(
        215, "passes over the pictures, counted from step 0", TRAINING, check=between(1, 10**9)
    )
    max_steps: int | None = setting(
        None,
        "steps, counted from step 0, if that ends sooner than the epochs",
        TRAINING,
        check=between(1, 10**12),
    )
    lr_d: float = setting(
        2e-4, "learning rate of the discriminator", TRAINING, check=between(0, 1, above=True)
    )
    lr_g: float = setting(
        2e-4, "learning rate of the generator", TRAINING, check=between(0, 1, above=True)
    )
    beta1: float = setting(
        0.5,
        "decay of Adam's mean gradient, in both networks",
        TRAINING,
        check=between(0, 1, below=True),
        fixed=True,
    )
    label_smoothing: float = setting(
        0.1,
        "real pictures are labelled 1 minus this",
        TRAINING,
        check=between(0, 0.5, below=True),
        fixed=True,
    )

    snapshot_every: int = setting(
        100, "steps from one snapshot to the next", OUTPUT, check=between(1, 10**9)
    )
    snapshot_grid: str = setting(
        "8x8", "rows x columns of a snapshot, which shows seeds 0, 1, 2, ...", OUTPUT, check=a_grid
    )
    save_every_epochs: int = setting(
        5, "epochs from one checkpoint to the next", OUTPUT, check=between(1, 10**9)
    )
    save_every_minutes: float = setting(
        10.0,
        "minutes without a checkpoint after which one is saved",
        OUTPUT,
        check=between(0, 10**6, above=True),
    )
    keep_checkpoints: int = setting(
        3, "newest checkpoints that are kept", OUTPUT, check=between(1, 10**6)
    )
    keep_every_hours: float | None = setting(
        None,
        "of the older checkpoints keep one every so many hours too",
        OUTPUT,
        check=between(0, 10**6, above=True),
    )

    stop_on_collapse: bool = setting(
        False, "save and stop, with exit code 1, when the samples have become all alike", WATCHING
    )
    report: bool = setting(
        True, "write losses.png, report.html and, at the end, the film of the snapshots", WATCHING
    )
    tensorboard: bool = setting(True, "write event files for TensorBoard", WATCHING)
    quiet: bool = setting(False, QUIET, WATCHING)

    precision: str = setting(
        "auto",
        "float32, bfloat16, or auto: bfloat16 where the processor or GPU has it",
        MACHINE,
        check=one_of("auto", "float32", "bfloat16"),
    )
    threads: int | None = setting(
        None,
        "processor threads of an operation (else all cores)",
        MACHINE,
        check=between(1, 4096),
    )
    deterministic: bool = setting(
        False, "the same bits in every run on a GPU too, where that costs speed", MACHINE
    )
    watch_preemption: str | None = setting(
        None,
        "ask this cloud whether the machine is about to be taken away: gcp, aws, azure",
        MACHINE,
        check=one_of("gcp", "aws", "azure"),
    )
    dry_run: bool = setting(
        False,
        "do two steps, a snapshot, a save and a restore aside; tell what the run needs",
        MACHINE,
    )


def make_config(given: Mapping[str, Any], recorded: Mapping[str, Any] | None = None) -> Config:
    """Resolve the settings: given on the command line > of the recorded run > preset > default.

    Raises:
        UserError: a value is wrong, by itself or together with another.
    """
    recorded = recorded or {}
    preset = given.get("preset") or recorded.get("preset") or Config.preset
    if preset not in PRESETS:
        raise UserError(f"--preset: {preset}; it needs to be one of {', '.join(PRESETS)}.")
    values = {"preset": preset} | PRESETS[preset] | dict(recorded) | dict(given)
    config = Config(**{name: values[name] for name in settings_of(Config) if name in values})
    check_each(config)
    legal = LEGAL_IMAGE_SIZES[config.network]
    if config.image_size not in legal:
        nearest = min(legal, key=lambda size: abs(size - config.image_size))
        raise UserError(
            f"--image_size: {config.image_size}; it needs to be one of "
            f"{', '.join(map(str, legal))}: the nearest is {nearest}."
        )
    return config


def fixed_differences(config: Config, recorded: Mapping[str, Any]) -> list[str]:
    """Return the settings, as text, that a run has to keep and `config` would change."""
    return [
        f"--{name} {getattr(config, name)} (the run has {recorded[name]})"
        for name, known in settings_of(Config).items()
        if known.fixed and name in recorded and recorded[name] != getattr(config, name)
    ]


def settings_table() -> str:
    """Return the README's table of settings, in Markdown."""
    lines = ["| flag | default | what it is |", "|---|---|---|"]
    for name, known in settings_of(Config).items():
        if known.flag:
            default = getattr(Config, name)
            shown = "" if default is None else f"`{default}`"
            lines.append(f"| `--{name}` | {shown} | {known.help} |")
    return "\n".join(lines)


def presets_table() -> str:
    """Return the README's table of presets, in Markdown."""
    lines = ["| preset | differs from `cat128` in |", "|---|---|"]
    for preset, row in PRESETS.items():
        shown = ", ".join(f"`{name}` {value}" for name, value in row.items())
        lines.append(f"| `{preset}` | {shown or 'nothing: the defaults'} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(presets_table(), settings_table(), sep="\n\n")
