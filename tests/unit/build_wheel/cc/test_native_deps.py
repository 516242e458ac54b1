"""What `native_deps` give to a build."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actions import NO_NATIVE

from build_wheel.cc.native_deps import bundle_folder, include_flags, library_flags, plain_names, search_paths
from build_wheel.params import Library, Native
from isolation.layout import Layout

if TYPE_CHECKING:
    from pathlib import Path


def test_native_flags(tmp_path: Path) -> None:
    made = Layout(tmp_path, tmp_path / "bin" / "demo.build")
    made.create()
    native = Native(
        defines=("A=1",),
        includes=("inc",),
        quote_includes=(".",),
        system_includes=("sys",),
        libraries=(
            Library("out/libupper.pic.a", shared=False, whole=False),
            Library("out/libwhole.a", shared=False, whole=True),
            Library("out/libshared.so", shared=True, whole=False),
        ),
        link_flags=("-lpthread",),
    )
    root = made.execroot
    assert include_flags(made, native) == ["-DA=1", f"-iquote{root}", f"-I{root}/inc", f"-isystem{root}/sys"]
    flags = library_flags(made, native, "demo.libs")
    places = [flags.index(word) for word in (f"{made.libraries}/libupper.pic.a", f"{made.libraries}/libwhole.a")]
    assert places == sorted(places)
    assert flags[flags.index(f"{made.libraries}/libwhole.a") - 1] == "-Wl,--whole-archive"
    assert "-l:libshared.so" in flags
    assert "-Wl,-rpath,$ORIGIN/../demo.libs" in flags
    assert flags[-1] == "-lpthread"
    assert (made.libraries / "libupper.a").is_symlink()
    headers = f"{root}/inc:{root}/sys"
    libraries = str(made.libraries)
    assert search_paths(made, native) == {
        "CMAKE_INCLUDE_PATH": headers,
        "CMAKE_LIBRARY_PATH": libraries,
        "CPATH": headers,
        "LIBRARY_PATH": libraries,
    }
    assert search_paths(made, NO_NATIVE) == {}


def test_each_distribution_has_a_folder_of_its_own_for_shared_libraries() -> None:
    """With one for all, `pip uninstall` of one wheel deletes another's libraries."""
    assert bundle_folder("Zope.Interface") == "zope_interface.libs"
    assert bundle_folder("scikit-learn") == bundle_folder("scikit_learn") == "scikit_learn.libs"


def test_plain_names() -> None:
    assert plain_names("libyaml.pic.a") == ["libyaml.a"]
    assert plain_names("liblibyaml.pic.a") == ["liblibyaml.a", "libyaml.a"]
    assert plain_names("libyaml.so") == []
    assert plain_names("libyaml.so.0.2") == ["libyaml.so"]
