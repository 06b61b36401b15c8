"""The scenario, run once: what two devices on two runtimes said before and after, and what else could be seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from demo.roles import Person
from demo.running.devices import DemoDevice, Pushed, Recognised
from demo.running.parallel import run_in_parallel
from device.recognise.tflite import RUNTIME_MODULES
from tests.end_to_end.deployment import Deployment, correct, never_uploaded, recognise, uploads
from tests.end_to_end.wire import tapped

DEVICES = 2

Share = tuple[DemoDevice, Sequence[Person]]
"""A device and the people that it sees."""


@dataclass(frozen=True, slots=True)
class ScenarioRun:
    """What was seen on the way. Answers, uploads and serials are in the order of the devices."""

    service: Deployment
    before: list[list[Recognised]]
    after: list[list[Recognised]]
    pushed: list[Pushed]
    serials: list[int]
    second_pull: bytes
    """All that the service replied to a pull of a head that the device had already."""

    @property
    def worker_log(self) -> str:
        """What the worker has said so far."""
        return (self.service.folder / "logs" / "worker.log").read_text()


def run_scenario(service: Deployment, people: Sequence[Person]) -> ScenarioRun:
    """Take every step; each device sees every second person. They run on different runtimes where two are installed."""
    runtimes = (installed_runtimes() * DEVICES)[:DEVICES]
    devices = [service.device(f"device-{n}", FEDEX_RUNTIME=runtime) for n, runtime in enumerate(runtimes)]
    shares: list[Share] = list(zip(devices, (people[0::2], people[1::2]), strict=True))
    processes = service.processes
    run_in_parallel(DemoDevice.enrol, devices, processes=processes)
    before = run_in_parallel(_recognise_tests, shares, processes=processes)
    run_in_parallel(_correct, shares, processes=processes)
    pushed = run_in_parallel(DemoDevice.push, devices, processes=processes)
    service.wait_for_head(devices[0])
    serials = run_in_parallel(DemoDevice.pull, devices, processes=processes)
    after = run_in_parallel(_recognise_tests, shares, processes=processes)
    return ScenarioRun(service, before, after, pushed, serials, _pull_again(service, devices[0].name))


def installed_runtimes() -> list[str]:
    """Which TFLite runtimes are installed; tflite-runtime ends at Python 3.11."""
    return [name for name, module in RUNTIME_MODULES.items() if find_spec(module.partition(".")[0])]


def _recognise_tests(share: Share) -> list[Recognised]:
    device, people = share
    return recognise(device, never_uploaded(people))


def _correct(share: Share) -> None:
    device, people = share
    correct(device, uploads(people))


def _pull_again(service: Deployment, name: str) -> bytes:
    with tapped("127.0.0.1", service.service.port) as wire:
        service.device(name, url=wire.url).pull()
        return bytes(wire.replied)
