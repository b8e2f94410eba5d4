# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""How a request that failed is worded, so that an operator understands it."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

with contextlib.suppress(ImportError):  # where it is missing, HAS_KEYSTONEAUTH1 of auth.py is False
    from keystoneauth1 import exceptions as refusals

if TYPE_CHECKING:
    import requests

from .._errors import CloudError
from .cloud_settings import CloudSettings
from .responses import own_message
from .rights import what_is_lacking


def no_answer(doing: str, error: Exception, settings: CloudSettings) -> CloudError:
    """Make the error for an exception of keystoneauth1; the most particular exception is tested first."""
    where = _identity(settings)
    status = getattr(error, "http_status", None)
    request_id = getattr(error, "request_id", None)
    if isinstance(error, refusals.Unauthorized):
        reason = f"the identity service {where} refused the credentials (401): check user, password and project"
    elif isinstance(error, refusals.EndpointNotFound | refusals.CatalogException):
        region = f" in region {settings.region_name}" if settings.region_name else ""
        reason = f"the catalog has no such {settings.interfaces} endpoint{region} ({error}): check region and interface"
    elif isinstance(error, refusals.SSLError):
        reason = f"its certificate is not trusted ({_cause(error)}): name its authority in 'ca_cert'"
    elif isinstance(error, refusals.ConnectFailure | refusals.DiscoveryFailure):
        reason = f"no answer ({_cause(error)}): check {_asked(error, settings)}, the network and that the service runs"
    elif isinstance(error, refusals.RetriableConnectionFailure | refusals.UnknownConnectionError):
        reason = f"the connection broke ({_cause(error)}): run again"
    elif isinstance(error, refusals.InvalidResponse):
        reason = not_keystone(settings)
    else:
        reason = f"{type(error).__name__}: {error}"
    return CloudError(f"Could not {doing}: {reason}.", status, request_id)


def _identity(settings: CloudSettings) -> str:
    return settings.address or "of these credentials"


def _asked(error: Exception, settings: CloudSettings) -> str:
    """Return where the address comes from that did not answer."""
    identity, text = urlsplit(settings.address or "").netloc, str(error)
    asked_keystone = identity in text or "auth_url" in text  # keystoneauth1 may name no address, but that option
    return f"auth_url {_identity(settings)}" if asked_keystone else "the service's endpoint in the catalog"


def not_keystone(settings: CloudSettings) -> str:
    """What to say of an answer in which keystoneauth1 finds no token, no catalog and no versions."""
    return (
        f"the identity service {_identity(settings)} answered with a token or a catalog, or a service with a list of "
        "its versions, that is not OpenStack's: check auth_url, the catalog and proxies in between"
    )


def _cause(error: Exception) -> str:
    """Return the text of keystoneauth1 with the system's own words, but without the reprs of the libraries below it."""
    text = str(error)
    match = re.search(r"\[Errno -?\d+\] ([^'\")]+)|certificate verify failed: ([^('\"]+)", text)
    words = f": {(match[1] or match[2]).strip()}" if match else ""
    return text.partition(": ")[0] + words


def refusal(doing: str, answer: requests.Response, call: str, token: Any) -> CloudError:
    """Make the error for an answer with a status of 400 or more; the token says what its account may lack."""
    request_id = answer.headers.get("x-openstack-request-id") or answer.headers.get("x-compute-request-id")
    message = own_message(answer) or answer.reason or "no explanation"
    text = f"Could not {doing}: the cloud answered {answer.status_code}: {message}"
    system = bool(token and token.system_scoped)
    if lacking := what_is_lacking(answer.status_code, call, message, system, has_access_rules(token)):
        text += f". {lacking}"
    if request_id:
        text += f" (request {request_id})"
    return CloudError(text + ".", answer.status_code, request_id)


def has_access_rules(token: Any) -> bool:
    """Whether a token is that of an application credential which access rules hold to some calls."""
    return bool(getattr(token, "application_credential_access_rules", None))
