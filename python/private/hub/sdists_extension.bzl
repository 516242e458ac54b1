"""The module extension that brings sdists and wheels from the package index: single files, or what a lock lists."""

load("//python/private:errors.bzl", "refuse")
load("//python/private/index:git_sdist_repo.bzl", "git_sdist_repo")
load("//python/private/index:index_file_repo.bzl", "INDEX_FILE_ATTRS", "index_file_repo")
load("//python/private/rust:crate_repo.bzl", "CRATE_ATTRS", "crate_repo")
load(":hub_packages.bzl", "hub_packages")
load(":hub_repo.bzl", "hub_repo")
load(":lock.bzl", "bare_requirements", "command_of", "crate_repository", "file_repository", "read_lock", "spoke_repository")
load(":spoke_repo.bzl", "spoke_repo")

_LABELS = ["data", "native_deps", "patches", "tools"]

def _impl(mctx):
    crates = {}
    for module in mctx.modules:
        for tag in module.tags.file:
            index_file_repo(name = tag.name, **{key: getattr(tag, key) for key in INDEX_FILE_ATTRS})
        for tag in module.tags.crate:
            crate_repo(name = tag.name, **{key: getattr(tag, key) for key in CRATE_ATTRS})
        for tag in module.tags.lock:
            crates.update({crate_repository(crate): crate for crate in _make_hub(mctx, tag)})
    for name, crate in crates.items():
        crate_repo(name = name, crate = crate["name"], sha256 = crate["sha256"], version = crate["version"])
    return mctx.extension_metadata(reproducible = True)

def _make_hub(mctx, tag):
    """Makes the repositories of one lock, but for its crates, which it returns."""
    place = mctx.path(tag.lock)
    text = mctx.read(place) if place.exists else ""
    lock, error = read_lock(text) if place.exists else (None, "there is no such file")
    if error:
        file = "/".join([part for part in [tag.lock.package, tag.lock.name] if part])
        fix = "Take it from version control, or make it anew: " + _command(command_of(text) or ["REQUIREMENTS", "-o", file])
        if tag.swaps and not command_of(text):
            fix += "\n  The whole line stands in the file that lock's --swap has written, above `override_repo`."
        refuse("{}: {}.".format(_shown(tag.lock), error), fix = fix, where = _shown(tag.lock))
    for name, sha256 in lock.inputs.items():
        _check_input(mctx, tag, name, sha256, lock)
    everything = lock.build_files + lock.build_sdists + lock.sdists + (lock.wheels if tag.swaps_wheels or not tag.swaps else [])
    for name, item in {file_repository(tag.name, item): item for item in everything}.items():
        _file_repo(name, item, tag, lock)
    for item in lock.sdists + lock.build_sdists:
        _see_labels(tag, lock, item)
    packages = hub_packages(tag.name, lock, wheels = tag.swaps_wheels or not tag.swaps, groups = not tag.swaps)
    hub_repo(
        name = tag.name,
        environments = lock.environments,
        command = _command(lock.command),
        left_out = lock.left_out,
        left_to_pip = tag.left_to_pip,
        overridden = tag.overridden,
        packages = json.encode(packages),
        swapped = [name for name in packages if "/" not in name] if tag.swaps else [],
        swaps = str(tag.swaps) if tag.swaps else "",
    )
    if tag.swaps:
        for package in [name for name in packages if "/" not in name]:
            spoke_repo(name = spoke_repository(tag.name, package), hub = tag.name, package = package)
    return lock.crates.values()

def _see_labels(tag, lock, item):
    """Makes the labels that the overrides name those that the hub sees."""
    attributes = item["attributes"]
    for key in _LABELS:
        if key in attributes:
            attributes[key] = [_label(tag, lock, item, key, text) for text in attributes[key]]
    if "cargo_lock" in attributes:
        attributes["cargo_lock"] = _label(tag, lock, item, "cargo_lock", attributes["cargo_lock"])
    for name, value in attributes.get("env", {}).items():
        attributes["env"][name] = value.replace("$(execpath //", "$(execpath @@{}//".format(tag.lock.repo_name))

def _file_repo(name, item, tag, lock):
    """Makes the repository of one file, of the index or from git."""
    if "git" in item:
        git_sdist_repo(
            name = name,
            again = "{} --upgrade {}".format(_command(lock.command), item["distribution"]),
            commit = item["git"]["commit"],
            filename = item["filename"],
            folder = item["git"]["folder"],
            remote = item["git"]["url"],
            sha256 = item["sha256"],
        )
    else:
        index_file_repo(
            name = name,
            distribution = item["distribution"],
            filename = item["filename"],
            sha256 = item["sha256"],
            index_url = tag.index_url,
        )

def _check_input(mctx, tag, name, sha256, lock):
    """Fails when a file that the lock was made from has changed."""
    place = str(mctx.path(tag.lock))
    root = place.removesuffix("/".join([part for part in [tag.lock.package, tag.lock.name] if part]))
    path = mctx.path(root + name)
    if path.exists:
        mctx.watch(path)

        if _sha256(mctx, path, tag) == sha256:
            return
        if name.endswith(".txt") or name.endswith(".in"):
            bare = mctx.path("bare_input_of_" + tag.name)
            mctx.file(bare, bare_requirements(mctx.read(path)), executable = False)
            if _sha256(mctx, bare, tag) == sha256:
                return
    happened = "has changed since it was made" if path.exists else "is not there"
    refuse(
        "{} is stale: {} {}.".format(_shown(tag.lock), name, happened),
        fix = _command(lock.command),
        where = name,
    )

def _sha256(mctx, path, tag):
    """The only way to a file's hash here. No sha256 is asked for, so no cache answers instead of the file."""
    return mctx.download("file://" + str(path), output = "input_of_" + tag.name).sha256

def _label(tag, lock, item, key, text):
    """A label that the overrides name, as seen from the hub."""
    if text.startswith("//"):
        return "@@{}{}".format(tag.lock.repo_name, text)
    if text.startswith("@"):
        return text
    return refuse(
        "{}: {} of {} has {}, which is no label.".format(_shown(tag.lock), key, item["distribution"], repr(text)),
        fix = "Write //PACKAGE:TARGET, or @REPOSITORY//PACKAGE:TARGET, into the lock's overrides, and type: " + _command(lock.command),
        where = _shown(tag.lock),
    )

def _shown(label):
    return str(label).removeprefix("@@")

def _command(arguments):
    return "bazel run @rules_sdist//tools/lock -- " + " ".join(arguments)

_FILE_DOC = """One sdist or wheel: `@NAME//:file`, or, with a BUILD file, its unpacked content as `@NAME`.

```starlark
sdists.file(
    name = "six_sdist",
    distribution = "six",
    filename = "six-1.17.0.tar.gz",
    sha256 = "ff70335d468e7eb6ec65b95b99d3a2836546063f63acc5171de367e834932a81",
)
use_repo(sdists, "six_sdist")
```
"""

_CRATE_DOC = """One crate of a Rust registry, unpacked, for `crates` of `py_sdist_wheel`: `@NAME//:crate`.

```starlark
sdists.crate(
    name = "crate_itoa",
    crate = "itoa",
    version = "1.0.19",
    sha256 = "9d89c6bb7f5b0b0a5f2d2a2e6b0b6b8e9a2a6f8d0c1e5f4a3b2c1d0e9f8a7b6c",
)
use_repo(sdists, "crate_itoa")
```
"""

_LOCK_DOC = """A hub of everything in a lock, with the labels of rules_python's hubs.

```starlark
sdists.lock(
    name = "deps",
    lock = "//:sdists.lock.json",
)
use_repo(sdists, "deps")
```

| label | |
|---|---|
| `@NAME//DISTRIBUTION`, `:pkg` | the library |
| `@NAME//DISTRIBUTION:whl` | the wheel, built or downloaded |
| `@NAME//DISTRIBUTION:buildinfo` | the build information and the provenance of a wheel that is built |
| `@NAME//DISTRIBUTION:dist_info` | the `.dist-info` folder, and its `entry_points.txt` as a file of its own |
| `@NAME//DISTRIBUTION:extracted_whl_files` | the folders in which the wheel is installed, and the wheel |
| `@NAME//DISTRIBUTION:data` | what the wheel puts into `bin`, `data` and `include` |
| `@NAME//DISTRIBUTION:package_metadata` | its package URL, for bills of materials |
| `@NAME//:requirements.bzl` | `requirement()`, `whl_requirement()`, `all_requirements` and their kin |
| `@NAME//:check` | with `swaps`: a test that no distribution is forgotten |
"""

sdists = module_extension(
    implementation = _impl,
    doc = "Brings files from the package index, each named by distribution, file name and sha256, as repositories.",
    tag_classes = {
        "crate": tag_class(
            doc = _CRATE_DOC,
            attrs = {"name": attr.string(doc = "The repository's name.", mandatory = True)} | CRATE_ATTRS,
        ),
        "file": tag_class(
            doc = _FILE_DOC,
            attrs = {"name": attr.string(doc = "The repository's name.", mandatory = True)} | INDEX_FILE_ATTRS,
        ),
        "lock": tag_class(
            doc = _LOCK_DOC,
            attrs = {
                "index_url": attr.string(doc = "The index (PEP 503), when it is not the configured one."),
                "left_to_pip": attr.string_list(doc = "Distributions that pip goes on making; `lock --swap` writes it."),
                "lock": attr.label(doc = "The lock. When a file that it was made from changes, it is stale: an error.", mandatory = True),
                "name": attr.string(doc = "The hub's name.", mandatory = True),
                "overridden": attr.string_list(doc = "The repositories of rules_python that are overridden; `lock --swap` writes it."),
                "swaps": attr.label(
                    doc = "The BUILD file of rules_python's hub, such as @pypi//:BUILD.bazel, where that hub's sdists are " +
                          "built by this one; `lock --swap` writes it.",
                ),
                "swaps_wheels": attr.bool(doc = "Whether that hub's wheels come from this one too; `lock --swap` writes it."),
            },
        ),
    },
)
