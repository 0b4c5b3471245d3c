"""The one table of who may do what: every event and every route, or the start fails."""

from __future__ import annotations

from server.principals import STAFF, Role

ANYONE = frozenset({Role.ANONYMOUS}) | STAFF
VISITORS = frozenset({Role.VISITOR})
MARKETERS = frozenset({Role.MARKETER, Role.ADMIN})
CONSULTANTS = frozenset({Role.CONSULTANT, Role.ADMIN})
ADMINS = frozenset({Role.ADMIN})
CARRIER = frozenset({Role.ANONYMOUS}) | STAFF  # the signature decides, not a session

POLICY: dict[str, frozenset[Role]] = {
    # visitors
    "/visitor visit:start": VISITORS,
    "/visitor visit:page": VISITORS,
    "/visitor visit:signal": VISITORS,
    "/visitor invitation:outcome": VISITORS,
    "/visitor chat:send": VISITORS,
    "/visitor chat:sync": VISITORS,
    "/visitor chat:typing": VISITORS,
    "/visitor chat:read": VISITORS,
    "/visitor callback:request": VISITORS,
    "/visitor callback:cancel": VISITORS,
    "/visitor survey:answer": VISITORS,
    # consoles
    "/console presence:set": STAFF,
    "/console people:list": STAFF,
    "/console inbox:list": STAFF,
    "/console chat:sync": STAFF,
    "/console chat:claim": CONSULTANTS,
    "/console chat:send": CONSULTANTS,
    "/console chat:typing": CONSULTANTS,
    "/console chat:read": CONSULTANTS,
    "/console chat:transfer": CONSULTANTS,
    "/console chat:requeue": CONSULTANTS,
    "/console chat:close": CONSULTANTS,
    "/console call:start": CONSULTANTS,
    "/console call:control": CONSULTANTS,
    "/console callbacks:list": STAFF,
    "/console visitors:list": STAFF,
    # HTTP
    "GET /health": ANYONE,
    "GET /ready": ANYONE,
    "GET /metrics": ANYONE,
    "GET /": ANYONE,
    "GET /docs": ANYONE,
    "GET /docs/{path}": ANYONE,
    "GET /widget.js": ANYONE,
    "GET /widget/{path}": ANYONE,
    "GET /preview/{path}": ANYONE,
    "GET /console": ANYONE,
    "GET /console/": ANYONE,
    "GET /console/{path}": ANYONE,
    "GET /api/openapi.json": ANYONE,
    "GET /api/v1/widget/{siteKey}": ANYONE,
    "GET /api/v1/widget/{siteKey}/launcher": ANYONE,
    "POST /api/v1/session": ANYONE,
    "GET /api/v1/session": STAFF,
    "DELETE /api/v1/session": ANYONE,
    "PUT /api/v1/session/password": STAFF,
    "GET /api/v1/changes": ADMINS,
    "GET /api/v1/people": STAFF,
    "POST /api/v1/people": ADMINS,
    "PUT /api/v1/people/order": ADMINS,
    "PATCH /api/v1/people/{personId}": ADMINS,
    "POST /api/v1/people/{personId}/deactivate": ADMINS,
    "POST /api/v1/people/{personId}/reactivate": ADMINS,
    "PUT /api/v1/people/{personId}/password": ADMINS,
    "PUT /api/v1/people/{personId}/photo": ADMINS,
    "DELETE /api/v1/people/{personId}/photo": ADMINS,
    "GET /photos/{hash}": ANYONE,
    "GET /api/v1/departments": STAFF,
    "POST /api/v1/departments": ADMINS,
    "PUT /api/v1/departments/{departmentId}": ADMINS,
    "DELETE /api/v1/departments/{departmentId}": ADMINS,
    "GET /api/v1/sites": STAFF,
    "POST /api/v1/sites": ADMINS,
    "PATCH /api/v1/sites/{siteId}": ADMINS,
    "GET /api/v1/sites/{siteId}/appearance": STAFF,
    "PUT /api/v1/sites/{siteId}/appearance": MARKETERS,
    "GET /api/v1/sites/{siteId}/installs": STAFF,
    "GET /api/v1/sites/{siteId}/calling": STAFF,
    "PATCH /api/v1/sites/{siteId}/calling": ADMINS,
    "POST /api/v1/sites/{siteId}/hours/preview": STAFF,
    "GET /api/v1/holidays": STAFF,
    "GET /api/v1/holidays/{country}": STAFF,
    "GET /api/v1/blocks": CONSULTANTS,
    "POST /api/v1/blocks": CONSULTANTS,
    "DELETE /api/v1/blocks/{blockId}": CONSULTANTS,  # admins any; a consultant a fresh one of their own
    "GET /api/v1/sites/{siteId}/rules": STAFF,
    "POST /api/v1/sites/{siteId}/rules": MARKETERS,
    "POST /api/v1/sites/{siteId}/rules/preview": STAFF,
    "GET /api/v1/sites/{siteId}/rules/decisions": STAFF,
    "PUT /api/v1/sites/{siteId}/rules/budget": MARKETERS,
    "GET /api/v1/rules/{ruleId}": STAFF,
    "PUT /api/v1/rules/{ruleId}": MARKETERS,
    "POST /api/v1/rules/{ruleId}/publish": MARKETERS,
    "POST /api/v1/rules/{ruleId}/disable": MARKETERS,
    "GET /api/v1/rules/{ruleId}/versions": STAFF,
    "GET /api/v1/rule-templates": STAFF,
    "GET /api/v1/surveys": MARKETERS,
    "POST /api/v1/surveys": MARKETERS,
    "GET /api/v1/survey-templates": MARKETERS,
    "GET /api/v1/surveys/{surveyId}": MARKETERS,
    "PUT /api/v1/surveys/{surveyId}": MARKETERS,
    "POST /api/v1/surveys/{surveyId}/publish": MARKETERS,
    "POST /api/v1/surveys/{surveyId}/close": MARKETERS,
    "GET /api/v1/surveys/{surveyId}/versions": MARKETERS,
    "GET /api/v1/surveys/{surveyId}/versions/{version}": MARKETERS,
    "GET /api/v1/surveys/{surveyId}/results": MARKETERS,
    "GET /api/v1/surveys/{surveyId}/texts/{questionId}": MARKETERS,
    "GET /api/v1/surveys/{surveyId}/answers.csv": MARKETERS,
    "GET /api/v1/visitors/{visitorId}/surveys": STAFF,
    "GET /api/v1/visitors/{visitorId}/export": ADMINS,
    "DELETE /api/v1/visitors/{visitorId}": ADMINS,
    "GET /api/v1/retention": ADMINS,
    "PATCH /api/v1/retention": ADMINS,
    "GET /api/v1/reports/summary": STAFF,
    "GET /api/v1/reports/days.csv": STAFF,
    "GET /api/v1/reports/pages.csv": STAFF,
    "GET /api/v1/reports/sources.csv": STAFF,
    "GET /api/v1/widget/{siteKey}/surveys/{surveyId}": ANYONE,
}
# Telephony routes are judged by their signature; `roles_for` lets their whole prefix through to it.

TELEPHONY_PREFIX = "/telephony/"


def roles_for(key: str) -> frozenset[Role] | None:
    """Return who may use an event (`"/visitor chat:send"`) or a route (`"GET /health"`); None when it is not listed."""
    method, _, path = key.partition(" ")
    if method in ("POST", "GET") and path.startswith(TELEPHONY_PREFIX):
        return CARRIER
    return POLICY.get(key)
