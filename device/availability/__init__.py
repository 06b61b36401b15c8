"""When a device pushes and pulls by itself: charging, idle, on an unmetered network.

May import `device.push`, `device.pull`, `device.errors` and `contract`.
"""
