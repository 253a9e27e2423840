from pathlib import Path

import jinja2
import pytest

from vestibule.doors.web.pages import Pages
from vestibule.doors.web.static_files import StaticFiles


def _root(folder: Path) -> object:
    """What one template was compiled to."""
    template = Pages({"own": folder}, StaticFiles())._environment.get_template("own/one.html")
    return template.root_render_func.__code__


def test_a_template_is_compiled_once_in_a_process_and_again_when_it_is_another(tmp_path: Path):
    (tmp_path / "one.html").write_text("<p>first</p>")
    first = _root(tmp_path)
    assert _root(tmp_path) is first
    (tmp_path / "one.html").write_text("<p>second</p>")
    second = _root(tmp_path)
    assert second is not first
    (tmp_path / "one.html").write_text("<p>first</p>")
    assert _root(tmp_path) is first


def test_a_template_that_does_not_parse_is_said_at_once_and_every_time(tmp_path: Path):
    (tmp_path / "one.html").write_text("{% if %}")
    for _ in range(2):
        with pytest.raises(jinja2.TemplateSyntaxError):
            _root(tmp_path)
