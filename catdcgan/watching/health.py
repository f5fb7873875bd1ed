"""Health in words: rules that turn the numbers of a run into sentences.

A pure function of the numbers so far: a continued run takes in its `metrics.jsonl` again and goes
on with what it had found (`catching_up`). `docs/health.md` tells where the thresholds come from.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import NamedTuple

from catdcgan.settings.config import FOR_FEW

STEPS_AVERAGED = 50  # a mean is over about so many steps; the later ones weigh more
PATIENCE = 300  # steps that a rule's condition holds before it is said
RELIEF = 100  # steps that it does not hold before it is said to have passed
WARM_UP = 1000  # steps that samples are given to become different from each other

D_ALWAYS_RIGHT = 0.99  # mean accuracy on reals and fakes
D_SURE_OF_FAKES = 0.03  # mean probability it gives fakes
D_FOOLED = 0.2  # mean accuracy on fakes
G_GRADIENT_GONE = 0.01  # mean length of the gradient of all the generator's weights
D_LOSS_HIGH = 4.0  # mean; 1.39 is that of a discriminator that knows nothing
G_LOSS_HIGH = 20.0  # mean; a fake is then taken for real with a probability of 2e-9
ALIKE = 0.3  # diversity
FALLEN = 0.6  # of the best diversity so far
AVERAGED = (
    *("d_loss", "g_loss", "d_fake"),
    *("d_accuracy_real", "d_accuracy_fake", "g_gradient_norm"),
)
SNAPSHOTS = 4  # in a row that are alike, or have fallen
NOISY, BLURRED = 3.0, 0.3  # sharpness
FEW_PICTURES = 500
TIMES_SEEN = 300  # each picture, on average


class Findings(NamedTuple):
    """What the rules look at.

    Attributes:
        means: of the numbers in AVERAGED, by name.
        diversity, sharpness: of the latest snapshots, at most SNAPSHOTS, the newest last.
        best_diversity: the highest so far of the least of SNAPSHOTS in a row.
        pictures: in the set.
        times_seen: how often each of them was shown, on average.
    """

    step: int
    means: Mapping[str, float]
    diversity: tuple[float, ...]
    sharpness: tuple[float, ...]
    best_diversity: float
    pictures: int
    times_seen: float


class Rule(NamedTuple):
    """A condition, and what is said of it.

    Attributes:
        name: in `metrics.jsonl`.
        short: on the progress line and in lists.
        sentence: `{since}` is the number of steps that it has held.
        advice: what may help.
        holds: the condition.
        patience: steps that it holds before it is said.
    """

    name: str
    short: str
    sentence: str
    advice: str
    holds: Callable[[Findings], bool]
    patience: int = PATIENCE


def _d_wins(found: Findings) -> bool:
    means = found.means
    right = (means["d_accuracy_real"] + means["d_accuracy_fake"]) / 2
    wins = right >= D_ALWAYS_RIGHT and means["d_fake"] <= D_SURE_OF_FAKES
    # Where the generator has stopped learning, that is said, and not this too.
    return wins and not _g_stuck(found)


def _g_wins(found: Findings) -> bool:
    return found.means["d_accuracy_fake"] <= D_FOOLED


def _g_stuck(found: Findings) -> bool:
    return found.means["g_gradient_norm"] <= G_GRADIENT_GONE


def _diverges(found: Findings) -> bool:
    return found.means["d_loss"] >= D_LOSS_HIGH or found.means["g_loss"] >= G_LOSS_HIGH


def _collapsed(found: Findings) -> bool:
    time_enough = found.step >= WARM_UP or found.best_diversity >= ALIKE
    return time_enough and _all_below(found.diversity, ALIKE)


def _becoming_alike(found: Findings) -> bool:
    limit = FALLEN * found.best_diversity
    # Where it has collapsed, that is said, and not this too.
    return _all_below(found.diversity, limit) and not _collapsed(found)


def _noisy(found: Findings) -> bool:
    return len(found.sharpness) == SNAPSHOTS and min(found.sharpness) > NOISY


def _blurred(found: Findings) -> bool:
    return found.step >= WARM_UP and _all_below(found.sharpness, BLURRED)


def _few_pictures(found: Findings) -> bool:
    return found.pictures < FEW_PICTURES and found.times_seen > TIMES_SEEN


def _all_below(values: tuple[float, ...], limit: float) -> bool:
    return len(values) == SNAPSHOTS and max(values) < limit


RULES = (
    Rule(
        "d_wins",
        "D is winning",
        "the discriminator has been winning for {since} steps",
        "a lower --lr_d, or a higher --lr_g",
        _d_wins,
    ),
    Rule(
        "g_wins",
        "G is winning",
        "the discriminator has taken nearly all fakes for real for {since} steps",
        "a lower --lr_g, or a higher --lr_d",
        _g_wins,
    ),
    Rule(
        "g_stuck",
        "G is stuck",
        "the generator has not learned anything for {since} steps, since its gradient is gone",
        "a new run with a lower --lr_g",
        _g_stuck,
        patience=100,
    ),
    Rule(
        "diverges",
        "losses run away",
        "a loss has been far too high for {since} steps",
        "lower learning rates (--lr_d, --lr_g)",
        _diverges,
        patience=100,
    ),
    Rule(
        "collapsed",
        "samples are alike",
        "the samples are all alike",
        "an earlier checkpoint (--init_from), lower learning rates or more pictures",
        _collapsed,
        patience=0,
    ),
    Rule(
        "becoming_alike",
        "samples become alike",
        "the samples are becoming alike",
        "lower learning rates, should it go on",
        _becoming_alike,
        patience=0,
    ),
    Rule(
        "noisy",
        "samples are noisy",
        "the samples are much noisier than the reals",
        "lower learning rates, or patience",
        _noisy,
        patience=0,
    ),
    Rule(
        "blurred",
        "samples are blurred",
        "the samples are much more blurred than the reals",
        "patience, or a higher --lr_g",
        _blurred,
        patience=0,
    ),
    Rule(
        "few_pictures",
        "few pictures",
        "each of the few pictures has been shown some hundred times; it learns them by heart",
        f"more pictures, or --mirror and --augment {FOR_FEW}",
        _few_pictures,
        patience=0,
    ),
)
RULE_OF = {rule.name: rule for rule in RULES}
COLLAPSED = "collapsed"
HEALTHY = "healthy"


@dataclasses.dataclass
class Complaint:
    """What a rule has found: from which step, and to which one if it has passed."""

    name: str
    since: int
    until: int | None = None

    def in_words(self, step: int) -> str:
        """Return the sentence, as of a step."""
        rule = RULE_OF[self.name]
        if self.until is not None:
            return f"passed: {rule.short}, from step {self.since:,} to step {self.until:,}"
        return f"{rule.sentence.format(since=f'{step - self.since:,}')}: try {rule.advice}"


class Health:
    """The complaints of a run, kept up with its numbers."""

    def __init__(self, pictures: int, batch_size: int) -> None:
        """Begin at step 0 of a run on so many pictures.

        Attributes:
            complaints: all so far, those that have passed included, in the order they began.
        """
        self.complaints: list[Complaint] = []
        self._pictures, self._batch_size = pictures, batch_size
        self._means: dict[str, float] = {}
        self._diversity: tuple[float, ...] = ()
        self._sharpness: tuple[float, ...] = ()
        self._best_diversity = 0.0
        self._held_since: dict[str, int] = {}
        self._gone_since: dict[str, int] = {}
        self._open: dict[str, Complaint] = {}

    @property
    def present(self) -> dict[str, int]:
        """Return the complaints that have not passed: name -> step since which."""
        return {name: complaint.since for name, complaint in self._open.items()}

    def take_in(self, step: int, numbers: Mapping[str, float]) -> list[Complaint]:
        """Take in a step's numbers; return the complaints that have just begun or passed."""
        found = self._update(step, numbers)
        changed = []
        for rule in RULES:
            try:
                holds = rule.holds(found)
            except KeyError:
                continue  # numbers of an earlier version, which did not measure it
            # Most rules of most steps do not hold and did not hold before: nothing to follow.
            if holds or rule.name in self._held_since:
                complaint = self._follow(rule, step, holds)
                if complaint:
                    changed.append(complaint)
        return changed

    def anew(self) -> "Health":
        """Return the health of the same run, which knows its latest snapshots and nothing else."""
        health = Health(self._pictures, self._batch_size)
        health._diversity, health._sharpness = self._diversity, self._sharpness
        health._best_diversity = self._best_diversity
        return health

    def recall(self, step: int, numbers: Mapping[str, float], present: Mapping[str, int]) -> None:
        """Take over what was found of a step: `take_in` was called, and `present` read, then.

        What passes is known to the step; means and what has not been said yet are not kept.
        """
        if present or self._open:
            for name in self._open.keys() - present.keys():
                self._open.pop(name).until = step - RELIEF
            for name in RULE_OF:
                if name in present and name not in self._open:
                    self._open[name] = Complaint(name, present[name])
                    self.complaints.append(self._open[name])
        if "diversity" in numbers or "sharpness" in numbers:
            self._note_snapshot(numbers)

    def go_on_from(self, recent: "Health") -> None:
        """Go on where `recent` is, which has taken in the latest steps alone."""
        self._means = recent._means
        for name, complaint in recent._open.items():
            if name not in self._open:  # a version without this rule noted the step
                self._open[name] = complaint
                self.complaints.append(complaint)
        pending = recent._held_since.items()
        self._held_since = {name: since for name, since in pending if name not in recent._open}
        self._held_since |= self.present
        self._gone_since = {
            name: gone for name, gone in recent._gone_since.items() if name in self._open
        }

    def _update(self, step: int, numbers: Mapping[str, float]) -> Findings:
        means = self._means
        for name in AVERAGED:
            if name in numbers:
                value = numbers[name]
                mean = means.get(name, value)
                means[name] = mean + (value - mean) / STEPS_AVERAGED
        self._note_snapshot(numbers)
        return Findings(
            step,
            means,
            self._diversity,
            self._sharpness,
            self._best_diversity,
            self._pictures,
            step * self._batch_size / self._pictures,
        )

    def _note_snapshot(self, numbers: Mapping[str, float]) -> None:
        if "diversity" in numbers:
            self._diversity = (*self._diversity, numbers["diversity"])[-SNAPSHOTS:]
            if len(self._diversity) == SNAPSHOTS:
                self._best_diversity = max(self._best_diversity, min(self._diversity))
        if "sharpness" in numbers:
            self._sharpness = (*self._sharpness, numbers["sharpness"])[-SNAPSHOTS:]

    def _follow(self, rule: Rule, step: int, holds: bool) -> Complaint | None:
        """Return the complaint of a rule where it has just begun or passed."""
        name = rule.name
        if holds:
            self._gone_since.pop(name, None)
            since = self._held_since.setdefault(name, step)
            if name not in self._open and step - since >= rule.patience:
                self._open[name] = Complaint(name, since)
                self.complaints.append(self._open[name])
                return self._open[name]
            return None
        if name not in self._open:
            del self._held_since[name]
            return None
        gone = self._gone_since.setdefault(name, step)
        if step - gone < RELIEF:
            return None
        self._held_since.pop(name)
        del self._gone_since[name]
        complaint = self._open.pop(name)
        complaint.until = gone
        return complaint


def in_short(present: Mapping[str, int]) -> str:
    """Return the present complaints in a few words."""
    return ", ".join(RULE_OF[name].short for name in present if name in RULE_OF) or HEALTHY
