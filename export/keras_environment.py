"""Keras's configuration: FEDEx's own, whatever the user keeps for other programs.

Keras reads `$KERAS_HOME/keras.json` (or `~/.keras/keras.json`) and some variables when it is imported, and lets them
change what a network computes: another backend, precision or layout of images. So it is imported with an environment in
which there is no such file and no such variable but the backend.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

TENSORFLOW, JAX = "tensorflow", "jax"
BACKENDS = (TENSORFLOW, JAX)
"""What trainers may run on; converting needs TensorFlow."""
NO_HOME = os.path.join(os.devnull, "keras")  # noqa: PTH118  # a text for an environment
"""A folder that cannot exist: Keras takes its defaults then, and writes no file."""

_PREFIX = "KERAS_"
_LEGACY = "TF_USE_LEGACY_KERAS"


def keras_environment(environment: Mapping[str, str], *, backend: str = TENSORFLOW) -> dict[str, str]:
    """Return the environment of a process that imports Keras: the given one, with Keras's variables replaced. Pure."""
    kept = {name: value for name, value in environment.items() if not name.startswith(_PREFIX) and name != _LEGACY}
    return {**kept, "KERAS_BACKEND": backend, "KERAS_HOME": NO_HOME}


def configure_keras() -> None:
    """Give this process, and those it starts, Keras as the export needs it. Call it before Keras is imported."""
    ours = keras_environment(os.environ)
    for name in set(os.environ) - set(ours):
        del os.environ[name]
    os.environ.update(ours)
