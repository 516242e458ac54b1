"""A Python toolchain whose interpreter is an input of the build, made from the system's own files.

For tests: a machine that reaches no interpreter archives still has to prove that in-build interpreters work.
"""

_BUILD_FILE = """\
load("@rules_python//python:py_runtime.bzl", "py_runtime")
load("@rules_python//python:py_runtime_pair.bzl", "py_runtime_pair")

py_runtime(
    name = "runtime",
    files = glob(["bin/*", "include/**", "lib/**"], exclude = ["**/*.pyc"]),
    interpreter = "bin/python{version}",
    python_version = "PY3",
)

py_runtime_pair(
    name = "pair",
    py3_runtime = ":runtime",
)

toolchain(
    name = "toolchain",
    toolchain = ":pair",
    toolchain_type = "@rules_python//python:toolchain_type",
)
"""

_DESCRIBE = """\
import os, sys, sysconfig
print('%d.%d' % sys.version_info[:2])
print(os.path.realpath(sys.executable))
print(sysconfig.get_path('stdlib'))
print(sysconfig.get_path('include'))
print(sysconfig.get_config_var('MULTIARCH') or '')
"""

# What a container's own CPython, say, has there.
_COMPILED_OTHERWISE = """
build_time_vars.update({
    "CC": "another-gcc -pthread",
    "CFLAGS": "-O0 -ggdb -fstack-protector-all -DCOMPILED_OTHERWISE",
    "CXX": "another-g++ -pthread",
    "LDCXXSHARED": "another-g++ -shared",
    "LDFLAGS": "-L/opt/another/lib -Wl,-z,now",
    "LDLIBRARY": "libpython{version}.so",
    "LDSHARED": "another-gcc -shared -Wl,-z,now",
    "LIBDIR": "/opt/another/lib",
    "OPT": "-O0 -ggdb",
    "PY_CFLAGS": "-O0 -ggdb -fstack-protector-all -DCOMPILED_OTHERWISE",
    "Py_ENABLE_SHARED": 1,
})
"""

def _repo_impl(rctx):
    python = rctx.which("python3")
    result = rctx.execute([python, "-I", "-S", "-c", _DESCRIBE])
    if result.return_code:
        fail(result.stderr)
    version, executable, stdlib, include, multiarch = result.stdout.split("\n")[:5]
    copies = [
        (executable, "bin/python" + version),
        (stdlib, "lib/python" + version),
        (include, "include/python" + version),
    ]
    if multiarch and rctx.path(include).dirname.get_child(multiarch).exists:
        # Debian's pyconfig.h includes one for the architecture.
        copies.append((
            str(rctx.path(include).dirname.get_child(multiarch)),
            "include/python{}/{}".format(version, multiarch),
        ))
    for source, target in copies:
        if rctx.path(source).exists:
            parent = target.rpartition("/")[0]
            result = rctx.execute(["sh", "-c", "mkdir -p \"$2\" && cp -RL \"$1\" \"$3\"", "-", source, parent, target])
            if result.return_code and not rctx.path(target).exists:
                fail(result.stderr)
    rctx.file("BUILD.bazel", _BUILD_FILE.format(version = version))
    if rctx.attr.compiled_otherwise:
        for file in rctx.path("lib/python" + version).readdir():
            if file.basename.startswith("_sysconfigdata_") and file.basename.endswith(".py"):
                rctx.file(file, rctx.read(file) + _COMPILED_OTHERWISE.replace("{version}", version))

_system_python = repository_rule(
    implementation = _repo_impl,
    attrs = {"compiled_otherwise": attr.bool(doc = "Whether its sysconfig tells of other flags, another compiler and a libpython.")},
    environ = ["PATH"],
)

def _impl(mctx):
    _system_python(name = "system_python")
    _system_python(name = "other_python", compiled_otherwise = True)
    return mctx.extension_metadata(reproducible = True)

system_python = module_extension(implementation = _impl)
