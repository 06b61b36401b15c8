"""The Keras network: read from a file or built, cut in two, its head taken apart and put together.

May import `export.errors` and `contract`.
"""
