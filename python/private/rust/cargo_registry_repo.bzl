"""Asks cargo where its registry is.

Nothing prints it, but cargo keeps what the registry's index says of itself, `config.json`, beside the index.
"""

_PROJECT = """\
[package]
name = "asks_for_the_registry"
version = "0.0.0"
edition = "2021"

[lib]
path = "lib.rs"

[dependencies]
cfg-if = "1"
"""

def _impl(rctx):
    told = _asked(rctx)
    rctx.file("BUILD.bazel", "exports_files([\"registry.json\"])\n")
    rctx.file("registry.json", json.encode(told))

def _asked(rctx):
    own = rctx.os.environ.get("RULES_SDIST_RUST", "")
    cargo = rctx.path(own + "/bin/cargo") if own else rctx.which("cargo")
    if not cargo or not cargo.exists:
        return {"dl": "", "problem": "there is no cargo on PATH"}
    rctx.file("project/Cargo.toml", _PROJECT)
    rctx.file("project/lib.rs", "")

    # An empty home with the user's own settings: in the real one, there may be several indexes.
    home = rctx.os.environ.get("CARGO_HOME") or rctx.os.environ.get("HOME", "") + "/.cargo"
    for name in ["config.toml", "config", "credentials.toml", "credentials"]:
        if rctx.path(home + "/" + name).exists:
            rctx.symlink(home + "/" + name, "home/" + name)
    done = rctx.execute(
        [cargo, "generate-lockfile", "--manifest-path", str(rctx.path("project/Cargo.toml"))],
        environment = {"CARGO_HOME": str(rctx.path("home"))},
        working_directory = "project",
    )
    if done.return_code != 0:
        return {"dl": "", "problem": "cargo could not ask it: " + " ".join(done.stderr.split())}
    indexes = rctx.path("home/registry/index")
    for index in indexes.readdir() if indexes.exists else []:
        config = index.get_child("config.json")
        if config.exists:
            return {"dl": json.decode(rctx.read(config))["dl"], "problem": ""}
    return {"dl": "", "problem": "cargo's registry has no config.json; it is a folder, or a Git repository"}

cargo_registry_repo = repository_rule(
    implementation = _impl,
    doc = "Makes registry.json, {\"dl\": the address of downloads or \"\", \"problem\": why there is none}.",
    configure = True,
    environ = ["CARGO_HOME", "RULES_SDIST_RUST"],
)
