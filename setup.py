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
    package_data={"catdcgan.preparation": ["cat_outliers.txt"]},
    python_requires=">=3.10",
    # Each lower bound has been tried, all of them together.
    install_requires=[
        "tensorflow>=2.16",
        "numpy>=1.26",
        "pillow>=10.1",  # decodes pictures
        "absl-py>=2.0",  # flags
        "imageio>=2.31",  # encodes pictures
        "tqdm>=4.66",  # progress bars
    ],
    extras_require={
        "gpu": ["tensorflow[and-cuda]>=2.16"],
        "benchmarks": ["scikit-learn>=1.3"],
        "test": ["pytest>=8.0", "pytest-xdist>=3.5", "ruff~=0.17.0"],
    },
    entry_points={
        "console_scripts": [
            "catdcgan-train = catdcgan.train:main",
            "catdcgan-sample = catdcgan.sample:main",
            "catdcgan-prepare = catdcgan.prepare:main",
            "catdcgan-supervise = catdcgan.supervise:main",
            "catdcgan-verify = catdcgan.verify:main",
        ]
    },
)
