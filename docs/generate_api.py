"""Writes docs/reference/api.md from what Bazel's `starlark_doc_extract` says of rules, and the settings' BUILD file.

    ./bazelw run //docs:generate_api

As the test //docs:api_test it compares the page with what it would write.
"""

from __future__ import annotations

import ast
import os
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
COMMAND = "./bazelw run //docs:generate_api"
TYPES = {
    "BOOLEAN": "boolean",
    "INT": "integer",
    "LABEL": "label",
    "LABEL_LIST": "list of labels",
    "NAME": "name",
    "STRING": "string",
    "STRING_DICT": "dict of strings",
    "STRING_LIST": "list of strings",
}
EMPTY = {"", "None", "False", '""', "[]", "{}"}
# Read while Bazel loads, as `--repo_env=NAME=VALUE` or from where Bazel runs; the repository rules declare them.
ENVIRONMENT = {
    "CC": "The C compiler that Bazel's own C++ toolchain takes; it gets a fingerprint.",
    "PIP_CONFIG_FILE": "The configuration that pip is asked for the index, where `PIP_INDEX_URL` is not set.",
    "PIP_INDEX_URL": "The package index (PEP 503), with a user and a password if it needs them.",
    "RULES_SDIST_HOST_FILES": "Files of the machine that builds may declare, between colons; see "
    "docs/how_to/files_of_the_machine.md.",
    "RULES_SDIST_HOST_TOOLS": "Interpreters, compilers and other programs of the machine that are not in the usual "
    "places, between colons; see docs/explanation/tools_of_the_machine.md.",
}

PAGE = """\
# API

<!-- Made by docs/generate_api.py; change the .bzl files instead. -->

Every rule, macro and tag with its attributes, and every setting.

What BUILD files use is loaded from `@rules_sdist//python:defs.bzl`, or from the file called like the symbol; the
extension from `@rules_sdist//python:extensions.bzl`.

{rules}

{extension}

## Providers

| of | provider | |
|---|---|---|
| `py_sdist_wheel`, a hub's `:whl` | `PyWheelInfo` | rules_python's; the wheel, for rules that take wheels |
| `py_sdist_wheel` | `OutputGroupInfo` | `buildinfo`: the [build information](buildinfo.md) and the provenance |
| `NAME.install` of `py_wheel_library` | `OutputGroupInfo` | `site_packages`; `data`: `bin`, `data`, `include`; \
`dist_info`: the `.dist-info` folder, and its `entry_points.txt` as a file of its own; `extracted`: all, and the wheel |

## Settings

Flags of the command line: `--@rules_sdist//python/settings:NAME=VALUE`.

{settings}

## Environment variables

Read while Bazel loads; `common --repo_env=NAME=VALUE` in .bazelrc sets one.

{environment}
"""

Message = dict[str, list["str | Message"]]


def read_message(text: str) -> Message:
    """Reads a message in protobuf's text format, one field a line, as Bazel writes it.

    Returns:
        The values of each field: strings, and the names of enums and numbers as they are written.

    Raises:
        ValueError: it is something else.
    """
    open_messages: list[Message] = [{}]
    for line in text.splitlines():
        match = re.fullmatch(r" *(?:(\w+): (.+)|(\w+) \{|(\}))", line)
        if not match:
            raise ValueError(line)
        name, value, opened, _ = match.groups()
        if name:
            quoted = value.startswith('"')
            open_messages[-1].setdefault(name, []).append(ast.literal_eval("b" + value).decode() if quoted else value)
        elif opened:
            message: Message = {}
            open_messages[-1].setdefault(opened, []).append(message)
            open_messages.append(message)
        else:
            open_messages.pop()
    (whole,) = open_messages
    return whole


def extracted(name: str) -> Message:
    """What Bazel says of a .bzl file."""
    return read_message((HERE / f"{name}_doc.textproto").read_text(encoding="utf-8"))


def word(message: Message, field: str) -> str:
    """A field that is there once or not at all."""
    (value,) = message.get(field, [""])
    assert isinstance(value, str)
    return value


def parts(message: Message, field: str) -> list[Message]:
    """The messages in a field."""
    return [value for value in message.get(field, []) if isinstance(value, dict)]


def cell(text: str) -> str:
    """Text for one cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def linked(text: str) -> str:
    """Makes links, as seen from this page, of the pages that a comment names: docs/FOLDER/PAGE.md#HEADING."""

    def link(match: re.Match[str]) -> str:
        folder, name, anchor = match.groups()
        return f"[{name}]({'' if folder == 'reference' else f'../{folder}/'}{name}{anchor or ''})"

    return re.sub(r"\bdocs/(\w+)/(\w+\.md)(#[\w-]+)?", link, text)


def attribute_table(message: Message) -> str:
    """A table of a rule's or a tag's attributes; Bazel leaves out those that are private."""
    lines = ["| attribute | type | default | |", "|---|---|---|---|"]
    for attribute in parts(message, "attribute"):
        name, default = word(attribute, "name"), word(attribute, "default_value")
        shown = "required" if word(attribute, "mandatory") else "" if default in EMPTY else f"`{default}`"
        kind = TYPES[word(attribute, "type")]
        lines.append(f"| `{name}` | {kind} | {shown} | {linked(cell(word(attribute, 'doc_string')))} |")
    return "\n".join(lines)


def parameter_table(function: Message) -> str:
    """A table of a macro's parameters."""
    lines = ["| parameter | default | |", "|---|---|---|"]
    for parameter in parts(function, "parameter"):
        name, default = word(parameter, "name"), word(parameter, "default_value")
        shown = "required" if word(parameter, "mandatory") else "" if default in EMPTY else f"`{default}`"
        stars = "**" if name == "kwargs" else ""
        lines.append(f"| `{stars}{name}` | {shown} | {cell(word(parameter, 'doc_string'))} |")
    return "\n".join(lines)


def rule_sections(module: Message) -> str:
    """A section for each rule and macro, by name."""
    sections = {}
    for rule in parts(module, "rule_info"):
        provided = [str(name) for one in parts(rule, "advertised_providers") for name in one.get("provider_name", [])]
        sections[word(rule, "rule_name")] = [
            word(rule, "doc_string"),
            *([f"Provides {', '.join(f'`{name}`' for name in provided)}."] if provided else []),
            attribute_table(rule),
        ]
    for function in parts(module, "func_info"):
        sections[word(function, "function_name")] = [word(function, "doc_string").strip(), parameter_table(function)]
    return "\n\n".join("\n\n".join([f"## {name}", *paragraphs]) for name, paragraphs in sorted(sections.items()))


def extension_section(module: Message) -> str:
    """The section of the module extension, with its tags."""
    (extension,) = parts(module, "module_extension_info")
    name = word(extension, "extension_name")
    paragraphs = [f"## {name}", word(extension, "doc_string")]
    for tag in parts(extension, "tag_class"):
        paragraphs += [f"### {name}.{word(tag, 'tag_name')}", word(tag, "doc_string"), attribute_table(tag)]
    return "\n\n".join(paragraphs)


def settings_table(build_file: str) -> str:
    """A table of the settings: the comment above each target says what it is for."""
    lines = ["| setting | values, the default first | |", "|---|---|---|"]
    above = build_file.splitlines()
    for node in ast.parse(build_file).body:
        if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
            continue
        arguments = {item.arg: ast.literal_eval(item.value) for item in node.value.keywords}
        if "build_setting_default" not in arguments:
            continue
        comment: list[str] = []
        while above[node.lineno - 2 - len(comment)].startswith("# "):
            comment.insert(0, above[node.lineno - 2 - len(comment)][2:])
        default = arguments["build_setting_default"]
        known = [True, False] if isinstance(default, bool) else arguments.get("values", [])
        values = [default, *sorted(value for value in known if value != default)]
        shown = ", ".join(f"`{str(value).lower() if isinstance(value, bool) else value}`" for value in values)
        doc = linked(cell(" ".join(comment)))
        lines.append(f"| `{arguments['name']}` | {shown} | {doc} |")
    return "\n".join(lines)


def environment_table(modules: list[Message]) -> str:
    """A table of the variables that the repository rules declare.

    Raises:
        ValueError: the rules declare others than `ENVIRONMENT` describes.
    """
    declared = {str(name) for one in modules for rule in parts(one, "repository_rule_info") for name in rule["environ"]}
    if declared != ENVIRONMENT.keys():
        raise ValueError(f"ENVIRONMENT of docs/generate_api.py lacks, or has too much: {declared ^ ENVIRONMENT.keys()}")
    return "\n".join(
        ["| variable | |", "|---|---|", *(f"| `{name}` | {linked(text)} |" for name, text in ENVIRONMENT.items())]
    )


def page() -> str:
    """The whole page."""
    return PAGE.format(
        rules=rule_sections(extracted("defs")),
        extension=extension_section(extracted("extensions")),
        settings=settings_table((HERE.parent / "python" / "settings" / "BUILD.bazel").read_text(encoding="utf-8")),
        environment=environment_table([extracted("host_tools_repo"), extracted("index_file_repo")]),
    )


def main() -> None:
    """Writes the page of the workspace, or compares it."""
    workspace = os.environ.get("BUILD_WORKSPACE_DIRECTORY")
    if workspace:
        (Path(workspace) / "docs" / "reference" / "api.md").write_text(page(), encoding="utf-8")
    elif (HERE / "reference" / "api.md").read_text(encoding="utf-8") != page():
        sys.exit(f"docs/reference/api.md is not what the rules say; run: {COMMAND}")


if __name__ == "__main__":
    main()
