"""The command line `fedex-device`: embeds a device as any other program may, and reports each failure in one line."""

from __future__ import annotations

import functools
import io
import random
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

import click

from contract import command_line
from contract.environment import path
from contract.errors import ContractError
from contract.inputs import PhotoInput
from device import (
    Cadence,
    Device,
    DeviceError,
    FeedbackError,
    Photo,
    PhotoError,
    Recognizer,
    Rounds,
    Settings,
    Storage,
    TensorError,
    load_example,
    read_status,
    with_advice,
)
from device.display import Display
from device.drawing import write_drawn

MAX_ID = 2**63 - 1

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")


Arguments = ParamSpec("Arguments")


def with_device(command: Callable[Concatenate[Device, Arguments], int]) -> Callable[Arguments, int]:
    """Give a command its device, made from the settings when it runs: help is there whatever they are."""

    @functools.wraps(command)
    def run_with_device(*arguments: Arguments.args, **options: Arguments.kwargs) -> int:
        return command(Device(Settings.from_environment()), *arguments, **options)

    return run_with_device


class InferenceId(click.IntRange):
    """The number of an inference, with or without the # that `infer` prints before it."""

    name = "number of an inference"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read one number."""
        bare: Any = value.removeprefix("#") if isinstance(value, str) else value
        return super().convert(bare, param, ctx)


@click.group()
def cli() -> None:
    """Recognise photos or tensors, learn from what is corrected, and never send a photo or a tensor anywhere.

    Begin with enrol, infer, feedback, push and pull. "run" pushes and pulls by itself, "run --once" one time; "enrol
    --again" makes it a device of another service or group; "push --refused" sends again what the service refused;
    "erase" takes back all that was ever sent.
    """


@cli.command()
@click.option("--again", is_flag=True, help="Enrol, whatever this device was before.")
@json_option
@with_device
def enrol(device: Device, again: bool, as_json: bool) -> int:
    """Become a device of the group that FEDEX_ENROLMENT_CODE, or FEDEX_INVITATION, names.

    A device that is enrolled stays the one it is, also where its token no longer counts. With --again it may become
    another one, of another service or group, or of this group beside the machine that it was copied from: heads of
    another group are forgotten, and feedback that was given in it is not sent to the new one.
    """
    Display(as_json).enrolled(device.enrol(again=again))
    return 0


@cli.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=path)
@click.option(
    "--draw", metavar="DIR", type=path, help="Write there a copy of each FILE, a photo, with boxes: FILE.png."
)
@json_option
@with_device
def infer(device: Device, files: Sequence[Path], draw: Path | None, as_json: bool) -> int:
    """Say who or what each photo shows, or what each tensor is.

    FILE is a photo (JPEG, PNG, WebP, ...) or, where the bundle takes tensors, a .npy file as numpy.save writes it;
    "status" shows which. A file that cannot be used is told, and the others are answered.
    """
    if draw is not None and len({file.name for file in files}) < len(files):
        raise click.UsageError("--draw: expected files with names of their own, got two of one name")
    display = Display(as_json)
    with device.recognizer() as recognizer:
        display.warn(recognizer.warnings)
        if draw is not None and not isinstance(recognizer.bundle.input, PhotoInput):
            raise click.UsageError("--draw: expected a bundle that takes photos, got one that takes tensors")
        return max(_infer_one(recognizer, file, display, draw=draw) for file in files)


@cli.command()
@click.argument("inferences", metavar="ID...", nargs=-1, required=True, type=InferenceId(1, MAX_ID))
@click.option("--right", is_flag=True, help="The answers were right.")
@click.option("--label", help="The right label of all of them, known or new.")
@json_option
@with_device
def feedback(device: Device, inferences: Sequence[int], right: bool, label: str | None, as_json: bool) -> int:
    """Say of inferences that they were right, or which label is right.

    ID is the number of an answer, as infer shows it: 6 or #6.
    """
    if right == (label is not None):
        raise click.UsageError("feedback: expected either --right or --label NAME")
    display = Display(as_json)
    return max(_give_feedback(device, one, display, label=label) for one in inferences)


@cli.command("push")
@click.option("--refused", is_flag=True, help="Also send again what was refused, as after the service was put right.")
@json_option
@with_device
def push_now(device: Device, refused: bool, as_json: bool) -> int:
    """Upload the feedback that is not acknowledged yet.

    An upload that the service refuses for what is in it is set aside and kept. With --refused it is sent again.
    """
    display, report = Display(as_json), device.push(retry_refused=refused)
    display.pushed(report)
    if report.problem is None:
        return 0
    display.complain([with_advice(report.problem)])
    return 1


@cli.command("pull")
@json_option
@with_device
def pull_now(device: Device, as_json: bool) -> int:
    """Fetch a better head, if there is one."""
    Display(as_json).pulled(device.pull())
    return 0


@cli.command()
@click.option("--yes", is_flag=True, help="Do it.")
@json_option
@with_device
def erase(device: Device, yes: bool, as_json: bool) -> int:
    """Forget all answers and feedback, and have the service erase all that this device ever uploaded.

    The service withdraws the heads that learned from it, soon after. For half a minute nothing is sent, as it might go,
    too. The device stays enrolled, and its numbers go on.
    """
    if not yes:
        raise click.UsageError("erase: expected --yes, as nothing brings back what this erases")
    Display(as_json).erased(device.erase())
    return 0


@cli.command()
@json_option
@with_device
def status(device: Device, as_json: bool) -> int:
    """Show how this device stands; ends with 1 where a part of it does not work."""
    found = read_status(device)
    display = Display(as_json)
    display.status(found)
    display.warn(found.warnings)
    display.complain(map(with_advice, found.problems))
    return 1 if found.problems else 0


@cli.command()
@click.option("--once", is_flag=True, help="Do one round and end.")
@json_option
@with_device
def run(device: Device, once: bool, as_json: bool) -> int:
    """Push and pull whenever the device is available, until it is stopped.

    With --once it does one round, if the device is available, and ends: for a timer of the system's.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    display, rounds = Display(as_json), device.rounds()
    try:
        return _run(rounds, display, interval_s=device.settings.interval_s, once=once)
    except KeyboardInterrupt:
        return 0  # safe at any instant, like a kill


def main() -> None:
    """Run the command line and end the process with its status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # not every terminal can show every label
    sys.exit(run_command(sys.argv[1:]))


def run_command(arguments: Sequence[str]) -> int:
    """Run one command; every failure is one line on standard error and status 1."""
    try:
        return cli.main(list(arguments) or ["--help"], prog_name="fedex-device", standalone_mode=False) or 0
    except click.ClickException as error:
        problem: object = error.format_message()
    except (DeviceError, ContractError) as error:
        problem = with_advice(error)
    except OSError as error:
        problem = error
    except (KeyboardInterrupt, click.Abort):
        return command_line.INTERRUPTED
    Display(as_json=False).complain([problem])
    return 1


def _infer_one(recognizer: Recognizer, path: Path, display: Display, *, draw: Path | None) -> int:
    try:
        example = load_example(path, recognizer.bundle.input)
    except (PhotoError, TensorError) as error:
        display.complain([with_advice(error)])
        return 1
    try:
        inferences = recognizer.infer(example)
    except TensorError as error:  # of its numbers, which is found out by running the network
        display.complain([f"{path}: {with_advice(error)}"])
        return 1
    display.inferences(path, inferences, kind=recognizer.bundle.input.name)
    problems = list(dict.fromkeys(f"not stored: {one.not_stored}" for one in inferences if one.not_stored is not None))
    if draw is not None and isinstance(example, Photo):
        try:
            write_drawn(example.pixels, inferences, draw / f"{path.name}.png")
        except Storage as error:
            problems.append(f"not drawn: {with_advice(error)}")
    display.complain(f"{path}: answered, but {problem}" for problem in problems)
    return 1 if problems else 0


def _give_feedback(device: Device, inference: int, display: Display, *, label: str | None) -> int:
    try:
        kept = device.give_feedback(inference, label=label)
    except FeedbackError as error:
        display.complain([error])
        return 1
    display.feedback(kept)
    return 0


def _run(rounds: Rounds, display: Display, *, interval_s: float, once: bool) -> int:
    last_missing: tuple[str, ...] | None = None
    cadence = Cadence(interval_s, random.Random())
    while True:
        done = rounds.once()
        if done.availability.is_available or done.availability.missing != last_missing:
            display.round(done)
        display.complain(map(with_advice, done.problems))
        if once:
            return 1 if done.problems else 0
        last_missing = done.availability.missing
        time.sleep(cadence.wait_s(done))


if __name__ == "__main__":
    command_line.run(main)
