"""The command line of the export: cuts, bundle. It wires the parts together; Keras is loaded when a command runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click

from contract import command_line
from contract.cuts import CUTS, TABLE_1_CLASSES
from contract.environment import path
from contract.errors import ContractError
from contract.labels import MAX_LABELS
from contract.text import escaped
from device.errors import DeviceError
from export.errors import ExportError
from export.progress import Terminal
from export.quiet import import_quietly
from export.request import DEFAULT_OUT, MAX_SEED, WHOLE, parse_request
from export.tflite.quantize import DEFAULT_QUANTIZE, Quantize

if TYPE_CHECKING:
    from pathlib import Path

    from export.bundle import ExportResult


class _Size(click.ParamType):  # type: ignore[type-arg]  # generic for type checkers, not at run time
    """A height and a width, or one number for both."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Read "224" or "224x320"."""
        height, by, width = str(value).lower().partition("x")
        try:
            sizes = int(height), int(width if by else height)
        except ValueError:
            self.fail(f"expected HEIGHTxWIDTH or N, got {value!r}", param, ctx)
        if min(sizes) < 1:
            self.fail(f"expected sizes of at least 1, got {value!r}", param, ctx)
        return sizes


SIZE = _Size()
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
@click.option("--size", type=SIZE, help="Of photos, HEIGHTxWIDTH or N, where the network leaves it open.")
@click.option("--all", "every", is_flag=True, help="Every layer, with those whose uploads are no smaller than before.")
def layers(model: Path, size: tuple[int, int] | None, *, every: bool) -> None:
    """Print where the network of a .keras file can be cut, and the cut that is recommended."""
    with Terminal() as at_step:
        at_step("loading the network", 0, 0)
        with command_line.interrupts_end_the_process(at_step.stop):
            import_quietly("keras")
            from export.network.cut_table import cut_table
            from export.network.keras_file import read_network

        table = cut_table(read_network(model, size=size), every=every)
    click.echo(table)


@commands.command()
@click.option("--cut", help="Where to cut the reference network: freeze1 to freeze6.  [default: freeze6]")
@click.option("--model", type=path, help="Cut this network instead: a .keras file for photos of 160x160x3.")
@click.option("--layer", help="The last layer before the cut, where --model is given.")
@click.option("--weights", type=path, help="Of the reference network, .npz or .weights.h5.  [default: drawn]")
@click.option("--faces", type=path, help="People whom the first head is to know: one folder of photos each.")
@click.option("--photos", type=path, help="Photos to calibrate and compare on, where there are no --faces.")
@click.option("--classes", type=CLASSES, help="Of the network's own head, where there are no --faces.")
@click.option("--labels", type=path, help="Their labels, one a line.  [default: class-0001, ...]")
@click.option("--quantize", default=DEFAULT_QUANTIZE.value, show_default=True, help=f"{', '.join(Quantize)}.")
@click.option("--seed", type=SEEDS, default=0, show_default=True, help="Of drawn weights and training.")
@click.option("--out", type=path, default=DEFAULT_OUT, show_default=True, help="Folder for both bundles.")
def bundle(**options: Any) -> None:
    """Write a device bundle and a training bundle, and how far TFLite is from Keras (parity.json)."""
    request = parse_request(**options)
    with Terminal() as at_step:
        at_step("loading Keras", 0, 0)
        with command_line.interrupts_end_the_process(at_step.stop):
            import_quietly("keras")
            from export.bundle import export_bundles
            from export.inputs import gather_inputs

        exported = export_bundles(*gather_inputs(request, at_step=at_step), at_step=at_step)
    click.echo(_summary(exported, request.out))


def _summary(exported: ExportResult, out: Path) -> str:
    network = exported.parity["network"]
    return "\n".join(
        [
            escaped(f"wrote {out}/device and {out}/training"),
            f"space    {exported.space}",
            f"feature  {_by(exported.feature_shape)}, prefix {exported.prefix_bytes / 1e6:.2f} MB",
            f"head     {exported.labels} labels, {exported.head_bytes / 1e6:.2f} MB, "
            f"{exported.calibration.statement(labels=exported.labels)}",
            f"parity   mean cosine {exported.parity['prefix'].mean_cosine:.5f} of features, "
            f"{network.label_agreement:.1%} same labels on {network.samples} photos",
        ]
    )


def _by(shape: tuple[int, ...]) -> str:
    return "x".join(str(size) for size in shape)


if __name__ == "__main__":
    command_line.run(main)
