"""Departments over HTTP: the list for everyone, changes for admins."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from server.accounts.departments import DepartmentService
from server.accounts.directory import Directory
from server.accounts.wire import department_to_wire, departments_to_wire
from server.http import Route, json_response, person_of, read_json

DEPARTMENTS = "/api/v1/departments"
ONE = f"{DEPARTMENTS}/{{departmentId}}"


def routes(departments: DepartmentService, directory: Directory) -> list[Route]:
    """Return the routes."""

    def wanted(body: dict[str, Any]) -> dict[str, Any]:
        return {
            "names": body["names"],
            "shown": body["shown"],
            "fall_through": body["fallThrough"],
            "member_ids": body["memberIds"],
        }

    async def everything(request: web.Request) -> web.Response:
        return json_response({"departments": departments_to_wire(directory, person_of(request).tenant_id)})

    async def add(request: web.Request) -> web.Response:
        who, body = person_of(request), await read_json(request, "DepartmentDraft")
        made = await departments.add(who, **wanted(body))
        return json_response({"department": department_to_wire(made, directory.members(who.tenant_id, made.id))})

    async def save(request: web.Request) -> web.Response:
        who, body = person_of(request), await read_json(request, "DepartmentSave")
        department_id, draft = request.match_info["departmentId"], body["department"]
        saved = await departments.save(who, department_id, body["version"], **wanted(draft))
        return json_response({"department": department_to_wire(saved, directory.members(who.tenant_id, saved.id))})

    async def remove(request: web.Request) -> web.Response:
        await departments.remove(person_of(request), request.match_info["departmentId"])
        return json_response({})

    return [
        Route("GET", DEPARTMENTS, everything, None, "DepartmentList", "What questions are about, and who answers."),
        Route("POST", DEPARTMENTS, add, "DepartmentDraft", "DepartmentReply", "Add a department."),
        Route("PUT", ONE, save, "DepartmentSave", "DepartmentReply", "Change a department."),
        Route("DELETE", ONE, remove, None, "Empty", "Take a department away; its people stay."),
    ]
