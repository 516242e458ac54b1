"""What a backend that failed has printed, and what to type because of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from build_wheel.missing_files import build_requires_line, missing_advice
from common.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_NETWORK = (
    r"No matching distribution found for (?P<requirement>[\w.-]+)",
    r"Could not find a version that satisfies the requirement (?P<requirement>[\w.-]+)",
    r"Max retries exceeded with url",
    r"Could not resolve host(?:: (?P<host>[\w.:-]+))?",
    r"Temporary failure in name resolution",
    r"Name or service not known",
    r"Network is unreachable",
)
_HOSTS = (r"host='(?P<host>[\w.:-]+)'", r"Could not resolve host: (?P<host>[\w.:-]+)", r"https?://(?P<host>[\w.:-]+)")
_OURS = re.compile(r"^( *)rules_sdist: (.+(?:\n\1 {2,}.+)*)", re.MULTILINE)  # CMake indents what a compiler says
_ONLY_CHECKED = re.compile(r"scikit-build-core.*CMakeTestCX*Compiler.*rules_sdist: a wheel .* gets no C", re.DOTALL)
_FORCED = """A pure wheel gets no compiler, and CMake tries one before it knows whether it needs it. Switch that off:
    config_settings = {"cmake.define.CMAKE_C_COMPILER_FORCED": "ON", "cmake.define.CMAKE_CXX_COMPILER_FORCED": "ON"},
  or, for a wheel with C or C++ extensions, write
    wheel_tags = "{python}-{abi}-{platform}","""
_REASONS = (
    r"^\S+?:\d+(?::\d+)?: (?:fatal )?error: .+$",
    r"^error(?:\[E\d+\])?: .+\n +--> \S+$",  # rustc's
    r"^.*\b(?:cannot find|unable to find library) -l.+$",
    r"^.*\bundefined reference to .+$",
    r"^.*meson\.build:\d+:\d+: ERROR: .+$",
    r"^CMake Error at .+\n+.*\S.*$",
)
_EXCEPTION = re.compile(r"^(?:[\w.]+\.)?\w*(?:Error|Exception|Exit|Interrupt|Failure|Failed|Unavailable)\b:? .+$", re.M)
_MODULE = re.compile(r"^ModuleNotFoundError: No module named '([\w.]+)'", re.MULTILINE)
_DISTRIBUTIONS = {
    "Crypto": "pycryptodome",
    "distutils": "setuptools",
    "mesonpy": "meson-python",
    "pkg_resources": "setuptools",
    "skbuild": "scikit-build",
    "yaml": "pyyaml",
}
"""Those that a build asks for by a module with another name; the underscore of others is a hyphen."""


@dataclass(frozen=True)
class Facts:
    """What is known of a build that failed.

    Args:
        label: the target.
        closed: whether the build sees only what it declares of the machine.
        allowed: the files of the machine that it declares.
        roots: folders of this machine that no reader wants to see in full.
        own_modules: what lies in the source root and could be imported from there.
    """

    label: str
    closed: bool = False
    allowed: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
    own_modules: frozenset[str] = frozenset()


def told(error: UserError, output: str, facts: Facts, *, look: bool = True) -> UserError:
    """The same error, with what the output tells: the reason, and what to type.

    Args:
        error: why there is no wheel; without a `where` its reason is looked for, and without a `fix`, too.
        output: what the build has printed.
        facts: what is known of it.
        look: whether to say how one gets a look into the build.
    """
    said = f"{output}\n{error.what}"  # a backend that can't be imported has printed nothing
    found = advice(said, facts)
    fixes = [*found, *filter(None, [error.fix or ("" if found else "Read the output above.")])]
    if look:
        fixes.append(
            "For a shell in the build root, run\n    bazel build --spawn_strategy=local "
            f"--@rules_sdist//python/settings:keep_build_root=true {typed(facts.label)}\n"
            "  and then the `shell` script that it names."
        )
    place = error.where or ": ".join(filter(None, [facts.label, reason(said)]))
    return UserError(shortened(error.what, facts.roots), where=shortened(place, facts.roots), fix="\n  ".join(fixes))


def advice(output: str, facts: Facts) -> list[str]:
    """What to write or do, as the output tells; the lines of attributes have four blanks before them."""
    ours = [
        re.sub(r"\s+fix: (\w)", lambda match: f" {match[1].upper()}", re.sub(f"(?m)^{indent}", "", text))
        for indent, text in _OURS.findall(output)
    ]
    if _ONLY_CHECKED.search(output):
        ours = [_FORCED]
    found = [*dict.fromkeys(ours), *missing_advice(output, closed=facts.closed, allowed=facts.allowed)]
    network = network_advice(output)
    if network:
        return [*found, network]
    modules = _MODULE.findall(output)
    if modules and not found:
        found.append(_module_advice(modules[-1].partition(".")[0], facts.own_modules))
    return found


def network_advice(output: str) -> str:
    """What to do about the network that was asked for; "" where none was."""
    matches = list(filter(None, (re.search(pattern, output) for pattern in _NETWORK)))
    if not matches:
        return ""
    requirements = [match["requirement"] for match in matches if "requirement" in match.re.groupindex]
    if requirements:
        name = _distribution(requirements[0])
        return f"A build requirement is missing, for which it asked a package index:\n{build_requires_line([name])}"
    hosts = list(filter(None, (re.search(pattern, output) for pattern in _HOSTS)))
    asked = f"It asked {hosts[0]['host']}. " if hosts else ""
    return (
        f"{asked}Most often that is for a build requirement (`build_requires`), a library (`native_deps`) or a program "
        "(`tools`) that is missing; give it to the build, or take the download out with `patches`."
    )


def reason(output: str) -> str:
    """The one line of the output that says most; "" where none does."""
    for pattern in _REASONS:
        match = re.search(pattern, output, re.MULTILINE)
        if match:
            return " ".join(match[0].split())
    network = re.search("|".join(f"(?:{re.sub('P<[a-z]+>', ':', pattern)})" for pattern in _NETWORK), output)
    if network:
        return output[output.rfind("\n", 0, network.start()) + 1 :].partition("\n")[0].strip()
    exceptions = _EXCEPTION.findall(output)
    return exceptions[-1].strip() if exceptions else ""


def shortened(text: str, roots: Iterable[str]) -> str:
    """The text with `...` in the place of long folders."""
    for root in sorted(roots, key=len, reverse=True):
        if len(root) > len("/execroot"):  # those of a closed build are short, and the same everywhere
            text = text.replace(f"{root}/", ".../")
    return text


def typed(label: str) -> str:
    """A label as it is typed in a shell."""
    return label if label.startswith(("//", "@")) else f"@@{label}"


def _module_advice(module: str, own: Collection[str]) -> str:
    if module in own:
        return (
            f"{module} lies in the sdist's top folder, which a backend does not import from by itself:\n"
            '    env = {"PYTHONPATH": "."},'
        )
    line = build_requires_line([_distribution(module)])
    if module == "pkg_resources":
        return f"The module pkg_resources is not there: setuptools has it before version 82.\n{line}  # <82"
    return f"The module {module} is not there. A build requirement is missing:\n{line}"


def _distribution(module: str) -> str:
    return _DISTRIBUTIONS.get(module, re.sub(r"[-_.]+", "-", module).lower())
