"""Servers of one's own: what starts them, and how they are asked.

Each instance has ports of this machine for itself, so that one that follows can come up beside one that answers. A
process is told in ``PORT`` where to listen. In a container the server listens at the ports of its routes, as it would
anywhere, and they are published at this machine's own address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from lazuli.compute.containers import Container
from lazuli.compute.engine import Look, Plan, Process
from lazuli.endpoints.line import ask
from lazuli.resources.environment import InferenceConfig, Route

__all__ = ["SCORE", "Asked", "own_asked", "own_plan"]

SCORE = "/score"


@dataclass(frozen=True)
class Asked:
    """How the processes of a deployment are asked."""

    addresses: Sequence[str]
    """The path of a socket, or host and port."""
    ready: Sequence[tuple[str, str]]
    """Address and path of what tells that they can be asked."""
    alive: Sequence[tuple[str, str]] = field(default_factory=tuple)
    """Address and path of what tells that they live, where nobody else looks after that."""
    scoring: str = SCORE
    """The path behind the endpoint's ``/score``."""

    def is_ready(self, timeout_s: float) -> bool:
        """Whether all of them can be asked."""
        return all(ask(address, "GET", path, timeout_s) is not None for address, path in self.ready)

    def is_alive(self, timeout_s: float) -> bool:
        """Whether all of them live."""
        return all(ask(address, "GET", path, timeout_s) is not None for address, path in self.alive)


def own_plan(
    plan: Plan,
    routes: InferenceConfig,
    instances: int,
    key: str,
    container: Container | None = None,
    volumes: Sequence[str] = (),
    command: str | None = None,
) -> Plan:
    """``plan`` with the processes of a server of one's own: as many as there are instances."""
    main, ports = routes.scoring_route.port, _ports(routes)

    def process(number: int) -> Process:
        named = {_variable(port, main): f"<port {_name(port, number)}>" for port in ports}
        if container is None:
            return Process(f"instance {number}", plan.log, env=named)
        published = {f"LAZULI_{port}": port for port in ports}
        told = {variable: f"<port {_name(port, number)}>" for variable, port in published.items()}
        line = container.serving(f"{key}-{number}", [*plan.env, "PORT"], published, volumes, command)
        return Process(f"instance {number}", plan.log, line, {**told, "PORT": str(main)})

    return replace(plan, processes=tuple(process(number) for number in range(instances)))


def own_asked(routes: InferenceConfig, instances: int, look: Look) -> Asked | None:
    """How a server of one's own is asked; None before its ports are known."""
    if look.served is None:
        return None
    ports: Mapping[str, int] = look.served.ports

    def address(route: Route, number: int) -> str:
        return f"127.0.0.1:{ports[_name(route.port, number)]}"

    numbers = range(instances)
    return Asked(
        [address(routes.scoring_route, number) for number in numbers],
        [(address(routes.readiness, number), routes.readiness.path) for number in numbers],
        [(address(routes.liveness, number), routes.liveness.path) for number in numbers],
        routes.scoring_route.path,
    )


def _ports(routes: InferenceConfig) -> list[int]:
    return sorted({route.port for route in (routes.scoring_route, routes.liveness, routes.readiness)})


def _variable(port: int, main: int) -> str:
    return "PORT" if port == main else f"PORT_{port}"


def _name(port: int, number: int) -> str:
    return f"{port}-{number}"
