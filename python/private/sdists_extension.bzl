"""The module extension that brings sdists and wheels from the package index: single files, or what a lock lists."""

load(":hub_packages.bzl", "hub_packages")
load(":hub_repo.bzl", "hub_repo")
load(":index_file_repo.bzl", "INDEX_FILE_ATTRS", "index_file_repo")
load(":lock.bzl", "file_repository", "read_lock", "spoke_repository")
load(":spoke_repo.bzl", "spoke_repo")

# Attributes of py_sdist_wheel that a lock can't tell; label_keys hold labels.
_OVERRIDES = {
    "allow_compile_failures": attr.string_list(doc = "As in `py_sdist_wheel`."),
    "build_requires_too": attr.label_list(doc = "Build requirements that the project forgot, besides the locked ones."),
    "config_settings": attr.string_dict(doc = "As in `py_sdist_wheel`."),
    "cpus": attr.int(doc = "As in `py_sdist_wheel`.", default = 1),
    "env": attr.string_dict(doc = "As in `py_sdist_wheel`."),
    "leak_policy": attr.string(doc = "As in `py_sdist_wheel`.", default = "error"),
    "native_deps": attr.label_list(doc = "As in `py_sdist_wheel`."),
    "patch_strip": attr.int(doc = "As in `py_sdist_wheel`.", default = 1),
    "patches": attr.label_list(doc = "As in `py_sdist_wheel`."),
    "tools": attr.label_list(doc = "As in `py_sdist_wheel`."),
    "wheel_tags": attr.string(doc = "The wheel's tags, where the lock guessed wrong."),
}

_DEFAULTS = {"cpus": 1, "leak_policy": "error", "patch_strip": 1}

def _impl(mctx):
    for module in mctx.modules:
        for tag in module.tags.file:
            index_file_repo(name = tag.name, **{key: getattr(tag, key) for key in INDEX_FILE_ATTRS})
        for tag in module.tags.lock:
            _make_hub(mctx, tag, [override for override in module.tags.override if override.hub == tag.name])
        for override in module.tags.override:
            if override.hub not in [tag.name for tag in module.tags.lock]:
                fail("sdists.override(hub = {}): this module has no sdists.lock of that name.".format(repr(override.hub)))
    return mctx.extension_metadata(reproducible = True)

def _make_hub(mctx, tag, overrides):
    lock, error = read_lock(mctx.read(tag.lock))
    if error:
        fail("\n\n{}: {}.\n  fix:   make it anew: {}\n".format(_shown(tag.lock), error, _command(tag)))
    for label in tag.inputs:
        _check_input(mctx, tag, label, lock.inputs)
    files = {"build": lock.build_files + lock.build_sdists, "sdist": lock.sdists, "whl": [] if tag.swaps else lock.wheels}
    for kind, items in files.items():
        for item in items:
            index_file_repo(
                name = file_repository(tag.name, kind, item["distribution"], item["version"]),
                distribution = item["distribution"],
                filename = item["filename"],
                sha256 = item["sha256"],
                index_url = tag.index_url,
            )
    known = sorted({item["distribution"]: True for item in lock.sdists + lock.build_sdists})
    attributes = {}
    for override in overrides:
        if override.distribution not in known:
            fail("sdists.override: {} is not built from source in {}; it builds {}.".format(
                repr(override.distribution),
                _shown(tag.lock),
                ", ".join(known),
            ))
        attributes[override.distribution] = {
            key: _plain(getattr(override, key))
            for key in _OVERRIDES
            if getattr(override, key) and getattr(override, key) != _DEFAULTS.get(key)
        }
    packages = hub_packages(tag.name, lock, attributes, sdists_only = bool(tag.swaps))
    hub_repo(name = tag.name, packages = json.encode(packages), swaps = str(tag.swaps) if tag.swaps else "")
    if tag.swaps:
        for package in [name for name in packages if "/" not in name]:
            spoke_repo(name = spoke_repository(tag.name, package), hub = tag.name, package = package)

def _plain(value):
    """Labels as canonical strings, which mean the same in every repository."""
    if type(value) == "list":
        return [str(item) for item in value]
    return value

def _check_input(mctx, tag, label, inputs):
    path = mctx.path(label)

    # The only way to a file's hash here. No sha256 is asked for, so no cache answers instead of the file.
    found = mctx.download("file://" + str(path), output = "input_of_" + tag.name).sha256
    if inputs.get(path.basename) != found:
        fail("\n\n{} is stale: {} has changed since it was made.\n  fix:   {}\n".format(
            _shown(tag.lock),
            _shown(label),
            _command(tag),
        ))

def _shown(label):
    return str(label).removeprefix("@@")

def _command(tag):
    inputs = [label.name for label in tag.inputs] or ["REQUIREMENTS"]
    return "bazel run @rules_sdist//tools/lock -- {} -o {}".format(" ".join(inputs), tag.lock.name)

sdists = module_extension(
    implementation = _impl,
    doc = "Brings files from the package index, each named by distribution, file name and sha256, as repositories.",
    tag_classes = {
        "file": tag_class(
            doc = "One sdist or wheel: `@NAME//:file`, or, with a BUILD file, its content as `@NAME`.",
            attrs = {"name": attr.string(doc = "The repository's name.", mandatory = True)} | INDEX_FILE_ATTRS,
        ),
        "lock": tag_class(
            doc = "A hub of everything in a lock, with the labels of rules_python's hubs: `@NAME//distribution`.",
            attrs = {
                "index_url": attr.string(doc = "The index (PEP 503), when it is not the configured one."),
                "inputs": attr.label_list(doc = "What the lock was made from: a change of it makes the lock stale, an error."),
                "lock": attr.label(doc = "The lock.", mandatory = True),
                "name": attr.string(doc = "The hub's name.", mandatory = True),
                "swaps": attr.label(
                    doc = "The BUILD file of rules_python's hub, such as @pypi//:BUILD.bazel, where that hub's sdists are " +
                          "built by this one; see the guide.",
                ),
            },
        ),
        "override": tag_class(
            doc = "What a lock can't tell about a distribution that is built from source.",
            attrs = {
                "distribution": attr.string(doc = "Its normalised name.", mandatory = True),
                "hub": attr.string(doc = "The hub, a `name` of `sdists.lock`.", mandatory = True),
            } | _OVERRIDES,
        ),
    },
)
