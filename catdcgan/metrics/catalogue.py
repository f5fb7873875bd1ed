"""Every measured number, once: its name, what it is in words, and where it is shown.

`metrics.jsonl`, manifests and `evaluation.json` hold numbers by these names, which therefore never
change. Charts, plots, tables, TensorBoard's tags, the list of runs and the documents take all that
they say of a number from here.
"""

from typing import Literal, NamedTuple

LOWER, HIGHER = "lower", "higher"
DISTANCE = "swd"  # the number that tells which checkpoint is the best
FLOOR = f"{DISTANCE}_floor"
NOT_AS_PUBLISHED = "not comparable with published FID: other weights, other resizing"
# When a number is measured while training.
STEP, SNAPSHOT, EVALUATION = "each step", "each snapshot", "every `--evaluate_every` steps"


class Number(NamedTuple):
    """A number that is measured.

    Attributes:
        words: what it is.
        heading: for narrow columns.
        when: it is measured while training, None where it is not.
        tag: in TensorBoard, None where it is not shown there.
        better: LOWER or HIGHER, None where neither is.
    """

    words: str
    heading: str
    when: str | None = None
    tag: str | None = None
    better: str | None = None


class Chart(NamedTuple):
    """Numbers that are shown together.

    Attributes:
        name: of the chart, in the page.
        axis: what a narrow plot calls it, None where it has no place there.
        numbers: their names, each with what the legend calls it beside the title.
        scale: of the values: `linear` or `log`.
        details: of the numbers, those that a small plot has no room for.
        optional: left out where nothing of it was measured.
    """

    name: str
    title: str
    axis: str | None
    numbers: dict[str, str]
    scale: Literal["linear", "log"] = "linear"
    details: tuple[str, ...] = ()
    optional: bool = False


# While training: `metrics.jsonl`.
TRAINING = {
    "d_loss": Number("loss of the discriminator", "d_loss", STEP, "Loss/d"),
    "d_loss_real": Number("its part from reals", "of reals", STEP, "Loss/d_real"),
    "d_loss_fake": Number("its part from fakes", "of fakes", STEP, "Loss/d_fake"),
    "g_loss": Number("loss of the generator", "g_loss", STEP, "Loss/g"),
    "d_real": Number("D(x): what D believes of reals, 0 to 1", "D(x)", STEP, "Prob/D_real"),
    "d_fake": Number("D(G(z)): what D believes of fakes", "D(G(z))", STEP, "Prob/D_fake"),
    "d_accuracy_real": Number(
        "share of reals that D judges rightly", "on reals", STEP, "Prob/D_accuracy_real"
    ),
    "d_accuracy_fake": Number(
        "share of fakes that D judges rightly", "on fakes", STEP, "Prob/D_accuracy_fake"
    ),
    "d_gradient_norm": Number(
        "length of D's gradient; near 0 it learns nothing",
        "gradient of D",
        STEP,
        "Health/d_gradient_norm",
    ),
    "g_gradient_norm": Number(
        "length of G's gradient", "gradient of G", STEP, "Health/g_gradient_norm"
    ),
    "lr_d": Number("learning rate of D", "lr_d", STEP, "LR/d"),
    "lr_g": Number("learning rate of G", "lr_g", STEP, "LR/g"),
    "images_per_second": Number("speed", "images/s", STEP, "Timing/images_per_sec"),
    "data_wait": Number(
        "share of the time spent waiting for pictures", "waiting", STEP, "Timing/data_wait"
    ),
    "diversity": Number(
        "mean distance between two samples of the fixed grid, shrunk to 16x16, as a share of that "
        "between two reals: 0 is all alike, 1 is as different as reals",
        "diversity",
        SNAPSHOT,
        "Health/diversity",
    ),
    "sharpness": Number(
        "how much neighbouring pixels differ (root mean square), as a share of that in reals: "
        "below 1 blurred, above 1 noisy or patterned",
        "sharpness",
        SNAPSHOT,
        "Health/sharpness",
    ),
    "memory_bytes": Number("memory of the process", "memory", SNAPSHOT, "Resources/memory_bytes"),
    "peak_gpu_memory_bytes": Number(
        "the most it ever held on a GPU", "on GPU", SNAPSHOT, "Resources/peak_gpu_memory_bytes"
    ),
    DISTANCE: Number(
        "sliced Wasserstein x 1,000, mean of levels",
        "SWD",
        EVALUATION,
        "Quality/sliced_wasserstein",
        LOWER,
    ),
    FLOOR: Number(
        "that of other real pictures",
        "SWD of reals",
        EVALUATION,
        "Quality/sliced_wasserstein_of_reals",
        LOWER,
    ),
}

# Of `python -m catdcgan.evaluate`, in the order of its tables: `evaluation.json`.
FIGURES = {
    DISTANCE: TRAINING[DISTANCE],
    "random_frechet": Number("Frechet distance, random embedding", "Frechet", better=LOWER),
    "random_kernel": Number("kernel distance x 1,000, random embedding", "kernel", better=LOWER),
    "random_precision": Number("precision, random embedding", "precision", better=HIGHER),
    "random_recall": Number("recall, random embedding", "recall", better=HIGHER),
    "random_density": Number("density, random embedding", "density", better=HIGHER),
    "random_coverage": Number("coverage, random embedding", "coverage", better=HIGHER),
    "inception_fid": Number(f"FID ({NOT_AS_PUBLISHED})", "FID*", better=LOWER),
    "inception_kid": Number(f"KID x 1,000 ({NOT_AS_PUBLISHED})", "KID*", better=LOWER),
    "near_copies": Number("near copies of training pictures, share", "copies", better=LOWER),
}

TRAINING_CHARTS = (
    Chart(
        "losses",
        "Losses",
        "loss",
        {
            "d_loss": "discriminator",
            "g_loss": "generator",
            "d_loss_real": "discriminator, reals",
            "d_loss_fake": "discriminator, fakes",
        },
        details=("d_loss_real", "d_loss_fake"),
    ),
    Chart(
        "probabilities",
        "What the discriminator believes",
        "probability",
        {"d_real": "D(x), of reals", "d_fake": "D(G(z)), of fakes"},
    ),
    Chart(
        "accuracy",
        "How often the discriminator is right",
        None,
        {"d_accuracy_real": "on reals", "d_accuracy_fake": "on fakes"},
    ),
    Chart(
        "pictures",
        "Samples against reals (1 is equal)",
        "against reals",
        {"diversity": "diversity", "sharpness": "sharpness"},
    ),
    Chart(
        "distance",
        "Sliced Wasserstein distance of samples from reals (lower is better)",
        "distance",
        {DISTANCE: "samples", FLOOR: "reals in their place"},
        optional=True,
    ),
    Chart(
        "gradients",
        "Length of the gradients",
        "gradient",
        {"d_gradient_norm": "discriminator", "g_gradient_norm": "generator"},
        "log",
    ),
    Chart("speed", "Images a second", None, {"images_per_second": "images a second"}),
    Chart(
        "waiting", "Share of the time spent waiting for pictures", None, {"data_wait": "waiting"}
    ),
)


def _chart_of_figures(name: str, title: str, *figures: str) -> Chart:
    """Return a chart whose legend has the figures' own headings."""
    return Chart(name, title, None, {name: FIGURES[name].heading.rstrip("*") for name in figures})


EVALUATION_CHARTS = (
    _chart_of_figures("swd", "sliced Wasserstein x 1,000 (lower is better)", DISTANCE),
    _chart_of_figures("frechet", "Frechet, random embedding (lower)", "random_frechet"),
    _chart_of_figures("kernel", "kernel x 1,000, random embedding (lower)", "random_kernel"),
    _chart_of_figures(
        "neighbours",
        "random embedding (higher is better)",
        "random_precision",
        "random_recall",
        "random_density",
        "random_coverage",
    ),
    _chart_of_figures("copies", "near copies, share (lower)", "near_copies"),
    _chart_of_figures(
        "inception", "Inception, not as published (lower)", "inception_fid", "inception_kid"
    ),
)


def number_of(name: str) -> Number:
    """Return what is known of a number by its name; levels of the distance are `swd_64`, ..."""
    known = TRAINING.get(name) or FIGURES.get(name)
    if known:
        return known
    size = name.removeprefix(f"{DISTANCE}_")
    return Number(f"  at {size} pixels", f"SWD {size}", EVALUATION, better=LOWER)


def numbers_table() -> str:
    """Return the table of the numbers of training in docs/health.md, in Markdown."""
    lines = ["| number | when | what it is | in TensorBoard |", "|---|---|---|---|"]
    for name, number in TRAINING.items():
        lines.append(f"| `{name}` | {number.when} | {number.words} | `{number.tag}` |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(numbers_table())
