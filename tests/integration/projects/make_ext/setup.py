"""An extension whose library is compiled by a Makefile that ignores CFLAGS."""

import pathlib
import subprocess

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class MakeFirst(build_ext):
    def build_extension(self, ext):
        folder = pathlib.Path("csrc").resolve()
        subprocess.run(["make", "-C", str(folder), "libwhere.a"], check=True)
        ext.extra_objects = [str(folder / "libwhere.a")]
        super().build_extension(ext)


setup(
    name="make_ext",
    version="1.0",
    cmdclass={"build_ext": MakeFirst},
    ext_modules=[Extension("make_ext", ["make_ext.c"], include_dirs=["csrc"])],
)
