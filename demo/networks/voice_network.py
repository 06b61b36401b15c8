"""A small network of speech: two convolutions over the frames, and a classifier of the speakers it was trained on."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from demo.networks.voices import COEFFICIENTS, FRAMES, training_voices

EPOCHS, BATCH = 3, 16
"""Few: its features are of any speaker then, not of those alone that it was trained on; a head has much to learn."""


def train_voices(labels: Sequence[str], *, seed: int) -> keras.Model:
    """Return a network trained on what some speakers say; it takes utterances (n, 29, 12) as they are."""
    keras.utils.set_random_seed(seed)
    network = _network(classes=len(labels))
    utterances, owners = training_voices(labels)
    network.compile("adam", loss="sparse_categorical_crossentropy", jit_compile=False)
    network.fit(utterances, owners, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    return network


def _network(*, classes: int) -> keras.Model:
    layers = keras.layers
    frames = keras.Input((FRAMES, COEFFICIENTS), name="frames")
    x = layers.Normalization(axis=-1, mean=[0.0] * COEFFICIENTS, variance=[0.16] * COEFFICIENTS, name="scale")(frames)
    x = layers.GaussianNoise(0.3, name="noise")(x)
    x = layers.Conv1D(128, 3, padding="same", activation="relu", name="sounds")(x)  # 29 x 128
    x = layers.BatchNormalization(name="sounds_scale")(x)
    x = layers.Conv1D(128, 3, padding="same", activation="relu", name="syllables")(x)  # 29 x 128
    x = layers.GlobalAveragePooling1D(name="pooling")(x)  # 128
    x = layers.BatchNormalization(name="voice")(x)
    x = layers.Dropout(0.3, name="dropout")(x)
    return keras.Model(frames, layers.Dense(classes, activation="softmax", name="speakers")(x), name="voices")
