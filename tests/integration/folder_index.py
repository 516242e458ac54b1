"""A package index in a folder, to which tests publish."""

from __future__ import annotations

import base64
import hashlib
import os
import zipfile
from typing import TYPE_CHECKING

from support import make_sdist

if TYPE_CHECKING:
    from pathlib import Path

BACKEND_WHEEL = """\
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    import os, zipfile
    name = open("name.txt").read()
    requires = "".join(f"Requires-Dist: {line}\\n" for line in open("requires.txt").read().split())
    with zipfile.ZipFile(os.path.join(wheel_directory, f"{name}-1.0-py3-none-any.whl"), "w") as wheel:
        info = f"{name}-1.0.dist-info"
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.0\\n{requires}")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        toy = os.environ.get("TOY", "")
        toy = open(toy).read() if os.path.isabs(toy) else toy
        wheel.writestr(f"{name}.py", f"BUILT_WITH = 'VERSION'\\nTOY = {toy!r}\\nSETTINGS = {config_settings!r}\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return f"{name}-1.0-py3-none-any.whl"
"""


class FolderIndex:
    """A package index in a folder (file://), to which tests publish."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = folder / "files"
        self._files.mkdir(parents=True)
        self.url = f"file://{folder}/simple"

    def place(self, filename: str) -> Path:
        """Where to put a file before it is published."""
        return self._files / filename

    def publish(self, file: Path) -> str:
        """Adds a file that lies in the index's folder; returns its sha256."""
        name = file.name.split("-")[0].replace("_", "-")
        page = self._folder / "simple" / name / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        text = page.read_text() if page.exists() else "<!DOCTYPE html><html><body>"
        page.write_text(f'{text}<a href="../../files/{file.name}#sha256={digest}">{file.name}</a>\n')
        return digest

    def wheel(
        self, name: str, version: str, module: str, text: str, metadata: str = "", *, tag: str = "py3-none-any"
    ) -> str:
        """Publishes a wheel with one module."""
        file = self._files / f"{name}-{version}-{tag}.whl"
        members = {
            f"{module}.py": text,
            f"{name}-{version}.dist-info/METADATA": (
                f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{metadata}"
            ),
            f"{name}-{version}.dist-info/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
        }
        record = "".join(f"{member},{_digest(content)}\n" for member, content in members.items())
        record += f"{name}-{version}.dist-info/RECORD,,\n"
        with zipfile.ZipFile(file, "w") as archive:
            for member, content in {**members, f"{name}-{version}.dist-info/RECORD": record}.items():
                archive.writestr(member, content)
        return self.publish(file)

    def backend(self, version: str) -> str:
        """Publishes a version of a backend that writes its version into what it builds."""
        return self.wheel("toy_backend", version, "toy_backend", BACKEND_WHEEL.replace("VERSION", version))

    def self_building_backend(self, version: str) -> str:
        """Publishes the backend's own sdist."""
        table = '[build-system]\nrequires = []\nbuild-backend = "toy_backend"\nbackend-path = ["."]\n'
        files = {
            "pyproject.toml": table,
            "toy_backend.py": BACKEND_WHEEL.replace("VERSION", version),
            "name.txt": "toy_backend",
            "requires.txt": "",
        }
        return self.publish(make_sdist(files, self._files / f"toy_backend-{version}.tar.gz"))

    def sdist(self, name: str, requires: str = "") -> str:
        """Publishes an sdist that the toy backend builds."""
        table = '[build-system]\nrequires = ["toy-backend"]\nbuild-backend = "toy_backend"\n'
        files = {"pyproject.toml": table, "name.txt": name, "requires.txt": requires}
        return self.publish(make_sdist(files, self._files / f"{name}-1.0.tar.gz"))


def _digest(content: str) -> str:
    """A hash and a size, as RECORD has them."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest()).decode().rstrip("=")
    return f"sha256={digest},{len(content.encode())}"


def only(index: FolderIndex) -> dict[str, str]:
    """What makes pip look nowhere else."""
    return {"PIP_INDEX_URL": index.url, "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}
