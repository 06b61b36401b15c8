"""Processes of the demo: service, worker, MinIO and devices, started, watched and ended. May import everything."""
