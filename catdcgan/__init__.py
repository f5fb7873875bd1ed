"""Train a DCGAN on pictures of cats with a TensorFlow-1-style graph, on today's TensorFlow."""

__version__ = "0.1.0"
