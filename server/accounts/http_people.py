"""People over HTTP: the list for everyone, changes for admins, the own password, photos for anybody."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from aiohttp import web

from server.accounts.model import Member
from server.accounts.people import PeopleService
from server.accounts.ports import Publisher
from server.accounts.wire import colleague_to_wire
from server.http import Route, json_response, person_of, read_json
from server.principals import Person, Role

# A picture is only ever shown as one, whatever is in it.
PHOTO_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Content-Disposition": "inline",
}
PEOPLE = "/api/v1/people"
ONE = f"{PEOPLE}/{{personId}}"


def routes(people: PeopleService, publisher: Publisher) -> list[Route]:
    """Return the routes."""

    def shown(who: Person, member: Member) -> dict[str, Any]:
        online = publisher.is_online_person(member.tenant_id, member.id)
        return colleague_to_wire(member, online, who.role is Role.ADMIN)

    def one(who: Person, member: Member) -> web.Response:
        return json_response({"colleague": shown(who, member)})

    async def everyone(request: web.Request) -> web.Response:
        who = person_of(request)
        return json_response({"colleagues": [shown(who, member) for member in people.everyone(who)]})

    async def add(request: web.Request) -> web.Response:
        who, body = person_of(request), await read_json(request, "NewPerson")
        body["role"] = Role(body["role"])
        body["departments"] = body.pop("departmentIds", ())
        member, password = await people.add(who, **body)
        return json_response({"colleague": shown(who, member), "password": password})

    async def change(request: web.Request) -> web.Response:
        who, body = person_of(request), await read_json(request, "PersonPatch")
        revision = body.pop("revision")
        if "role" in body:
            body["role"] = Role(body["role"])
        if "departmentIds" in body:
            body["departments"] = body.pop("departmentIds")
        return one(who, await people.change(who, request.match_info["personId"], revision, body))

    async def deactivate(request: web.Request) -> web.Response:
        who, body = person_of(request), await read_json(request, "RevisionRef")
        return one(who, await people.deactivate(who, request.match_info["personId"], body["revision"]))

    async def reactivate(request: web.Request) -> web.Response:
        who, body = person_of(request), await read_json(request, "RevisionRef")
        return one(who, await people.reactivate(who, request.match_info["personId"], body["revision"]))

    async def set_order(request: web.Request) -> web.Response:
        who, body = person_of(request), await read_json(request, "PeopleOrder")
        await people.set_order(who, body["personIds"])
        return await everyone(request)

    async def set_password(request: web.Request) -> web.Response:
        body = await read_json(request, "PasswordSet")
        made = await people.set_password(person_of(request), request.match_info["personId"], body.get("password"))
        return json_response({"password": made})

    async def change_password(request: web.Request) -> web.Response:
        body = await read_json(request, "PasswordChange")
        await people.change_password(person_of(request), body["oldPassword"], body["newPassword"])
        return json_response({})

    async def set_photo(request: web.Request) -> web.Response:
        who, body = person_of(request), await read_json(request, "PhotoSet")
        try:
            data = base64.b64decode(body["image"], validate=True)
        except binascii.Error:
            data = b""  # judged as a picture that is none
        return one(who, await people.set_photo(who, request.match_info["personId"], data))

    async def remove_photo(request: web.Request) -> web.Response:
        who = person_of(request)
        return one(who, await people.remove_photo(who, request.match_info["personId"]))

    async def photo(request: web.Request) -> web.Response:
        picture = await people.photo(request.match_info["hash"])
        return web.Response(body=picture.data, content_type=picture.kind, headers=PHOTO_HEADERS)

    return [
        Route("GET", PEOPLE, everyone, None, "ColleagueList", "Everyone in the account; phones for admins only."),
        Route("POST", PEOPLE, add, "NewPerson", "PersonAdded", "Add someone; a made password is told this once."),
        Route("PUT", f"{PEOPLE}/order", set_order, "PeopleOrder", "ColleagueList", "Who is dialled after whom."),
        Route("PATCH", ONE, change, "PersonPatch", "ColleagueReply", "Change someone, in part."),
        Route("POST", f"{ONE}/deactivate", deactivate, "RevisionRef", "ColleagueReply", "Sessions, chats, calls end."),
        Route("POST", f"{ONE}/reactivate", reactivate, "RevisionRef", "ColleagueReply", "Let someone come back."),
        Route("PUT", f"{ONE}/password", set_password, "PasswordSet", "PasswordMade", "Give a new password."),
        Route("PUT", f"{ONE}/photo", set_photo, "PhotoSet", "ColleagueReply", "Show a picture of someone."),
        Route("DELETE", f"{ONE}/photo", remove_photo, None, "ColleagueReply", "Show initials again."),
        Route("PUT", "/api/v1/session/password", change_password, "PasswordChange", "Empty", "One's own password."),
        Route("GET", "/photos/{hash}", photo, None, None, "A picture.", True),
    ]
