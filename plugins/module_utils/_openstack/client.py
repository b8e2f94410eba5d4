# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Send requests to a cloud: authentication, catalog, microversions, pages, retries (which HTTP statuses) and errors.

This file knows neither Ansible nor Nova. keystoneauth1 authenticates, finds endpoints and sends requests again; this
file says which ones it may send again, raises one type of error, and words it so that an operator understands it.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

with contextlib.suppress(ImportError):  # where it is missing, HAS_KEYSTONEAUTH1 of auth.py is False
    import requests
    from keystoneauth1 import adapter, session
    from keystoneauth1 import exceptions as refusals

if TYPE_CHECKING:
    from .token_cache import TokenCache


from .._errors import CloudError
from .auth import authentication
from .clouds_yaml import CloudSettings

# A connection that is not up after this many seconds will not come; reading waits CloudSettings.timeout.
CONNECT_TIMEOUT = 10.0
# How often a request is sent again; keystoneauth1 waits 0.5, 1, 2, 4 ... seconds before each time.
RETRIES = 4
# The HTTP statuses after which a request is sent again; a lost connection counts like one of them.
RETRIED_STATUSES = (429, 500, 502, 503, 504)
# The methods that may be sent again: what they do is the same when it is done twice. POST is an action and never is.
REPEATABLE = frozenset({"GET", "PUT", "DELETE"})


class Body(dict[str, Any]):
    """The JSON object of an answer; reading a key that it lacks raises CloudError."""

    def __init__(self, values: Mapping[str, Any], doing: str) -> None:
        super().__init__(values)
        self._doing = doing

    def __missing__(self, key: str) -> Any:
        raise CloudError(
            f"Could not {self._doing}: the answer lacks {key!r}, so it is not OpenStack's: check the endpoints in the "
            "catalog and proxies in between."
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered.

    :ivar time: the service's own clock (its ``Date`` header), ISO 8601 in UTC; None where a proxy or uWSGI sends none.
    """

    status: int
    body: Body
    time: str | None = None


class Client:
    """Requests to the services of one cloud, with one session and one token.

    :ivar wrote: whether any request was sent that changed something, or may have.
    :param http: the session to use; tests mount their fake cloud on it.
    :param before_write: is called before every request that may change something; it raises an error to forbid it.
    """

    def __init__(
        self,
        settings: CloudSettings,
        http: requests.Session | None = None,
        before_write: Callable[[], None] | None = None,
    ) -> None:
        self._settings = settings
        self._before_write = before_write
        self.wrote = False
        self._auth = auth = authentication(settings)
        self._tokens = _token_cache(settings, auth) if settings.cache_auth else None
        self._session = session.Session(
            auth=auth,
            session=http,
            verify=settings.verify,
            cert=settings.cert,
            timeout=settings.timeout,
            app_name="stackops.aggregates",
        )
        self._adapters: dict[str, adapter.Adapter] = {}

    @property
    def credentials(self) -> Mapping[str, Any]:
        """What the authentication plugin is given; there are secrets in it."""
        return self._settings.auth

    def request(
        self,
        service: str,
        method: str,
        path: str,
        *,
        doing: str,
        microversion: str | None = None,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        once: bool = False,
    ) -> Answer:
        """Send one request and return the answer.

        :param service: service type of the catalog, such as ``compute``.
        :param doing: what the request is for, worded to complete "Could not ...".
        :param microversion: the one whose behaviour is wanted, for services that have microversions.
        :param once: whether it must not be sent again without a new look, whatever its method.
        :raises CloudError: if there is no answer, or one with a status of 400 or more, or one that is not JSON.
        """
        if self._before_write and method != "GET":
            self._before_write()
        retries = RETRIES if method in REPEATABLE and not once else 0
        send = functools.partial(
            self._adapter(service).request,
            path,
            method,
            json=body,
            params=dict(params or {}),
            microversion=microversion,
            headers={"Accept": "application/json"},
            raise_exc=False,
            connect_retries=retries,
            status_code_retries=retries,
            retriable_status_codes=RETRIED_STATUSES,
            timeout=(CONNECT_TIMEOUT, self._settings.timeout),
        )
        try:
            answer = send()
            if answer.status_code == 401 and self._has_other_token(answer.request.headers.get("X-Auth-Token")):
                answer = send()
        except refusals.ClientException as error:
            self.wrote |= method != "GET"
            raise _no_answer(doing, error, self._settings) from None
        finally:
            self._keep_token()
        self.wrote |= method != "GET" and not 400 <= answer.status_code < 500
        return self._checked(answer, service, doing, microversion)

    def _checked(self, answer: requests.Response, service: str, doing: str, microversion: str | None) -> Answer:
        """:raises CloudError: if it is a refusal, or no JSON."""
        if answer.status_code == 406 or self._lacks_route(service, microversion, answer):
            raise self._too_old(service, doing, microversion)
        if answer.status_code >= 400:
            raise _refusal(doing, answer)
        body = _json(answer)
        if answer.content and body is None:
            raise CloudError(
                f"Could not {doing}: {urlsplit(answer.url).netloc} answered {answer.status_code} with something "
                f"that is not OpenStack's JSON: check the {service} endpoint in the catalog and proxies in between.",
                answer.status_code,
            )
        return Answer(answer.status_code, Body(body or {}, doing), _time(answer))

    def user(self) -> str | None:
        """Return the id of the user to whom the credentials belong."""
        try:
            return self._session.get_user_id()
        except refusals.ClientException as error:
            raise _no_answer("find out who we are", error, self._settings) from None
        finally:
            self._keep_token()

    def user_name(self) -> str | None:
        """The name of that user; None where its authentication tells none."""
        self.user()
        token = getattr(self._auth, "auth_ref", None)
        return token.username if token else None

    def pages(
        self,
        service: str,
        path: str,
        key: str,
        *,
        doing: str,
        microversion: str,
        params: Mapping[str, Any] | None = None,
    ) -> list[dict[str, Any]]:
        """Return everything that a list request holds, all its pages.

        :param key: the key of the list in the answer, such as ``servers``.
        """
        items: list[dict[str, Any]] = []
        query = dict(params or {})
        while True:
            body = self.request(service, "GET", path, doing=doing, microversion=microversion, params=query).body
            items += body[key]
            following = [link["href"] for link in body.get(f"{key}_links") or [] if link.get("rel") == "next"]
            if not following:
                return items
            # Only the query of the link is used: behind a proxy its host is often one that we cannot reach.
            query = {**query, **dict(parse_qsl(urlsplit(following[0]).query))}

    def _has_other_token(self, refused: str | None) -> bool:
        """Return whether another thread has already replaced the token that was refused.

        keystoneauth1 then authenticates no more and returns the 401, so the request has to be sent again here.
        """
        if not hasattr(self._auth, "auth_ref"):
            return False  # a plugin whose credentials are no tokens
        token = self._auth.auth_ref
        return bool(refused != (token.auth_token if token else None))

    def _keep_token(self) -> None:
        if self._tokens:
            self._tokens.keep()

    def _adapter(self, service: str) -> adapter.Adapter:
        if service not in self._adapters:
            self._adapters[service] = adapter.Adapter(
                self._session,
                service_type=service,
                interface=self._settings.interface,
                region_name=self._settings.region_name,
                endpoint_override=self._settings.endpoints.get(service.replace("-", "_")),
                # Catalogs that name no version in Nova's URL are asked for it; the others cost no request.
                min_version="2.1" if service == "compute" else None,
                max_version="2.latest" if service == "compute" else None,
            )
        return self._adapters[service]

    def _too_old(self, service: str, doing: str, microversion: str | None) -> CloudError:
        """Make the error for a microversion that the cloud lacks; ask it, only now, which one it offers."""
        newest = self._newest_offered(service)
        offer = f"this cloud offers at most {newest}" if newest else "this cloud does not offer it"
        return CloudError(
            f"Could not {doing}: that needs microversion {microversion} of the {service} API, and {offer}.", 406
        )

    def _lacks_route(self, service: str, microversion: str | None, answer: requests.Response) -> bool:
        """Whether a service is so old that it does not know the path: it says 404 then, and nothing more."""
        if answer.status_code != 404 or not microversion or _own_message(answer):
            return False
        newest = self._newest_offered(service)
        return newest is not None and _numbers(newest) < _numbers(microversion)

    def _newest_offered(self, service: str) -> str | None:
        """The newest microversion that a service offers; None where it does not tell."""
        try:
            document = _json(self._adapter(service).get("/", raise_exc=False)) or {}
        except refusals.ClientException:
            return None
        versions = document.get("versions") or [document.get("version") or {}]
        return next((version.get("version") or version.get("max_version") for version in versions), None)


def _numbers(microversion: str) -> tuple[int, ...]:
    return tuple(int(number) for number in microversion.split("."))


def _token_cache(settings: CloudSettings, auth: Any) -> TokenCache:
    """Load the file of the cache only where a cache is wanted: a module process compiles anew all that it loads."""
    from .token_cache import TokenCache

    return TokenCache(settings, auth)


def _no_answer(doing: str, error: Exception, settings: CloudSettings) -> CloudError:
    """Make the error for an exception of keystoneauth1; the most particular exception is tested first."""
    where = settings.auth.get("auth_url") or settings.auth.get("endpoint")
    status = getattr(error, "http_status", None)
    request_id = getattr(error, "request_id", None)
    if isinstance(error, refusals.Unauthorized):
        reason = f"the identity service {where} refused the credentials (401): check user, password and project"
    elif isinstance(error, refusals.EndpointNotFound | refusals.CatalogException):
        region = f" in region {settings.region_name}" if settings.region_name else ""
        reason = f"the catalog has no such {settings.interface} endpoint{region} ({error}): check region and interface"
    elif isinstance(error, refusals.SSLError):
        reason = f"its certificate is not trusted ({_cause(error)}): name its authority in 'ca_cert'"
    elif isinstance(error, refusals.ConnectFailure | refusals.DiscoveryFailure):
        reason = f"no answer ({_cause(error)}): check auth_url {where}, the network and that the service runs"
    elif isinstance(error, refusals.RetriableConnectionFailure | refusals.UnknownConnectionError):
        reason = f"the connection broke ({_cause(error)}): run again"
    else:
        reason = f"{type(error).__name__}: {error}"
    return CloudError(f"Could not {doing}: {reason}.", status, request_id)


def _cause(error: Exception) -> str:
    """Return the text of keystoneauth1 with the system's own words, but without the reprs of the libraries below it."""
    text = str(error)
    match = re.search(r"\[Errno -?\d+\] ([^'\")]+)|certificate verify failed: ([^('\"]+)", text)
    words = f": {(match[1] or match[2]).strip()}" if match else ""
    return text.partition(": ")[0] + words


def _refusal(doing: str, answer: requests.Response) -> CloudError:
    """Make the error for an answer with a status of 400 or more."""
    request_id = answer.headers.get("x-openstack-request-id") or answer.headers.get("x-compute-request-id")
    text = f"Could not {doing}: the cloud answered {answer.status_code}: {_message(answer)}"
    if answer.status_code == 403:
        text += ". This needs an administrator of the cloud: use credentials with the admin role"
    if request_id:
        text += f" (request {request_id})"
    return CloudError(text + ".", answer.status_code, request_id)


def _message(answer: requests.Response) -> str:
    return _own_message(answer) or answer.reason or "no explanation"


def _own_message(answer: requests.Response) -> str | None:
    """Return the service's own message; the services have several shapes for it."""
    body = _json(answer) or {}
    error = next((part for part in body.values() if isinstance(part, Mapping) and part.get("message")), None)
    if error:
        return " ".join(str(error["message"]).split()).rstrip(".")
    for error in body.get("errors") or []:
        return " ".join(str(error.get("detail") or error.get("title")).split()).rstrip(".")
    return None


def _json(answer: requests.Response) -> dict[str, Any] | None:
    """Return the JSON object in an answer; None where there is none, as in the page of a proxy."""
    try:
        body = answer.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _time(answer: requests.Response) -> str | None:
    try:
        return parsedate_to_datetime(answer.headers.get("Date") or "").strftime("%Y-%m-%dT%H:%M:%S")
    except ValueError:
        return None
