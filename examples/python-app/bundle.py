"""Packs an application and the packages that it imports into one file that Python runs (docs.python.org: zipapp)."""

import base64
import io
import zipfile
from importlib import import_module
from pathlib import Path


# As if it were packed on the same system everywhere; not compressed, since libraries compress differently.
UNIX = 3


def bundle(main: Path, packages: list[str]) -> str:
    """The archive, base64; always the same of the same sources, so that an update without a change changes nothing."""
    files = {"__main__.py": main.read_bytes()}
    for package in packages:
        folder = Path(str(import_module(package).__file__)).parent
        for source in folder.rglob("*.py"):
            files[source.relative_to(folder.parent).as_posix()] = source.read_bytes()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system = UNIX
            packed.writestr(entry, files[name])
    return base64.b64encode(archive.getvalue()).decode()
