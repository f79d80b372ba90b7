"""How computes are said in REST where that is more than another spelling: two functions, each the other's inverse.

A cluster and an instance put the same things (ssh, schedules, identities) at different places and in different
shapes. Both functions take and give plain values and leave alone what they do not know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic.alias_generators import to_camel, to_snake

from lazuli.schema.identity import Scope

__all__ = ["from_rest", "to_rest"]

Values = dict[str, Any]

_SUBNET = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)/providers/Microsoft\.Network"
    r"/virtualNetworks/(?P<vnet>[^/]+)/subnets/(?P<subnet>[^/]*)",
    re.IGNORECASE,
)
_PUBLIC = {"enabled": True, "disabled": False}


def from_rest(data: Mapping[str, Any], scope: Scope | None) -> Values:
    """REST's properties with the shapes of YAML at the places that the fields' aliases name."""
    said = dict(data)
    inner = dict(said["properties"]) if isinstance(said.get("properties"), Mapping) else {}
    if isinstance(ssh := inner.pop("sshSettings", None), Mapping):
        inner["remoteLoginPortPublicAccess"] = ssh.get("sshPublicAccess")
        if key := ssh.get("adminPublicKey"):
            inner["userAccountCredentials"] = {"adminUserSshPublicKey": key}
    public = inner.pop("remoteLoginPortPublicAccess", None)
    if public is not None and (known := _PUBLIC.get(str(public).lower())) is not None:
        inner["remoteLoginPortPublicAccess"] = known
    _change(inner, "subnet", lambda value: _network(value, scope))
    _change(inner, "schedules", _schedules)
    _change(inner, "setupScripts", _scripts)
    _change(inner, "personalComputeInstanceSettings", _user)
    _change(said, "identity", _identity)
    return {**said, "properties": inner} if inner or "properties" in said else said


def to_rest(data: Values, scope: Scope | None, *, is_instance: bool) -> Values:
    """The properties with the shapes of REST, and without what the other kind of compute has."""
    inner: Values = data.setdefault("properties", {})
    public = {True: "Enabled", False: "Disabled", None: "NotSpecified"}[inner.pop("remoteLoginPortPublicAccess", None)]
    if is_instance:
        key = (inner.pop("userAccountCredentials", None) or {}).get("adminUserSshPublicKey")
        if key or public != "NotSpecified":
            inner["sshSettings"] = {"sshPublicAccess": public, **({"adminPublicKey": key} if key else {})}
        for word in ("vmPriority", "scaleSettings", *_COUNTS):
            inner.pop(word, None)
    else:
        inner["remoteLoginPortPublicAccess"] = public
        for word in ("enableSso", "enableRootAccess"):
            inner.pop(word, None)
    _change(inner, "subnet", lambda value: {"id": _subnet_id(value, scope)})
    _change(inner, "schedules", _rest_schedules)
    _change(inner, "setupScripts", _rest_scripts)
    _change(inner, "personalComputeInstanceSettings", _rest_user)
    _change(data, "identity", _rest_identity)
    return data


_COUNTS = ("allocationState", "currentNodeCount", "targetNodeCount", "nodeStateCounts")


def _change(values: Values, word: str, change: Any) -> None:
    if isinstance(values.get(word), Mapping):
        values[word] = change(values[word])


def _renamed(value: Any, rename: Any) -> Any:
    if isinstance(value, Mapping):
        return {rename(key): _renamed(item, rename) for key, item in value.items()}
    return [_renamed(item, rename) for item in value] if isinstance(value, list) else value


def _network(subnet: Mapping[str, Any], scope: Scope | None) -> Values:
    if "id" not in subnet:
        return dict(subnet)
    match = _SUBNET.fullmatch(str(subnet["id"]))
    here = (scope.subscription.lower(), scope.resource_group.lower()) if scope else ()
    if match and here == (match["subscription"].lower(), match["group"].lower()):
        return {"vnet_name": match["vnet"], "subnet": match["subnet"] or None}
    return {"subnet": subnet["id"]}


def _subnet_id(network: Mapping[str, Any], scope: Scope | None) -> str:
    subnet, vnet = network.get("subnet") or "", network.get("vnet_name")
    if not (vnet and scope):
        return subnet
    group = f"/subscriptions/{scope.subscription}/resourceGroups/{scope.resource_group}"
    return f"{group}/providers/Microsoft.Network/virtualNetworks/{vnet}/subnets/{subnet}"


def _identity(identity: Mapping[str, Any]) -> Values:
    said: Values = {"type": to_snake(str(identity.get("type", ""))).replace(",_", ",")}
    assigned = identity.get("userAssignedIdentities")
    if isinstance(assigned, Mapping) and assigned:
        said["user_assigned_identities"] = [{"resource_id": id} for id in assigned]
    return said


def _rest_identity(identity: Mapping[str, Any]) -> Values:
    said: Values = {"type": ",".join(_pascal(part) for part in str(identity.get("type", "")).split(","))}
    if assigned := identity.get("user_assigned_identities"):
        said["userAssignedIdentities"] = {str(each.get("resource_id")): {} for each in assigned}
    return said


def _schedules(schedules: Mapping[str, Any]) -> Values:
    return {"compute_start_stop": [_schedule(entry) for entry in schedules.get("computeStartStop") or []]}


def _schedule(entry: Mapping[str, Any]) -> Values:
    kind = str(entry.get("triggerType", "Cron"))
    trigger = _renamed(entry.get(kind[:1].lower() + kind[1:]) or {}, to_snake)
    if "frequency" in trigger:
        trigger["frequency"] = str(trigger["frequency"]).lower()
    said: Values = {"action": str(entry.get("action", "")).lower(), "trigger": {"type": kind.lower(), **trigger}}
    return {**said, "state": str(entry["status"]).lower()} if entry.get("status") else said


def _rest_schedules(schedules: Mapping[str, Any]) -> Values:
    return {"computeStartStop": [_rest_schedule(entry) for entry in schedules.get("compute_start_stop") or []]}


def _rest_schedule(entry: Mapping[str, Any]) -> Values:
    trigger = dict(entry.get("trigger") or {})
    kind = str(trigger.pop("type", "cron")).lower()
    if "frequency" in trigger:
        trigger["frequency"] = str(trigger["frequency"]).capitalize()
    said: Values = {"action": str(entry.get("action", "")).capitalize(), "triggerType": kind.capitalize()}
    state = {"status": str(entry["state"]).capitalize()} if entry.get("state") else {}
    return {**said, **state, kind: _renamed(trigger, to_camel)}


def _scripts(scripts: Mapping[str, Any]) -> Values:
    return {to_snake(word): _script(script) for word, script in (scripts.get("scripts") or {}).items() if script}


def _script(script: Mapping[str, Any]) -> Values:
    where = "command" if script.get("scriptSource") == "inline" else "path"
    said: Values = {where: script.get("scriptData")}
    if minutes := re.match(r"\d+", str(script.get("timeout") or "")):
        said["timeout_minutes"] = int(minutes[0])
    return said


def _rest_scripts(scripts: Mapping[str, Any]) -> Values:
    return {"scripts": {to_camel(word): _rest_script(script) for word, script in scripts.items()}}


def _rest_script(script: Mapping[str, Any]) -> Values:
    is_command = bool(script.get("command"))
    said: Values = {"scriptSource": "inline" if is_command else "workspaceStorage"}
    said["scriptData"] = script.get("command") if is_command else script.get("path")
    return {**said, "timeout": f"{script['timeout_minutes']}m"} if script.get("timeout_minutes") else said


def _user(settings: Mapping[str, Any]) -> Values:
    user = settings.get("assignedUser") or {}
    return {"user_tenant_id": user.get("tenantId"), "user_object_id": user.get("objectId")}


def _rest_user(user: Mapping[str, Any]) -> Values:
    return {"assignedUser": {"tenantId": user.get("user_tenant_id"), "objectId": user.get("user_object_id")}}


def _pascal(word: str) -> str:
    camel = to_camel(word.strip())
    return camel[:1].upper() + camel[1:]
