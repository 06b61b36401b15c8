"""The demo: `python -m demo.run` runs FEDEx from end to end on this machine and says what it came to.

    build/demo/         everything it makes, anew at each run; logs of the processes in build/demo/logs
    build/demo.json     the figures
    build/demo.png      some photos or tensors with what was said of them before and after

WEIGHTS and FACES choose real weights and photos, MODEL another network, STORE=minio the store (`demo.settings`).
"""

import os
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from contract.command_line import INTERRUPTED
from demo.end_to_end import DemoResult, EndToEnd
from demo.errors import DemoError
from demo.figures import Figures, format_scores, write_figures
from demo.networks.catalogue import DemoNetwork
from demo.picture import choose_photos, save_picture
from demo.running.devices import Recognised
from demo.running.minio import MinioMissing
from demo.running.processes import running
from demo.running.service import opened_store
from demo.scene_picture import choose_scenes, save_scenes
from demo.scoring import PhotoAnswer, score_answers
from demo.settings import Settings
from demo.stages import Stages


def run_demo(settings: Settings) -> Figures:
    """Take every step, write figures and picture, print the table; whatever was started is stopped when this returns.

    Raises:
        DemoError: a part did not do its work.
        MinioMissing: the store is to be MinIO, which is not built here.
    """
    started = time.monotonic()
    shutil.rmtree(settings.work, ignore_errors=True)
    stages = Stages()
    with running(settings.work / "logs") as processes, opened_store(settings.store, settings.work) as store:
        try:
            result = EndToEnd(settings, processes, stages, store).run()
        finally:
            processes.stop()  # before their store
    figures = _figures(settings, result, stages, seconds=time.monotonic() - started)
    _keep(settings, result, figures)
    return figures


def _figures(settings: Settings, result: DemoResult, stages: Stages, *, seconds: float) -> Figures:
    new = {person.name for person in result.people if person.is_new}
    samples = sum(one.samples for one in result.pushed)
    before, after = _answers(result.before), _answers(result.after)
    return Figures(
        words=result.words,
        people=len(result.people),
        new_people=len(new),
        devices=settings.devices,
        synthetic=settings.given is None and settings.model is None,
        backbone=_backbone(settings),
        store=settings.store.value,
        cut=result.prefix.cut,
        photos_base=sum(len(person.base) for person in result.people),
        photos_uploaded=samples,
        photos_tested=len(result.before),
        faces_tested=len(before),
        finds_faces=settings.finds_faces,
        bytes_per_sample=round(sum(one.size for one in result.pushed) / samples, 1),
        bytes_per_input=result.prefix.input_bytes,
        prefix_ms=round(result.prefix.milliseconds, 3),
        runtime=result.prefix.runtime,
        seconds=round(seconds, 1),
        seconds_of={name: round(took, 1) for name, took in stages.seconds_of.items()},
        seconds_to_new_head=round(result.seconds_to_new_head, 1),
        serial=result.serial,
        before=score_answers(before, new=new),
        after=score_answers(after, new=new),
        cosine=result.cosine,
    )


def _backbone(settings: Settings) -> str:
    weights = "seeded" if settings.weights is None else settings.weights.name
    if isinstance(settings.model, Path):
        return settings.model.name
    if isinstance(settings.model, DemoNetwork):
        return f"{settings.model.name} ({weights if settings.weights else 'trained here'})"
    return weights


def _keep(settings: Settings, result: DemoResult, figures: Figures) -> None:
    new = {person.name for person in result.people if person.is_new}
    write_figures(figures, settings.build / "demo.json")
    what = f"{result.words.examples.capitalize()} that were never uploaded"
    title = f"{what}, and what a device said of them with the first head and with the new one"
    if settings.has_scenes:
        save_scenes(choose_scenes(result.before, result.after, new=new), settings.build / "demo.png", title=title)
        return
    before, after = _answers(result.before), _answers(result.after)
    save_picture(choose_photos(before, after, new=new), settings.build / "demo.png", title=title)


def _answers(shots: Sequence[Recognised]) -> list[PhotoAnswer]:
    return [answer for one in shots for answer in one.answers]


def main() -> None:
    """Run the demo with the settings of the environment; what goes wrong is one message and status 1."""
    try:
        settings = Settings.from_environment(os.environ)
        figures = run_demo(settings)
    except (DemoError, MinioMissing) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        print("stopped, and everything that was started with it", file=sys.stderr)
        sys.exit(INTERRUPTED)
    print(f"\n{format_scores(figures)}\n\nfigures: {settings.build}/demo.json   picture: {settings.build}/demo.png")
