"""Evidence: figures that people cite, measured by one command, kept as rows, and shown on one page.

An exhibit is one table or figure: a module of `bench.paper` or `bench.peers`. Here is what they share.
"""
