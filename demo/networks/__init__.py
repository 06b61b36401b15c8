"""Networks of other kinds with their data, made as users make theirs: a `.keras` file, and examples that have labels.

May import everything; the data is real, and comes in the wheels of scikit-learn and sktime.
"""
