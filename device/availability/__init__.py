"""When a device pushes and pulls by itself: charging, idle, on an unmetered network; and how long it waits.

May import `device.push`, `device.pull`, `device.errors` and `contract`.
"""
