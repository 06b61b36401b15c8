"""Sending feedback: what goes into the next upload, its bytes, and uploads on their way.

May import ``device.cache``, ``device.service``, ``device.errors`` and ``contract``.
"""
