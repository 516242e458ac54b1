from __future__ import annotations

import dataclasses
import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from common.errors import UserError
from lock.lockfile import Lock, LockedFile, LockedSdist, LockedWheel, merge, read_lock, write_whole
from lock.options import parse_options
from lock.overrides import Override, read_overrides
from lock.pinned import Pinned
from lock.resolve.dependencies import check_requirements, cycles, runtime_edges
from lock.resolve.index import IndexFile
from lock.resolve.inspect_sdist import Inspection, _metadata_version, check_name, guess_tags, temporary_folder
from lock.resolve.select_file import choose_file
from lock.swap import Swap, module_text, overridden_names
from lock.target_platforms import environment_names, environments
from lock.wanted import wanted_in
from lock.workspace import digests, label_of

if TYPE_CHECKING:
    from pathlib import Path


def file(name: str, sha256: str) -> IndexFile:
    return IndexFile(name, f"https://index.example/{name}", sha256, yanked=False)


SDIST = file("demo-1.0.tar.gz", "a")
PURE = file("demo-1.0-py3-none-any.whl", "b")
FOREIGN = file("demo-1.0-cp27-cp27m-win32.whl", "c")
OTHER = file("demo-2.0.tar.gz", "d")
FILES = [FOREIGN, OTHER, PURE, SDIST]
HOST = environments(())[0]
OWN = f"cp{sys.version_info.major}{sys.version_info.minor}"


@pytest.mark.parametrize(
    ("hashes", "from_source", "expected"),
    [
        (("a", "b", "c"), False, PURE),
        (("a", "b"), True, SDIST),
        (("a", "c"), False, SDIST),
        (("a",), False, SDIST),  # the index has a wheel, but nobody pinned it
    ],
)
def test_choose_file(hashes: tuple[str, ...], from_source: bool, expected: IndexFile) -> None:
    assert choose_file(Pinned("demo", "1.0", hashes), FILES, HOST.tags(), from_source=from_source) == expected


def test_no_file_to_choose() -> None:
    with pytest.raises(UserError, match=r"demo 1\.0 has no sdist") as caught:
        choose_file(Pinned("demo", "1.0", ("c",)), FILES, HOST.tags(), from_source=False)
    assert "on the index: demo-1.0.tar.gz" in str(caught.value)
    assert "generate-hashes" in str(caught.value)


def test_yanked_file() -> None:
    with pytest.raises(UserError, match=r"demo-1\.0\.tar\.gz was taken back"):
        choose_file(Pinned("demo", "1.0", ("a",)), [dataclasses.replace(SDIST, yanked=True)], [], from_source=False)


def test_sdist_of_another_name(tmp_path: Path) -> None:
    check_name(tmp_path, "demo-1.0.tar.gz")
    (tmp_path / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: DEMO\n")
    check_name(tmp_path, "demo-1.0.tar.gz")
    with pytest.raises(UserError, match=r"other-1\.0\.tar\.gz says that it is the distribution 'demo'"):
        check_name(tmp_path, "other-1.0.tar.gz")


def test_dependencies_that_are_none() -> None:
    check_requirements("demo-1.0.tar.gz", ["Six>=1", 'old; python_version < "3"'])
    with pytest.raises(UserError, match=r"demo-1\.0\.tar\.gz needs '--index-url=evil', which is not a requirement"):
        check_requirements("demo-1.0.tar.gz", ["six", "--index-url=evil"])


@pytest.mark.parametrize(
    ("version", "expected"), [("2.4", "2.4"), ("1.0", "1.0"), ("x.y", "1.0"), ("", "1.0"), ("9" * 9999, "1.0")]
)
def test_a_metadata_version_need_be_none(version: str, expected: str) -> None:
    assert str(_metadata_version({"Metadata-Version": [version]})) == expected


def test_a_lock_with_a_path_for_a_file_name(tmp_path: Path) -> None:
    file = LockedFile("x", "1", "../x-1-py3-none-any.whl", "0" * 64)
    made = Lock(("cp314_linux_x86_64",), {}, (), sdists=(), wheels=(), build_files=(file,), build_sdists=(), cycles=())
    (tmp_path / "x.lock.json").write_text(made.text())
    with pytest.raises(UserError, match=r"x\.lock\.json is damaged: .*is a path"):
        read_lock(tmp_path / "x.lock.json")


def test_what_a_backend_makes_goes_away_however_deep() -> None:
    with temporary_folder() as folder:
        here = os.open(folder, os.O_RDONLY)
        for _ in range(1400):
            os.mkdir("d", dir_fd=here)
            here, above = os.open("d", os.O_RDONLY, dir_fd=here), here
            os.close(above)
        os.close(here)
    assert not folder.exists()


@pytest.mark.parametrize(
    ("names", "native", "expected"),
    [
        (["demo-1.0-py3-none-any.whl"], True, "py3-none-any"),
        (["demo-1.0-py2.py3-none-any.whl"], False, "py2.py3-none-any"),
        (["demo-1.0-cp38-abi3-manylinux_2_17_x86_64.whl"], False, "cp38-abi3-{platform}"),
        (["demo-1.0-cp314-cp314-manylinux_2_17_x86_64.whl"], False, "{python}-{abi}-{platform}"),
        (["demo-1.0-py3-none-manylinux_2_17_x86_64.whl"], False, "py3-none-{platform}"),
        (["demo-0.9-py3-none-any.whl", "demo-1.0.tar.gz", "odd.whl"], True, "{python}-{abi}-{platform}"),
        # psutil: free-threaded Pythons, which have no limited API, get wheels of their own.
        (["demo-1.0-cp313-cp313t-win_amd64.whl", "demo-1.0-cp36-abi3-win_amd64.whl"], True, "cp36-abi3-{platform}"),
        # argon2-cffi-bindings: one platform is treated apart.
        (
            [f"demo-1.0-{OWN}-{OWN}-pyemscripten_2026_0_wasm32.whl", "demo-1.0-cp36-abi3-manylinux_2_5_x86_64.whl"],
            True,
            "cp36-abi3-{platform}",
        ),
        ([f"demo-1.0-{OWN}-{OWN}-linux_x86_64.whl", "demo-1.0-py3-none-any.whl"], True, "{python}-{abi}-{platform}"),
        ([f"demo-1.0-{OWN}-{OWN}-win_amd64.whl", "demo-1.0-py3-none-any.whl"], True, "py3-none-any"),
        ([], False, "py3-none-any"),
    ],
)
def test_guess_tags(names: list[str], native: bool, expected: str) -> None:
    inspection = Inspection("", (), (), (), native, is_universal=False)
    assert guess_tags("1.0", names, inspection, HOST.tags()) == expected


def test_guess_tags_of_a_project_for_python_2() -> None:
    inspection = Inspection("", (), (), (), False, is_universal=True)
    assert guess_tags("1.0", [], inspection, HOST.tags()) == "py2.py3-none-any"


def test_runtime_edges() -> None:
    requires = {
        "demo": [
            "Six>=1",
            'old; python_version < "3"',
            'asked; extra == "x"',
            'unasked; extra == "y"',
            "not_locked",
            "other[z]",
            "demo[x]",
        ],
        "other": ['deep; extra == "z"', 'deeper; extra == "z2"'],
        **{name: [] for name in ("six", "old", "asked", "unasked", "deep", "deeper")},
    }
    edges = runtime_edges(requires, {}, HOST)
    assert edges["demo"] == ("asked", "other", "six")
    assert edges["other"] == ("deep",)
    assert runtime_edges(requires, {"demo": ["y"]}, HOST)["demo"] == ("asked", "other", "six", "unasked")


def test_edges_where_the_input_tells_no_extras() -> None:
    requires = {
        "demo": ['one; extra == "x" and python_version > "3"', 'two; extra == "y" and os_name == "nt"'],
        "one": [],
        "two": [],
    }
    assert runtime_edges(requires, {"demo": ["*"]}, HOST)["demo"] == ("one",)


UV_LOCK = """
version = 1
[[package]]
name = "app"
version = "0.1"
source = { virtual = "." }
dependencies = [
    { name = "demo", extra = ["x"] },
    { name = "only-there", marker = "sys_platform == 'win32'" },
    { name = "either", marker = "extra == 'extra-3-app-cpu'" },
]
[package.dev-dependencies]
dev = [{ name = "tool" }]
""" + "".join(
    f"""
[[package]]
name = "{name}"
version = "1.0"
source = {{ registry = "https://index.example/simple" }}
sdist = {{ url = "https://index.example/{name}-1.0.tar.gz", hash = "sha256:{"0" * 64}" }}
{more}
"""
    for name, more in {
        "deep": "",
        "demo": '[package.optional-dependencies]\nx = [{ name = "deep" }]',
        "either": "",
        "only-there": 'dependencies = [{ name = "there-too" }]',
        "there-too": "",
        "tool": "",
    }.items()
)


def test_uv_lock_is_for_all_platforms(tmp_path: Path) -> None:
    """Of what it pins, that counts which the projects need here; with the extras that they ask for."""
    (tmp_path / "uv.lock").write_text(UV_LOCK)
    found = wanted_in(HOST, [tmp_path / "uv.lock"])
    assert {pin.name: pin.extras for pin in found} == {"deep": (), "demo": ("x",), "either": (), "tool": ()}
    windows = dataclasses.replace(HOST, markers={**HOST.markers, "sys_platform": "win32"})
    assert {"only-there", "there-too"} <= {pin.name for pin in wanted_in(windows, [tmp_path / "uv.lock"])}


def test_pylock_with_extras_and_groups(tmp_path: Path) -> None:
    """All are taken; another platform is not."""
    entry = '[[packages]]\nname = "{}"\nversion = "1"\nmarker = {}\n[packages.sdist]\n' + (
        'url = "https://index.example/{}-1.tar.gz"\nhashes = {{ sha256 = "' + "0" * 64 + '" }}\n'
    )
    markers = {"one": "\"'socks' in extras\"", "two": "\"'dev' in dependency_groups\"", "three": "\"os_name == 'nt'\""}
    text = "".join(entry.format(name, marker, name) for name, marker in markers.items())
    (tmp_path / "pylock.toml").write_text(f'lock-version = "1.0"\ncreated-by = "test"\n{text}')
    assert [pin.name for pin in wanted_in(HOST, [tmp_path / "pylock.toml"])] == ["one", "two"]


def test_edges_of_another_platform() -> None:
    here, there = environments(["manylinux_2_28_x86_64", "manylinux_2_28_aarch64"])
    requires = {"demo": ['arm; platform_machine == "aarch64"'], "arm": []}
    assert runtime_edges(requires, {}, here)["demo"] == ()
    assert runtime_edges(requires, {}, there)["demo"] == ("arm",)


def test_cycles() -> None:
    edges = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("e", "f"), ("f", "e"), ("g", "a")]
    assert cycles(edges) == (("a", "b", "c"), ("e", "f"))
    assert cycles(edges, [["d", "e"]]) == (("a", "b", "c"), ("d", "e", "f"))
    assert cycles([("a", "b")]) == ()


def test_environments() -> None:
    assert environment_names("3.9", ["manylinux_2_28_aarch64"]) == ["cp39_linux_aarch64"]
    (arm,) = environments(["manylinux_2_18_aarch64"])
    assert arm.platforms == (
        "manylinux_2_18_aarch64",
        "manylinux_2_17_aarch64",
        "manylinux2014_aarch64",
        "linux_aarch64",
    )
    assert arm.markers["platform_machine"] == "aarch64"
    with pytest.raises(UserError, match="'win32' is not one that can be locked for from here"):
        environments(["win32"])


SHA = "0" * 64


def sdist(name: str, *requires: str, needs: tuple[str, ...] = (), version: str = "1") -> LockedSdist:
    filename = f"{name.replace('-', '_')}-{version}.tar.gz"
    return LockedSdist(name, version, filename, SHA, "back:end", "py3-none-any", requires, needs, ())


def sample() -> Lock:
    return Lock(
        environments=("cp314_linux_x86_64",),
        inputs={"requirements.txt": SHA},
        command=("requirements.txt", "-o", "lock.json"),
        sdists=(sdist("demo", "x.whl", needs=("six",)),),
        wheels=(LockedWheel("six", "1.17", "six-1.17-py3-none-any.whl", SHA, ()),),
        build_files=(LockedFile("x", "1", "x.whl", SHA),),
        build_sdists=(sdist("y"),),
        cycles=(),
    )


def test_lock_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_whole(tmp_path / "lock.json", sample().text())
    assert read_lock(tmp_path / "lock.json") == sample()
    assert (tmp_path / "lock.json").read_text() == sample().text()
    assert [path.name for path in tmp_path.iterdir()] == ["lock.json"]


def test_locks_of_several_pythons_become_one() -> None:
    """What is equal is there once; what differs says for which Pythons it is."""
    older = dataclasses.replace(
        sample(), environments=("cp39_linux_x86_64",), sdists=(sdist("demo", "x.whl", needs=("six", "tomli")),)
    )
    both = merge([sample(), older])
    assert both.environments == ("cp314_linux_x86_64", "cp39_linux_x86_64")
    assert both.wheels == sample().wheels
    assert [(item.requires, item.environments) for item in both.sdists] == [
        (("six",), ("cp314_linux_x86_64",)),
        (("six", "tomli"), ("cp39_linux_x86_64",)),
    ]
    third = dataclasses.replace(older, environments=("cp310_linux_x86_64",))
    assert [item.environments for item in merge([both, third]).sdists] == [
        ("cp310_linux_x86_64", "cp39_linux_x86_64"),
        ("cp314_linux_x86_64",),
    ]
    assert merge([both, third]) == merge([sample(), merge([older, third])])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[:-40], "is damaged"),
        (lambda text: text.replace('"wheel_tags"', '"wheel_tag"'), "is damaged"),
        (lambda text: text.replace('"rules_sdist_lock": 2', '"rules_sdist_lock": 3'), "is a lock of version 3"),
        (lambda text: text.replace('"x.whl",', '"z.whl",'), "x.whl, which demo needs, is missing"),
        (lambda text: text.replace(SHA, "1234"), "the sha256 of .* is '1234'"),
        (lambda _: "[]", "is damaged"),
    ],
)
def test_lock_that_cannot_be_read(tmp_path: Path, change: object, message: str) -> None:
    assert callable(change)
    (tmp_path / "lock.json").write_text(change(sample().text()))
    with pytest.raises(UserError, match=message):
        read_lock(tmp_path / "lock.json")


def test_pins_are_those_of_the_distribution() -> None:
    lock = dataclasses.replace(
        sample(),
        sdists=(sdist("old", "flit3.whl"), sdist("new", "flit_core-4.tar.gz", "wheel.whl")),
        build_files=(LockedFile("flit-core", "3", "flit3.whl", SHA), LockedFile("wheel", "1", "wheel.whl", SHA)),
        build_sdists=(sdist("flit-core", version="4"),),
    )
    here = "cp314_linux_x86_64"
    assert lock.pins("old", here) == {"flit-core": "3"}
    assert lock.pins("new", here) == {"flit-core": "4", "wheel": "1"}
    assert lock.pins("unknown", here) == {"wheel": "1"}
    assert lock.pins("old", "cp39_linux_x86_64") == {"wheel": "1"}


def test_lock_names_no_hosts_and_no_paths() -> None:
    text = sample().text()
    assert "://" not in text
    assert list(json.loads(text)) == sorted(json.loads(text))


def test_names_of_the_repositories_that_are_swapped() -> None:
    entry = dataclasses.replace(sdist("ruamel-yaml"), filename="ruamel.yaml-1.0.tar.gz", sha256="0123456789")
    here, older = "cp314_linux_x86_64", "cp39_linux_aarch64"
    assert overridden_names(entry, [here, older], Swap("pypi", "ours", "digest"), several=False) == {
        "pypi_314_ruamel_yaml_sdist_01234567",
        "pypi_39_ruamel_yaml_sdist_01234567",
    }
    assert overridden_names(entry, [here], Swap("pypi", "ours", "digest"), several=True) == {
        "pypi_314_ruamel_yaml_sdist_01234567_linux_x86_64"
    }
    assert overridden_names(entry, [here, older], Swap("pip", "ours", "python"), several=False) == {
        "pip_314_ruamel_yaml",
        "pip_39_ruamel_yaml",
    }
    assert overridden_names(entry, [here, older], Swap("pip", "ours", "plain"), several=False) == {"pip_ruamel_yaml"}


def test_swap_file(tmp_path: Path) -> None:
    place = tmp_path / "lock.json"
    text = module_text(sample(), Swap("pypi", "ours", "digest"), place)
    assert 'pypi_314_demo_sdist_00000000 = "ours__spoke_demo",' in text
    assert "six" not in text
    text = module_text(sample(), Swap("pip", "ours", "plain"), place)
    assert 'pip_demo = "ours__spoke_demo",' in text
    assert 'pip_six = "ours__spoke_six",' in text

    # rules_python tells versions apart where one Python has several, not where each Python has its own.
    other = dataclasses.replace(sdist("demo", "x.whl", version="2"), environments=("cp39_linux_x86_64",))
    first = dataclasses.replace(sample().sdists[0], environments=("cp314_linux_x86_64",))
    both = dataclasses.replace(
        sample(), sdists=(first, other), environments=("cp314_linux_x86_64", "cp39_linux_x86_64", "cp39_linux_aarch64")
    )
    assert "_linux_x86_64" not in module_text(both, Swap("pypi", "ours", "digest"), place)
    third = dataclasses.replace(first, environments=("cp39_linux_aarch64",))
    both = dataclasses.replace(both, sdists=(first, other, third))
    assert "pypi_39_demo_sdist_00000000_linux_aarch64 =" in module_text(both, Swap("pypi", "ours", "digest"), place)


def test_labels(tmp_path: Path) -> None:
    for name in ("MODULE.bazel", "a/BUILD.bazel", "a/b/file.txt", "file.txt", "c/file.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert label_of(tmp_path / "file.txt") == "//:file.txt"
    assert label_of(tmp_path / "a" / "b" / "file.txt") == "//a:b/file.txt"
    assert label_of(tmp_path / "c" / "file.txt") == "//:c/file.txt"


def test_options(tmp_path: Path) -> None:
    line = ["a.txt", "b.txt", "-o", "lock.json", "--build", "Foo_Bar", "--upgrade", "Setup.Tools", "--check"]
    options = parse_options(line, tmp_path)
    assert options.inputs == (tmp_path / "a.txt", tmp_path / "b.txt")
    assert options.output == tmp_path / "lock.json"
    assert options.check
    assert [set(names) for names in (options.build, options.upgrade)] == [{"foo-bar"}, {"setup-tools"}]


def test_command_is_for_the_root_of_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "third_party").mkdir()
    (tmp_path / "MODULE.bazel").touch()
    line = ["../r.txt", "-o", "lock.json", "--build", "a", "--python=/usr/bin/python3.12", "--swap=s.MODULE.bazel"]
    options = parse_options([*line, "--check", "--upgrade=b"], tmp_path / "third_party")
    assert options.command() == (
        *("r.txt", "-o", "third_party/lock.json", "--build=a", "--python=python3.12"),
        *("--swap", "third_party/s.MODULE.bazel", "--pip-hub=pypi", "--hub=sdists_hub"),
    )


def test_digests_of_all_that_is_read(tmp_path: Path) -> None:
    (tmp_path / "third_party").mkdir()
    (tmp_path / "MODULE.bazel").touch()
    (tmp_path / "r.txt").write_text("-r more.txt\n")
    (tmp_path / "more.txt").write_text("")
    (tmp_path / "x.patch").write_text("")
    (tmp_path / "o.toml").write_text('[distributions.demo]\npatches = ["x.patch"]\n')
    options = parse_options(["r.txt", "-o", "third_party/lock.json", "--overrides", "o.toml"], tmp_path)
    assert sorted(digests(options)) == ["more.txt", "o.toml", "r.txt", "x.patch"]


def write_overrides(folder: Path, text: str) -> Path:
    (folder / "fix.patch").touch()
    (folder / "overrides.toml").write_text(text)
    return folder / "overrides.toml"


def test_overrides(tmp_path: Path) -> None:
    text = """
    constraints = ["setuptools<81"]
    [requirement_cycles]
    airflow = ["Apache_Airflow", "provider"]
    [distributions.PyYAML]
    build_requires = ["cython<3.1"]
    patches = ["fix.patch"]
    native_deps = ["@libyaml//:yaml"]
    fixed = ["clock", "random"]
    host_files = ["/usr/bin/git"]
    allow_no_native_code = true
    allow_unresolved = ["gl*", "libGL.so.1"]
    env = {A = "1"}
    exec_properties = {Pool = "large"}
    memory_per_cpu_mb = 2048
    """
    found = read_overrides(write_overrides(tmp_path, text))
    assert found.constraints == ("setuptools<81",)
    assert found.cycles == (("apache-airflow", "provider"),)
    assert found.of("pyyaml") == Override(
        build_requires=("cython<3.1",),
        patches=(tmp_path / "fix.patch",),
        env={"A": "1"},
        attributes={
            "allow_no_native_code": True,
            "allow_unresolved": ["gl*", "libGL.so.1"],
            "exec_properties": {"Pool": "large"},
            "fixed": ["clock", "random"],
            "host_files": ["/usr/bin/git"],
            "memory_per_cpu_mb": 2048,
            "native_deps": ["@libyaml//:yaml"],
        },
    )
    assert found.of("other") == Override()
    with pytest.raises(UserError, match="pyyaml is not built from source"):
        found.check_names({"six"}, tmp_path / "overrides.toml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "not valid TOML"),
        ("[packages.x]", "'packages' is not known here"),
        ("[distributions.x]\nnative_dep = []", r"(?s)'native_dep' is not known.*Known are .*native_deps"),
        ("[distributions.x]\nsbom = 'yes'", "'yes' is not a boolean"),
        ("[distributions.x]\nallow_unresolved = 'gl*'", r"'gl\*' is not a list"),
        ("[distributions.x]\nfixed = 'clock'", "'clock' is not a list"),
        ("[distributions.x]\ncpus = 'two'", "'two' is not a number"),
        ("[distributions.x]\nenv = {A = 1}", "1 is not a string"),
        ("[distributions.x]\npatches = ['none.patch']", "none.patch is not there"),
        ("[distributions.x]\nbuild_requires = ['==']", "'==' is no requirement"),
        ("constraints = 'setuptools'", "'setuptools' is not a list"),
        ("distributions = 1", "1 is not a table"),
    ],
)
def test_overrides_that_make_no_sense(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_overrides(write_overrides(tmp_path, text))
