"""Chooses the head that serves: the newest installed one that works, or else the bundle's.

A head that is damaged is stepped over, with a warning; one of another space, as after another bundle was installed, is
passed over. Where the newest release says that the bundle's head serves, nothing else does. A swap of the installed
heads is noticed by its stamp, at the cost of one stat.
"""

from __future__ import annotations

from contract.bundle import DeviceBundle
from contract.errors import ContractError
from device.errors import HeadDamaged, ModelRefused
from device.heads.store import HeadEntry, HeadStore, Stamp
from device.recognise.models import Head, load_bundled_head, load_installed_head
from device.recognise.tflite import TFLiteRuntime


class ServingHead:
    """The head that answers, loaded; `refresh` takes another one where heads were swapped.

    Args:
        bundle: what the head has to belong to; its own head serves where no installed one does.
        runtime: loads the heads.
        heads: the installed heads; None: the bundle's head serves.

    Raises:
        ModelRefused: the bundle's head has to serve, and does not belong to the bundle.
        ContractError: it is not the file that the bundle names.
        OSError: it cannot be read.
    """

    def __init__(self, bundle: DeviceBundle, *, runtime: TFLiteRuntime, heads: HeadStore | None) -> None:
        self._bundle = bundle
        self._runtime = runtime
        self._heads = heads
        self._stamp: Stamp | None = None
        self.warnings: tuple[str, ...] = ()
        """What was stepped over for the head that serves, and why."""
        self.head: Head = self._load()
        """The head that serves."""

    def refresh(self) -> None:
        """Take the newest head that works if heads were swapped; where no head can be loaded, the one in use stays."""
        if self._heads is None or self._heads.stamp() == self._stamp:
            return
        try:
            self.head = self._load()
        except (ModelRefused, ContractError, OSError) as error:
            self.warnings += (f"the head in use stays: {error}",)

    def _load(self) -> Head:
        while True:
            warnings: list[str] = []
            self._stamp = self._heads.stamp() if self._heads else None
            head = self._newest_working(warnings)
            if not warnings or self._heads is None or self._heads.stamp() == self._stamp:
                break  # otherwise heads were swapped meanwhile, and what the old pointer named may be gone
        self.warnings = tuple(warnings)
        return head or load_bundled_head(self._bundle, runtime=self._runtime)

    def _newest_working(self, warnings: list[str]) -> Head | None:
        try:
            entries = self._heads.entries() if self._heads else ()
        except HeadDamaged as error:
            warnings.append(str(error))
            return None
        for entry in entries:
            if entry.precision is None:
                return None
            try:
                head = self._load_entry(entry)
            except (HeadDamaged, ModelRefused) as error:
                warnings.append(str(error))
            else:
                if head is not None:
                    return head
        return None

    def _load_entry(self, entry: HeadEntry) -> Head | None:
        """Load one installed head; None if it is of another space."""
        assert self._heads is not None  # it named the entry
        installed = self._heads.load(entry)
        if installed.manifest.space != self._bundle.space:
            return None
        return load_installed_head(installed, bundle=self._bundle, runtime=self._runtime)
