"""Keeps what computed the inferences, with the outcome of its self-test, and counts what of each waits to be sent."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from contract.self_test import SelfTest, Setup
from device.cache.database import Connection, Database

_ADD = """
    INSERT INTO setups (app, runtime, delegate, system, bundle, least_cosine_ppm) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING
"""
_FIND = """
    SELECT id FROM setups WHERE app = ? AND runtime = ? AND delegate = ? AND system = ? AND bundle = ?
"""
_COLUMNS = "s.id, s.app, s.runtime, s.delegate, s.system, s.bundle, s.least_cosine_ppm, s.cosine_ppm"
_GET = f"SELECT {_COLUMNS} FROM setups s WHERE s.id = ?"
_WAITING = f"""
    SELECT {_COLUMNS}, count(DISTINCT i.sample_id) FROM feedback f JOIN inferences i ON i.id = f.inference
    JOIN setups s ON s.id = i.setup WHERE f.upload IS NULL AND f.origin IN ('', ?)
    AND (s.cosine_ppm >= s.least_cosine_ppm OR NOT EXISTS (
        SELECT 1 FROM inferences j JOIN feedback g ON g.inference = j.id
        WHERE j.sample_id = i.sample_id AND j.space = i.space AND j.setup != i.setup AND g.revision > f.revision
    )) GROUP BY s.id ORDER BY s.id
"""
"""What cannot be sent counts no more, once there is later feedback on the same sample as another setup computed it."""


@dataclass(frozen=True, slots=True)
class BundleSetup:
    """What computes features with one bundle: where any of this is another, the features may be."""

    setup: Setup
    bundle: str
    """The sha256 of its document, which names every file of it."""
    least_cosine_ppm: int
    """What the bundle asks of a self-test."""


@dataclass(frozen=True, slots=True)
class KeptSetup:
    """One of these, and how its self-test ended."""

    key: int
    used: BundleSetup
    cosine_ppm: int | None
    """None: it was not tested yet."""

    @property
    def has_passed(self) -> bool:
        """Whether what it computed may be uploaded."""
        return self.cosine_ppm is not None and self.cosine_ppm >= self.used.least_cosine_ppm

    @property
    def outcome(self) -> SelfTest | None:
        """What uploads say of it; None before it was tested."""
        return None if self.cosine_ppm is None else SelfTest(self.used.setup, self.cosine_ppm)


@dataclass(frozen=True, slots=True)
class WaitingSamples:
    """Samples with feedback that is in no upload yet, all computed by one setup."""

    setup: KeptSetup
    samples: int


class SetupTable:
    """The setups of one cache."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def key(self, used: BundleSetup) -> int:
        """Return the key of a setup, which is added where it is new."""
        found = self.find(used)
        if found is not None:
            return found.key
        with self._database.transaction() as connection:
            return add_setup(connection, used)

    def find(self, used: BundleSetup) -> KeptSetup | None:
        """Return what is known of a setup; None if nothing was ever computed by it."""
        rows = self._database.read(_FIND, _name(used))
        return self.get(rows[0][0]) if rows else None

    def get(self, key: int) -> KeptSetup:
        """Return one setup."""
        [row] = self._database.read(_GET, (key,))
        return _kept(*row)

    def keep(self, key: int, *, cosine_ppm: int) -> None:
        """Keep the outcome of a self-test. That of a setup that was tested before stays."""
        self._database.write("UPDATE setups SET cosine_ppm = ? WHERE id = ? AND cosine_ppm IS NULL", (cosine_ppm, key))

    def waiting(self, *, origin: str) -> list[WaitingSamples]:
        """Count the samples that wait to be sealed for the group `origin`, by what computed them.

        One that did not pass its self-test is left out, once a sample was inferred again by another and has feedback.
        """
        rows = self._database.read(_WAITING, (origin,))
        return [WaitingSamples(_kept(*row[:-1]), row[-1]) for row in rows]


def add_setup(connection: Connection, used: BundleSetup) -> int:
    """Return the key of a setup, which is added where it is new, in a transaction that is open."""
    connection.execute(_ADD, (*_name(used), used.least_cosine_ppm))
    [(key,)] = connection.execute(_FIND, _name(used)).fetchall()
    return int(key)


def _name(used: BundleSetup) -> tuple[str, ...]:
    return (*astuple(used.setup), used.bundle)


def _kept(
    key: int, app: str, runtime: str, delegate: str, system: str, bundle: str, least: int, cosine_ppm: int | None
) -> KeptSetup:
    return KeptSetup(key, BundleSetup(Setup(app, runtime, delegate, system), bundle, least), cosine_ppm)
