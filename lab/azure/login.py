"""What Azure's clients ask before they ask for resources: the cloud's metadata, and a token.

Any client credentials yield a token: the emulator guards nothing.
"""

from __future__ import annotations

import base64
import json
import time
from typing import Any

from aiohttp import web

TOKEN_LIFETIME = 86_400
"""Seconds."""

TENANT = "00000000-0000-0000-0000-00000000aaaa"

routes = web.RouteTableDef()


@routes.get("/metadata/endpoints")
async def describe_cloud(request: web.Request) -> web.Response:
    """The cloud's addresses, in the shape of API version 2022-09-01."""
    root = root_of(request)
    return web.json_response(
        {
            "portal": root,
            "authentication": {
                "loginEndpoint": root,
                "audiences": [root, f"{root}/"],
                "tenant": "common",
                "identityProvider": "AAD",
            },
            "media": root,
            "graphAudience": root,
            "graph": root,
            "name": "EmulatedAzure",
            "suffixes": {
                "storage": "core.invalid",
                "keyVaultDns": "vault.invalid",
                "acrLoginServer": "registry.invalid",
                "sqlServerHostname": "database.invalid",
            },
            "batch": root,
            "resourceManager": root,
            "vmImageAliasDoc": root,
            "activeDirectoryDataLake": root,
            "sqlManagement": root,
            "microsoftGraphResourceId": root,
            "appInsightsResourceId": root,
            "appInsightsTelemetryChannelResourceId": root,
            "logAnalyticsResourceId": root,
        }
    )


@routes.get("/common/discovery/instance")
async def discover_instance(request: web.Request) -> web.Response:
    """Where the login of an authority is; asked by clients that do not know the authority."""
    root = root_of(request)
    return web.json_response(
        {
            "tenant_discovery_endpoint": f"{root}/{TENANT}/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [
                {
                    "preferred_network": request.host,
                    "preferred_cache": request.host,
                    "aliases": [request.host],
                }
            ],
        }
    )


@routes.get("/{tenant}/.well-known/openid-configuration")
@routes.get("/{tenant}/v2.0/.well-known/openid-configuration")
async def describe_login(request: web.Request) -> web.Response:
    """The OpenID configuration of a tenant."""
    authority = f"{root_of(request)}/{request.match_info['tenant']}"
    return web.json_response(
        {
            "issuer": f"{authority}/v2.0",
            "authorization_endpoint": f"{authority}/oauth2/v2.0/authorize",
            "token_endpoint": f"{authority}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{authority}/oauth2/v2.0/devicecode",
            "jwks_uri": f"{authority}/discovery/v2.0/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "response_types_supported": ["code", "id_token", "token"],
            "scopes_supported": ["openid"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "tenant_region_scope": None,
        }
    )


@routes.get("/{tenant}/discovery/v2.0/keys")
async def list_signing_keys(_request: web.Request) -> web.Response:
    """None: tokens are not signed, and nobody but the emulator reads them."""
    return web.json_response({"keys": []})


@routes.post("/{tenant}/oauth2/token")
@routes.post("/{tenant}/oauth2/v2.0/token")
async def issue_token(request: web.Request) -> web.Response:
    """A token for whoever names a client and shows any secret or assertion."""
    form = await request.post()
    if not form.get("client_id") or not (form.get("client_secret") or form.get("client_assertion")):
        refused = {
            "error": "invalid_request",
            "error_description": "AADSTS900144: The request body must contain 'client_id', and "
            "'client_secret' or 'client_assertion'.",
        }
        return web.json_response(refused, status=400)
    claims = {
        "aud": root_of(request),
        "iss": f"{root_of(request)}/{request.match_info['tenant']}",
        "tid": request.match_info["tenant"],
        "appid": str(form["client_id"]),
        "oid": str(form["client_id"]),
        "sub": str(form["client_id"]),
        "exp": int(time.time()) + TOKEN_LIFETIME,
    }
    return web.json_response(
        {
            "token_type": "Bearer",
            "expires_in": TOKEN_LIFETIME,
            "ext_expires_in": TOKEN_LIFETIME,
            "access_token": f"{_encode({'alg': 'none', 'typ': 'JWT'})}.{_encode(claims)}.unsigned",
        }
    )


def root_of(request: web.Request) -> str:
    """The address under which the client reached the emulator."""
    return f"https://{request.host}"


def _encode(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
