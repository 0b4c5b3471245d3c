from types import SimpleNamespace

from server.errors import AppError

CALLBACK_INDEXES = []


class Callbacks:
    def __init__(self, router):
        async def no(who, payload):
            raise AppError("unavailable")

        async def empty(who, payload):
            return {"leads": []}

        router.on("/visitor", "callback:request", no)
        router.on("/visitor", "callback:cancel", no)
        router.on("/console", "call:start", no)
        router.on("/console", "call:control", no)
        router.on("/console", "callbacks:list", empty)

    def routes(self):
        return []

    async def calling(self, t, s):
        return SimpleNamespace(callable_regions=["MD", "RO", "RU", "US"], recording="off")

    async def offer_for(self, t, s):
        return {"offered": False, "etaS": None, "opensAtMs": None}

    async def offer(self, who):
        return await self.offer_for("", "")

    async def open_callback(self, who):
        return None

    async def start(self):
        pass

    async def close(self):
        pass

    async def set_regions(self, *a):
        pass
