"""Fetching a better head: judge the manifest, download, try, install; and which spaces are retired.

May import `device.heads`, `device.recognise`, `device.service`, `device.errors` and `contract`.
"""
