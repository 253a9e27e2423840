"""Paths of Microsoft Graph that are known, and not served here: they answer 501 instead of 400.

A program that asks for somebody's mail then learns that this directory has none, and one that mistypes a path that it
did. Names are in lower case, as segments are compared.
"""

from collections.abc import Mapping, Sequence
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ROOTS: Final = _words(
    """
    admin administrativeunits agreementacceptances agreements appcatalogs applicationtemplates
    authenticationmethodconfigurations authenticationmethodspolicy certificatebasedauthconfiguration chats
    communications connections contacts contracts copilot deviceappmanagement devicemanagement
    devices directorysettingtemplates domaindnsrecords drive drives education employeeexperience external
    grouplifecyclepolicies groupsettings groupsettingtemplates identitygovernance identityprotection
    informationprotection onpremisespublishingprofiles partners permissiongrants places planner print privacy
    schemaextensions scopedrolememberships search security shares sites solutions storage subscribedskus teams
    teamstemplates teamwork tenantrelationships trustframework workbooks
    """
)
"""First segments. What is served is found before anybody looks here."""

_OF_USERS: Final = _words(
    """
    activities adhoccalls agreementacceptances appconsentrequestsforapproval approvals assignlicense authentication
    calendar calendargroups calendars calendarview chats cloudclipboard cloudpcs contactfolders contacts
    deviceenrollmentconfigurations deviceenrollmentlimit
    devicemanagementtroubleshootingevents devices drive drives employeeexperience events
    exportdeviceandappmanagementdata extensions findmeetingtimes findroomlists findrooms
    followedsites getmailtips getmanagedappdiagnosticstatuses getmanagedapppolicies getmanageddeviceswithappfailures
    inferenceclassification informationprotection insights joinedgroups joinedteams licensedetails mailboxsettings
    mailfolders managedappregistrations manageddevices messages onenote onlinemeetings onpremisessyncbehavior
    outlook pendingaccessreviewinstances people permissiongrants photo photos planner presence print profile
    registereddevices reminderview removealldevicesfrommanagement reprocesslicenseassignment
    retryserviceprovisioning scopedrolememberof security sendmail serviceprovisioningerrors settings solutions
    teamwork todo transitivereports translateexchangeids usagerights virtualevents
    windowsinformationprotectiondeviceregistrations wipemanagedappregistrationsbydevicetag
    """
)
BELOW: Final[Mapping[str, frozenset[str]]] = {
    "users": _OF_USERS,
    "me": _OF_USERS | {"exportpersonaldata"},
    "groups": _words(
        """
        acceptedsenders addfavorite approleassignments assigneddevices assignlicense calendar calendarview
        checkgrantedpermissionsforapp conversations createdonbehalfof drive drives endpoints
        evaluatedynamicmembership events extensions grouplifecyclepolicies memberswithlicenseerrors onenote
        permissiongrants photo photos planner rejectedsenders removefavorite renew resetunseencount
        retryserviceprovisioning serviceprovisioningerrors settings sites subscribebymail team threads
        unsubscribebymail
        """
    ),
    "directory": _words(
        """
        administrativeunits attributesets certificateauthorities customsecurityattributedefinitions
        devicelocalcredentials featurerolloutpolicies federationconfigurations graph.administrativeunit
        graph.agentidentity graph.certificateauthoritydetail graph.certificatebasedauthpki graph.device
        graph.externaluserprofile graph.pendingexternaluserprofile impactedresources inboundshareduserprofiles
        onpremisessynchronization outboundshareduserprofiles publickeyinfrastructure recommendations
        sharedemaildomains subscriptions
        """
    ),
    "domains": _words("federationconfiguration sharedemaildomain"),
    "directoryroles": _words(
        """
        scopedmembers
        """
    ),
    "organization": _words(
        """
        branding certificatebasedauthconfiguration extensions partnerinformation setmobiledevicemanagementauthority
        """
    ),
    "rolemanagement": _words(
        """
        cloudpc defender devicemanagement enterpriseapps entitlementmanagement exchange inheritspermissionsfrom
        resourcenamespaces roleassignmentapprovals roleassignmentscheduleinstances roleassignmentschedulerequests
        roleassignmentschedules roleeligibilityscheduleinstances roleeligibilityschedulerequests
        roleeligibilityschedules transitiveroleassignments
        """
    ),
    "auditlogs": _words(
        """
        customsecurityattributeaudits directoryprovisioning signinoccurrences signups
        """
    ),
    "policies": _words(
        """
        accessreviewpolicy activitybasedtimeoutpolicies adminconsentrequestpolicy appmanagementpolicies
        authenticationflowspolicy authenticationmethodspolicy authenticationstrengthpolicies b2bmanagementpolicies
        b2cauthenticationmethodspolicy claimsmappingpolicies conditionalaccesspolicies defaultappmanagementpolicy
        deviceregistrationpolicy directoryrolemanagementpolicies featurerolloutpolicies
        federatedtokenvalidationpolicy homerealmdiscoverypolicies identitysecuritydefaultsenforcementpolicy
        mobileappmanagementpolicies mobiledevicemanagementpolicies onpremauthenticationpolicies ownerlessgrouppolicy
        permissiongrantpolicies rolemanagementpolicies rolemanagementpolicyassignments
        serviceprincipalcreationpolicies tokenissuancepolicies tokenlifetimepolicies
        """
    ),
    "identity": _words(
        """
        apiconnectors authenticationeventlisteners authenticationeventsflows b2cuserflows b2xuserflows
        conditionalaccess continuousaccessevaluationpolicy customauthenticationextensions productionenvironment
        riskprevention userflowattributes userflows verifiedid
        """
    ),
}
"""Segments anywhere below a first one."""

_WHY: Final[Mapping[tuple[str, str], str]] = {
    ("domains", "federationconfiguration"): (
        "People whose names are in a domain of an organization sign in here. Guests come from other identity providers"
        " by /identity/identityProviders."
    ),
}
"""Why some of it is not served, by a first segment and one below it."""


def is_elsewhere(names: Sequence[str]) -> bool:
    """Whether Graph serves something below such a path and we do not: ``names`` are its segments, in lower case."""
    if not names:
        return False
    return names[0] in ROOTS or not BELOW.get(names[0], frozenset()).isdisjoint(names[1:])


def why_not_here(names: Sequence[str]) -> str:
    """More about why something is not served here; empty where there is nothing to say."""
    return next((why for (first, below), why in _WHY.items() if names[0] == first and below in names[1:]), "")
