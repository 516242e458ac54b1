"""Sdists that need help are locked and built, and nothing is typed but what messages print."""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from machine import cache_folder, debian_root, index_url
from support import BAZELW, REPO, STARTUP

from common.toml import parse_toml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# Each fails at first: its tags, a program, a library, a compiler, what its backend wants to answer at all.
NAMES = """
bcrypt capstone cffi charset-normalizer gmpy2 hidapi pillow plyvel pyaudio pybind11 pycares pycups pycurl pynacl pyodbc
pysqlite3 python-ldap python-snappy pyyaml sgp4
"""
MORE = """
gmpy2==2.4.0a1 \\
    --hash=sha256:8030c2dfcefc035dc9a020368559324dbf5e814d7726bad5c25ac6a559f27c82
plyvel==1.5.1 \\
    --hash=sha256:3caf6009e4fc24fbf8712d3f5ef3da7e56495c26a488df2161218fc34e46019c
pyaudio==0.2.8 \\
    --hash=sha256:4f85367cf79657616684487037957ac38582ecc5389b89420fe61d901b719551
pycups==2.0.4 \\
    --hash=sha256:843e385c1dbf694996ca84ef02a7f30c28376035588f5fbeacd6bae005cf7c8d
pycurl==7.49.0 \\
    --hash=sha256:d4327da9dea72768f942f831bbaa5a64adca4d7c89f3141da7a833d3c600ab90
pyodbc==5.5.0 \\
    --hash=sha256:7a78873cac66b2857bf490a24a3e3aada24f839534e97c67e177f691e7d701ac
pysqlite3==0.6.1 \\
    --hash=sha256:dd7d2b7f3a29aebdbf569c359658b091d3345b5691d9ea765a5c3febe8872bf9
python-ldap==3.4.8 \\
    --hash=sha256:18dc7460470c6ff64ed5c04ee21c56dbfee7ab433a53213ba91e407eea44c34c
python-snappy==0.6.1 \\
    --hash=sha256:b6a107ab06206acc5359d4c5632bd9b22d448702a79b3169b0c62e0fb808bb2a
"""
ROUNDS = 6
# The C and C++ targets that messages ask for by these names, each with the file names of its libraries and of its
# headers. A user makes them of what he has; here it is what Debian has.
LIBRARIES = {
    "cups": (["libcups.so"], ["cups/*.h"]),
    "curl": (["libcurl.so"], ["*/curl/*.h"]),
    "ffi": (["libffi.so"], ["*/ffi*.h"]),
    "gmp": (["libgmp.so"], ["*/gmp.h"]),
    "jpeg": (["libjpeg.so"], ["j*.h", "*/jconfig.h"]),
    "leveldb": (["libleveldb.so"], ["leveldb/*.h"]),
    "lber": (["libldap.so", "liblber.so"], ["*ldap*.h", "lber*.h"]),
    "mpc": (["libmpc.so"], ["mpc.h"]),
    "mpfr": (["libmpfr.so"], ["mpfr.h"]),
    "openssl": (["libssl.so", "libcrypto.so"], ["openssl/*.h", "*/openssl/*.h"]),
    "portaudio": (["libportaudio.so"], ["portaudio.h"]),
    "snappy-c": (["libsnappy.so"], ["snappy*.h"]),
    "sasl": (["libsasl2.so"], ["sasl/*.h"]),
    "sqlite3": (["libsqlite3.so"], ["sqlite3*.h"]),
    "sql": (["libodbc.so"], ["sql*.h", "odbc*.h", "*/unixodbc*.h"]),
    "udev": (["libudev.so"], ["libudev.h"]),
    "usb-1.0": (["libusb-1.0.so"], ["libusb-1.0/*.h"]),
    "yaml": (["libyaml.so"], ["yaml.h"]),
    "zlib": (["libz.so"], ["z*.h", "*/zconf.h"]),
}
DEBIAN = """
libcups2-dev libcurl4-openssl-dev libffi-dev libgmp-dev libjpeg-dev libldap-dev libleveldb-dev libmpc-dev libmpfr-dev
libsasl2-dev libsqlite3-dev libsnappy-dev libssl-dev libudev-dev libusb-1.0-0-dev libyaml-dev portaudio19-dev
unixodbc-dev zlib1g-dev
"""
# What a machine has on which such packages are built.
PACKAGES = (
    *("ca-certificates", "bazel-bootstrap", "python3-dev", "python3-venv", "git", "mount"),
    *("make", "pkg-config", "libcurl4-openssl-dev"),
)
MODULE = f"""
bazel_dep(name = "rules_cc", version = "0.0.17")
bazel_dep(name = "rules_python", version = "1.0.0")
bazel_dep(name = "rules_sdist", version = "0.1.0")
local_path_override(
    module_name = "rules_sdist",
    path = "{REPO}",
)
new_local_repository = use_repo_rule("@bazel_tools//tools/build_defs/repo:local.bzl", "new_local_repository")
"""
LIBRARY = """
new_local_repository(
    name = "NAME",
    path = "DEBIAN/usr",
    build_file_content = '''
load("@rules_cc//cc:cc_import.bzl", "cc_import")
load("@rules_cc//cc:cc_library.bzl", "cc_library")

[cc_import(
    name = "of_" + name,
    shared_library = name,
) for name in glob(FILES)]

cc_library(
    name = "NAME",
    hdrs = glob(HEADERS),
    includes = {folder: None for name in glob(HEADERS) for folder in [
        name.rpartition("/")[0],
        name.rpartition("/")[0].rpartition("/")[0],
    ] if folder}.keys(),
    visibility = ["//visibility:public"],
    deps = [":of_" + name for name in glob(FILES)],
)
''',
)
"""
_NAME = re.compile(r"under \[distributions\.(?P<name>[\w.-]+)\]")
_KEY = re.compile(r"^ {4}(?P<key>[a-z_]+) = (?P<value>.*?)(?: {2,}#.*)?$", re.MULTILINE)
_LABEL = re.compile(r'"@([\w.-]+)//')
_RC = re.compile(r"in \.bazelrc: common --repo_env=RULES_SDIST_HOST_FILES=(\S+)")
_MODULE = re.compile(r"in MODULE\.bazel.*: (?P<line>inject_repo\(.*\))$", re.MULTILINE)


class User:
    """Somebody who types what is printed.

    Args:
        root: an empty folder.
        output_base: Bazel's.
        env: client variables.
    """

    def __init__(self, root: Path, output_base: Path, env: Mapping[str, str]) -> None:
        self.root = root
        self.typed: dict[str, dict[str, Any]] = {}
        self._files: list[str] = []
        self._line = [str(BAZELW), f"--output_base={output_base}", *STARTUP]
        self._env = {**os.environ, "PIP_INDEX_URL": index_url(), **env}

    def run(self, *command: str) -> tuple[int, str]:
        done = subprocess.run(
            [*self._line, *command], cwd=self.root, env=self._env, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stderr

    def lock(self) -> set[str]:
        """Types what README says; returns whose backend could not be asked."""
        code, said = self.run("run", "@rules_sdist//tools/init", "--", "--build-all")
        assert code == 0, said
        return set(re.findall(r"goes under \[distributions\.([\w.-]+)\]", said))

    def build(self) -> dict[str, str]:
        """Builds all; returns the messages about what failed, by distribution."""
        lock = json.loads((self.root / "sdists.lock.json").read_text())
        names = [entry["distribution"] for entry in lock["sdists"]]
        labels = [f"@deps//{re.sub('[-.]', '_', name)}:whl" for name in names]
        code, said = self.run("build", "--keep_going", *labels)
        messages = re.split(r"^ERROR: (?=/)", said, flags=re.MULTILINE)[1:]
        found = {match["name"]: text for text in messages if (match := _NAME.search(text))}
        assert "Analysis failed" not in said, said
        assert (code == 0) == (not found), said
        return found

    def type(self, name: str, message: str) -> bool:
        """Types what a message prints: its first way, but programs of the machine. Returns whether that is new."""
        advice = message[message.rindex("\n  fix: ") :]
        before = json.dumps([self.typed, self._files])
        table = self.typed.setdefault(name, {})
        ways = re.split(r"^  (?:or, |If )", advice, flags=re.MULTILINE)
        way = next(way for way in ways if set(_LABEL.findall(way)) <= LIBRARIES.keys() and "    tools = [" not in way)
        for key in _KEY.finditer(way):
            value = parse_toml(f"value = {key['value']}")["value"]
            if isinstance(value, list):
                value = list(dict.fromkeys([*table.get(key["key"], []), *value]))
            table[key["key"]] = value
        for match in _RC.finditer(way):
            self._files = list(dict.fromkeys([*self._files, *match[1].split(":")]))
        module = self.root / "MODULE.bazel"
        for match in _MODULE.finditer(way):
            if match["line"] not in module.read_text():
                module.write_text(f"{module.read_text()}{match['line']}\n")
        return json.dumps([self.typed, self._files]) != before

    def save(self) -> None:
        """Writes the overrides and .bazelrc."""
        lines = [
            line
            for name, table in self.typed.items()
            for line in (f"[distributions.{name}]", *(f"{key} = {_toml(value)}" for key, value in table.items()))
        ]
        (self.root / "sdists.toml").write_text("\n".join(lines) + "\n")
        files = ":".join(self._files)
        (self.root / ".bazelrc").write_text(f"common --repo_env=RULES_SDIST_HOST_FILES={files}\n")


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_toml(item)}" for key, item in value.items()) + " }"
    return json.dumps(value)


def library(name: str, debian: Path) -> str:
    """Lines of MODULE.bazel for a library."""
    files, headers = LIBRARIES[name]
    text = LIBRARY.replace("FILES", repr([f"lib/*-linux-gnu/{file}" for file in files]))
    text = text.replace("HEADERS", repr([f"include/{pattern}" for pattern in headers]))
    return text.replace("NAME", name).replace("DEBIAN", str(debian))


@pytest.fixture
def user(tmp_path: Path) -> User:
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / debian_root().name).symlink_to(debian_root(*PACKAGES))
    for trust in cache_folder().glob("trust-*"):
        (cache / trust.name).symlink_to(trust)
    root = tmp_path / "w"
    root.mkdir()
    debian = debian_root(*DEBIAN.split())
    (root / "MODULE.bazel").write_text(MODULE + "".join(library(name, debian) for name in LIBRARIES))
    corpus = (REPO / "tests" / "corpus" / "requirements.txt").read_text() + MORE
    pins = {match[1]: match[0] for match in re.finditer(r"^(\S+)==.*\n(?: +--hash=.*\n)+", corpus, re.MULTILINE)}
    (root / "requirements.txt").write_text("".join(pins[name] for name in NAMES.split()))
    return User(root, tmp_path / "o", {"RULES_SDIST_CACHE": str(cache)})


def test_twenty_sdists_with_nothing_typed_but_what_is_printed(user: User) -> None:
    not_asked = user.lock()
    for number in range(1, ROUNDS + 1):
        failed = user.build()
        print(f"round {number}: {len(failed)} fail: {', '.join(sorted(failed))}", flush=True)
        if not failed:
            break
        stuck = [text for name, text in failed.items() if not user.type(name, text)]
        assert not stuck, "\n".join(stuck)
        user.save()
        user.lock()
    else:
        pytest.fail(f"after {ROUNDS} rounds these fail: {', '.join(sorted(failed))}")
    needed_help = {name.replace("_", "-") for name in (*user.typed, *not_asked)}
    assert needed_help == set(NAMES.split())
