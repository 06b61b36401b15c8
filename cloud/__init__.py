"""The service: takes uploads in, keeps each sample once, trains heads and serves releases."""
