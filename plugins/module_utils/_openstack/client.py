# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Send requests to a cloud: authentication, catalog, microversions, pages and errors.

This file knows neither Ansible nor Nova. keystoneauth1 authenticates, finds endpoints and sends requests, as
``session`` has it; this file says which ones may be sent again, raises one type of error, and words it so that an
operator understands it.
"""

from __future__ import annotations

import contextlib
import functools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

with contextlib.suppress(ImportError):  # where it is missing, HAS_KEYSTONEAUTH1 of auth.py is False
    import requests
    from keystoneauth1 import adapter
    from keystoneauth1 import exceptions as refusals

if TYPE_CHECKING:
    from .token_cache import TokenCache


from .._errors import CloudError, UnusableAnswer
from .auth import authentication
from .cloud_settings import CloudSettings
from .fields import Fields
from .rights import what_is_lacking
from .session import Session

# The methods that may be sent again: what they do is the same when it is done twice. POST is an action and never is.
REPEATABLE = frozenset({"GET", "PUT", "DELETE"})
# A list with more items than that has no end.
MOST_ITEMS = 1_000_000
_MICROVERSION = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}")
# What Python raises where keystoneauth1 reads a token, a catalog or a version document that is none.
_MISREAD = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
# Returns what the query of the next page has beside that of the first, from a page, the key of its list, and how many
# items there were so far; None for the last page.
Follow = Callable[[Fields, str, int], "dict[str, str] | None"]


def follow_link(page: Fields, key: str, _count: int) -> dict[str, str] | None:
    """Nova's way: a link to the next page, which holds a marker."""
    links = page.objects(f"{key}_links", ())
    return _marker(next((link.text("href") for link in links if link.text("rel", "") == "next"), None))


def follow_next(page: Fields, _key: str, _count: int) -> dict[str, str] | None:
    """Glance's way: the path of the next page, which holds a marker."""
    return _marker(page.text("next", None))


def follow_offset(page: Fields, key: str, count: int) -> dict[str, str] | None:
    """The way of Nova's oldest lists: an offset, and an empty page at the end."""
    return {"offset": str(count)} if page.objects(key) else None


def _marker(link: str | None) -> dict[str, str] | None:
    """Only the marker of a link is used: its host may be anybody's, and behind a proxy one that we cannot reach."""
    if link is None:
        return None
    marker = dict(parse_qsl(link.partition("?")[2].partition("#")[0])).get("marker")
    return {"marker": marker} if marker else {}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered.

    :ivar time: the service's own clock (its ``Date`` header), ISO 8601 in UTC; None where a proxy or uWSGI sends none.
    """

    status: int
    body: Fields
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
        self._session = Session(settings, auth, http)
        self._adapters: dict[str, adapter.Adapter] = {}

    @property
    def warnings(self) -> list[str]:
        return self._settings.warnings

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
        :raises CloudError: if there is no answer, or one that is no success, or one that is not JSON.
        """
        if self._before_write and method != "GET":
            self._before_write()
        repeatable = method in REPEATABLE and not once
        send = functools.partial(
            self._adapter(service).request,
            path,
            method,
            json=body,
            params=dict(params or {}),
            microversion=microversion,
            headers={"Accept": "application/json"},
            raise_exc=False,
            **({} if repeatable else {"connect_retries": 0, "status_code_retries": 0}),
        )
        try:
            with self._asking(doing):
                answer = send()
                if answer.status_code == 401 and self._has_other_token(answer.request.headers.get("X-Auth-Token")):
                    answer = send()
        except CloudError:
            self.wrote |= method != "GET"
            raise
        self.wrote |= method != "GET" and not 400 <= answer.status_code < 500
        return self._checked(answer, service, f"{method} {path}", doing, microversion)

    def _checked(
        self, answer: requests.Response, service: str, asked: str, doing: str, microversion: str | None
    ) -> Answer:
        """:raises CloudError: if it is no success, or no JSON."""
        status = answer.status_code
        if status == 406 or self._lacks_route(service, microversion, answer):
            raise self._too_old(service, doing, microversion)
        if status >= 400:
            raise _refusal(doing, answer, f"{asked} of the {service} API", self._token())
        body = _json(answer)
        if not 200 <= status < 300 or (answer.content and body is None):
            raise CloudError(
                f"Could not {doing}: {urlsplit(answer.url).netloc} answered {status} with something that is not "
                f"OpenStack's JSON to {asked}: check the {service} endpoint in the catalog and proxies in between.",
                status,
            )
        fields = Fields(body or {}, f"{doing}: in the answer of {service} to {asked},", status)
        return Answer(status, fields, _time(answer))

    @contextlib.contextmanager
    def _asking(self, doing: str) -> Iterator[None]:
        """Word whatever goes wrong while keystoneauth1 authenticates and asks, and keep the token that it has then.

        :raises CloudError: if there is no answer that can be used.
        """
        try:
            yield
        except UnusableAnswer as error:
            raise CloudError(f"Could not {doing}: {error}.", error.status) from None
        except refusals.ClientException as error:
            raise _no_answer(doing, error, self._settings) from None
        except _MISREAD:
            raise CloudError(f"Could not {doing}: {_not_keystone(self._settings)}.", 200) from None
        finally:
            self._keep_token()

    def user(self) -> str | None:
        """Return the id of the user to whom the credentials belong."""
        with self._asking("find out who we are"):
            return _text_or_none(self._session.get_user_id())

    def project(self) -> str | None:
        """Return the id of the project that the credentials are for; None where they are for none."""
        with self._asking("find out which project is ours"):
            return _text_or_none(self._session.get_project_id())

    def user_name(self) -> str | None:
        """The name of that user; None where its authentication tells none."""
        self.user()
        token = self._token()
        with self._asking("find out who we are"):
            return _text_or_none(token.username) if token else None

    def endpoint(self, service: str) -> str:
        """Return the URL of a service as the catalog has it; empty where there is none."""
        with self._asking(f"find the {service} endpoint"):
            return self._adapter(service).get_endpoint() or ""

    def is_restricted(self) -> bool:
        """Whether the account may lack rights: it has not the role admin, or access rules hold it to some calls."""
        token = self._token()
        with self._asking("find out who we are"):
            return token is None or "admin" not in (token.role_names or ()) or _has_access_rules(token)

    def _token(self) -> Any:
        """The token with all that it tells; None where there is none to be had, or credentials are no tokens.

        After a 401 another thread may just have thrown it away, so a new one is asked for.
        """
        if not hasattr(self._auth, "get_access"):
            return None
        with contextlib.suppress(CloudError), self._asking("find out who we are"):
            return self._auth.get_access(self._session)
        return None

    def pages(
        self,
        service: str,
        path: str,
        key: str,
        *,
        doing: str,
        microversion: str | None = None,
        params: Mapping[str, str] | None = None,
        follow: Follow = follow_link,
        once: bool = False,
    ) -> list[Fields]:
        """Return everything that a list request holds, all its pages.

        :param key: the key of the list in the answer, such as ``servers``.
        :param follow: how one page leads to the next.
        :param once: as in ``request``.
        :raises CloudError: if the pages have no end: one says that more follow, and holds nothing new.
        """
        items: list[Fields] = []
        known: set[str] = set()
        query = dict(params or {})
        while True:
            page = self.request(
                service, "GET", path, doing=doing, microversion=microversion, params=query, once=once
            ).body
            listed = page.objects(key)
            items += listed
            following = follow(page, key, len(items))
            if following is None:
                return items
            new = {item.word("id") for item in listed} - known
            if not new or len(items) > MOST_ITEMS:
                raise CloudError(
                    f"Could not {doing}: the pages in which {service} answers GET {path} have no end, for after "
                    f"{len(items)} {key} the same or ever more follow: run again, and if it stays so, check proxies in "
                    "between."
                )
            known |= new
            query |= following

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
            wanted = self._settings.services[service]
            self._adapters[service] = adapter.Adapter(
                self._session,
                service_type=wanted.type,
                service_name=wanted.name,
                interface=wanted.interface,
                region_name=wanted.region_name,
                endpoint_override=wanted.endpoint,
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
        doing = "see which microversions there are"
        try:
            with self._asking(doing):
                document = Fields(_json(self._adapter(service).get("/", raise_exc=False)) or {}, doing)
            version = next(iter(document.objects("versions", ())), None) or document.object("version")
            newest = version.text("version", "") or version.text("max_version")
        except CloudError:
            return None
        return newest if _MICROVERSION.fullmatch(newest) else None


def _numbers(microversion: str) -> tuple[int, ...]:
    return tuple(int(number) for number in microversion.split("."))


def _token_cache(settings: CloudSettings, auth: Any) -> TokenCache:
    """Load the file of the cache only where a cache is wanted: a module process compiles anew all that it loads."""
    from .token_cache import TokenCache

    return TokenCache(settings, auth)


def _no_answer(doing: str, error: Exception, settings: CloudSettings) -> CloudError:
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
        reason = f"no answer ({_cause(error)}): check auth_url {where}, the network and that the service runs"
    elif isinstance(error, refusals.RetriableConnectionFailure | refusals.UnknownConnectionError):
        reason = f"the connection broke ({_cause(error)}): run again"
    elif isinstance(error, refusals.InvalidResponse):
        reason = _not_keystone(settings)
    else:
        reason = f"{type(error).__name__}: {error}"
    return CloudError(f"Could not {doing}: {reason}.", status, request_id)


def _identity(settings: CloudSettings) -> str:
    return settings.address or "of these credentials"


def _not_keystone(settings: CloudSettings) -> str:
    return (
        f"the identity service {_identity(settings)} answered with a token or a catalog, or a service with a list of "
        "its versions, that is not OpenStack's: check auth_url, the catalog and proxies in between"
    )


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _cause(error: Exception) -> str:
    """Return the text of keystoneauth1 with the system's own words, but without the reprs of the libraries below it."""
    text = str(error)
    match = re.search(r"\[Errno -?\d+\] ([^'\")]+)|certificate verify failed: ([^('\"]+)", text)
    words = f": {(match[1] or match[2]).strip()}" if match else ""
    return text.partition(": ")[0] + words


def _refusal(doing: str, answer: requests.Response, call: str, token: Any) -> CloudError:
    """Make the error for an answer with a status of 400 or more; the token says what its account may lack."""
    request_id = answer.headers.get("x-openstack-request-id") or answer.headers.get("x-compute-request-id")
    message = _message(answer)
    text = f"Could not {doing}: the cloud answered {answer.status_code}: {message}"
    system = bool(token and token.system_scoped)
    if lacking := what_is_lacking(answer.status_code, call, message, system, _has_access_rules(token)):
        text += f". {lacking}"
    if request_id:
        text += f" (request {request_id})"
    return CloudError(text + ".", answer.status_code, request_id)


def _has_access_rules(token: Any) -> bool:
    return bool(getattr(token, "application_credential_access_rules", None))


def _message(answer: requests.Response) -> str:
    return _own_message(answer) or answer.reason or "no explanation"


def _own_message(answer: requests.Response) -> str | None:
    """Return the service's own message; the services have several shapes for it."""
    body = _json(answer) or {}
    listed = body.get("errors")
    parts = [*body.values(), *(listed if isinstance(listed, list) else ())]
    texts = (part.get(key) for part in parts if isinstance(part, Mapping) for key in ("message", "detail", "title"))
    text = next((text for text in texts if text and isinstance(text, str)), None)
    return " ".join(text.split()).rstrip(".") if text else None


def _json(answer: requests.Response) -> dict[str, Any] | None:
    """Return the JSON object in an answer; None where there is none, as in the page of a proxy."""
    try:
        body = json.loads(answer.content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _time(answer: requests.Response) -> str | None:
    try:
        return parsedate_to_datetime(answer.headers.get("Date") or "").strftime("%Y-%m-%dT%H:%M:%S")
    except (ValueError, OverflowError):
        return None
