"""What device and cloud agree on: bytes, documents, routes, bounds. SPEC.md says it in words; only numpy is needed."""

__version__ = "0.1.0"
