# SPDX-License-Identifier: Apache-2.0
"""What pyproject.toml cannot say: the handbook is written in docs/ and travels inside the package."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class WithHandbook(build_py):
    """Puts the pages where an installed Tandem finds them. An editable install reads them in the checkout."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            pages = Path(self.build_lib, "tandem", "handbook")
            shutil.copytree(Path("docs", "handbook"), pages, dirs_exist_ok=True)


setup(cmdclass={"build_py": WithHandbook})
