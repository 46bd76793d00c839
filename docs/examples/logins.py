"""A network that people sign in to: with a code by SMS, or by scanning a QR code with its app."""

from aiohttp import ClientSession
from matrix_bridgekit_tinychat import TinychatAdapter
from matrix_bridgekit_tinychat.client import check

from bridgekit import Credentials, Field, LoginFlow, SupportsLogin

METHOD = Field("method", "How do you want to sign in?", choices=("code", "qr"))
PHONE = Field("phone", "Your phone number, with +", pattern=r"\+[0-9]{6,15}")
CODE = Field("code", "The code that you got", pattern="[0-9]{6}", secret=True)


class PersonalAdapter(TinychatAdapter, SupportsLogin):
    async def login(self, flow: LoginFlow) -> Credentials:
        async with ClientSession(self.config.url) as http:
            answer = await flow.ask(METHOD)
            if answer["method"] == "qr":
                return await self._scanned(flow, http)
            return await self._with_code(flow, http)

    async def _with_code(self, flow: LoginFlow, http: ClientSession) -> Credentials:
        phone = (await flow.ask(PHONE))["phone"]
        async with http.post("/codes", json={"phone": phone}) as response:
            check(response)
        code = (await flow.ask(CODE))["code"]
        async with http.post("/tokens", json={"phone": phone, "code": code}) as response:
            check(response)
            return {"token": (await response.json())["token"]}

    async def _scanned(self, flow: LoginFlow, http: ClientSession) -> Credentials:
        async with http.post("/scans") as response:
            check(response)
            scan = await response.json()
        await flow.show("Scan this with the app, under Settings, Devices.", qr=scan["link"])
        # This one is answered once the code was scanned.
        async with http.get(f"/scans/{scan['id']}/token") as response:
            check(response)
            return {"token": (await response.json())["token"]}
