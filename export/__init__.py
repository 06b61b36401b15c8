"""Build time: a Keras network becomes a device bundle and a training bundle. Nothing is imported until it is used."""
