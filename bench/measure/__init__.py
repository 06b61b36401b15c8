"""Measurements: one module for each group of figures. May import everything."""
