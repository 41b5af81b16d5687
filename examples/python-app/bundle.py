"""Packs an application and the packages that it imports into one file that Python runs (docs.python.org: zipapp)."""

import base64
import io
import zipfile
from importlib import import_module
from pathlib import Path


def bundle(main: Path, packages: list[str]) -> str:
    """The archive, base64; the same sources give the same archive, so that an update without a change changes nothing."""
    files = {"__main__.py": main.read_bytes()}
    for package in packages:
        folder = Path(str(import_module(package).__file__)).parent
        for source in folder.rglob("*.py"):
            files[str(source.relative_to(folder.parent))] = source.read_bytes()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in sorted(files):
            packed.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), files[name], zipfile.ZIP_DEFLATED)
    return base64.b64encode(archive.getvalue()).decode()
