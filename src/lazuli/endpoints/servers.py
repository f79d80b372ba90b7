"""Servers of one's own: what starts them, and how they are asked.

Each instance has ports of this machine for itself, so that one that follows can come up beside one that answers. A
process is told in ``PORT`` where to listen. In a container the server listens at the ports of its routes, as it would
anywhere, and they are published at this machine's own address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lazuli.compute.containers import Container
from lazuli.compute.engine import Look, Plan, Process
from lazuli.resources.environment import InferenceConfig, Route

__all__ = ["SCORE", "Asked", "own_asked", "own_plan"]

SCORE = "/score"
_CLEARING_S = 4.0
"""Seconds of a plan's grace that are kept for the end of a container."""


@dataclass(frozen=True)
class Asked:
    """How the processes of a deployment are asked."""

    addresses: Sequence[str]
    """The path of a socket, or host and port."""
    ready: Sequence[tuple[str, str]]
    """Address and path of what tells that they can be asked."""
    alive: Sequence[tuple[str, str]]
    """Address and path of what tells that they live."""
    scoring: str = SCORE
    """The path behind the endpoint's ``/score``."""


def own_plan(
    plan: Plan,
    routes: InferenceConfig,
    key: str,
    container: Container | None = None,
    volumes: Sequence[str] = (),
    command: str | None = None,
) -> Plan:
    """``plan`` with the process of a server of one's own."""
    main, ports = routes.scoring_route.port, _ports(routes)
    if container is None:
        named = {_variable(port, main): f"<port {port}>" for port in ports}
        return replace(plan, processes=(Process("server", plan.log, env=named),))
    published = {f"LAZULI_{port}": port for port in ports}
    told = {variable: f"<port {port}>" for variable, port in published.items()}
    name = f"{key}-0"
    line = container.serving(name, [*plan.env, "PORT"], published, volumes, command, plan.grace_s - _CLEARING_S)
    process = Process("server", plan.log, line, {**told, "PORT": str(main)})
    return replace(plan, processes=(process,), clearing=(container.removed(name),))


def own_asked(routes: InferenceConfig, look: Look) -> Asked | None:
    """How a server of one's own is asked; None before its ports are known."""
    if look.served is None:
        return None
    ports: Mapping[str, int] = look.served.ports

    def address(route: Route) -> str:
        return f"127.0.0.1:{ports[str(route.port)]}"

    return Asked(
        [address(routes.scoring_route)],
        [(address(routes.readiness), routes.readiness.path)],
        [(address(routes.liveness), routes.liveness.path)],
        routes.scoring_route.path,
    )


def _ports(routes: InferenceConfig) -> list[int]:
    return sorted({route.port for route in (routes.scoring_route, routes.liveness, routes.readiness)})


def _variable(port: int, main: int) -> str:
    return "PORT" if port == main else f"PORT_{port}"
