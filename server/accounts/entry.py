"""Who joins over a socket: from memory, signatures and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from server.accounts.directory import Directory
from server.accounts.model import Site
from server.accounts.tokens import read_visitor_token
from server.clock import Now
from server.errors import AppError
from server.http import SESSION_COOKIE
from server.ids import NewId
from server.principals import Person, Visitor

Noticed = Callable[[Site, str, Mapping[str, Any]], None]


class Entry:
    """Authenticates joins of `/visitor` and `/console`; both are plain functions that ask nobody.

    Args:
        secret: the server's secret key, under which visitor tokens are signed.
        public_origin: the origin of our own pages, the only one whose cookie counts.
        noticed: told of every page that comes with a site's key: the site, the page's origin, what its widget says of
            itself (a VisitorAuth). Never waits, never raises.
    """

    def __init__(
        self,
        directory: Directory,
        secret: str,
        now: Now,
        new_id: NewId,
        public_origin: Callable[[], str],
        noticed: Noticed,
    ) -> None:
        self._directory = directory
        self._secret = secret
        self._now = now
        self._new_id = new_id
        self._public_origin = public_origin
        self._noticed = noticed

    def visitor(self, auth: dict[str, Any], origin: str | None, ip: str, connection_id: str) -> Visitor:
        """Return the visitor of a payload that matches VisitorAuth; without a token a new one, of whom nothing is kept.

        Raises:
            AppError: unknown_site; origin_not_allowed, when a browser says that the page is of another origin;
                token_invalid.
        """
        site = self._directory.site_by_key(auth["siteKey"])
        if site is None:
            raise AppError("unknown_site")
        if origin is not None:
            self._noticed(site, origin, auth)
            if origin not in site.origins:
                raise AppError("origin_not_allowed")
        token = auth.get("token")
        if token:
            read = read_visitor_token(self._secret, token, site_id=site.id, now=self._now())
            if read.tenant_id != site.tenant_id:
                raise AppError("token_invalid")
            visitor_id = read.visitor_id
        else:
            visitor_id = self._new_id()
        return Visitor(
            tenant_id=site.tenant_id,
            site_id=site.id,
            visitor_id=visitor_id,
            tab_id=auth.get("tabId") or connection_id,
            locale=auth.get("locale") or site.default_locale,
            time_zone=auth.get("timeZone") or "",
            ip=ip,
            connection_id=connection_id,
        )

    def console(
        self, auth: dict[str, Any], cookies: Mapping[str, str], origin: str | None, ip: str, connection_id: str
    ) -> Person:
        """Return the person of a token in the payload, or of a session cookie that one of our own pages sent.

        Raises:
            AppError: unauthenticated (no token), session_expired (it is not good any more), cross_origin (a cookie from
                a page of another origin, or from none).
        """
        token = auth.get("token")
        if not token:
            token = cookies.get(SESSION_COOKIE)
            if token and origin != self._public_origin():
                raise AppError("cross_origin")
        if not token:
            raise AppError("unauthenticated")
        person = self._directory.session(token, ip, connection_id)
        if person is None:
            raise AppError("session_expired")
        return person
