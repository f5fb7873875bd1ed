"""Every hyperparameter once: name, type, default, help and check.

The defaults are those of `cat128`: the networks and numbers of T. Simonini, "How AI can learn to
generate pictures of cats" (2018). `presets` has the rows that differ from them.
"""

import dataclasses
import re

from catdcgan.settings.presets import PRESETS
from catdcgan.settings.setting import (
    QUIET,
    a_grid,
    between,
    one_of,
    read_by,
    setting,
)

RUN = "The run"
NETWORKS = "Networks"
DATA = "Pictures to learn from"
TRAINING = "Training"
OUTPUT = "Snapshots and checkpoints"
WATCHING = "Watching it learn"
MACHINE = "The machine"
MACHINES = "Several devices and machines"


LOSSES = (
    "non_saturating",
    "hinge",
    "least_squares",
    "relativistic",
    "relativistic_least_squares",
    "relativistic_hinge",
)
AUGMENTATIONS = ("color", "translation", "cutout")
# Without colour: where that is changed too, the generator learns the changes, and draws too much
# black and white (docs/better-cats.md).
FOR_FEW = "translation,cutout"  # what `auto` is with few pictures


def parse_augment(text: str) -> tuple[str, ...]:
    """Return the kinds of augmentation of a text such as `color,cutout`.

    Where the number of pictures has not yet decided (`auto`), there are none.

    Raises:
        ValueError: there is no such kind; what is needed, in words.
    """
    asked = [] if text in ("off", "auto") else [kind.strip() for kind in text.split(",")]
    if set(asked) - set(AUGMENTATIONS):
        raise ValueError(f"it needs to be auto, off, or some of {','.join(AUGMENTATIONS)}")
    return tuple(kind for kind in AUGMENTATIONS if kind in asked)


def parse_devices(text: str) -> tuple[str, int] | None:
    """Return the kind (`cpu` or `gpu`) and the number of devices of a text; None is `auto`.

    Raises:
        ValueError: it is neither; what is needed, in words.
    """
    if text == "auto":
        return None
    match = re.fullmatch(r"(cpu|gpu):([1-9]\d?)", text)
    if not match:
        raise ValueError("it needs to be auto, or such as cpu:2 or gpu:8")
    return match[1], int(match[2])


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
        128,
        "width and height of the pictures, in pixels: 32, 64, 128, 256; some presets have others",
        NETWORKS,
        fixed=True,
    )
    channels: int = setting(
        3, "3 for coloured pictures, 1 for grey ones", NETWORKS, check=one_of(1, 3), fixed=True
    )
    base_filters: int = setting(
        64,
        "width of the networks: filters of the layers nearest the picture",
        NETWORKS,
        check=between(1, 1024),
        fixed=True,
    )
    upsampling: str = setting(
        "transposed",
        "how the generator enlarges its maps: transposed convolution, or resize and convolution",
        NETWORKS,
        check=one_of("transposed", "resize"),
        fixed=True,
    )
    dropout: float = setting(
        0.0,
        "share of the discriminator's units that are dropped in training",
        NETWORKS,
        check=between(0, 1, below=True),
        fixed=True,
    )
    leaky_slope: float = setting(
        0.2, "slope of the activation below 0; 0 is ReLU", NETWORKS, flag=False, fixed=True
    )
    initial_stddev: float | None = setting(
        None,
        "of a truncated normal law of the initial weights (else Glorot's uniform one)",
        NETWORKS,
        flag=False,
        fixed=True,
    )
    gamma_mean: float = setting(
        1.0,
        "mean of the initial scales of batch norm; 0 in the article of mnist-dcgan",
        NETWORKS,
        check=between(-1, 1),
        fixed=True,
    )
    z_dim: int = setting(
        100, "components of a latent vector", NETWORKS, check=between(1, 65536), fixed=True
    )
    noise_law: str = setting("uniform", "law of the latents", NETWORKS, flag=False, fixed=True)
    fresh_noise: bool = setting(
        False, "the generator learns on latents of its own", NETWORKS, flag=False, fixed=True
    )
    g_batches: int = setting(
        1,
        "so many times the batch is the generator's, where its latents are fresh",
        NETWORKS,
        flag=False,
        fixed=True,
    )
    joint_batch: bool = setting(
        False,
        "the discriminator judges reals and fakes in one batch, and averages over both",
        NETWORKS,
        flag=False,
        fixed=True,
    )
    d_norm: str = setting(
        "batch",
        "what steadies the discriminator: batch norm, the same but not of its first layer (inner), "
        "spectral normalisation, or none of them",
        NETWORKS,
        check=one_of("batch", "inner", "spectral", "none"),
        fixed=True,
    )
    minibatch_stddev: bool = setting(
        False,
        "the discriminator is told how much the pictures of a batch differ from each other",
        NETWORKS,
        fixed=True,
    )
    pixel_range: float = setting(
        1.0, "reals are scaled to plus and minus this", NETWORKS, flag=False, fixed=True
    )

    data_set: str | None = setting(
        None,
        "MNIST or CIFAR-10, where a preset is made for it",
        DATA,
        flag=False,
        fixed=True,
    )
    classes: str | None = setting(
        None, "only these classes of MNIST or CIFAR-10, such as cat or 3,8", DATA, fixed=True
    )
    hold_back: int = setting(
        0,
        "so many pictures, the last by name, are not learned from; `evaluate` compares with them",
        DATA,
        check=between(0, 10**9),
        fixed=True,
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
    augment: str = setting(
        "auto",
        "change reals and fakes at random before they are judged: auto, off, or of "
        f"{', '.join(AUGMENTATIONS)}, separated by commas; auto: {FOR_FEW} with few pictures",
        DATA,
        check=read_by(parse_augment),
        fixed=True,
    )
    mirror: bool | None = setting(
        None, "mirror a picture half of the time (else with few pictures)", DATA, fixed=True
    )
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
    lr_decay: float = setting(
        0.0,
        "after n steps both rates are divided by 1 + n times this",
        TRAINING,
        check=between(0, 1),
    )
    lr_anneal: float = setting(
        0.0,
        "share of all steps, at the end, over which both rates fall evenly to 0",
        TRAINING,
        check=between(0, 1),
    )
    beta1: float = setting(
        0.5,
        "decay of Adam's mean gradient, in both networks",
        TRAINING,
        check=between(0, 1, below=True),
        fixed=True,
    )
    adam_epsilon: float = setting(
        1e-8, "added to the root that Adam divides by", TRAINING, flag=False, fixed=True
    )
    label_smoothing: float = setting(
        0.1,
        "real pictures are labelled 1 minus this; hinge losses have no labels",
        TRAINING,
        check=between(0, 0.5, below=True),
        fixed=True,
    )

    loss: str = setting(
        "non_saturating",
        f"of both networks: {', '.join(LOSSES)}",
        TRAINING,
        check=one_of(*LOSSES),
        fixed=True,
    )
    r1_gamma: float = setting(
        0.0,
        "weight of the penalty on the discriminator's gradient at real pictures; 0 is none",
        TRAINING,
        check=between(0, 10**6),
        fixed=True,
    )
    ema_decay: float = setting(
        0.999,
        "share of the generator's moving average that a step keeps, once warmed up; samples are "
        "made with it; 0 is none",
        TRAINING,
        check=between(0, 1, below=True),
        fixed=True,
    )

    snapshot_every: int = setting(
        100, "steps from one snapshot to the next", OUTPUT, check=between(1, 10**9)
    )
    snapshot_grid: str = setting(
        "8x8", "rows x columns of a snapshot, which shows seeds 0, 1, 2, ...", OUTPUT, check=a_grid
    )
    evaluate_every: int = setting(
        0,
        "steps from one measuring of samples to the next, where the best checkpoint so far is "
        "saved and kept; 0 is never",
        OUTPUT,
        check=between(0, 10**9),
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
    quiet: bool = setting(False, QUIET, WATCHING, lasting=False)

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
    jit: bool = setting(
        False,
        "compile the step with XLA on a GPU; on processors it is slower and left off",
        MACHINE,
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
    devices: str = setting(
        "auto",
        "what each worker computes on: cpu:N, gpu:N, or auto: its first GPU, else its processor",
        MACHINES,
        check=read_by(parse_devices),
    )
    batch_norm: str = setting(
        "sync",
        "batch norm by the whole batch (sync) or by each device's part of it (local)",
        MACHINES,
        check=one_of("sync", "local"),
    )
    join_timeout: float = setting(
        600.0,
        "seconds that the first workers wait for the last one",
        MACHINES,
        check=between(1, 10**6),
        lasting=False,
    )
    peer_timeout: float = setting(
        60.0,
        "seconds without a sign of life after which a worker counts as lost",
        MACHINES,
        check=between(3, 10**6),
        lasting=False,
    )
    allow_remote: bool = setting(
        False,
        "let workers be outside private networks, though nothing guards their ports",
        MACHINES,
        lasting=False,
    )
