"""Sign-in and sites over HTTP. The edge (`server/http.py`) has checked origin, role and contract names before."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from server.accounts.directory import Directory
from server.accounts.ports import Publisher, SiteNews
from server.accounts.rules import WHOLE_LIFE, read_about
from server.accounts.service import AccountService
from server.accounts.sites import SiteService
from server.accounts.wire import appearance_from_wire, appearance_reply, change_to_wire, person_to_wire, site_to_wire
from server.errors import AppError
from server.http import SESSION_COOKIE, Route, json_response, person_of, principal_of, read_json
from server.principals import Person


def routes(
    service: AccountService,
    sites: SiteService,
    directory: Directory,
    publisher: Publisher,
    news: SiteNews,
    public_url: Callable[[], str],
) -> list[Route]:
    """Return the routes. The cookie is `Secure` when the public URL is https."""

    async def sign_in(request: web.Request) -> web.Response:
        body = await read_json(request, "SignIn")
        token, member = await service.sign_in(body["email"], body["password"], request["ip"])
        online = publisher.is_online_person(member.tenant_id, member.id)
        response = json_response({"token": token, "person": person_to_wire(member, online)})
        response.set_cookie(
            SESSION_COOKIE,
            token,
            max_age=int(WHOLE_LIFE.total_seconds()),
            path="/",
            secure=public_url().startswith("https:"),
            httponly=True,
            samesite="Lax",
        )
        return response

    async def who(request: web.Request) -> web.Response:
        person = person_of(request)
        member = directory.person(person.tenant_id, person.person_id)
        if member is None:
            raise AppError("session_expired")
        online = publisher.is_online_person(member.tenant_id, member.id)
        return json_response({"person": person_to_wire(member, online)})

    async def sign_out(request: web.Request) -> web.Response:
        principal = principal_of(request)
        if isinstance(principal, Person):
            await service.sign_out(principal)
        response = json_response({})
        response.del_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="Lax")
        return response

    async def list_sites(request: web.Request) -> web.Response:
        found = directory.sites(person_of(request).tenant_id)
        return json_response({"sites": [site_to_wire(site) for site in found]})

    async def add_site(request: web.Request) -> web.Response:
        body = await read_json(request, "SiteCreate")
        site = await sites.add(
            person_of(request),
            name=body["name"],
            origins=body["origins"],
            default_locale=body["defaultLocale"],
            country=body["country"],
        )
        return json_response(site_to_wire(site), 201)

    async def update_site(request: web.Request) -> web.Response:
        body = await read_json(request, "SitePatch")
        site = await service.update_site(
            person_of(request), request.match_info["siteId"], name=body.get("name"), origins=body.get("origins")
        )
        await news.config_changed(site)
        return json_response(site_to_wire(site))

    async def show_appearance(request: web.Request) -> web.Response:
        site = sites.site(person_of(request), request.match_info["siteId"])
        return json_response(appearance_reply(site))

    async def save_appearance(request: web.Request) -> web.Response:
        body = await read_json(request, "AppearanceSave")
        wanted = appearance_from_wire(body["appearance"])
        site_id = request.match_info["siteId"]
        site = await sites.save(person_of(request), site_id, body["version"], wanted)
        return json_response(appearance_reply(site))

    async def changes(request: web.Request) -> web.Response:
        about = read_about(request.query.get("about"))
        page, following = await service.changes(person_of(request), about, request.query.get("before"))
        return json_response({"changes": [change_to_wire(entry, directory) for entry in page], "next": following})

    look = "/api/v1/sites/{siteId}/appearance"
    return [
        Route("GET", "/api/v1/changes", changes, None, "ChangeList", "Who did what when, a page of 50."),
        Route("POST", "/api/v1/session", sign_in, "SignIn", "SignedIn", "Sign in."),
        Route("GET", "/api/v1/session", who, None, "PersonReply", "Who is signed in."),
        Route("DELETE", "/api/v1/session", sign_out, None, "Empty", "Sign out; live sockets end."),
        Route("GET", "/api/v1/sites", list_sites, None, "SiteList", "The account's sites."),
        Route("POST", "/api/v1/sites", add_site, "SiteCreate", "SiteSummary", "Add a site."),
        Route("PATCH", "/api/v1/sites/{siteId}", update_site, "SitePatch", "SiteSummary", "Change a site."),
        Route("GET", look, show_appearance, None, "AppearanceReply", "How the site's widget looks and speaks."),
        Route("PUT", look, save_appearance, "AppearanceSave", "AppearanceReply", "Give the widget another look."),
    ]
