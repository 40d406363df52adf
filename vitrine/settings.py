"""Every setting of Vitrine: its name, its default, and what it does.

Each can be given as an environment variable (`VITRINE_PAGE_SIZE=96`), and the
common ones as an option of the command line; `docs/settings.md` lists them.
"""

from __future__ import annotations

import ipaddress
import os
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MIB = 1024 * 1024
ANY_PROXY = "*"
RuntimeChoice = Literal["auto", "openvino", "torch"]
IndexChoice = Literal["auto", "flat", "ivf"]
LARGEST_FLAT = 100_000
"""Products up to which `auto` is `flat`: an exact search then takes some 20 ms."""
DEFAULT_RECALL = 0.98  # of the ten nearest neighbours, where not all products are compared
HOST = re.compile(r"\.?[\w-]+(\.[\w-]+)*(:\d+)?|\[[\da-fA-F:.]+\](:\d+)?")


class Settings(BaseSettings):
    """Frozen; wrong values raise pydantic's ValidationError, which names each of them."""

    model_config = SettingsConfigDict(env_prefix="VITRINE_", frozen=True, extra="forbid")

    index: Annotated[str, BeforeValidator(os.fspath)] = Field(
        "data/index",
        description="Folder of the index; or `milvus+http://HOST:PORT/COLLECTION`, for vectors "
        "in Milvus.",
    )
    folder: Path = Field(
        Path("data/index"),
        description="Where the index has its photos, its ledger and its products, if "
        "`VITRINE_INDEX` is a collection of Milvus.",
    )
    milvus_token: SecretStr | None = Field(
        None, description="Login for Milvus: `user:password`, or an API key."
    )
    milvus_seconds: float = Field(
        3.0, gt=0, description="Seconds after which Milvus is taken to be down, retries included."
    )

    cache: Path | None = Field(
        None,
        description="Folder for what can be made anew: encoders converted for OpenVINO. None is "
        "`vitrine` in `XDG_CACHE_HOME`, or in `~/.cache`.",
    )
    runtime: RuntimeChoice = Field(
        "auto",
        description="What runs an encoder's model: `torch`, `openvino`, or `auto`, which is torch "
        "on a GPU, and OpenVINO without one.",
    )

    workers: int = Field(24, ge=1, le=256, description="Downloads at a time, over all hosts.")
    per_host: int = Field(
        6,
        ge=1,
        le=64,
        description="Downloads at a time from one host; and four times as many questions about "
        "photos that have not changed.",
    )
    deadline: float = Field(
        30.0, gt=0, description="Seconds that one photo may take, its retries included."
    )
    max_bytes: int = Field(
        20_000_000, ge=1, description="Largest photo that is downloaded, in bytes."
    )
    delay: float = Field(
        0.0, ge=0, le=3600, description="Seconds from one request to the next of one host."
    )
    robots: bool = Field(
        False, description="Whether every host's robots.txt is read first, and obeyed."
    )
    allow_host: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Hosts that the indexer may fetch from although they are not of the public "
        "internet: HOST, or HOST:PORT for a port other than 80 and 443.",
    )

    host: str = Field("127.0.0.1", description="Address that the gallery listens on.")
    port: int = Field(5000, ge=0, le=65535, description="Port of the gallery; 0 takes a free one.")
    threads: int = Field(8, ge=1, description="Threads that answer requests.")
    page_size: int = Field(48, ge=1, le=500, description="Products on a page of the gallery.")
    similar_on_page: int = Field(
        12, ge=1, le=100, description="Similar products that a product's page shows."
    )
    max_upload_bytes: int = Field(
        16 * MIB, ge=1, description="Largest photo that may be uploaded as a query."
    )
    url_queries: bool = Field(
        False,
        description="Whether anyone may search with the URL of a photo, which the gallery "
        "then fetches.",
    )
    asked_hours: float = Field(
        24.0,
        gt=0,
        le=8760,
        description="Hours for which the results of a photo can be shared by their address.",
    )
    keep_uploads: bool = Field(
        False,
        description="Whether the photos that people search with are kept, as long as their "
        "results.",
    )
    reload_seconds: float = Field(
        1.0, ge=0, description="How often the gallery looks for a newly published generation."
    )

    trusted_hosts: str | None = Field(
        None,
        description="Names by which the gallery is asked, with commas or spaces between; "
        "requests to others are refused. A name that begins with a dot stands for all beneath it.",
    )
    proxy: str | None = Field(
        None,
        description="Address of the reverse proxy whose `X-Forwarded-For`, `-Proto` and `-Host` "
        "are believed; `*` if nobody else can reach the gallery.",
    )
    hsts_seconds: int = Field(
        0,
        ge=0,
        description="Seconds for which browsers that came over TLS keep to it (HSTS); 0 says "
        "nothing.",
    )
    client_searches: int = Field(
        60,
        ge=0,
        description="Searches a minute that run the encoder, by photo or in words, from one "
        "client; 0 for no limit.",
    )
    all_searches: int = Field(
        600, ge=0, description="The same from all clients together; 0 for no limit."
    )
    encoder_queue: int = Field(
        4,
        ge=0,
        description="Such searches that wait for others to be done; more are told to come back "
        "later. They and the two at work never take the last of `VITRINE_THREADS`.",
    )
    stop_seconds: float = Field(
        8.0, ge=0, description="Seconds that requests under way have when the gallery is stopped."
    )
    access_log: bool = Field(
        False,
        description="Whether each request is logged on the standard error as a line of JSON, "
        "without addresses and words of anybody.",
    )
    metrics: str | None = Field(
        None,
        description="Address and port at which Prometheus reads metrics, such as `127.0.0.1:9464`.",
    )

    @field_validator("allow_host", mode="before")
    @classmethod
    def _separated(cls, value: object) -> object:
        """An environment variable holds several hosts with spaces between them."""
        return value.split() if isinstance(value, str) else value

    @field_validator("trusted_hosts")
    @classmethod
    def _check_hosts(cls, value: str | None) -> str | None:
        for host in listed(value):
            if not HOST.fullmatch(host):
                raise ValueError(f"{host!r} is no host. Give names such as shop.example.org")
        return value

    @field_validator("proxy")
    @classmethod
    def _check_proxy(cls, value: str | None) -> str | None:
        if not value or value == ANY_PROXY:
            return value
        try:
            return str(ipaddress.ip_address(value))
        except ValueError:
            raise ValueError(f"{value!r} is no IP address. Give one, or *") from None

    @field_validator("metrics")
    @classmethod
    def _check_metrics(cls, value: str | None) -> str | None:
        host, _, port = (value or "").rpartition(":")
        if value and not (host and port.isdecimal() and int(port) < 65536):
            raise ValueError(f"{value!r} is no address with a port. Give one like 127.0.0.1:9464")
        return value


def listed(value: str | None) -> list[str]:
    """What a setting names, with commas or spaces between."""
    return (value or "").replace(",", " ").split()
