"""Builds the optional compiled tokeniser and framers, and ships rules/ inside the wheel. The rest is in pyproject.toml.

Without a compiler (or with ADVISOR_PURE=1) the install goes on with the pure-Python path, which gives the same
fingerprints; `advisor --version` says which is in use.
"""

import os
from pathlib import Path

from setuptools import Extension, find_packages, setup

extensions = []
if not os.environ.get("ADVISOR_PURE"):
    try:
        from Cython.Build import cythonize
    except ImportError:
        pass
    else:
        wanted = os.environ.get("ADVISOR_EXTENSIONS", "advisor/**/*.pyx")  # a glob: build only some of them
        sources = sorted(str(path) for path in Path().glob(wanted))
        extensions = cythonize(
            [
                Extension(path[:-4].replace(os.sep, "."), [path], optional=True, extra_compile_args=["-O3"])
                for path in sources
            ],
            language_level=3,
            compiler_directives={
                "boundscheck": False,
                "wraparound": False,
                "cdivision": True,
                "initializedcheck": False,
            },
        )

setup(
    ext_modules=extensions,
    packages=[*find_packages(include=["advisor", "advisor.*"]), "advisor.pages"],
    package_dir={"advisor.pages": "rules"},  # the handbook stands at the top of the repository
    package_data={
        "advisor": ["py.typed"],
        "": ["*.sql"],
        "advisor.pages": ["**/*.md"],
    },
)
