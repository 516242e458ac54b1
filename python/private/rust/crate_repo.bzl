"""The repository rule that gets one crate from the Rust registry, and unpacks it."""

load("@bazel_tools//tools/build_defs/repo:utils.bzl", "read_user_netrc", "use_netrc")
load("//python/private:errors.bzl", "refuse")
load(":crate_url.bzl", "crate_url")

CRATE_ATTRS = {
    "crate": attr.string(doc = "The crate's name.", mandatory = True),
    "sha256": attr.string(doc = "The .crate file's sha256, as Cargo.lock has it: 64 hexadecimal digits.", mandatory = True),
    "version": attr.string(doc = "The crate's version.", mandatory = True),
}

_BUILD_FILE = """\
load({rule}, "crate")

crate(
    name = "crate",
    crate_name = {name},
    folder = "crate",
    renamed = {renamed},
    sha256 = {sha256},
    srcs = glob(["crate/**"]),
    version = {version},
    visibility = ["//visibility:public"],
)
"""

# They would make a package of a folder, whose files no glob of another package sees.
_MAKES_PACKAGES = ["BUILD", "BUILD.bazel"]
_MOST_FOLDERS = 1 << 20

def _impl(rctx):
    archive = "archive.tar.gz"
    if len(rctx.attr.sha256) != 64:
        _stop(
            rctx,
            "sha256 is {}; it has to have 64 hexadecimal digits".format(repr(rctx.attr.sha256)),
            "Write the `checksum` of Cargo.lock.",
        )
    if not rctx.download(url = [], output = archive, sha256 = rctx.attr.sha256, allow_fail = True).success:
        _from_registry(rctx, archive)
    rctx.extract(archive, output = "crate", stripPrefix = "{}-{}".format(rctx.attr.crate, rctx.attr.version))
    rctx.delete(archive)

    # What Cargo wants of a directory source; the files' own hashes may be left out, for Bazel knows them.
    rctx.file("crate/.cargo-checksum.json", json.encode({"files": {}, "package": rctx.attr.sha256}), executable = False)
    rctx.file("BUILD.bazel", _BUILD_FILE.format(
        rule = repr(str(Label(":crate.bzl"))),
        name = repr(rctx.attr.crate),
        renamed = repr(_rename_packages(rctx)),
        sha256 = repr(rctx.attr.sha256),
        version = repr(rctx.attr.version),
    ))
    return rctx.repo_metadata(reproducible = True) if hasattr(rctx, "repo_metadata") else None

def _from_registry(rctx, archive):
    template, problem = _template(rctx)
    if not template:
        _stop(
            rctx,
            "no registry of crates is known: {}".format(problem),
            "Put cargo onto PATH, which tells where its registry is, or name the address of downloads in .bazelrc, the `dl` of " +
            "the registry's config.json:\n    common --repo_env=RULES_SDIST_CRATES_URL=<address>",
        )
    url = crate_url(template, rctx.attr.crate, rctx.attr.version, rctx.attr.sha256)
    found = rctx.download(
        url = url,
        output = archive,
        sha256 = rctx.attr.sha256,
        auth = use_netrc(read_user_netrc(rctx), [url], {}),
        allow_fail = True,
    )
    if not found.success:
        _stop(
            rctx,
            "it could not be had from {}; the warning above has the reason".format(url),
            "With another checksum, someone has changed the crate, or Cargo.lock: find out who. With \"404 Not Found\", the " +
            "registry does not have it: check name and version, and the registry's address, which comes from {}.".format(_origin(rctx)),
        )

def _template(rctx):
    """(the address of downloads, why there is none)."""
    own = rctx.os.environ.get("RULES_SDIST_CRATES_URL", "")
    if own:
        return own, ""
    told = json.decode(rctx.read(Label("@rules_sdist_cargo_registry//:registry.json")))
    return told["dl"], told["problem"]

def _origin(rctx):
    return "RULES_SDIST_CRATES_URL" if rctx.os.environ.get("RULES_SDIST_CRATES_URL") else "cargo's configuration"

def _rename_packages(rctx):
    """Renames what would make packages of the crate's folders; returns their names below the crate's root."""
    renamed = []
    folders = [rctx.path("crate")]
    for _ in range(_MOST_FOLDERS):
        if not folders:
            break
        for entry in folders.pop().readdir():
            if entry.is_dir:
                folders.append(entry)
            elif entry.basename in _MAKES_PACKAGES:
                # Copied by its text: it is one.
                rctx.file(entry.dirname.get_child("CRATE_FILE." + entry.basename), rctx.read(entry), executable = False)
                rctx.delete(entry)
                renamed.append(str(entry).removeprefix(str(rctx.path("crate")) + "/"))
    return sorted(renamed)

def _stop(rctx, what, fix):
    name = getattr(rctx, "original_name", "") or rctx.name
    refuse("The crate {} {}: {}.".format(rctx.attr.crate, rctx.attr.version, what), fix = fix, where = "repository @" + name)

crate_repo = repository_rule(
    implementation = _impl,
    doc = """Gets one crate from the Rust registry, by name, version and the checksum that Cargo.lock has.

The registry is RULES_SDIST_CRATES_URL (`--repo_env=...`), the `dl` of its config.json, or what cargo is configured with. Bazel's
own downloader does the transfer: its repository cache, mirrors, credential helpers and .netrc work as for `http_archive`.
""",
    attrs = CRATE_ATTRS,
    environ = ["RULES_SDIST_CRATES_URL"],
)
