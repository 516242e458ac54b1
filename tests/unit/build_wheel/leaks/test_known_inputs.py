from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from actions import NO_NATIVE, build_params
from archives import tar_of

from build_wheel.leaks.known_inputs import PublicText
from build_wheel.params import Crate, Expected, Library, Rust
from isolation.layout import Layout

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def public(tmp_path: Path) -> PublicText:
    layout = Layout(tmp_path, tmp_path / "root")
    layout.create()
    tar_of(tmp_path / "demo-1.0.tar.gz", {"demo-1.0/demo.py": "the root element", "demo-1.0/setup.py": "secret"})
    (tmp_path / "tree/site-packages").mkdir(parents=True)
    (tmp_path / "tree/site-packages/req.py").write_text("name = 'builder'")
    (tmp_path / "lib.a").write_bytes(b"\0library\0")
    (tmp_path / "fix.patch").write_text(
        "--- a/setup.py\n+++ b/setup.py\n@@ -1 +1 @@\n-secret\n\\ No newline at end of file\n+patched\n"
    )
    (layout.source / "generated.c").write_text("jane wrote this")
    native = type(NO_NATIVE)((), (), (), (), (Library("lib.a", shared=False, whole=False),), ())
    env = {"LDFLAGS": "-Wl,-rpath,/opt/given/lib"}
    (tmp_path / "crate/src").mkdir(parents=True)
    (tmp_path / "crate/src/lib.rs").write_text('pub const USER: &str = "ferris";\n')
    (tmp_path / "libcore.rlib").write_bytes(b"\0stable\0")
    (tmp_path / "rustc").write_bytes(b"\0unstable\0")
    crates = (Crate("users", "1.0.0", "a" * 64, "crate", ()),)
    rust = Rust("cargo", "rustc", ("rustc", "libcore.rlib"), crates, None)
    params = build_params(env=env, build_requires=("tree",), patches=("fix.patch",), native=native, rust=rust)
    return PublicText(params, layout)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (b"root", True),
        (b"builder", True),
        (b"library", True),
        (b"patched", True),
        (b"ferris", True),
        (b"stable", True),
        (b"unstable", False),  # the compiler's own strings get nowhere
        (b"secret", False),  # the patch takes it out
        (b"roo", False),
        (b"jane", False),  # the build wrote it
    ],
)
def test_words_of_the_inputs_are_public(public: PublicText, word: bytes, expected: bool) -> None:
    assert public.contains(word) is expected
    assert public.contains(word) is expected


def test_texts_and_files_of_the_inputs(public: PublicText) -> None:
    assert public.known_texts([b"he root ele", b"jane wrote", b"/opt/given/lib"]) == {b"he root ele", b"/opt/given/lib"}
    assert public.known_texts([]) == set()
    assert public.has_file(b"\0library\0")
    assert public.has_file(b"patched\n")
    assert not public.has_file(b"secret")
    assert not public.has_file(b"the root")


def test_words_of_a_source_tree(tmp_path: Path) -> None:
    layout = Layout(tmp_path, tmp_path / "root")
    layout.create()
    (tmp_path / "a.py").write_text("jane")
    public = PublicText(build_params(sdist=None, sources=(("a.py", "a.py"),)), layout)
    assert public.contains(b"jane")
    assert not public.contains(b"john")


def test_patches_of_a_source_tree(tmp_path: Path) -> None:
    """As the build applies them."""
    layout = Layout(tmp_path, tmp_path / "root")
    layout.create()
    (tmp_path / "a.py").write_text("jane\n")
    (tmp_path / "fix.patch").write_text("--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-jane\n+john\n")
    public = PublicText(build_params(sdist=None, sources=(("a.py", "a.py"),), patches=("fix.patch",)), layout)
    assert public.contains(b"john")
    assert not public.contains(b"jane")


def test_names_of_the_inputs(tmp_path: Path) -> None:
    """What only the name of a file says, or the version that the rule declares, is no leak either."""
    layout = Layout(tmp_path, tmp_path / "root")
    layout.create()
    tar_of(tmp_path / "demo-1.0.tar.gz", {"demo-1.0/data/20261124.json": "{}", "demo-1.0/setup.py": ""})
    (tmp_path / "tree/site-packages/jane").mkdir(parents=True)
    (tmp_path / "tree/site-packages/jane/req.py").touch()
    expected = Expected("demo", "2026.11.04", "py3-none-any", None)
    public = PublicText(build_params(build_requires=("tree",), expected=expected), layout)
    texts = [b"data/20261124", b"2026.11.04", b"2026.11.4", b"20261125", b"demo-1.0/data"]
    assert public.known_texts(texts) == set(texts[:3])
    assert public.contains(b"jane")


def test_a_word_at_the_end_of_a_sentence(tmp_path: Path) -> None:
    layout = Layout(tmp_path, tmp_path / "root")
    layout.create()
    (tmp_path / "a.txt").write_text("Files are in /home/user. Ask jane, or x.john.")
    public = PublicText(build_params(sdist=None, sources=(("a.txt", "a.txt"),)), layout)
    assert [public.contains(word) for word in (b"home/user", b"jane", b"john", b"user")] == [True, True, False, True]


def test_times_of_build_requirements(tmp_path: Path) -> None:
    layout = Layout(tmp_path, tmp_path / "root")
    layout.create()
    folder = tmp_path / "tree/site-packages"
    folder.mkdir(parents=True)
    (folder / "req.py").touch()
    (folder / "link.py").symlink_to("req.py")
    (folder / "broken.py").symlink_to("nothing.py")
    os.utime(folder / "req.py", (1, 1_600_000_000.5))
    os.utime(folder, (1, 1_600_000_007))
    times = PublicText(build_params(build_requires=("tree",)), layout).modification_times()
    assert times >= {1_600_000_000, 1_600_000_007}
    assert len(times) == 3
