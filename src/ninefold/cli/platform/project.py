"""Making a new project folder."""

from pathlib import Path

from ninefold.app import load_settings, open_ninefold
from ninefold.base import conflict

_FILE = """# Settings of this Ninefold project; every one is in docs/reference/settings.md.
data_dir = "ninefold-data"
zone = "{zone}"
region = "{region}"
currency = "{currency}"
"""

_SEGMENT = """kind: segment
key: new_this_month
name: {en: New this month, zh: 本月新客}
owner: growth
purpose: welcome
condition:
  event: Order Completed
  measure: did
  within: {last: 30d}
"""


def make_project(folder: Path, *, zone: str, region: str, currency: str) -> dict[str, object]:
    """Write the settings file, make the data folder and the first write key; refuses to overwrite a project.

    Returns:
        What was made, by name.
    """
    folder = folder.expanduser().resolve()
    file = folder / "ninefold.toml"
    if file.exists():
        raise conflict("project_exists", f"there is a project in {folder} already", hint="edit its ninefold.toml")
    folder.mkdir(parents=True, exist_ok=True)
    settings = load_settings(data_dir=folder / "ninefold-data", zone=zone, region=region, currency=currency)
    with open_ninefold(settings, holder="ninefold init") as ninefold:
        write_key = ninefold.keys.ensure_write_key("web", channel="web")
        ninefold.operator_token()
    file.write_text(_FILE.format(zone=zone, region=region, currency=currency), encoding="utf-8")
    definitions = folder / "definitions"
    definitions.mkdir(exist_ok=True)
    example = definitions / "new_this_month.yaml"
    if not example.exists():
        example.write_text(_SEGMENT, encoding="utf-8")
    return {
        "folder": folder,
        "settings": file,
        "definitions": definitions,
        "write key (source web)": write_key,
        "API token": f"in {settings.data_dir / 'token'}",
    }
