"""Every setting of Vitrine: its name, its default, and what it does.

Each can be given as an environment variable (`VITRINE_PAGE_SIZE=96`), and the
common ones as an option of the command line; `docs/settings.md` lists them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MIB = 1024 * 1024


class Settings(BaseSettings):
    """Frozen; wrong values raise pydantic's ValidationError, which names each of them."""

    model_config = SettingsConfigDict(env_prefix="VITRINE_", frozen=True, extra="forbid")

    index: Path = Field(Path("data/index"), description="Folder of the index.")

    workers: int = Field(16, ge=1, le=256, description="Downloads at a time, over all hosts.")
    per_host: int = Field(6, ge=1, le=64, description="Downloads at a time from one host.")
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

    @field_validator("allow_host", mode="before")
    @classmethod
    def _separated(cls, value: object) -> object:
        """An environment variable holds several hosts with spaces between them."""
        return value.split() if isinstance(value, str) else value
