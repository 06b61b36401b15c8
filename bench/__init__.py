"""The bench: each ratio is taken within one run, and each goal is written beside its figure.

May import everything; never in a wheel.
"""
