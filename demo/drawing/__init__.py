"""Synthetic people: seeded drawings of faces that stand in for photos.

May import `contract`.
"""
