"""The export's command line: cuts, layers, bundle. It wires the parts together; Keras is loaded when a command runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click

from contract import command_line
from contract.cuts import CUTS, TABLE_1_CLASSES
from contract.environment import path
from contract.errors import ContractError
from contract.inputs import PhotoInput
from contract.labels import MAX_LABELS
from contract.self_test import as_cosine
from contract.text import escaped
from device.errors import DeviceError
from export.errors import ExportError
from export.network.network_file import check_network_file
from export.network.standardization import IN_SHORT
from export.progress import Terminal
from export.quiet import import_quietly
from export.request import DEFAULT_OUT, MAX_SEED, WHOLE, parse_request, parse_size
from export.sources import check_sources
from export.tflite.quantize import DEFAULT_QUANTIZE, Quantize

if TYPE_CHECKING:
    from pathlib import Path

    from export.bundle import BundleSpec, ExportResult
    from export.request import Request


CLASSES = click.IntRange(1, MAX_LABELS)
SEEDS = click.IntRange(0, MAX_SEED)


def main() -> None:
    """Run the command line; what goes wrong is one line and status 1."""
    try:
        commands(standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:
        _end(error.format_message())
    except (click.Abort, KeyboardInterrupt):
        sys.exit(command_line.INTERRUPTED)
    except OSError as error:
        _end(f"{error.filename or 'output'}: {error.strerror or error}")
    except (ExportError, ContractError, DeviceError) as error:
        _end(str(error))


def _end(message: str) -> NoReturn:
    sys.exit(escaped(f"fedex-export: {message}"))


@click.group()
def commands() -> None:
    """Make bundles of a Keras network: a frozen prefix for devices, a head for them and for the cloud."""


@commands.command()
@click.option("--classes", type=CLASSES, default=TABLE_1_CLASSES, show_default=True, help="Classes of the network.")
def cuts(classes: int) -> None:
    """Print where the reference network can be cut (the paper's Table 1), counted on the network itself."""
    with Terminal() as at_step:
        at_step("building InceptionResNet-V1", 0, 0)
        with command_line.interrupts_end_the_process(at_step.stop):
            import_quietly("keras")
            from export.network.inception_resnet_v1 import build
            from export.network.split import split_model, trainable_parameters

        network = build(classes=classes)
        heads = {cut: network if cut.name == WHOLE else split_model(network, cut.layer).head for cut in CUTS.values()}
        counts = {cut: (_by(head.input_shape[1:]), trainable_parameters(head)) for cut, head in heads.items()}
    click.echo(f"{'cut':8} {'after layer':21} {'feature':>10} {'thawed parameters':>18}")
    for cut, (shape, count) in counts.items():
        click.echo(f"{cut.name:8} {cut.layer:21} {shape:>10} {count:>18,}")


@commands.command()
@click.argument("model", type=path)
@click.option("--size", help="Of photos, HEIGHTxWIDTH or N, where the network leaves it open.")
@click.option("--all", "every", is_flag=True, help="Every layer, with those whose uploads are no smaller than before.")
def layers(model: Path, size: str | None, *, every: bool) -> None:
    """Print where the network of a .keras file can be cut, and the cut that is recommended."""
    asked = None if size is None else parse_size(size)
    check_network_file(model, where=f"network {model}")
    with Terminal() as at_step:
        at_step("loading the network", 0, 0)
        with command_line.interrupts_end_the_process(at_step.stop):
            import_quietly("keras")
            from export.network.cut_table import cut_table
            from export.network.keras_file import read_network

        table = cut_table(read_network(model, size=asked), every=every)
    click.echo(table)


@commands.command()
@click.option("--cut", help="Where to cut the reference network: freeze1 to freeze6.  [default: freeze6]")
@click.option("--model", type=path, help="Cut this network instead: a .keras file.")
@click.option("--layer", help="The last layer before the cut, as base/block_13_expand.  [default: the recommended one]")
@click.option("--weights", type=path, help="Of the reference network, .npz or .weights.h5.  [default: drawn]")
@click.option("--size", help="Of photos, HEIGHTxWIDTH or N, where the model leaves it open.  [default: 160x160]")
@click.option(
    "--detector",
    help="What finds faces in photos: back, or its .tflite file; with none photos are taken whole.  [default: back, or "
    "none with --model]",
)
@click.option(
    "--space",
    type=path,
    help="Keep the space of this device bundle, whose samples were all crops of faces; see the README.",
)
@click.option("--fit", help="How whole photos become that size: crop, letterbox or stretch.  [default: crop]")
@click.option("--input", "kind", help="What the model takes, where it may be either: photo or tensor.")
@click.option("--standardize", help=f"How photos x are scaled for it: {IN_SHORT}.")
@click.option(
    "--samples", "--faces", "samples", type=path, help="What the first head is to know: a folder a label, or an .npz."
)
@click.option(
    "--photos", type=path, help="To calibrate and compare on: a folder (best a folder a label), an .npz or .npy."
)
@click.option("--classes", type=CLASSES, help="Of the reference network's own head.")
@click.option("--labels", type=path, help="Of the network's own classes, one a line.  [default: class-0001, ...]")
@click.option("--quantize", default=DEFAULT_QUANTIZE.value, show_default=True, help=f"{', '.join(Quantize)}.")
@click.option("--seed", type=SEEDS, default=0, show_default=True, help="Of drawn weights and training.")
@click.option("--out", type=path, default=DEFAULT_OUT, show_default=True, help="Folder for both bundles.")
def bundle(**options: Any) -> None:
    """Write a device bundle and a training bundle, and how far TFLite is from Keras (parity.json)."""
    request = parse_request(**options)
    check_sources(request)
    with Terminal() as at_step:
        at_step("loading Keras", 0, 0)
        with command_line.interrupts_end_the_process(at_step.stop):
            import_quietly("keras")
            from export.bundle import export_bundles
            from export.inputs import gather_inputs

        network, spec, inputs = gather_inputs(request, at_step=at_step)
        exported = export_bundles(network, spec, inputs, at_step=at_step)
    click.echo(_summary(exported, spec, request))


def _summary(exported: ExportResult, spec: BundleSpec, request: Request) -> str:
    comparison = exported.comparison
    same = comparison.whole or comparison.reports["network"]
    what = "photos" if isinstance(spec.input, PhotoInput) else "tensors"
    lines = [
        f"wrote {spec.out}/device and {spec.out}/training",
        f"input    {_input(spec)}",
        f"detector {_detector(spec, request)}",
        f"space    {_space(exported, spec)}",
        f"feature  {_by(exported.feature_shape)} after {spec.layer}, prefix {exported.prefix_bytes / 1e6:.2f} MB",
        f"head     {exported.labels} labels, {exported.head_bytes / 1e6:.2f} MB, "
        f"{exported.calibration.statement(labels=exported.labels)}",
        *_points(exported),
        f"parity   mean cosine {comparison.reports['prefix'].mean_cosine:.5f} of features, "
        f"{same.label_agreement:.1%} same labels on {same.samples} {what}",
    ]
    tried = len(exported.least.wrong)
    lines.append(
        f"self-test least cosine {as_cosine(exported.least.ppm)}, "
        f"{tried - len(exported.least.missed)} of {tried} mistakes are refused"
    )
    if comparison.accuracy is not None:
        accuracy = comparison.accuracy
        held_out = "" if comparison.whole is not None else "held-out "
        lines.append(
            f"accuracy {accuracy.keras:.1%} right by Keras, {accuracy.tflite:.1%} by TFLite, "
            f"on {accuracy.samples} {held_out}{what}"
        )
    others = comparison.as_right_under(spec.standardization)
    if others and comparison.whole is not None:  # samples may be of other labels than the network knows
        lines.append(
            f"warning: as many of these photos are right under {', '.join(others)}; they do not tell whether the "
            f"network was trained on {spec.standardization}"
        )
    if comparison.accuracy is not None and comparison.whole is not None and comparison.accuracy.is_chance:
        lines.append(
            f"warning: one answer for all of these {what} would be as often right; are the labels in the order of the "
            "network's classes, and is it trained?"
        )
    return "\n".join(escaped(line) for line in lines)


def _points(exported: ExportResult) -> list[str]:
    """Say what each point of "unknown" does, where there are any."""
    named = [f"{point} {one}" for point, one in exported.calibration.points.items()]
    return [f"unknown  FEDEX_UNKNOWN chooses who is named: {'; '.join(named)}"] if named else []


def _detector(spec: BundleSpec, request: Request) -> str:
    """Say what finds faces, if anything does, and why."""
    if request.detector_asked:
        return f"{request.detector}, as asked"
    if request.finds_faces:
        return f"{request.detector}, as the reference network is of faces; --detector none takes photos whole"
    what = "a photo" if isinstance(spec.input, PhotoInput) else "a tensor"
    more = "; --detector back if it is of faces" if isinstance(spec.input, PhotoInput) else ""
    return f"none, as the model takes {what} whole unless asked{more}"


def _space(exported: ExportResult, spec: BundleSpec) -> str:
    """Say what the space is, and of faces how another one is kept."""
    if spec.kept is not None:
        return f"{exported.space}, that of {spec.kept.directory}; fedex-cloud bundle add --replace registers it"
    return exported.space if spec.detector is None else f"{exported.space}; --space keeps one of crops of faces"


def _input(spec: BundleSpec) -> str:
    if isinstance(spec.input, PhotoInput):
        return f"photo {_by(spec.input.shape)}, {spec.input.fit}, standardize {spec.standardization}"
    return f"tensor {_by(spec.input.shape)} {spec.input.dtype.name}"


def _by(shape: tuple[int, ...]) -> str:
    return "x".join(str(size) for size in shape)


if __name__ == "__main__":
    command_line.run(main)
