"""What holds for every network family, and what each article says of its networks."""

import dataclasses
import importlib
import inspect
import pkgutil

import pytest
import tensorflow as tf

from catdcgan import networks
from catdcgan.graph.sampling import build_sampling_graph
from catdcgan.graph.training import build_training_graph, count_parameters
from catdcgan.settings.config import Config
from catdcgan.settings.families import CHOICES, FAMILIES, Family
from catdcgan.settings.presets import PRESETS
from catdcgan.settings.resolving import make_config

v1 = tf.compat.v1
LAYERS = {
    "mnist-fcgan": [
        *("generator/dense1", "generator/dense2", "generator/dense3", "generator/logits"),
        *("discriminator/dense1", "discriminator/dense2", "discriminator/dense3"),
        "discriminator/logits",
    ],
    "mnist-bn": [
        *("generator/dense1", "generator/batch_norm1", "generator/dense2"),
        *("generator/batch_norm2", "generator/dense3", "generator/batch_norm3"),
        "generator/logits",
        *("discriminator/dense1", "discriminator/dense2", "discriminator/logits"),
    ],
    "mnist-dcgan": [
        *("generator/dense", "generator/trans_conv1", "generator/batch_trans_conv1"),
        *("generator/trans_conv2", "generator/batch_trans_conv2", "generator/trans_conv3"),
        *("generator/batch_trans_conv3", "generator/logits"),
        *("discriminator/conv1", "discriminator/conv2", "discriminator/batch_norm2"),
        *("discriminator/conv3", "discriminator/batch_norm3", "discriminator/conv4"),
        *("discriminator/batch_norm4", "discriminator/dense"),
    ],
    "cifar10-dcgan": [
        *("generator/dense", "generator/trans_conv1", "generator/batch_trans_conv1"),
        *("generator/trans_conv2", "generator/batch_trans_conv2", "generator/logits"),
        *("discriminator/conv1", "discriminator/conv2", "discriminator/batch_norm2"),
        *("discriminator/conv3", "discriminator/batch_norm3", "discriminator/dense"),
    ],
}
LAYERS["mnist-tf1"] = LAYERS["mnist-gan"] = LAYERS["mnist-fcgan"]
# Worked out by hand from the articles' layers; those of mnist-bn are in its article.
PARAMETERS = {
    "mnist-fcgan": (1_486_352, 1_460_225),
    "mnist-tf1": (1_486_352, 1_460_225),
    "mnist-gan": (1_486_352, 1_460_225),
    "mnist-bn": (1_489_936, 1_066_497),
    "mnist-dcgan": (12_668_672, 11_032_065),
    "cifar10-dcgan": (3_455_744, 2_637_313),
}


def weights_of(graph):
    with graph.graph.as_default():
        return [v for v in v1.global_variables() if "Adam" not in v.op.name]


@pytest.mark.parametrize("preset", PARAMETERS)
def test_a_preset_has_the_parameters_and_the_layers_of_its_article(preset):
    graph = build_training_graph(make_config({"preset": preset, "ema_decay": 0.0}), tf.float32)
    counts = tuple(map(count_parameters, (graph.g_variables, graph.d_variables)))
    assert counts == PARAMETERS[preset]
    names = [v.op.name.rpartition("/")[0] for v in weights_of(graph)]
    layers = [name for name in dict.fromkeys(names) if name]
    assert sorted(layers) == sorted(LAYERS[preset])


def test_the_generator_with_batch_norm_has_all_parameters_of_its_article():
    graph = build_sampling_graph(make_config({"preset": "mnist-bn"}), tf.float32)
    assert count_parameters(weights_of(graph)) == 1_493_520


def test_the_convolutions_with_4x4_kernels_have_no_bias_and_their_dense_layers_have_one():
    config = make_config({"preset": "mnist-dcgan", "base_filters": 2})
    names = {v.op.name for v in weights_of(build_training_graph(config, tf.float32))}
    assert {name for name in names if name.endswith("/bias")} == {
        "generator/dense/bias",
        "discriminator/dense/bias",
    }


@pytest.mark.parametrize(
    "name", [module.name for module in pkgutil.iter_modules(networks.__path__)]
)
def test_what_the_functions_of_a_family_name_is_known_to_the_settings(name):
    family = FAMILIES.get(name, Family(()))
    module = importlib.import_module(f"catdcgan.networks.{name}")
    signatures = [inspect.signature(f).parameters for f in (module.generator, module.discriminator)]
    named = {argument for arguments in signatures for argument in list(arguments)[1:]}
    assert named & set(CHOICES) == set(family.choices)
    of_calls = {"dtype", "is_training", "update_averages", "dropout_key"}
    assert named <= {field.name for field in dataclasses.fields(Config)} | of_calls


@pytest.mark.parametrize("upsampling", ["transposed", "resize"])
@pytest.mark.parametrize(
    ("preset", "image_size", "channels", "base_filters"),
    [
        ("cat128", 32, 1, 2),
        ("cat128", 256, 3, 1),
        ("cifar10-dcgan", 32, 3, 4),
        ("mnist-dcgan", 64, 1, 3),
        ("mnist-dcgan", 128, 3, 1),
    ],
)
def test_the_settings_are_read_off_the_shapes_of_a_generator(
    preset, image_size, channels, base_filters, upsampling
):
    settings = {
        "image_size": image_size,
        "channels": channels,
        "base_filters": base_filters,
        "upsampling": upsampling,
        "z_dim": 5,
    }
    config = make_config({"preset": preset, **settings})
    graph = build_training_graph(config, tf.float32)
    shapes = {v.op.name: v.shape.as_list() for v in graph.variables}
    family = importlib.import_module(f"catdcgan.networks.{config.network}")
    assert family.read_settings(shapes) == settings


@pytest.mark.parametrize("preset", ["mnist-fcgan", "mnist-bn"])
def test_of_a_fully_connected_generator_the_latents_are_read_off(preset):
    config = make_config({"preset": preset, "z_dim": 7})
    graph = build_sampling_graph(config, tf.float32)
    family = importlib.import_module(f"catdcgan.networks.{config.network}")
    shapes = {v.op.name: v.shape.as_list() for v in weights_of(graph)}
    assert family.read_settings(shapes) == {"z_dim": 7}


@pytest.mark.parametrize("preset", PRESETS)
def test_pictures_are_float32_between_minus_one_and_one(preset):
    config = make_config({"preset": preset})
    if "base_filters" in FAMILIES.get(config.network, Family(())).choices:
        config = dataclasses.replace(config, base_filters=1)
    graph = build_sampling_graph(config, tf.bfloat16)
    with v1.Session(graph=graph.graph) as session:
        session.run(v1.variables_initializer(weights_of(graph)))
        pixels = session.run(graph.samples, {graph.z: [[1.0] * 100, [-3.0] * 100]})
    assert pixels.dtype == "float32"
    assert pixels.shape == (2, config.image_size, config.image_size, config.channels)
    assert abs(pixels).max() <= 1
