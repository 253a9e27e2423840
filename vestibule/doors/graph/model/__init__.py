"""What kinds of object there are, and which properties they have.

One table per kind serves everything that has to know: reading bodies, ``$select``, ``$filter``, ``$orderby``,
``$search``, the shapes of answers and the OpenAPI description.
"""

from vestibule.doors.graph.model.audit import DIRECTORY_AUDIT as DIRECTORY_AUDIT
from vestibule.doors.graph.model.group import GROUP as GROUP
from vestibule.doors.graph.model.identity_provider import IDENTITY_PROVIDER as IDENTITY_PROVIDER
from vestibule.doors.graph.model.identity_provider import OPENID_CONNECT as OPENID_CONNECT
from vestibule.doors.graph.model.identity_provider import SAML_PROVIDER as SAML_PROVIDER
from vestibule.doors.graph.model.invitation import INVITATION as INVITATION
from vestibule.doors.graph.model.organization import ORGANIZATION as ORGANIZATION
from vestibule.doors.graph.model.policies import AUTHORIZATION_POLICY as AUTHORIZATION_POLICY
from vestibule.doors.graph.model.policies import EXTERNAL_IDENTITIES_POLICY as EXTERNAL_IDENTITIES_POLICY
from vestibule.doors.graph.model.policies import TERMS_OF_USE as TERMS_OF_USE
from vestibule.doors.graph.model.property import Entity as Entity
from vestibule.doors.graph.model.property import Is as Is
from vestibule.doors.graph.model.property import Property as Property
from vestibule.doors.graph.model.property import Sort as Sort
from vestibule.doors.graph.model.property import Tests as Tests
from vestibule.doors.graph.model.provisioning import PROVISIONING as PROVISIONING
from vestibule.doors.graph.model.sign_in import SIGN_IN as SIGN_IN
from vestibule.doors.graph.model.user import USER as USER

ENTITIES = (
    USER,
    GROUP,
    ORGANIZATION,
    INVITATION,
    EXTERNAL_IDENTITIES_POLICY,
    AUTHORIZATION_POLICY,
    TERMS_OF_USE,
    DIRECTORY_AUDIT,
    PROVISIONING,
    OPENID_CONNECT,
    SAML_PROVIDER,
    SIGN_IN,
)
