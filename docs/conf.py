# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""Sphinx' settings for the site that ``make docs`` builds. It loads nothing from anywhere else."""

from __future__ import annotations

project = "stackops.aggregates"
project_copyright = "2026, stackops.aggregates contributors"
extensions = ["sphinx.ext.intersphinx", "sphinx_antsibull_ext"]
html_theme = "sphinx_rtd_theme"
html_theme_options = {"navigation_depth": 2}
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
html_use_index = False
pygments_style = "ansible"
default_role = "any"
nitpicky = True
# The inventory lies beside the sources: tests/tools/docs.py writes it, so that nothing is downloaded.
intersphinx_mapping = {"ansible": ("https://docs.ansible.com/projects/ansible/latest/", "../ansible.inv")}
