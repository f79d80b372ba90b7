"""Sizes of nodes by Azure's names: what each stands for, and what an hour of it costs where the settings say so.

On one machine a node is a slot, whatever its size: the numbers describe what the name promises in Azure, so that
programs that choose by them choose the same here, and costs can be worked out.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from lazuli.schema.problems import InvalidInput

__all__ = ["SIZES", "Category", "Machine", "Size", "machine", "price_of", "size_named"]


class Category(StrEnum):
    """What a size is good for, in Azure's words."""

    GENERAL = "General purpose"
    COMPUTE = "Compute optimized"
    MEMORY = "Memory optimized"
    GPU = "GPU"


@dataclass(frozen=True)
class Size:
    """One size of node."""

    name: str
    family: str
    category: Category
    cores: int
    memory_gb: float
    gpus: int = 0


# family: category, then 'name=cores/GB[/gpus]'; {} stands for the number of cores.
_TABLE = """
DSv2    General  DS1_v2=1/3.5 DS2_v2=2/7 DS3_v2=4/14 DS4_v2=8/28 DS5_v2=16/56
DSv2    Memory   DS11_v2=2/14 DS12_v2=4/28 DS13_v2=8/56 DS14_v2=16/112 DS15_v2=20/140
Dv2     General  D1_v2=1/3.5 D2_v2=2/7 D3_v2=4/14 D4_v2=8/28 D5_v2=16/56
Dv2     Memory   D11_v2=2/14 D12_v2=4/28 D13_v2=8/56 D14_v2=16/112
D       General  D1=1/3.5 D2=2/7 D3=4/14 D4=8/28
D       Memory   D11=2/14 D12=4/28 D13=8/56 D14=16/112
Dv3     General  D2_v3=2/8 D4_v3=4/16 D8_v3=8/32 D16_v3=16/64 D32_v3=32/128 D48_v3=48/192 D64_v3=64/256
DSv3    General  D2s_v3=2/8 D4s_v3=4/16 D8s_v3=8/32 D16s_v3=16/64 D32s_v3=32/128 D48s_v3=48/192 D64s_v3=64/256
Dav4    General  D2a_v4=2/8 D4a_v4=4/16 D8a_v4=8/32 D16a_v4=16/64 D32a_v4=32/128 D48a_v4=48/192 D64a_v4=64/256
Dasv4   General  D2as_v4=2/8 D4as_v4=4/16 D8as_v4=8/32 D16as_v4=16/64 D32as_v4=32/128 D64as_v4=64/256
Ddsv4   General  D2ds_v4=2/8 D4ds_v4=4/16 D8ds_v4=8/32 D16ds_v4=16/64 D32ds_v4=32/128 D64ds_v4=64/256
Dsv4    General  D2s_v4=2/8 D4s_v4=4/16 D8s_v4=8/32 D16s_v4=16/64 D32s_v4=32/128 D64s_v4=64/256
Dsv5    General  D2s_v5=2/8 D4s_v5=4/16 D8s_v5=8/32 D16s_v5=16/64 D32s_v5=32/128 D64s_v5=64/256 D96s_v5=96/384
Ddsv5   General  D2ds_v5=2/8 D4ds_v5=4/16 D8ds_v5=8/32 D16ds_v5=16/64 D32ds_v5=32/128 D96ds_v5=96/384
Dasv5   General  D2as_v5=2/8 D4as_v5=4/16 D8as_v5=8/32 D16as_v5=16/64 D32as_v5=32/128 D96as_v5=96/384
Ev3     Memory   E2_v3=2/16 E4_v3=4/32 E8_v3=8/64 E16_v3=16/128 E32_v3=32/256 E64_v3=64/432
ESv3    Memory   E2s_v3=2/16 E4s_v3=4/32 E8s_v3=8/64 E16s_v3=16/128 E32s_v3=32/256 E64s_v3=64/432
Edsv4   Memory   E2ds_v4=2/16 E4ds_v4=4/32 E8ds_v4=8/64 E16ds_v4=16/128 E32ds_v4=32/256 E64ds_v4=64/504
Esv4    Memory   E2s_v4=2/16 E4s_v4=4/32 E8s_v4=8/64 E16s_v4=16/128 E32s_v4=32/256 E64s_v4=64/504
Esv5    Memory   E2s_v5=2/16 E4s_v5=4/32 E8s_v5=8/64 E16s_v5=16/128 E32s_v5=32/256 E64s_v5=64/512
Edsv5   Memory   E2ds_v5=2/16 E4ds_v5=4/32 E8ds_v5=8/64 E16ds_v5=16/128 E32ds_v5=32/256 E64ds_v5=64/512
M       Memory   M64s=64/1024 M64ms=64/1792 M128s=128/2048 M128ms=128/3892
F       Compute  F1=1/2 F2=2/4 F4=4/8 F8=8/16 F16=16/32
FS      Compute  F1s=1/2 F2s=2/4 F4s=4/8 F8s=8/16 F16s=16/32
FSv2    Compute  F2s_v2=2/4 F4s_v2=4/8 F8s_v2=8/16 F16s_v2=16/32 F32s_v2=32/64 F48s_v2=48/96 F64s_v2=64/128
FSv2    Compute  F72s_v2=72/144
HB      Compute  HB60rs=60/223 HB120rs_v2=120/456 HB120rs_v3=120/448 HC44rs=44/352
NC      GPU      NC6=6/56/1 NC12=12/112/2 NC24=24/224/4 NC24r=24/224/4
NCSv2   GPU      NC6s_v2=6/112/1 NC12s_v2=12/224/2 NC24s_v2=24/448/4 NC24rs_v2=24/448/4
NCSv3   GPU      NC6s_v3=6/112/1 NC12s_v3=12/224/2 NC24s_v3=24/448/4 NC24rs_v3=24/448/4
NCT4v3  GPU      NC4as_T4_v3=4/28/1 NC8as_T4_v3=8/56/1 NC16as_T4_v3=16/110/1 NC64as_T4_v3=64/440/4
NCA100  GPU      NC24ads_A100_v4=24/220/1 NC48ads_A100_v4=48/440/2 NC96ads_A100_v4=96/880/4
NCH100  GPU      NC40ads_H100_v5=40/320/1 NC80adis_H100_v5=80/640/2
NDS     GPU      ND6s=6/112/1 ND12s=12/224/2 ND24s=24/448/4 ND24rs=24/448/4
NDv2    GPU      ND40rs_v2=40/672/8
NDA100  GPU      ND96asr_v4=96/900/8 ND96amsr_A100_v4=96/1900/8
NDH100  GPU      ND96isr_H100_v5=96/1900/8
NV      GPU      NV6=6/56/1 NV12=12/112/2 NV24=24/224/4 NV12s_v3=12/112/1 NV24s_v3=24/224/2 NV48s_v3=48/448/4
NVadsA10 GPU     NV6ads_A10_v5=6/55/1 NV12ads_A10_v5=12/110/1 NV18ads_A10_v5=18/220/1 NV36ads_A10_v5=36/440/1
"""


def _read(table: str) -> dict[str, Size]:
    sizes: dict[str, Size] = {}
    for line in table.strip().splitlines():
        family, category, *entries = line.split()
        for entry in entries:
            name, _, numbers = entry.partition("=")
            cores, memory, gpus = (*numbers.split("/"), "0")[:3]
            size = Size(
                f"Standard_{name}",
                f"standard{family}Family",
                Category[category.upper()],
                int(cores),
                float(memory),
                int(gpus),
            )
            sizes[size.name.lower()] = size
    return sizes


SIZES: Mapping[str, Size] = _read(_TABLE)
"""Every size by its name in lower case."""


def size_named(name: str) -> Size:
    """The size of that name, in any case. Raises :class:`InvalidInput` with the nearest names."""
    if found := SIZES.get(name.lower()):
        return found
    near = difflib.get_close_matches(name.lower(), SIZES, n=3, cutoff=0.6)
    names = ", ".join(SIZES[key].name for key in near) or "Standard_DS3_v2 (4 cores), Standard_NC6s_v3 (1 GPU)"
    raise InvalidInput(
        f"'{name[:80]}' is not the name of a size.",
        target="size",
        mend=f"Near to it: {names}. 'lazuli compute list-sizes' shows all.",
        code="InvalidVmSize",
    )


def price_of(prices: Mapping[str, float], size: str, *, low_priority: bool = False) -> float:
    """What an hour of a node of ``size`` (or of ``local``) costs; 0 where the settings name no price.

    A price for ``<size>:low_priority`` is taken for low-priority nodes, and else that of the size.
    """
    known = {name.lower(): price for name, price in prices.items()}
    name = size.lower()
    if low_priority and f"{name}:low_priority" in known:
        return known[f"{name}:low_priority"]
    return known.get(name, 0.0)


@dataclass(frozen=True)
class Machine:
    """What this machine really has."""

    cores: int
    memory_gb: int
    gpus: int


def machine() -> Machine:
    """This machine. Cores are those that this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (1 << 30)
    cards = Path("/proc/driver/nvidia/gpus")
    return Machine(cores, memory, len(list(cards.iterdir())) if cards.is_dir() else 0)
