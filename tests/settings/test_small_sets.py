import pytest

from catdcgan.settings.presets import PRESETS
from catdcgan.settings.resolving import make_config
from catdcgan.settings.small_sets import FEW, describe_changes, settle_by_size, undecided


@pytest.mark.parametrize(
    ("count", "augment", "mirror"),
    [(FEW - 1, "translation,cutout", True), (FEW, "off", False)],
)
def test_few_pictures_are_mirrored_and_changed_and_many_are_not(count, augment, mirror):
    config = settle_by_size(make_config({}), count)
    assert (config.augment, config.mirror) == (augment, mirror)


@pytest.mark.parametrize(
    "given", [{"augment": "off", "mirror": False}, {"augment": "color", "mirror": True}]
)
@pytest.mark.parametrize("count", [10, 10**6])
def test_what_the_user_decides_stays(given, count):
    config = settle_by_size(make_config(given), count)
    assert {name: getattr(config, name) for name in given} == given


@pytest.mark.parametrize("preset", [name for name, row in PRESETS.items() if "data_set" in row])
def test_digits_are_never_mirrored(preset):
    config = make_config({"preset": preset})
    assert settle_by_size(config, 10) == config


def test_a_run_keeps_what_was_decided_when_it_began():
    recorded = {"augment": "color", "mirror": True}
    config = settle_by_size(make_config({"augment": "auto"}, recorded), 10**6)
    assert (config.augment, config.mirror) == ("color", True)


def test_a_run_that_has_learned_nothing_is_decided_anew():
    recorded = {"preset": "cat64", "seed": 3, "augment": "color", "mirror": True}
    config = settle_by_size(make_config({}, undecided(recorded)), 10**6)
    assert (config.augment, config.mirror, config.seed) == ("off", False, 3)


def test_a_run_that_is_older_than_the_batchs_deviation_goes_on_without():
    recorded = {"preset": "cat64-best", "d_norm": "inner"}
    assert not make_config({}, recorded).minibatch_stddev


def test_a_run_that_is_older_than_augmentation_and_averages_goes_on_without():
    config = settle_by_size(make_config({}, {"preset": "cat64", "mirror": False}), 10)
    assert (config.augment, config.mirror, config.ema_decay) == ("off", False, 0.0)


def test_changes_are_told_with_the_flags_that_leave_them_out():
    assert describe_changes(make_config({"augment": "off", "mirror": False})) == ""
    told = describe_changes(make_config({"augment": "color,cutout", "mirror": True}))
    assert told == (
        "mirrored half of the time (--nomirror: never) and changed in color, cutout as they are "
        "judged (--augment off: never)"
    )
