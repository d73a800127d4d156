"""A client of the local DimiLinks that speaks plain HTTP, as any client would."""

import asyncio
import base64
import io
import json
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bot.sandbox.dimilinks import DimiLinksSandbox

ORDER: dict[str, Any] = {
    "model": "grok-imagine-video",
    "prompt": "a boat",
    "seconds": "6",
    "size": "1280x720",
    "resolution_name": "720p",
    "preset": "normal",
}


def data_url(content: bytes, mime: str = "image/png") -> str:
    return f"data:{mime};base64,{base64.b64encode(content).decode()}"


@dataclass
class PlainClient:
    """Asks the service; `headers` are those of the last answer."""

    service: DimiLinksSandbox
    session: aiohttp.ClientSession
    headers: Any = field(default=None)

    async def ask(
        self, method: str, path: str, *, key: str | None = None, kind: str = "", **how: Any
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {key or self.service.api_key}"}
        if kind:
            headers["Content-Type"] = kind
        url = f"{self.service.base_url}{path}"
        async with self.session.request(
            method, url, headers=headers, allow_redirects=False, **how
        ) as response:
            self.headers = response.headers
            readable = response.content_type == "application/json"
            return response.status, await (response.json() if readable else response.read())

    async def until_cut(self, method: str, path: str, **how: Any) -> bytes:
        """The bytes of a body that arrive before the connection breaks; fails if it does not break."""
        headers = {"Authorization": f"Bearer {self.service.api_key}", "Content-Type": "application/json"}
        received = b""
        async with self.session.request(
            method, f"{self.service.base_url}{path}", headers=headers, **how
        ) as response:
            try:
                async for chunk in response.content.iter_any():
                    received += chunk
            except aiohttp.ClientPayloadError:
                return received
        raise AssertionError("the answer came whole")

    async def submit(self, **changes: Any) -> tuple[int, Any]:
        order = {name: value for name, value in {**ORDER, **changes}.items() if value is not None}
        # As a file, because aiohttp warns of large bodies in memory.
        body = io.BytesIO(json.dumps(order).encode())
        with body:
            return await self.ask("POST", "/videos/generations", data=body, kind="application/json")

    async def bought(self, **changes: Any) -> str:
        status, answer = await self.submit(**changes)
        assert status == 200
        return answer["data"]["task_id"]

    async def states(self, task_id: str) -> list[dict[str, Any]]:
        """Every answer until the task has ended."""
        found: list[dict[str, Any]] = []
        async with asyncio.timeout(60):
            while not found or found[-1]["status"] not in {"completed", "failed"}:
                found.append((await self.ask("GET", f"/tasks/{task_id}"))[1]["data"])
                await asyncio.sleep(0.02)
        return found

    async def ended(self, **changes: Any) -> str:
        """Buy a video and wait for the end of its task."""
        task_id = await self.bought(**changes)
        await self.states(task_id)
        return task_id
