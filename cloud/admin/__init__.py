"""What an operator does by hand: registering training bundles.

May import every package of ``cloud`` below it.
"""
