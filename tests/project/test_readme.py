"""The README's tables of settings are those of the code."""

from pathlib import Path

from cloud.settings import settings_table
from device.settings import setting_rows

README = (Path(__file__).resolve().parents[2] / "README.md").read_text()


def cloud_rows() -> list[str]:
    return [f"| `{name}` | {_code(default)} | {help} |" for name, default, help in settings_table()]


def device_rows() -> list[str]:
    return [f"| `{row.variable}` | {_code(row.default)} | {row.unit} | {row.help} |" for row in setting_rows()]


def test_the_readme_lists_every_setting_of_the_service_with_its_default_and_help() -> None:
    assert "\n".join(cloud_rows()) in README


def test_the_readme_lists_every_setting_of_the_device_with_its_default_and_help() -> None:
    assert "\n".join(device_rows()) in README


def _code(default: str) -> str:
    return f"`{default}`" if default else ""
