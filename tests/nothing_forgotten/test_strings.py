"""No word that a person sees stands outside the catalogs.

That the catalogs hold every sentence in every language is tried in ``tests/doors/web/test_catalogs.py`` and
``tests/doors/letters/test_catalogs.py``. Here it is tried that there is no other way to a page.
"""

import ast
import re
from pathlib import Path

import pytest

DOORS = Path(__file__).resolve().parents[2] / "vestibule" / "doors"
TEMPLATES = sorted(DOORS.rglob("templates/*.html"))
CODE = sorted(DOORS.rglob("*.py"))

WITHOUT_A_CATALOG: dict[str, str] = {}
"""Modules that write a page by hand, and what it says. This list only shrinks."""

_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_CLASS = re.compile(r"\{%-?\s*block kind\s*-?%\}.*?\{%-?\s*endblock\s*-?%\}", re.DOTALL)
_SILENT = re.compile(r"<(style|script)\b.*?</\1>", re.DOTALL)
_SPOKEN = re.compile(r'\b(?:alt|title|aria-label|aria-description|placeholder)="([^"]*)"')
_WORD = re.compile(r"[^\W\d_]{2,}")


def words_beside_the_catalog(template: str) -> list[str]:
    """Texts between tags, and attributes that are read aloud, in which letters are left once Jinja is taken out."""
    bare = _JINJA.sub("", _CLASS.sub("", template))
    texts = [*_SPOKEN.findall(bare), *re.sub(r"<[^>]*>", "\n", _SILENT.sub("", bare)).split("\n")]
    return [text.strip() for text in texts if _WORD.search(text.replace("&nbsp;", " "))]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(DOORS)))
def test_templates_say_nothing_by_themselves(path: Path):
    assert words_beside_the_catalog(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("<h1>Leave</h1>", ["Leave"]),
        ("<p>{{ t('Leave') }} now</p>", ["now"]),
        ('<img alt="A door">{# a remark #}', ["A door"]),
        ('<a title="{{ t("Help") }}" class="plain">{{ name }}</a>{% if x %}·{% endif %}', []),
        ("<style>p { color: red }</style>", []),
    ],
)
def test_words_beside_the_catalog_are_seen(template: str, found: list[str]):
    assert words_beside_the_catalog(template) == found


def test_no_module_writes_pages_by_hand_but_those_that_say_why():
    by_hand = {str(path.relative_to(DOORS)) for path in CODE if _writes_markup(path)}
    assert by_hand == set(WITHOUT_A_CATALOG)
    assert all(WITHOUT_A_CATALOG.values())


def _writes_markup(path: Path) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return any(re.search(r"<(?:html|body|h[1-6]|p|button)\b", text) for text in texts)
