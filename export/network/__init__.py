"""The Keras network: read from a file or built, made one level, cut in two, its head taken apart and put together.

May import `export.errors`, `export.quiet` and `contract`.
"""
