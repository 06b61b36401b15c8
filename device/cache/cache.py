"""The open cache of one device: inferences, what computed them, the feedback on them, and the uploads made of that."""

from __future__ import annotations

from pathlib import Path

from device.cache.database import Database
from device.cache.feedback import FeedbackTable
from device.cache.inferences import InferenceTable
from device.cache.setups import SetupTable
from device.cache.uploads import UploadTable


class Cache:
    """The open cache. Every operation on it is one transaction; reading or writing it raises `Storage`."""

    def __init__(self, database: Database, *, max_unfed: int) -> None:
        self._database = database
        self.secret = database.secret()
        """Random bytes that sample ids are made with; made once, never sent."""
        self.inferences = InferenceTable(database, max_unfed=max_unfed, secret=self.secret)
        self.feedback = FeedbackTable(database)
        self.uploads = UploadTable(database)
        self.setups = SetupTable(database)

    @classmethod
    def open(cls, path: Path, *, max_unfed: int) -> Cache:
        """Open the cache, and make it where there is none.

        Args:
            path: the file, and its folder where missing.
            max_unfed: how many inferences are kept whose feedback, if any, is acknowledged.

        Raises:
            Storage: it cannot be read or written, is not a cache, or is of a newer version.
        """
        database = Database.open(path)
        try:
            return cls(database, max_unfed=max_unfed)
        except BaseException:  # an interrupt too: nobody else can close it
            database.close()
            raise

    def forget(self) -> None:
        """Forget every inference, face, feedback and upload, acknowledged or not; no number is ever given out again.

        What was there is overwritten. The secret stays: a photo that comes again is the same sample.

        Raises:
            Storage: nothing was forgotten.
        """
        self._database.clear(("feedback", "uploads", "inferences", "faces"))

    @property
    def path(self) -> Path:
        """The file."""
        return self._database.path

    def close(self) -> None:
        """Close the file; the object is of no use afterwards."""
        self._database.close()

    def __enter__(self) -> Cache:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
