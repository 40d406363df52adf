"""What a process gives up before it reads a stranger's bytes."""

from __future__ import annotations


def confine(memory: int, seconds: int | None = None) -> None:
    """This process gets no more than `memory` bytes of addresses, its own included, and ends
    after so many seconds of processor time; it can write to no file, and leaves no core."""
    import resource

    limits = [(resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)]
    if seconds is not None:
        limits.append((resource.RLIMIT_CPU, seconds))
    for limit, most in limits:
        hard = resource.getrlimit(limit)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (least, least))
