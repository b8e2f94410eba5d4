# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What has to be known to reach a cloud, once all sources are laid over each other. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Seconds to wait for the bytes of an answer, where nothing else is configured.
DEFAULT_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class Service:
    """How one service is found in the catalog, or where it is without looking there."""

    type: str
    interface: str | list[str]
    region_name: str | None = None
    name: str | None = None
    endpoint: str | None = None  # URL instead of the catalog's


@dataclass(frozen=True, slots=True)
class CloudSettings:
    """Where a cloud is and how to authenticate there. ``auth`` holds secrets and stays out of ``repr``."""

    auth_type: str
    auth: dict[str, Any] = field(repr=False)
    region_name: str | None = None
    interface: str | list[str] = "public"  # of several the first one that the catalog has
    verify: bool | str = True  # a text is the file or folder of the authorities
    cert: str | tuple[str, str] | None = None
    timeout: float = DEFAULT_TIMEOUT  # seconds
    services: Mapping[str, Service] = field(default_factory=dict)  # by name, those of SERVICES
    cache_auth: bool = False  # whether the token is kept for the next task

    @property
    def address(self) -> str | None:
        """The URL of the identity service, or of the only service where there is none."""
        return self.auth.get("auth_url") or self.auth.get("endpoint")

    @property
    def interfaces(self) -> str:
        return self.interface if isinstance(self.interface, str) else " or ".join(self.interface)

    @property
    def warnings(self) -> list[str]:
        if self.verify:
            return []
        return [
            f"The certificates of the cloud {self.address or ''} are not verified, so anybody on the way can read the "
            "credentials: name their authority in 'ca_cert', and take validate_certs, verify or insecure away."
        ]
