"""A home folder and variables of a user who has set Keras up for something else, in every way that Keras reads."""

import json
from pathlib import Path

HOSTILE = {"backend": "jax", "floatx": "float16", "image_data_format": "channels_first", "epsilon": 0.5}


def hostile_environment(folder: Path) -> dict[str, str]:
    """Write the configuration below `folder`, and return the variables."""
    home, keras_home = folder / "home", folder / "keras-home"
    for place in (home / ".keras", keras_home):
        place.mkdir(parents=True)
        (place / "keras.json").write_text(json.dumps(HOSTILE))
    return {
        "HOME": str(home),
        "KERAS_HOME": str(keras_home),
        "KERAS_BACKEND": "jax",
        "KERAS_MAX_EPOCHS": "1",
        "KERAS_MAX_STEPS_PER_EPOCH": "1",
        "TF_USE_LEGACY_KERAS": "1",
    }
