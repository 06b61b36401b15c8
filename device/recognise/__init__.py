"""Recognising a photo: decode, prefix, head, answer.

May import `device.answers`, `device.cache`, `device.heads`, `device.errors` and `contract`.
"""
