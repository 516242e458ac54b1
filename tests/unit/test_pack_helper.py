from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import installer
import packaging
from sample_wheels import wheel_members, write_wheel

import pack_helper
from formats.canonical_wheel import write_canonical_wheel

TOOLS = Path(pack_helper.__file__).parent


def members() -> dict[str, Path]:
    found = {str(path.relative_to(TOOLS)): path for path in TOOLS.rglob("*.py") if "debian" not in path.parts}
    for library in (installer, packaging):
        root = Path(str(library.__file__)).parent
        found.update({f"{root.name}/{path.relative_to(root)}": path for path in root.rglob("*.py")})
    return found


def test_same_zip_anywhere(tmp_path: Path) -> None:
    pack_helper.pack(tmp_path / "one.zip", members())
    pack_helper.pack(tmp_path / "two.zip", dict(reversed(members().items())))
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def helper(tmp_path: Path, params: object) -> subprocess.CompletedProcess[str]:
    (tmp_path / "params.json").write_text(json.dumps(params))
    line = [sys.executable, "-I", "-S", "-B", "helper.zip", "install_wheel", "params.json"]
    return subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)


def test_starts_from_bytecode(tmp_path: Path) -> None:
    pack_helper.pack(tmp_path / "packed.zip", members())
    with zipfile.ZipFile(tmp_path / "packed.zip") as packed, zipfile.ZipFile(tmp_path / "helper.zip", "w") as broken:
        for name in packed.namelist():
            source = name.endswith(".py") and name != "__main__.py"
            broken.writestr(name, "raise SystemExit('a source was compiled')" if source else packed.read(name))
    write_wheel(tmp_path / "raw.whl", wheel_members())
    wheel = "demo_pkg-1.0-py3-none-any.whl"
    write_canonical_wheel(tmp_path / "raw.whl", tmp_path / wheel)
    done = helper(tmp_path, {"wheel": wheel, "tree": "tree", "bytecode": False})
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "tree" / "site-packages" / "demo" / "b.py").is_file()


def test_error_of_a_user_has_no_traceback(tmp_path: Path) -> None:
    pack_helper.pack(tmp_path / "helper.zip", members())
    (tmp_path / "bad-1.0-py3-none-any.whl").write_bytes(b"no wheel")
    params = {"wheel": "bad-1.0-py3-none-any.whl", "tree": "tree", "bytecode": False}
    done = helper(tmp_path, params)
    assert done.returncode == 1
    assert "ERROR: bad-1.0-py3-none-any.whl can't be installed" in done.stderr
    assert "Traceback" not in done.stderr
