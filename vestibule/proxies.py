"""Who is calling, behind proxies: ``X-Forwarded-For`` is believed only from the addresses in the settings."""

from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.types import Scope

from vestibule.settings import BadSetting


@dataclass(slots=True)
class Proxies:
    """The trusted proxies of a deployment.

    Args:
        setting: addresses or networks, separated by commas.

    Raises:
        BadSetting: one of them is neither.
    """

    setting: str
    _networks: list[IPv4Network | IPv6Network] = field(init=False)

    def __post_init__(self) -> None:
        """Read the setting once."""
        words = [word.strip() for word in self.setting.split(",") if word.strip()]
        try:
            self._networks = [ip_network(word, strict=False) for word in words]
        except ValueError as bad:
            raise BadSetting(f"VESTIBULE_TRUSTED_PROXIES: {bad}; give addresses or networks by comma") from bad

    def apply(self, scope: Scope) -> None:
        """Put the caller's own address into the scope: the last one that no trusted proxy has."""
        client = scope.get("client")
        if not client or not self._networks or not self._trusts(client[0]):
            return
        # Several lines are one list in their order (RFC 9110, section 5.3): a caller's own come before the proxy's.
        header = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
        for word in reversed(header.decode("latin-1").split(",")):
            address = word.strip()
            if _address(address) is None:
                return
            scope["client"] = (address, 0)
            if not self._trusts(address):
                return

    def _trusts(self, text: str) -> bool:
        address = _address(text)
        return address is not None and any(address in network for network in self._networks)


@lru_cache(maxsize=1024)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    """The address that the text is; None when it is none. Proxies and callers come again and again."""
    try:
        return ip_address(text)
    except ValueError:
        return None
