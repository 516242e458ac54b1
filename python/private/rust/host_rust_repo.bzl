"""This machine's Rust: links to the files of its sysroot, which makes them inputs like any other.

So Bazel knows the content of each, a build sees them at one place on every machine, and none needs a fingerprint.
"""

_BUILD = """\
load({rule}, "rust_toolchain")

rust_toolchain(
    name = "toolchain",
    cargo = {cargo},
    problem = {problem},
    rustc = {rustc},
    srcs = glob(["bin/*", "lib/**"], allow_empty = True),
    visibility = ["//visibility:public"],
)
"""

# Of the C library and of the C compiler's run time, which every build has.
_OF_THE_SYSTEM = ("ld-linux", "libc.", "libdl.", "libgcc_s.", "libm.", "libpthread.", "librt.", "libstdc++.", "linux-vdso")

def _impl(rctx):
    sysroot, problem = _sysroot(rctx)
    if sysroot:
        problem = _link(rctx, rctx.path(sysroot))
    rctx.file("BUILD.bazel", _BUILD.format(
        rule = repr(str(Label(":rust_toolchain.bzl"))),
        cargo = repr(None if problem else "bin/cargo"),
        problem = repr(problem),
        rustc = repr(None if problem else "bin/rustc"),
    ))

def _sysroot(rctx):
    """(where Rust is installed, why nobody knows)."""
    own = rctx.os.environ.get("RULES_SDIST_RUST", "")
    if own:
        return own, ""
    rustc = rctx.which("rustc")
    if not rustc:
        return "", "there is no rustc on PATH"
    done = rctx.execute([rustc, "--print", "sysroot"])
    if done.return_code != 0:
        return "", "{} has no answer: {}".format(rustc, " ".join(done.stderr.split()))
    return done.stdout.strip(), ""

def _link(rctx, sysroot):
    """Links all files of a sysroot; returns what is missing, or ""."""
    for name in ["rustc", "cargo"]:
        program = sysroot.get_child("bin", name)
        if not program.exists:
            return "there is no {}".format(program)
        rctx.watch(program)
        rctx.symlink(program, "bin/" + name)
    libraries = sysroot.get_child("lib")
    for entry in libraries.readdir(watch = "yes"):
        if ".so" in entry.basename and entry.basename.startswith(("libLLVM", "librustc_driver", "libstd")):
            rctx.symlink(entry, "lib/" + entry.basename)
    targets = libraries.get_child("rustlib")
    for target in targets.readdir() if targets.exists else []:
        if target.get_child("lib").exists:
            _link_folder(rctx, target, "lib/rustlib/" + target.basename)
    _link_libraries(rctx, [sysroot.get_child("bin", "rustc"), sysroot.get_child("bin", "cargo")])
    return ""

def _link_folder(rctx, folder, place):
    folders = [folder]
    for _ in range(1 << 16):
        if not folders:
            break
        for entry in folders.pop().readdir(watch = "yes"):
            if entry.is_dir:
                folders.append(entry)
            else:
                rctx.symlink(entry, place + str(entry).removeprefix(str(folder)))

def _link_libraries(rctx, programs):
    """Links the libraries of the machine that the compiler is linked with, such as zlib, beside its own."""
    ldd = rctx.which("ldd")
    done = rctx.execute([ldd] + programs) if ldd else None
    for line in done.stdout.splitlines() if done else []:
        name, _, rest = line.strip().partition(" => ")
        path = rest.partition(" (")[0]
        if path.startswith("/") and not name.startswith(_OF_THE_SYSTEM) and not rctx.path("lib/" + name).exists:
            rctx.symlink(path, "lib/" + name)

host_rust_repo = repository_rule(
    implementation = _impl,
    doc = "The Rust of this machine, `:toolchain`: that of RULES_SDIST_RUST, a sysroot, or of the `rustc` on PATH.",
    configure = True,
    # Not "PATH": what was fetched stays good in a shell with another one. `bazel fetch --configure` looks again.
    environ = ["RULES_SDIST_RUST"],
)
