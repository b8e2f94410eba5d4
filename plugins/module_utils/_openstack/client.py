# Copyright: (c) 2026, stackops.aggregates contributors
# SPDX-License-Identifier: BSD-2-Clause

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Send requests to a cloud: authentication, catalog, microversions.

This file knows neither Ansible nor Nova. keystoneauth1 authenticates, finds endpoints and sends requests, as
``session`` has it; this file says which ones may be sent again, and raises one type of error, which ``failures`` words.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

with contextlib.suppress(ImportError):  # where it is missing, HAS_KEYSTONEAUTH1 of auth.py is False
    import requests
    from keystoneauth1 import adapter
    from keystoneauth1 import exceptions as refusals

if TYPE_CHECKING:
    from .token_cache import TokenCache


from .._errors import CloudError, UnusableAnswer
from .auth import authentication
from .cloud_settings import CloudSettings
from .failures import has_access_rules, no_answer, not_keystone, refusal
from .fields import Fields
from .pages import Follow, all_items, follow_link
from .responses import date, json_object, own_message
from .session import Session

# The methods that may be sent again: what they do is the same when it is done twice. POST is an action and never is.
REPEATABLE = frozenset({"GET", "PUT", "DELETE"})
_MICROVERSION = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}")
# What Python raises where keystoneauth1 reads a token, a catalog or a version document that is none.
_MISREAD = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


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
            raise refusal(doing, answer, f"{asked} of the {service} API", self._token())
        body = json_object(answer)
        if not 200 <= status < 300 or (answer.content and body is None):
            raise CloudError(
                f"Could not {doing}: {urlsplit(answer.url).netloc} answered {status} with something that is not "
                f"OpenStack's JSON to {asked}: check the {service} endpoint in the catalog and proxies in between.",
                status,
            )
        fields = Fields(body or {}, f"{doing}: in the answer of {service} to {asked},", status)
        return Answer(status, fields, date(answer))

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
            raise no_answer(doing, error, self._settings) from None
        except _MISREAD:
            raise CloudError(f"Could not {doing}: {not_keystone(self._settings)}.", 200) from None
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
            return token is None or "admin" not in (token.role_names or ()) or has_access_rules(token)

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
        :raises CloudError: as ``request``, and if the pages have no end.
        """

        def ask(query: Mapping[str, str]) -> Fields:
            return self.request(
                service, "GET", path, doing=doing, microversion=microversion, params=query, once=once
            ).body

        return all_items(ask, key, params or {}, follow, doing, f"{service} answers GET {path}")

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
        if answer.status_code != 404 or not microversion or own_message(answer):
            return False
        newest = self._newest_offered(service)
        return newest is not None and _numbers(newest) < _numbers(microversion)

    def _newest_offered(self, service: str) -> str | None:
        """The newest microversion that a service offers; None where it does not tell."""
        doing = "see which microversions there are"
        try:
            with self._asking(doing):
                document = Fields(json_object(self._adapter(service).get("/", raise_exc=False)) or {}, doing)
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


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None
