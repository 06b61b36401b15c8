"""The heads that are installed on this device, and the newest release ever installed of each line.

May import `device.errors` and `contract`.
"""
