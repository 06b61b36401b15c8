"""Measurements: one module for each row of figures. May import everything."""
