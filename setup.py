"""Of the package only what `pyproject.toml` cannot say: the folders beside the code go below it.

Installed, `templates/` and `static/` are `config/templates` and `config/static`.
"""

from __future__ import annotations

from setuptools import find_packages, setup

BESIDE = {"config.templates": "templates", "config.static": "static"}

setup(
    packages=[*find_packages(include=["config", "integrations", "integrations.*"]), *BESIDE],
    package_dir=BESIDE,
    package_data={
        **{name: ["**/*"] for name in BESIDE},
        "integrations": ["locale/*/LC_MESSAGES/django.mo"],
    },
)
