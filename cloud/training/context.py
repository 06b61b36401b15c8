"""What a cycle works with: the worker's store and key, a folder, and processes that let go of it when it is over."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from cloud import state_folder
from cloud.errors import StateFull
from cloud.releases.publish import PublishStep
from cloud.releases.renewal import Renewer
from cloud.releases.signing import SigningKey
from cloud.settings import ExecutorKind, Settings
from cloud.spaces.bundle_cache import BundleCache
from cloud.store.keys import Pool
from cloud.store.store import ObjectStore
from cloud.training.cycle_folder import CycleFolder
from cloud.training.executors.executor import Executor, Limits
from cloud.training.executors.idle import IdleProcesses
from cloud.training.executors.local import LocalExecutor
from cloud.training.executors.ray_cluster import RayExecutor
from cloud.training.executors.secrets import without_secrets
from cloud.training.kept_embeddings import KeptEmbeddings
from cloud.training.threads import usable_cores
from cloud.training.trials import plan
from contract.callbacks import ignore
from export.keras_environment import TENSORFLOW, keras_environment

CONVERTER, TRAINER = "cloud.training.converter", "cloud.training.trainer"
"""The modules of operations that a cycle's processes run."""
SILENCE_S = 600.0
"""A process without a heartbeat for so long hangs; a step of the largest heads takes seconds."""


@dataclass(frozen=True, slots=True)
class TrainingContext:
    """What a worker has to train with."""

    store: ObjectStore
    settings: Settings
    key: SigningKey
    stop: threading.Event
    now: Callable[[], float] = time.time
    """Unix seconds."""
    cores: int = field(default_factory=usable_cores)
    at_publish: Callable[[PublishStep], None] = ignore
    fence: int = 0
    """Of the lease of the pool that is worked on (`cloud.store.lease`)."""
    bundles: BundleCache = field(default_factory=BundleCache)
    """The training bundles of the worker's life."""
    kept: KeptEmbeddings = field(default_factory=KeptEmbeddings)
    """What the disk keeps of rows between cycles."""
    idle: IdleProcesses = field(default_factory=IdleProcesses)
    """The processes of earlier cycles; by default none is kept."""
    read: dict[Pool, str | None] = field(default_factory=dict)
    """The pools whose samples these processes may have read, and the erasure that each had seen last by then."""

    @property
    def renewer(self) -> Renewer:
        """What signs standing releases anew."""
        settings = self.settings
        return Renewer(self.store, self.key, settings.manifest_life_s, self.at_publish, choice_of=settings.unknown.of)

    @contextlib.contextmanager
    def folder(self, cycle: str) -> Iterator[CycleFolder]:
        """Provide the cycle's folder, for as long as the block; what killed workers left goes first.

        Raises:
            StateFull: whatever the machine refuses in the block, a file or a process; a store's errors are its own.
            SettingError: a link is in the place of the folder of cycles.
        """
        cycles = state_folder.scratch(self.settings.state)
        shutil.rmtree(cycles, ignore_errors=True)
        try:
            folder = CycleFolder(cycles / cycle)
            folder.temporary.mkdir(parents=True)
            yield folder
        except OSError as error:
            self.end_idle()  # of what the machine refused they may have got too little
            raise StateFull(f"FEDEX_STATE: expected room for a training cycle, got {error}") from error
        finally:
            shutil.rmtree(cycles, ignore_errors=True)

    @contextlib.contextmanager
    def processes(self, folder: CycleFolder) -> Iterator[tuple[Executor, Executor]]:
        """Provide the converter and trainers; after the block they are idle, or gone, and hold none of its files open.

        On few cores not all trainers start at once: importing Keras takes each of them seconds of one, and the first
        trial often is enough.

        Accelerators are the trainers' alone. The converter lives beside them, and would keep memory of one; and it
        judges TFLite's float32 files by Keras, which on a GPU rounds to fewer bits (TF32).
        """
        with contextlib.ExitStack() as ended:
            converter = self._executor(CONVERTER, folder, backend=TENSORFLOW)
            backend, accelerators = self.settings.backend, self.settings.accelerators
            trainers: Executor = (
                self._cluster(folder)
                if self.settings.executor is ExecutorKind.RAY
                else self._executor(TRAINER, folder, backend=backend, accelerators=accelerators)
            )
            ended.callback(trainers.close)
            ended.callback(converter.close)
            converter.warm_up(1)
            trainers.warm_up(min(len(plan(self.settings.trials)), len(accelerators) or max(self.cores - 1, 1)))
            yield converter, trainers

    def note_read(self, pool: Pool, *, erasure: str | None) -> None:
        """Remember that processes read samples of a pool, of which an erasure had been carried out, or none."""
        self.read.setdefault(pool, erasure)

    def note_erased(self, pool: Pool, *, erasure: str | None) -> None:
        """End idle processes that read a pool before what was its last erasure, here or by another worker."""
        if self.read.get(pool, erasure) != erasure:
            self.end_idle()

    def end_idle(self) -> None:
        """End idle processes: what one has read may be anywhere in its memory."""
        self.idle.close()
        self.read.clear()

    def _cluster(self, folder: CycleFolder) -> RayExecutor:
        """Return what runs trials on the nodes of a cluster."""
        settings = self.settings
        return RayExecutor(
            TRAINER,
            folder.executor(TRAINER),
            limits=self._limits,
            stop=self.stop,
            address=settings.ray_address,
            backend=settings.backend,
        )

    @property
    def _limits(self) -> Limits:
        deadline_s = self.settings.trial_deadline_s
        return Limits(deadline_s, min(SILENCE_S, deadline_s))

    def _executor(
        self, module: str, folder: CycleFolder, *, backend: str, accelerators: tuple[str, ...] = ()
    ) -> Executor:
        return LocalExecutor(
            module,
            folder.executor(module),
            self._limits,
            accelerators,
            cores=self.cores,
            stop=self.stop,
            environment=keras_environment(without_secrets(os.environ), backend=backend),
            temporary=folder.temporary.absolute(),
            idle=self.idle,
        )
