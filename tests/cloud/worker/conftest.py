"""The training tests' bundles and stores, for tests of the worker that trains them."""

from tests.cloud.training.conftest import (  # noqa: F401  # pytest finds fixtures by their names here
    convolutional_bundle,
    make_site,
    unused_port,
    vector_bundle,
)
