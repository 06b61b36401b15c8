"""Synthetic people: seeded drawings of faces that stand in for photos. Imports nothing else of FEDEx."""
