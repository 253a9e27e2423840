"""The schema at ``/$metadata`` says what is served: every address and every property, and nothing else."""

import re
from xml.etree import ElementTree as ET

import pytest

from tests.support.graph import Graph
from vestibule.doors.graph.app import TABLE
from vestibule.doors.graph.csdl import metadata
from vestibule.doors.graph.model import GROUP, USER
from vestibule.doors.graph.model.property import Is
from vestibule.doors.graph.routing import BETA, V1

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"


class Schema:
    """The parsed document."""

    def __init__(self, version: str) -> None:
        root = ET.fromstring(metadata(TABLE, version))  # noqa: S314 - our own
        schema = root.find(f".//{EDM}Schema")
        assert schema is not None
        self.schema = schema
        self.types = {one.attrib["Name"]: one for one in schema if one.tag in {f"{EDM}EntityType", f"{EDM}ComplexType"}}
        self.calls = {
            (one.attrib["Name"], _bare(one[0].attrib["Type"]))
            for one in schema
            if one.tag in {f"{EDM}Action", f"{EDM}Function"}
        }
        container = schema.find(f"{EDM}EntityContainer")
        assert container is not None
        self.roots = {one.attrib["Name"]: one.attrib.get("EntityType") or one.attrib["Type"] for one in container}

    def parts(self, type_: str, kind: str) -> dict[str, str]:
        """Properties or navigation properties of a type with those that it inherits, with their types."""
        element = self.types[type_]
        inherited = self.parts(_bare(element.attrib["BaseType"]), kind) if "BaseType" in element.attrib else {}
        return inherited | {one.attrib["Name"]: one.attrib["Type"] for one in element.findall(f"{EDM}{kind}")}

    def leads(self, pattern: str) -> bool:
        """Whether a path can be followed."""
        at = ""
        for part in pattern.strip("/").split("/"):
            name = part.partition("(")[0]
            if part.startswith("{") or part in {"$count", "$ref"}:
                continue
            if part.startswith("graph."):
                at = part.removeprefix("graph.")
            elif not at:
                at = _bare(self.roots[name])
            elif name in self.parts(at, "NavigationProperty"):
                at = _bare(self.parts(at, "NavigationProperty")[name])
            else:
                return (name, at) in self.calls
            if at not in self.types:
                return False
        return True


def _bare(type_: str) -> str:
    return re.sub(r"^Collection\((.*)\)$", r"\1", type_).removeprefix("graph.")


@pytest.fixture(params=[V1, BETA])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_address_can_be_followed(version: str):
    schema = Schema(version)
    patterns = [route.pattern for route in TABLE if version in route.versions]
    assert len(patterns) > 100
    assert [pattern for pattern in patterns if not schema.leads(pattern)] == []


def test_every_root_is_an_address(version: str):
    served = {route.pattern.strip("/").split("/")[0] for route in TABLE if version in route.versions}
    assert set(Schema(version).roots) <= served


def test_every_type_that_is_named_is_there(version: str):
    schema = Schema(version)
    named = {
        _bare(value)
        for element in schema.schema.iter()
        for name, value in element.attrib.items()
        if name in {"Type", "EntityType", "BaseType"}
    }
    assert [name for name in named if not name.startswith("Edm.") and name not in schema.types] == []


def test_no_name_is_said_twice(version: str):
    schema = Schema(version)
    for name in schema.types:
        element = schema.types[name]
        names = [one.attrib["Name"] for one in element if "Name" in one.attrib]
        assert len(names) == len(set(names)), name
    said = [one.attrib["Name"] for one in schema.schema if one.tag in {f"{EDM}EntityType", f"{EDM}ComplexType"}]
    assert len(said) == len(set(said))


@pytest.mark.parametrize("entity", [USER, GROUP])
def test_properties_are_those_of_the_model(version: str, entity: object):
    assert entity in (USER, GROUP)
    model = USER if entity is USER else GROUP
    properties = Schema(version).parts(model.name, "Property")
    assert set(properties) == {each.name for each in model.all(beta=version == BETA)}
    for each in model.all(beta=version == BETA):
        expected = "graph." if each.type is Is.COMPLEX else each.type.value
        shown = properties[each.name]
        assert shown.startswith("Collection(") is each.many
        assert shown.removeprefix("Collection(").startswith(expected)


def test_what_is_only_in_beta_is_only_there():
    assert "invitedBy" in Schema(BETA).parts("user", "NavigationProperty")
    assert "invitedBy" not in Schema(V1).parts("user", "NavigationProperty")


async def test_everybody_reads_it(graph: Graph):
    for path in ("/v1.0/$metadata", "/beta/%24METADATA"):
        answer = await graph.nobody.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/xml"
        assert ET.fromstring(answer.text).tag.endswith("Edmx")  # noqa: S314 - our own
    assert (await graph.nobody.post("/v1.0/$metadata")).status_code == 405
