"""The service as one device sees it: its HTTP, and who this device is there.

May import `device.heads`, `device.errors` and `contract`.
"""
