# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The options of a maintenance."""

from __future__ import annotations

import getpass
import os
import re
from dataclasses import dataclass

from .._errors import Refused
from .._migration.limits import MigrationLimits
from .._openstack.cloud import Cloud
from .._targets.options import TargetOptions
from .ownership import Keeper


@dataclass(frozen=True, kw_only=True)
class Options(TargetOptions, MigrationLimits):
    """The options of os_host_maintenance, beside where servers may go and how long that may take."""

    keeper: Keeper
    mode: str = "migrate"
    reason: str = ""
    foreign: str = "refuse"
    standing: bool = False
    bring_back: bool = True
    bring_back_required: bool = False
    leave_stopped: bool = False
    leave_unmovable: bool = False


def default_owner(cloud: Cloud) -> str:
    """Return who we are, in characters that a mark may hold: the user on this machine and the user of the cloud.

    Both outlive a container, as its host name does not.

    :raises Refused: if the user on this machine has no name, as in some containers.
    """
    try:
        person = getpass.getuser()
    except (KeyError, OSError):
        raise Refused(
            f"The user {os.getuid()} of this process has no name, so a mark could not say who keeps the host: "
            "set 'owner'."
        ) from None
    account = cloud.user_name()
    return re.sub(r"[:\s]", "_", f"{person}@{account}" if account else person)
