"""When a device pushes and pulls by itself: charging, idle, on an unmetered network.

May import ``device.errors`` and ``contract``.
"""
