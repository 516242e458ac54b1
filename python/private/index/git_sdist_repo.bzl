"""The repository rule that makes an sdist of a commit in a git repository."""

load("//python/private:errors.bzl", "refuse")

_BUILD_FILE = """\
filegroup(
    name = "file",
    srcs = [{filename}],
    visibility = ["//visibility:public"],
)
"""
_TIMEOUT = 3600  # seconds; a whole repository may come along

def _impl(rctx):
    filename = rctx.attr.filename

    # Bazel's repository cache may have it, so that nobody needs the repository, or git, for it again.
    if not rctx.download(url = [], output = filename, sha256 = rctx.attr.sha256, allow_fail = True).success:
        _from_git(rctx)
    rctx.file("BUILD.bazel", _BUILD_FILE.format(filename = repr(filename)))
    return rctx.repo_metadata(reproducible = True) if hasattr(rctx, "repo_metadata") else None

def _from_git(rctx):
    python = rctx.which("python3")
    if not python or not rctx.which("git"):
        _stop(rctx, "there is no {} on PATH".format("git" if python else "python3"), "Install it: this sdist is a commit in a git repository.")
    made = rctx.execute(
        [
            python,
            "-I",
            "-B",
            rctx.path(Label("//tools/lock:resolve/git_archive.py")),
            rctx.attr.remote,
            rctx.attr.commit,
            rctx.attr.folder,
            rctx.attr.filename.removesuffix(".zip"),
            "archive.zip",
        ],
        timeout = _TIMEOUT,
    )
    if made.return_code:
        _stop(
            rctx,
            "git can't get it: {}".format(made.stderr.strip() or "it takes longer than an hour"),
            "Check that this works without asking anything:\n    git ls-remote {}\n  If the commit is gone, lock another one: {}".format(
                rctx.attr.remote,
                rctx.attr.again,
            ),
        )

    # No sha256 is asked for, so no cache answers instead of the file. Where it is right, the cache has it from now on.
    archive = "file://{}".format(rctx.path("archive.zip"))
    found = rctx.download(url = archive, output = rctx.attr.filename).sha256
    if found != rctx.attr.sha256:
        _stop(
            rctx,
            "its archive is another one than the lock's\n  locked sha256: {}\n  found:         {}".format(rctx.attr.sha256, found),
            "The commit is the same, but git makes other archives here. Lock it with the git that all machines have:\n    {}".format(rctx.attr.again),
        )
    rctx.delete("archive.zip")

def _stop(rctx, what, fix):
    refuse("{}: {}.".format(rctx.attr.filename, what), fix = fix, where = "{}, commit {}".format(rctx.attr.remote, rctx.attr.commit))

git_sdist_repo = repository_rule(
    implementation = _impl,
    doc = """Makes an sdist of a commit in a git repository, whose bytes a lock knows: a zip by `git archive`.

The user's git gets it, with its configuration, keys and helpers; into the archive goes nothing but the commit.
""",
    attrs = {
        "again": attr.string(doc = "What locks another commit.", mandatory = True),
        "commit": attr.string(doc = "The commit, all its digits.", mandatory = True),
        "filename": attr.string(doc = "The sdist's name, such as \"demo-1.0.zip\".", mandatory = True),
        "folder": attr.string(doc = "Where in the repository the project is; empty for its root."),
        "remote": attr.string(doc = "The repository's address.", mandatory = True),
        "sha256": attr.string(doc = "The archive's sha256, 64 hexadecimal digits.", mandatory = True),
    },
)
