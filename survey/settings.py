"""Addresses, keys and pace of the services, from the environment."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from data.errors import UsageProblem
from survey.http import Budget, Host
from survey.stored import Stored

__all__ = ["SERVICES", "Service", "Settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A public host: where it is, how to name another address, and its pace."""

    name: str
    title: str
    address: str
    variable: str  # environment variable that names another address
    path: str = ""  # what our requests append; an address may already end with it
    delay: float  # seconds between requests, with a key
    delay_keyless: float
    key: str = ""  # environment variable of the key
    key_header: str = ""
    key_param: str = ""
    key_page: str = ""  # where a person gets one


_LIST = (
    Service(
        name="semantic_scholar",
        title="Semantic Scholar",
        address="https://api.semanticscholar.org",
        variable="ATLAS_S2_URL",
        path="/graph/v1",
        # One request a second with a key; the shared pool without one answers 429 often.
        delay=1.05,
        delay_keyless=3.0,
        key="S2_API_KEY",
        key_header="x-api-key",
        key_page="https://www.semanticscholar.org/product/api",
    ),
    Service(
        name="openalex",
        title="OpenAlex",
        address="https://api.openalex.org",
        variable="ATLAS_OPENALEX_URL",
        path="/works",
        delay=0.1,
        delay_keyless=0.5,
        key="OPENALEX_API_KEY",
        key_param="api_key",
        key_page="https://openalex.org/settings/api",
    ),
    Service(
        name="arxiv",
        title="arXiv",
        address="https://export.arxiv.org",
        variable="ATLAS_ARXIV_URL",
        path="/api/query",
        delay=3.0,  # terms of use: one request every three seconds
        delay_keyless=3.0,
    ),
    Service(
        name="huggingface",
        title="Hugging Face",
        address="https://huggingface.co",
        variable="ATLAS_HF_URL",
        delay=0.5,
        delay_keyless=0.5,
    ),
    Service(
        name="opencitations",
        title="OpenCitations",
        address="https://api.opencitations.net",
        variable="ATLAS_OPENCITATIONS_URL",
        delay=1.0,
        delay_keyless=1.0,
        key="OPENCITATIONS_TOKEN",
        key_header="authorization",
    ),
    Service(
        name="github",
        title="GitHub",
        address="https://api.github.com",
        variable="ATLAS_GITHUB_URL",
        delay=0.75,
        delay_keyless=1.0,  # 60 an hour: its own 403 and Retry-After set the pace
        key="GITHUB_TOKEN",
        key_header="authorization",
        key_page="https://github.com/settings/tokens",
    ),
    Service(
        name="youtube",
        title="YouTube",
        address="https://www.youtube.com",
        variable="ATLAS_YOUTUBE_URL",
        delay=1.0,
        delay_keyless=1.0,
    ),
)
SERVICES = {service.name: service for service in _LIST}


def _quiet(reason: str) -> None:
    """Told of every wait; `reason` is empty when it is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What every host of one run shares."""

    stored: Path | None = None  # folder of answers
    offline: bool = False
    budget: Budget = field(default_factory=Budget)
    on_wait: Callable[[str], None] = _quiet
    hosts: dict[str, Host] = field(default_factory=dict)

    def key(self, name: str) -> str:
        """The service's key from the environment, or nothing."""
        variable = SERVICES[name].key
        return os.environ.get(variable, "").strip() if variable else ""

    def host(self, name: str) -> Host:
        """The one client of a service: everybody who asks it shares its pace."""
        if name not in self.hosts:
            self.hosts[name] = self._make(SERVICES[name])
        return self.hosts[name]

    def close(self) -> None:
        """Close all connections."""
        for host in self.hosts.values():
            host.close()

    def _make(self, service: Service) -> Host:
        key, elsewhere = self.key(service.name), _own_address(service)
        delay = service.delay if key else service.delay_keyless
        if elsewhere:
            delay = _own_delay()
        return Host(
            name=service.name,
            base=elsewhere or service.address,
            delay=delay,
            # An address of the person's own needs no courtesy, a fault there a short breath.
            backoff=max(0.05, delay) if elsewhere else 1.0,
            headers=_credential(service, key),
            params=_extra(service, key),
            stored=Stored(self.stored / service.name) if self.stored else None,
            offline=self.offline,
            budget=self.budget,
            on_wait=self.on_wait,
        )


def _own_address(service: Service) -> str:
    """What the environment names in place of the public host, without the path we append."""
    text = os.environ.get(service.variable, "").strip().rstrip("?/")
    if text and not text.startswith(("http://", "https://")):
        raise UsageProblem(
            f"{service.variable} is '{text}', not an address",
            hint=f"export {service.variable}=http://127.0.0.1:8000",
        )
    return text.removesuffix(service.path).rstrip("/")


def _own_delay() -> float:
    text = os.environ.get("ATLAS_DELAY", "").strip() or "0"
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0.0 <= seconds <= 3600.0:
        raise UsageProblem(
            f"ATLAS_DELAY is '{text}', not a number of seconds", hint="export ATLAS_DELAY=1"
        )
    return seconds


def _credential(service: Service, key: str) -> dict[str, str]:
    if not (key and service.key_header):
        return {}
    return {service.key_header: f"Bearer {key}" if service.name == "github" else key}


def _extra(service: Service, key: str) -> dict[str, str]:
    email = os.environ.get("ATLAS_EMAIL", "").strip()
    extra = {service.key_param: key} if key and service.key_param else {}
    return {**extra, "mailto": email} if email and service.name == "openalex" else extra
