"""The tables and figures of the paper (FEDEx, HotMobile 2020), each measured anew: `python -m bench.paper`.

A module is one exhibit (`bench.evidence.exhibit`), or what one of them needs.
"""
