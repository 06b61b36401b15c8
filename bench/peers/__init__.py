"""FEDEx beside what a user would pick instead, on the same people and photos: `python -m bench.peers`.

A module is one exhibit (`bench.evidence.exhibit`), or what one of them needs. `flower/` is run by a Python of its own,
which has Flower: nothing here imports it, and it imports nothing of ours.
"""
