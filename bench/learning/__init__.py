"""The learning bench: what users feel of the training cycle, in many worlds, told by seeds with intervals.

Everything runs on embeddings: no store, no service, no TFLite. What trains, calibrates and judges is the project's own,
called in `bench.learning.cycle` alone. May import everything; never in a wheel.
"""
