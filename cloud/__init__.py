"""The service: takes samples in, keeps them once, trains heads and serves releases."""
