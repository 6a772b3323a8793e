"""Speaks to Azure Resource Manager as the real provider does: metadata, token, requests, long operations."""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import aiohttp

from lab.azure.conversion import JsonObject

_FAILED = {"failed", "canceled"}
_DEFAULT_WAIT = 10.0
"""Seconds between two looks at a long operation if Azure does not say."""


class ArmError(Exception):
    """Azure refused; the message holds its status, code and words, as the real provider shows them."""

    def __init__(self, status: int, body: object) -> None:
        error = body.get("error", body) if isinstance(body, Mapping) else {}
        code = error.get("code", "") if isinstance(error, Mapping) else ""
        message = error.get("message", body) if isinstance(error, Mapping) else error
        super().__init__(f'Status={status} Code="{code}" Message="{message}"')
        self.status = status


class Unfinished(Exception):  # noqa: N818  it may be done later, or again
    """Azure has taken a change, but not come to its end with it; what there is of the resource stays."""

    def __init__(self, reason: str, *, given_up: bool = False) -> None:
        super().__init__(reason)
        self.given_up = given_up
        """Whether it was the client that waited no longer."""


class ArmClient:
    """One subscription's view of Azure, found by its metadata host.

    Raises ArmError for what Azure refuses, and ConnectionError if it cannot be reached.
    """

    def __init__(self, metadata_host: str, subscription: str, environment: Mapping[str, str]) -> None:
        self.subscription = subscription
        self._metadata_host = metadata_host
        self._environment = environment
        self._base = ""
        self._token, self._expires = "", 0.0
        self._session: aiohttp.ClientSession | None = None
        self._login = asyncio.Lock()

    @property
    def identity(self) -> JsonObject:
        """Who is logged in, and to which subscription."""
        return {
            "clientId": self._environment.get("ARM_CLIENT_ID", ""),
            "objectId": self._environment.get("ARM_CLIENT_ID", ""),
            "subscriptionId": self.subscription,
            "tenantId": self._environment.get("ARM_TENANT_ID", ""),
        }

    async def read(self, path: str, api_version: str) -> JsonObject | None:
        """Return a resource, None if there is none."""
        status, _, body = await self._send("GET", self._url(path, api_version))
        if status == HTTPStatus.NOT_FOUND:
            return None
        _check(status, body)
        return dict(body)

    async def write(
        self, path: str, api_version: str, body: JsonObject, query: Mapping[str, str] | None = None
    ) -> JsonObject:
        """Create or replace a resource, wait until Azure is done, and return it.

        Raises:
            Unfinished: if Azure took the change and then failed, or nobody waits any longer.
        """
        status, headers, answer = await self._send("PUT", self._url(path, api_version, query), body)
        _check(status, answer)
        try:
            await self._wait(headers)
        except (ArmError, ConnectionError) as error:
            raise Unfinished(str(error)) from None
        except asyncio.CancelledError:
            raise Unfinished("context canceled", given_up=True) from None
        return await self.read(path, api_version) or {}

    async def delete(self, path: str, api_version: str) -> None:
        """Delete a resource and wait until Azure is done; there may be none."""
        status, headers, answer = await self._send("DELETE", self._url(path, api_version))
        if status == HTTPStatus.NOT_FOUND:
            return
        _check(status, answer)
        await self._wait(headers)

    async def close(self) -> None:
        """Give up the connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _wait(self, headers: Mapping[str, str]) -> None:
        """Follow a long operation to its end."""
        url = headers.get("Azure-AsyncOperation") or headers.get("Location")
        while url:
            await asyncio.sleep(_pause(headers))
            status, headers, body = await self._send("GET", url)
            _check(status, body)
            state = str(body.get("status", "")).lower() if isinstance(body, Mapping) else ""
            if state in _FAILED:
                raise ArmError(status, body)
            if state in {"inprogress", "running", "accepted"} or status == HTTPStatus.ACCEPTED:
                continue
            return

    def _url(self, path: str, api_version: str, query: Mapping[str, str] | None = None) -> str:
        return f"{path}?{urlencode({'api-version': api_version, **(query or {})})}"

    async def _send(
        self, method: str, url: str, body: JsonObject | None = None
    ) -> tuple[int, Mapping[str, str], Any]:
        try:
            session = await self._connected()
            full = url if url.startswith("https://") else f"{self._base}{url}"
            headers = {"Authorization": f"Bearer {self._token}"}
            async with session.request(method, full, json=body, headers=headers) as response:
                text = await response.text()
                content = await response.json(content_type=None) if text else {}
                return response.status, response.headers.copy(), content
        except (aiohttp.ClientError, OSError) as error:
            raise ConnectionError(f"Azure Resource Manager at {self._metadata_host}: {error}") from None

    async def _connected(self) -> aiohttp.ClientSession:
        async with self._login:
            if self._session is None:
                trusted = ssl.create_default_context(cafile=self._environment.get("SSL_CERT_FILE"))
                self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusted))
            if time.monotonic() >= self._expires:
                await self._log_in(self._session)
            return self._session

    async def _log_in(self, session: aiohttp.ClientSession) -> None:
        url = f"https://{self._metadata_host}/metadata/endpoints?api-version=2022-09-01"
        async with session.get(url) as response:
            metadata = await response.json()
        if isinstance(metadata, list):
            metadata = metadata[0]
        self._base = metadata["resourceManager"].rstrip("/")
        authentication = metadata["authentication"]
        tenant = self._environment.get("ARM_TENANT_ID", "common")
        form = {
            "grant_type": "client_credentials",
            "client_id": self._environment.get("ARM_CLIENT_ID", ""),
            "client_secret": self._environment.get("ARM_CLIENT_SECRET", ""),
            "scope": f"{authentication['audiences'][0]}/.default",
        }
        token = f"{authentication['loginEndpoint'].rstrip('/')}/{tenant}/oauth2/v2.0/token"
        async with session.post(token, data=form) as response:
            answer = await response.json()
            _check(response.status, answer)
        self._token = answer["access_token"]
        self._expires = time.monotonic() + float(answer.get("expires_in", 3600)) * 0.9


def environment_client(subscription: str, environment: Mapping[str, str] | None = None) -> ArmClient:
    """Return a client set up by the variables that the real provider reads.

    Raises:
        LookupError: without ARM_METADATA_HOSTNAME: a stand-in never speaks to the real Azure.
    """
    variables = os.environ if environment is None else environment
    host = variables.get("ARM_METADATA_HOSTNAME")
    if not host:
        raise LookupError(
            "this is the lab's stand-in for the azure-native provider; it speaks only to an emulated Azure, "
            "and ARM_METADATA_HOSTNAME names none: use `make shell`, or install the real provider"
        )
    return ArmClient(host, subscription or variables.get("ARM_SUBSCRIPTION_ID", ""), variables)


def _pause(headers: Mapping[str, str]) -> float:
    if milliseconds := headers.get("x-ms-retry-after-ms"):
        return float(milliseconds) / 1000
    return float(headers.get("Retry-After") or _DEFAULT_WAIT)


def _check(status: int, body: object) -> None:
    if status >= HTTPStatus.BAD_REQUEST:
        raise ArmError(status, body)
