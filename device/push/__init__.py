"""Sending feedback: what goes into the next upload, its bytes, uploads on their way, and what to do about a refusal.

May import `device.cache`, `device.service`, `device.errors` and `contract`.
"""
