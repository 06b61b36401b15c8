"""TFLite files: made from Keras networks, run in a process of their own, compared with the networks.

May import `export.network`, `export.errors`, `export.quiet`, `device.recognise`, `device.errors` and `contract`.
"""
