"""FEDEx from end to end on one machine, with synthetic or real people: for people who look and for tests.

May import everything; never in a wheel.
"""
