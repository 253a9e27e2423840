"""Two organizations with people, groups and apps, for tests that tell what goes over the wire."""

from dataclasses import dataclass

from tests.support import world
from tests.support.graph import EVERYTHING, Caller, Graph
from tests.support.provider import ForeignProvider
from tests.support.world import Place
from vestibule.actions import apps, assigning, group_members, grouping
from vestibule.actions.house import House
from vestibule.rules.actors import Strength, operator
from vestibule.rules.apps import NewApp
from vestibule.rules.groups import NewGroup
from vestibule.store.apps import App
from vestibule.store.groups import Group
from vestibule.store.memberships import Membership

APPROVER = "8c9f1d3e-1b55-4c8e-9a54-3f0f6f9e7a10"
"""The id of the app's own role."""


@dataclass
class Stage:
    """What a test finds.

    Attributes:
        contoso, fabrikam: organizations with privacy information and a Global Administrator each.
        adele, alex: members of Contoso. sam: a guest of Contoso who came by emailed code.
        visitor: Adele as a guest of Fabrikam.
        readers, hidden: groups of Contoso, with hidden members the second; Sam and Adele are in both.
        travel: an app of Contoso to which Sam is assigned.
        foreign: an identity provider elsewhere, where a test has one.
        asking: who is about to ask, where it has to be about their own things.
    """

    graph: Graph
    contoso: Place
    fabrikam: Place
    adele: Membership
    alex: Membership
    sam: Membership
    visitor: Membership
    readers: Group
    hidden: Group
    travel: App
    foreign: ForeignProvider | None = None
    asking: Caller | None = None

    @property
    def house(self) -> House:
        """The house."""
        return self.graph.house

    def names(self) -> dict[str, str]:
        """What each id is called."""
        return {
            "contoso": self.contoso.id,
            "fabrikam": self.fabrikam.id,
            "admin": self.contoso.administrator.user_id,
            "fabrikam-admin": self.fabrikam.administrator.user_id,
            "adele": self.adele.user_id,
            "alex": self.alex.user_id,
            "sam": self.sam.user_id,
            "visitor": self.visitor.user_id,
            "readers": self.readers.group_id,
            "hidden": self.hidden.group_id,
            "approver": APPROVER,
            "travel": self.travel.app_id,
            "travel-principal": self.travel.service_principal_id,
            "travel-client": self.travel.client_id,
        }

    async def caller(self, name: str) -> Caller:
        """Somebody by name, signed in just now: ``nobody``, ``program``, ``admin``, ``adele`` and so on."""
        graph, now = self.graph, self._now
        match name:
            case "nobody":
                return graph.nobody
            case "program":
                return await graph.app(self.contoso, *EVERYTHING)
            case "idle program":
                return await graph.app(self.contoso)
            case "admin":
                return await graph.person(await now(self.contoso.administrator), *EVERYTHING, "Organizations.Leave")
            case "fabrikam-admin":
                return await graph.person(await now(self.fabrikam.administrator), *EVERYTHING, "Organizations.Leave")
            case "adele" | "alex":
                who = self.adele if name == "adele" else self.alex
                return await graph.person(await now(who), *EVERYTHING, "User.Read", "Organizations.Leave")
            case "sam":
                scopes = (*EVERYTHING, "User.Read", "Organizations.Leave")
                return await graph.person(await now(self.sam), *scopes, strength=Strength.EMAILED_CODE)
            case "visitor":
                return await graph.person(await now(self.visitor), "User.Read", "Organizations.Leave")
            case _:
                raise KeyError(name)

    async def _now(self, who: Membership) -> Membership:
        return await world.again(self.house, who.tenant_id, who.user_id)


async def stage(graph: Graph) -> Stage:
    """Set the stage in an empty house."""
    house = graph.house
    contoso = await world.organization(house, "Contoso", technical_contact="it@contoso.example")
    fabrikam = await world.organization(house, "Fabrikam")
    adele = await world.member(contoso, "Adele Vance", givenName="Adele", surname="Vance", jobTitle="Retail Manager")
    alex = await world.member(contoso, "Alex Wilber")
    sam = await world.guest(contoso, "sam@elsewhere.example", "Sam Rivers")
    readers = await _group(contoso, "Readers", adele, sam)
    hidden = await _group(contoso, "Works council", adele, sam, visibility="HiddenMembership", unified=True)
    travel = await _app(contoso)
    await assigning.assign_app(
        house, tenant_id=contoso.id, app_id=travel.app_id, user_id=sam.user_id, by=operator(), app_role_id=APPROVER
    )
    visitor = await world.visitor(fabrikam, adele)
    return Stage(graph, contoso, fabrikam, adele, alex, sam, visitor, readers, hidden, travel)


async def _group(
    place: Place, name: str, *members: Membership, visibility: str | None = None, unified: bool = False
) -> Group:
    nickname = name.split(maxsplit=1)[0].lower()
    new = NewGroup(name, nickname, unified, not unified, types=("Unified",) if unified else (), visibility=visibility)
    made = await grouping.create_group(place.house, new, tenant_id=place.id, by=operator())
    for who in members:
        await group_members.add_member(
            place.house, tenant_id=place.id, group_id=made.group_id, user_id=who.user_id, by=operator()
        )
    return made


async def _app(place: Place) -> App:
    role = {"id": APPROVER, "displayName": "Approver", "value": "approve", "allowedMemberTypes": ["User"]}
    new = NewApp("Travel", redirect_uris=("https://travel.example/cb",), app_roles=(role,))
    made = await apps.create_app(place.house, new, tenant_id=place.id, by=operator(), with_secret=False)
    return made.app
