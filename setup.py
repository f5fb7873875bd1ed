"""The package's metadata; settings of tools are in pyproject.toml."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+)"', (HERE / "catdcgan/__init__.py").read_text())[1]

setup(
    name="catdcgan",
    version=VERSION,
    description="Trains a DCGAN on pictures of cats, as a TensorFlow 1 graph on today's TensorFlow",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    packages=find_packages(include=["catdcgan", "catdcgan.*"]),
    package_data={
        "catdcgan": ["py.typed"],
        "catdcgan.preparation": ["cat_outliers.txt"],
        "catdcgan.watching": ["page/*"],
    },
    python_requires=">=3.10",
    # Each lower bound has been tried, all of them together.
    install_requires=[
        "tensorflow>=2.16",
        "numpy>=1.26",
        "pillow>=10.1",  # decodes pictures
        "absl-py>=2.0",  # flags
        "imageio[ffmpeg]>=2.31",  # encodes pictures
        "imageio-ffmpeg>=0.4.9",  # of imageio[ffmpeg]: makes the film, and brings ffmpeg itself
        "matplotlib>=3.8",  # draws losses.png
        "bokeh>=3.4",  # draws the curves of report.html, and brings their script
        "jinja2>=3.1",  # fills in report.html and escapes what comes from outside
        "orjson>=3.10",  # reads a million lines of metrics in seconds
        "tqdm>=4.66",  # progress bars
    ],
    extras_require={
        "gpu": ["tensorflow[and-cuda]>=2.16"],
        "benchmarks": [
            "torch>=2.5",
            "tf_keras>=2.16",  # the layers that the loop of 2018 was written with
            "scikit-learn>=1.3",
        ],
        "heif": ["pillow-heif>=0.16"],  # decodes the photos of telephones (HEIC)
        "tensorboard": ["tensorboard>=2.16"],
        "test": [
            "pytest>=8.0",
            "pytest-xdist>=3.5",
            "ruff~=0.17.0",
            "import-linter~=2.3",  # keeps the order of the folders
            "mypy==2.4.1",  # whose findings differ from version to version
            "pre-commit>=4.0",
            "pre-commit-hooks>=5.0",  # ends of files and such
            "pillow-heif>=0.16",  # of the extra heif
            "selenium>=4.15",  # drives Chromium, where there is one
            "tensorboard>=2.16",  # reads the event files back
        ],
    },
    entry_points={
        "console_scripts": [
            "catdcgan-train = catdcgan.train:main",
            "catdcgan-sample = catdcgan.sample:main",
            "catdcgan-prepare = catdcgan.prepare:main",
            "catdcgan-supervise = catdcgan.supervise:main",
            "catdcgan-launch = catdcgan.launch:main",
            "catdcgan-verify = catdcgan.verify:main",
            "catdcgan-film = catdcgan.film:main",
            "catdcgan-runs = catdcgan.runs:main",
            "catdcgan-evaluate = catdcgan.evaluate:main",
        ]
    },
)
