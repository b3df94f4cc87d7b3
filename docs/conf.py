"""Sphinx's settings. ``make docs`` builds the pages, and every warning is an error."""

import os
import sys
from pathlib import Path

# TensorFlow's remarks about the machine do not belong into the output of examples.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

from sklstm import _representation
from sklstm._version import __version__

# Diagrams of pipelines stand on the gallery's pages, beside the folder of the API.
_representation.documentation_url = lambda: ".."

project = "sklstm"
copyright = "the sklstm developers"
version = release = __version__
html_title = f"sklstm {release}"

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "numpydoc",
    "myst_parser",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    # our own, in _extensions
    "diagrams",
    "elsewhere",
    "layers",
    "mathml",
    "parameters",
]
exclude_patterns = ["_build", "benchmarks", "auto_examples/*.ipynb", "auto_examples/*.py"]
templates_path = ["_templates"]
html_static_path = ["_static"]
html_css_files = ["sklstm.css"]
html_js_files = ["figures.js"]
html_math_renderer = "mathml"
default_role = "literal"
suppress_warnings = ["myst.header"]  # the change log stands below the heading of a page
pygments_style = "default"

# A name of ours that is not documented is a mistake; other projects' names are not ours to check.
nitpicky = True
nitpick_ignore_regex = [("py:.*", r"(?!sklstm).*")]

autosummary_generate = True
toc_object_entries_show_parents = "hide"
autodoc_typehints = "none"  # the docstrings say more
numpydoc_show_class_members = False  # the template lists them
numpydoc_validation_checks = {
    "all",
    "ES01",  # not every summary needs more words
    "EX01",  # attributes, and what is inherited, are shown in their class's example
    "GL01",  # summaries begin on the line of the quotes
    "SA01",
    "SA04",
    "RT02",
}
numpydoc_validation_exclude = {r"\.set_\w+_request$"}

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_exclude = ".linenos, .gp, .go"

html_theme = "pydata_sphinx_theme"
html_show_sourcelink = False
html_theme_options = {
    "logo": {"text": "sklstm"},
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "navigation_with_keys": False,
    "show_nav_level": 1,
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
}
pages_without_siblings = (
    "index getting_started lecture exercises coming_from whats_new contributing"
)
html_sidebars = {page: [] for page in pages_without_siblings.split()}

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": "/plot_",
    "ignore_pattern": "/output/",
    "within_subsection_order": "gallery_order.ByInterest",
    "doc_module": ("sklstm",),
    "reference_url": {"sklstm": None},
    "backreferences_dir": "api/backreferences",
    "capture_repr": ("_repr_html_", "__repr__"),
    "remove_config_comments": True,
    "show_memory": False,
    "write_computation_times": False,  # its page would fetch scripts from elsewhere
    "min_reported_time": 1,
    "abort_on_example_error": True,
}
