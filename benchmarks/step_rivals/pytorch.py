"""The same networks and update in PyTorch: eager or compiled, several layouts and precisions."""

import contextlib
import itertools
from collections.abc import Callable

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from step_rivals.measuring import parse, random_batch, time_steps

WAYS = [
    "eager, channels last, bfloat16",
    "compiled, channels last, bfloat16",
    "eager, bfloat16",
    "compiled, bfloat16",
    "eager, channels last, float32",
    "eager, float32",
    "compiled, channels last, float32",
]


class Generator(nn.Module):
    """Latents to pictures, `[N, z_dim] -> [N, 3, S, S]`."""

    def __init__(self, z_dim: int, image_size: int, base_filters: int) -> None:
        """Make the layers."""
        super().__init__()
        self.first = image_size // 16, 16 * base_filters
        self.dense = nn.Linear(z_dim, self.first[0] ** 2 * self.first[1])
        layers: list[nn.Module] = [nn.LeakyReLU(0.2)]
        widths = [multiple * base_filters for multiple in (16, 8, 4, 2, 1)]
        for before, after in itertools.pairwise(widths):
            layers += [
                nn.ConvTranspose2d(before, after, 5, 2, padding=2, output_padding=1),
                nn.BatchNorm2d(after, eps=1e-5, momentum=0.01),
                nn.LeakyReLU(0.2),
            ]
        layers += [nn.ConvTranspose2d(base_filters, 3, 5, 1, padding=2), nn.Tanh()]
        self.layers = nn.Sequential(*layers)

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """Return pictures."""
        side, channels = self.first
        return self.layers(self.dense(z).view(-1, channels, side, side))


def make_discriminator(image_size: int, base_filters: int) -> nn.Module:
    """Return a network of pictures to logits, `[N, 3, S, S] -> [N, 1]`."""
    layers: list[nn.Module] = []
    before = 3
    for multiple, strides in [(1, 2), (2, 2), (4, 2), (8, 1), (16, 2)]:
        after = multiple * base_filters
        layers += [
            nn.Conv2d(before, after, 5, strides, padding=2),
            nn.BatchNorm2d(after, eps=1e-5, momentum=0.01),
            nn.LeakyReLU(0.2),
        ]
        before = after
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(before * (image_size // 16) ** 2, 1))


def make_step(asked) -> Callable[[], None]:
    """Return a function that does one step in the way asked for."""
    pictures, latents = (torch.from_numpy(array) for array in random_batch(asked))
    pictures = pictures.permute(0, 3, 1, 2).contiguous()
    generator = Generator(asked.z_dim, asked.image_size, asked.base_filters)
    discriminator = make_discriminator(asked.image_size, asked.base_filters)
    if "channels last" in asked.way:
        pictures = pictures.to(memory_format=torch.channels_last)
        generator = generator.to(memory_format=torch.channels_last)
        discriminator = discriminator.to(memory_format=torch.channels_last)
    optimizers = [
        torch.optim.Adam(network.parameters(), 2e-4, (0.5, 0.999), fused=True)
        for network in (discriminator, generator)
    ]
    if "compiled" in asked.way:
        generator, discriminator = torch.compile(generator), torch.compile(discriminator)

    def arithmetic() -> contextlib.AbstractContextManager:
        if "bfloat16" in asked.way:
            return torch.autocast("cpu", torch.bfloat16)
        return contextlib.nullcontext()

    def loss(logits: torch.Tensor, label: float) -> torch.Tensor:
        logits = logits.float()
        return binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))

    d_parameters = list(discriminator.parameters())

    def step() -> None:
        with arithmetic():
            fakes = generator(latents)
            real_logits, fake_logits = discriminator(pictures), discriminator(fakes.detach())
        optimizers[0].zero_grad(set_to_none=True)
        (loss(real_logits, 0.9) + loss(fake_logits, 0.0)).backward()
        optimizers[0].step()
        # D's own gradients are not wanted in G's update: leaving them out is a third of D's work.
        for parameter in d_parameters:
            parameter.requires_grad_(False)
        with arithmetic():
            judged_logits = discriminator(fakes)
        optimizers[1].zero_grad(set_to_none=True)
        loss(judged_logits, 1.0).backward()
        optimizers[1].step()
        for parameter in d_parameters:
            parameter.requires_grad_(True)

    return step


if __name__ == "__main__":
    asked = parse(WAYS)
    time_steps(asked, make_step(asked))
