"""The README's tables of settings are those of the code."""

from pathlib import Path

import pytest

from cloud.settings import Settings as CloudSettings
from contract.environment import SettingRow, setting_rows
from device.settings import Settings as DeviceSettings

README = (Path(__file__).resolve().parents[2] / "README.md").read_text()
HEADING = "| variable | default | unit | what |\n| --- | --- | --- | --- |\n"


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(setting_rows(CloudSettings), id="of the service"),
        pytest.param(setting_rows(DeviceSettings), id="of the device"),
    ],
)
def test_the_readme_lists_every_setting_with_its_default_unit_and_help(rows: tuple[SettingRow, ...]) -> None:
    assert HEADING + "".join(map(line, rows)) in README


def line(row: SettingRow) -> str:
    """A row of the table, as Markdown."""
    default = f"`{row.default}`" if row.default else ""
    return f"| `{row.variable}` | {default} | {row.unit} | {row.help} |\n"
