"""The presets: rows of differences from the defaults of `config`; and what each can choose from."""

from typing import Any, NamedTuple

AS_THEY_ARE = {"augment": "off", "mirror": False}  # pictures reach the discriminator unchanged

# Chosen by the tables of docs/better-cats.md.
BETTER = {
    "upsampling": "resize",
    "d_norm": "inner",
    "minibatch_stddev": True,
    "batch_size": 16,
    "mirror": True,
    "lr_d": 1e-4,
    "lr_g": 1e-4,
    "snapshot_every": 400,
    "evaluate_every": 2000,
}

PRESETS: dict[str, dict[str, Any]] = {
    "cat128": {},
    "cat64": {"image_size": 64},
    "cat128-best": BETTER,
    "cat64-best": {"image_size": 64, **BETTER},
    # So short a run learns more with the defaults' rates.
    "tiny": {
        **BETTER,
        "image_size": 64,
        "base_filters": 16,
        "lr_d": 2e-4,
        "lr_g": 2e-4,
        "epochs": 12,
        "snapshot_every": 256,
        "evaluate_every": 1024,
    },
    # 2018 as it was in what the pictures depend on; its faults are not reproduced (README).
    "cat128-2018": {
        "pixel_range": 0.5,
        "label_smoothing": 0.0,
        "shuffle": False,
        "lr_d": 5e-5,
        "ema_decay": 0.0,
        **AS_THEY_ARE,
        "snapshot_every": 10,
    },
    # The others are of five more articles: docs/presets.md.
    "mnist-fcgan": {
        "network": "fully_connected",
        "image_size": 28,
        "channels": 1,
        "noise_law": "normal",
        "data_set": "MNIST",
        **AS_THEY_ARE,
        "batch_size": 16,
        "joint_batch": True,
        # Differs from the original: rates of 2e-4. With its 2e-3 the generator's tanh saturates.
        "epochs": 10,
        "adam_epsilon": 1e-7,
        "snapshot_every": 3750,
        "snapshot_grid": "10x10",
    },
    "cifar10-dcgan": {
        "network": "dcgan_4x4",
        "image_size": 32,
        "base_filters": 128,
        "noise_law": "normal",
        "fresh_noise": True,
        "data_set": "CIFAR-10",
        **AS_THEY_ARE,
        "classes": "cat",
        "batch_size": 100,
        "epochs": 200,
    },
    "mnist-tf1": {
        "network": "fully_connected",
        "image_size": 28,
        "channels": 1,
        "leaky_slope": 0.0,
        "initial_stddev": 0.02,
        "dropout": 0.7,
        "noise_law": "normal",
        "fresh_noise": True,
        "data_set": "MNIST",
        **AS_THEY_ARE,
        "batch_size": 100,
        "epochs": 200,
        "beta1": 0.9,
        "label_smoothing": 0.0,
        "snapshot_every": 600,
        "snapshot_grid": "4x4",
    },
    "mnist-bn": {
        "network": "fully_connected_bn",
        "image_size": 28,
        "channels": 1,
        "noise_law": "halved_normal",
        "fresh_noise": True,
        "g_batches": 2,
        "joint_batch": True,
        "data_set": "MNIST",
        **AS_THEY_ARE,
        "batch_size": 32,
        "max_steps": 5000,
        "lr_decay": 8e-8,
        "adam_epsilon": 1e-7,
        "label_smoothing": 0.0,
        "snapshot_grid": "4x4",
    },
    "mnist-gan": {
        "network": "fully_connected",
        "image_size": 28,
        "channels": 1,
        "dropout": 0.3,
        "noise_law": "normal",
        "fresh_noise": True,
        "data_set": "MNIST",
        **AS_THEY_ARE,
        "batch_size": 100,
        "epochs": 200,
        "label_smoothing": 0.0,
        "snapshot_grid": "4x4",
    },
    "mnist-dcgan": {
        "network": "dcgan_4x4",
        "image_size": 64,
        "channels": 1,
        "base_filters": 128,
        "noise_law": "normal",
        "fresh_noise": True,
        "data_set": "MNIST",
        **AS_THEY_ARE,
        "batch_size": 100,
        "epochs": 200,
        "label_smoothing": 0.0,
        "snapshot_grid": "4x4",
    },
}


class Family(NamedTuple):
    """What can be chosen of a network family, repeated here without TensorFlow.

    Attributes:
        image_sizes: the sizes it can be built at, in pixels.
        choices: the settings of `CHOICES` that it knows.
    """

    image_sizes: tuple[int, ...]
    choices: tuple[str, ...] = ()


# Settings that mean nothing to some families. A family that is not listed can be built at the size
# of its preset, and knows none of these.
CONVOLUTIONAL = ("base_filters", "upsampling", "d_norm", "minibatch_stddev")
CHOICES = (*CONVOLUTIONAL, "gamma_mean", "dropout")
FAMILIES = {
    "dcgan": Family((32, 64, 128, 256), CONVOLUTIONAL),
    "dcgan_4x4": Family((32, 64, 128), (*CONVOLUTIONAL, "gamma_mean")),
    "fully_connected": Family((28, 32, 64), ("dropout",)),
    "fully_connected_bn": Family((28, 32, 64)),
}
