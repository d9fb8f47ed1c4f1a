"""The VM sizes for computes and node pools: the hardware of a node, and its retirement.

Sources: "Sizes for virtual machines in Azure" for sizes; for retirements, "VM size series retirements, capacity growth
restrictions, and modernization guidance" (Microsoft Learn, 2026-09-24) and, before 2025, "Retired Azure VM size series"
(2024-02-02). The list has sizes for machine learning, not all of Azure's; any other size needs a reason
(`unlisted_size_reason`).
"""

import datetime
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from fractions import Fraction
from functools import cache
from typing import NamedTuple, Optional

from ..foundation.rules import JsonSchema, matching, one_of, published_as
from ..foundation.values import nearest
from ..foundation.violations import rule_error
from .lifecycle import HARDWARE_NOTICE_DAYS, Lifecycle
from .regions import regions_with

READ = datetime.date(2026, 11, 23)
"""The day on which the sources were read."""

_FORM = r"(Standard|Basic)_[A-Z]{1,3}[0-9]+[A-Za-z0-9]*(-[0-9]+)?[a-z]*(_[A-Za-z0-9]+)*(_v[0-9]+)?"
_IS_NOT, _ALLOWED = (
    "is not a VM size",
    "a size in Azure's spelling, such as Standard_D4ds_v4 or Standard_NC24ads_A100_v4",
)


@published_as(lambda: any_size(matching(_FORM, f"Not a VM size. Allowed: {_ALLOWED}")))
def size_name(value: str) -> str:
    """A VM size, by the form of its name. `vm_size` knows which sizes there are."""
    if not re.fullmatch(_FORM, value):
        # Tables and tools print `D4ds_v4`, or small letters.
        by_letters = {_letters(each): each for each in size_names()}
        written = by_letters.get(_letters(value))
        hint = f"; did you mean '{written}'?" if written else nearest(value, size_names(), cutoff=0.9)
        raise rule_error(f"'{value}' {_IS_NOT}{hint}", f"Allowed: {_ALLOWED}")
    return value


def _letters(name: str) -> str:
    """The letters and numbers of a size's name, in small letters and without `Standard`."""
    return re.sub("[^a-z0-9]", "", name.lower()).removeprefix("standard")


def any_size(else_: JsonSchema) -> JsonSchema:
    """The JSON Schema of a size in the catalogue, or of a text that `else_` accepts."""
    message = (
        f"Not a VM size in the catalogue of {READ}, as Azure writes it: Standard_D4ds_v4. Computes of a workspace may "
        "have another one, with unlisted_size_reason"
    )
    return one_of("VmSize", size_names(), else_, errorMessage=message)


EXAMPLES = "Standard_D4ds_v4, Standard_E8ds_v5, Standard_NC4as_T4_v3, Standard_NC24ads_A100_v4"


class Accelerator(StrEnum):
    """The hardware of a node for computing, in addition to its processor."""

    NONE = "none"
    GPU = "gpu"
    FPGA = "fpga"


class Card(NamedTuple):
    """An accelerator."""

    name: str
    memory_gib: int
    """The memory of a whole card, in GiB."""

    mig: bool = False
    """Whether NVIDIA's MIG can split it."""

    accelerator: Accelerator = Accelerator.GPU
    driver: bool = True
    """Whether AKS installs its driver: yes for NVIDIA, no for AMD and FPGAs ("Use GPUs on AKS")."""


class VmSize(NamedTuple):
    """The hardware of a node of one size."""

    name: str
    vcpus: int
    memory_gib: float
    card: Optional[Card] = None
    cards: Fraction = Fraction(0)
    """The number of cards of a node; less than one if several nodes share a card."""

    retires: Optional[datetime.date] = None
    """The day from which Azure no longer runs it; None if no day is announced."""

    successor: Optional[str] = None
    """The current size that replaces it."""

    for_machine_learning: bool = True
    """Whether computes of a workspace may have it. Arm, burstable and confidential sizes and FPGAs are not in
    "Supported VM series and sizes" (What are compute targets)."""

    @property
    def accelerator(self) -> Accelerator:
        """The kind of its accelerator."""
        return self.card.accelerator if self.card else Accelerator.NONE

    @property
    def devices(self) -> int:
        """The number of devices that a node offers to Kubernetes; a part of a card counts as one."""
        return max(int(self.cards), 1) if self.card else 0

    @property
    def regions(self) -> Optional[frozenset[str]]:
        """The regions that have it, if it has accelerators and their regions are listed. None: not checked."""
        family = re.match(r"Standard_([A-Z]+)", self.name)
        return regions_with(family[1]) if self.card and family else None

    @property
    def local_disk_gib(self) -> int:
        """The size of the host's local disk for an ephemeral OS disk, in GiB; 0 if there is none or it is unknown."""
        if self.name in _LOCAL_DISKS:
            return _LOCAL_DISKS[self.name]
        # Source: the pages of Ddv4, Ddsv4, Ddv5, Ddsv5 and Dadsv5, and of their counterparts with more memory.
        found = re.fullmatch(r"Standard_[DE](\d+)(-\d+)?(d|ds|ads)_v[45]", self.name)
        return int(found[1]) * 75 // 2 if found else 0

    @property
    def lifecycle(self) -> Optional[Lifecycle]:
        """Its end, or None if no day is announced."""
        if self.retires is None:
            return None
        return Lifecycle(self.retires, self.successor or "", notice_days=HARDWARE_NOTICE_DAYS)


class _Series(NamedTuple):
    """Sizes whose names differ only in a number."""

    pattern: str
    """The name, with `{}` for the number."""

    numbers: Sequence[int]
    """The numbers, which are also the vCPUs."""

    per_vcpu: float
    """The memory per vCPU, in GiB."""

    most_gib: float = 1e9
    """The maximum memory, in GiB; the largest sizes of a series have less memory per vCPU."""

    retires: Optional[datetime.date] = None
    successor: Optional[str] = None
    """The name of the successor, with `{}` for the number."""

    successors: Sequence[int] = (2, 4, 8, 16, 32, 48, 64, 96)
    """The numbers of the successor's sizes."""

    for_machine_learning: bool = True
    constrained: bool = False
    """Whether it has sizes with half and a quarter of the vCPUs, such as E8-4s_v5."""


_V3_ENDS = datetime.date(2029, 11, 15)
_V2_ENDS = datetime.date(2028, 5, 1)
_2028 = datetime.date(2028, 11, 15)
_2027 = datetime.date(2027, 5, 31)
_2026 = datetime.date(2026, 9, 30)
_2025 = datetime.date(2025, 9, 30)
_2023 = datetime.date(2023, 9, 6)

_TO_64 = (2, 4, 8, 16, 32, 48, 64)
_TO_96 = (*_TO_64, 96)
_TO_128 = (*_TO_96, 128)
_E_TO_64 = (2, 4, 8, 16, 20, 32, 48, 64)
_E_TO_96 = (*_E_TO_64, 96)
_L = (8, 16, 32, 48, 64, 80)
_E_TO_128 = (*_E_TO_96, 128)

_SERIES = (
    _Series("Standard_D{}_v3", _TO_64, 4, retires=_V3_ENDS, successor="Standard_D{}d_v5"),
    _Series("Standard_D{}s_v3", _TO_64, 4, retires=_V3_ENDS, successor="Standard_D{}ds_v5"),
    *(_Series(f"Standard_D{{}}{each}_v4", _TO_64, 4) for each in ("", "s", "d", "ds")),
    *(_Series(f"Standard_D{{}}{each}_v4", _TO_96, 4) for each in ("a", "as")),
    *(_Series(f"Standard_D{{}}{each}_v5", _TO_96, 4) for each in ("", "s", "d", "ds", "as", "ads")),
    *(_Series(f"Standard_D{{}}{each}_v5", _TO_96, 2) for each in ("ls", "lds")),
    *(_Series(f"Standard_D{{}}{each}_v5", _TO_64, 4, 208, for_machine_learning=False) for each in ("ps", "pds")),
    *(_Series(f"Standard_D{{}}{each}_v6", _TO_128, 4) for each in ("s", "ds")),
    *(_Series(f"Standard_D{{}}{each}_v6", _TO_96, 4) for each in ("as", "ads")),
    *(_Series(f"Standard_D{{}}{each}_v6", _TO_128, 2) for each in ("ls", "lds")),
    *(_Series(f"Standard_D{{}}{each}_v6", _TO_96, 2) for each in ("als", "alds")),
    *(_Series(f"Standard_D{{}}{each}_v6", _TO_96, 4, for_machine_learning=False) for each in ("ps", "pds")),
    _Series("Standard_E{}_v3", _E_TO_64, 8, 432, _V3_ENDS, "Standard_E{}d_v5"),
    _Series("Standard_E{}s_v3", _E_TO_64, 8, 432, _V3_ENDS, "Standard_E{}ds_v5", constrained=True),
    *(_Series(f"Standard_E{{}}{each}_v4", _E_TO_64, 8, 504) for each in ("", "d")),
    *(_Series(f"Standard_E{{}}{each}_v4", _E_TO_64, 8, 504, constrained=True) for each in ("s", "ds")),
    _Series("Standard_E{}a_v4", _E_TO_96, 8, 672),
    _Series("Standard_E{}as_v4", _E_TO_96, 8, 672, constrained=True),
    *(_Series(f"Standard_E{{}}{each}_v5", _E_TO_96, 8, 672) for each in ("", "d")),
    *(_Series(f"Standard_E{{}}{each}_v5", _E_TO_96, 8, 672, constrained=True) for each in ("s", "ds", "as", "ads")),
    *(_Series(f"Standard_E{{}}{each}_v5", _TO_64, 8) for each in ("bs", "bds")),
    *(_Series(f"Standard_E{{}}{each}_v6", _E_TO_128, 8) for each in ("s", "ds")),
    *(_Series(f"Standard_E{{}}{each}_v6", _E_TO_96, 8, 672) for each in ("as", "ads")),
    _Series("Standard_F{}", (1, 2, 4, 8, 16), 2, retires=_2028, successor="Standard_D{}lds_v5"),
    _Series("Standard_F{}s", (1, 2, 4, 8, 16), 2, retires=_2028, successor="Standard_D{}lds_v5"),
    _Series("Standard_F{}s_v2", (2, 4, 8, 16, 32, 48, 64, 72), 2, retires=_2028, successor="Standard_D{}lds_v5"),
    _Series("Standard_F{}als_v6", (2, 4, 8, 16, 32, 48, 64), 2),
    _Series("Standard_F{}as_v6", (2, 4, 8, 16, 32, 48, 64), 4),
    _Series("Standard_F{}ams_v6", (2, 4, 8, 16, 32, 48, 64), 8),
    _Series("Standard_FX{}mds", (4, 12, 24, 36, 48), 21),
    _Series("Standard_L{}s", (4, 8, 16, 32), 8, retires=_V2_ENDS, successor="Standard_L{}s_v3", successors=_L),
    _Series("Standard_L{}s_v2", _L, 8, retires=_2028, successor="Standard_L{}as_v3", successors=_L),
    *(_Series(f"Standard_L{{}}{each}_v3", _L, 8) for each in ("s", "as")),
)

_D_V2 = {1: 1, 2: 2, 3: 4, 4: 8, 5: 16, 11: 2, 12: 4, 13: 8, 14: 16, 15: 20}
"""Number → vCPUs of the D series up to version 2. Numbers from 11 have 7 GiB per vCPU, the others 3.5."""

_LOCAL_DISKS = {
    "Standard_NC4as_T4_v3": 176,
    "Standard_NC8as_T4_v3": 352,
    "Standard_NC16as_T4_v3": 352,
    "Standard_NC64as_T4_v3": 2816,
    "Standard_NC24ads_A100_v4": 64,
    "Standard_NC48ads_A100_v4": 128,
    "Standard_NC96ads_A100_v4": 256,
    "Standard_NV6ads_A10_v5": 180,
    "Standard_NV12ads_A10_v5": 360,
    "Standard_NV18ads_A10_v5": 720,
    "Standard_NV36ads_A10_v5": 720,
    "Standard_NV72ads_A10_v5": 1400,
}
"""Source: the pages of the sizes. FPGAs have a local disk too, but Microsoft's pages disagree on OS disks on it."""

_K80, _P40, _P100 = Card("K80", 12), Card("P40", 24), Card("P100", 16)
_V100, _V100_32, _M60 = Card("V100", 16), Card("V100", 32), Card("M60", 8)
_T4, _A10 = Card("T4", 16), Card("A10", 24)
_A100_40, _A100 = Card("A100", 40, mig=True), Card("A100", 80, mig=True)
_H100_NVL, _H100, _H200 = Card("H100", 94, mig=True), Card("H100", 80, mig=True), Card("H200", 141, mig=True)
_MI25, _MI300X = Card("MI25", 16, driver=False), Card("MI300X", 192, driver=False)
_U250 = Card("Alveo U250", 64, accelerator=Accelerator.FPGA, driver=False)

_T4_1, _T4_2, _T4_4 = "Standard_NC4as_T4_v3", "Standard_NC16as_T4_v3", "Standard_NC64as_T4_v3"
_A100_1, _A100_2 = "Standard_NC24ads_A100_v4", "Standard_NC48ads_A100_v4"
_A10_1, _A10_2 = "Standard_NV36ads_A10_v5", "Standard_NV72ads_A10_v5"

# name, vCPUs, memory in GiB, card, cards, retires, successor
_ACCELERATED: tuple[tuple[str, int, float, Card, Fraction | int, Optional[datetime.date], Optional[str]], ...] = (
    ("NC6", 6, 56, _K80, 1, _2023, _T4_1),
    ("NC12", 12, 112, _K80, 2, _2023, _T4_2),
    ("NC24", 24, 224, _K80, 4, _2023, _T4_4),
    ("NC24r", 24, 224, _K80, 4, _2023, _T4_4),
    ("NC6s_v2", 6, 112, _P100, 1, _2023, _T4_2),
    ("NC12s_v2", 12, 224, _P100, 2, _2023, _A100_1),
    ("NC24s_v2", 24, 448, _P100, 4, _2023, _A100_2),
    ("NC24rs_v2", 24, 448, _P100, 4, _2023, _A100_2),
    ("NC6s_v3", 6, 112, _V100, 1, _2025, _A100_1),
    ("NC12s_v3", 12, 224, _V100, 2, _2025, _A100_1),
    ("NC24s_v3", 24, 448, _V100, 4, _2025, _A100_2),
    ("NC24rs_v3", 24, 448, _V100, 4, _2025, _A100_2),
    ("NC4as_T4_v3", 4, 28, _T4, 1, None, None),
    ("NC8as_T4_v3", 8, 56, _T4, 1, None, None),
    ("NC16as_T4_v3", 16, 110, _T4, 1, None, None),
    ("NC64as_T4_v3", 64, 440, _T4, 4, None, None),
    ("NC24ads_A100_v4", 24, 220, _A100, 1, None, None),
    ("NC48ads_A100_v4", 48, 440, _A100, 2, None, None),
    ("NC96ads_A100_v4", 96, 880, _A100, 4, None, None),
    ("NC40ads_H100_v5", 40, 320, _H100_NVL, 1, None, None),
    ("NC80adis_H100_v5", 80, 640, _H100_NVL, 2, None, None),
    ("ND6s", 6, 112, _P40, 1, _2023, _T4_2),
    ("ND12s", 12, 224, _P40, 2, _2023, _A100_1),
    ("ND24s", 24, 448, _P40, 4, _2023, _A100_2),
    ("ND24rs", 24, 448, _P40, 4, _2023, _A100_2),
    ("ND40rs_v2", 40, 672, _V100_32, 8, None, None),
    ("ND96asr_v4", 96, 900, _A100_40, 8, None, None),
    ("ND96amsr_A100_v4", 96, 1900, _A100, 8, None, None),
    ("ND96isr_H100_v5", 96, 1900, _H100, 8, None, None),
    ("ND96isr_H200_v5", 96, 1850, _H200, 8, None, None),
    ("ND96isr_MI300X_v5", 96, 1850, _MI300X, 8, None, None),
    ("NV6", 6, 56, _M60, 1, _2023, _A10_1),
    ("NV12", 12, 112, _M60, 2, _2023, _A10_1),
    ("NV24", 24, 224, _M60, 4, _2023, _A10_2),
    ("NV12s_v3", 12, 112, _M60, 1, _2026, _A10_1),
    ("NV24s_v3", 24, 224, _M60, 2, _2026, _A10_1),
    ("NV48s_v3", 48, 448, _M60, 4, _2026, _A10_2),
    ("NV4as_v4", 4, 14, _MI25, Fraction(1, 8), _2026, "Standard_NV6ads_A10_v5"),
    ("NV8as_v4", 8, 28, _MI25, Fraction(1, 4), _2026, "Standard_NV6ads_A10_v5"),
    ("NV16as_v4", 16, 56, _MI25, Fraction(1, 2), _2026, "Standard_NV12ads_A10_v5"),
    ("NV32as_v4", 32, 112, _MI25, 1, _2026, _A10_1),
    ("NV6ads_A10_v5", 6, 55, _A10, Fraction(1, 6), None, None),
    ("NV12ads_A10_v5", 12, 110, _A10, Fraction(1, 3), None, None),
    ("NV18ads_A10_v5", 18, 220, _A10, Fraction(1, 2), None, None),
    ("NV36ads_A10_v5", 36, 440, _A10, 1, None, None),
    ("NV36adms_A10_v5", 36, 880, _A10, 1, None, None),
    ("NV72ads_A10_v5", 72, 880, _A10, 2, None, None),
    ("NP10s", 10, 168, _U250, 1, _2027, _A100_1),
    ("NP20s", 20, 336, _U250, 2, _2027, _A100_2),
    ("NP40s", 40, 672, _U250, 4, _2027, _A100_2),
)

_AV1_ENDED = datetime.date(2024, 8, 31)

# name, vCPUs, memory in GiB, retires, successor
_SINGLE: tuple[tuple[str, int, float, Optional[datetime.date], Optional[str]], ...] = (
    *(
        (f"A{number}", vcpus, gib, _AV1_ENDED, f"Standard_D{max(vcpus, 2)}lds_v5")
        for number, vcpus, gib in ((0, 1, 0.75), (1, 1, 1.75), (2, 2, 3.5), (3, 4, 7), (4, 8, 14))
    ),
    *(
        (f"A{number}", vcpus, gib, _AV1_ENDED, f"Standard_E{vcpus}ds_v5")
        for number, vcpus, gib in ((5, 2, 14), (6, 4, 28), (7, 8, 56))
    ),
    # "H-series and A8 to A11" were announced on azure.microsoft.com/updates only.
    *(
        (f"A{number}", vcpus, gib, datetime.date(2021, 3, 1), "Standard_HB120rs_v3")
        for number, vcpus, gib in ((8, 8, 56), (9, 16, 112), (10, 8, 56), (11, 16, 112))
    ),
    *(
        (f"H{each}", vcpus, gib, datetime.date(2022, 8, 31), "Standard_HB120rs_v3")
        for each, vcpus, gib in (
            ("8", 8, 56),
            ("16", 16, 112),
            ("16r", 16, 112),
            ("8m", 8, 112),
            ("16m", 16, 224),
            ("16mr", 16, 224),
        )
    ),
    *(
        (f"DS{each}_v2", vcpus, gib, _V2_ENDS, f"Standard_E{successor}ds_v5")
        for each, vcpus, gib, successor in (
            ("11-1", 1, 14, "4-2"),
            ("12-1", 1, 28, "4-2"),
            ("12-2", 2, 28, "4-2"),
            ("13-2", 2, 56, "8-2"),
            ("13-4", 4, 56, "8-4"),
            ("14-4", 4, 112, "16-4"),
            ("14-8", 8, 112, "16-8"),
        )
    ),
    *(
        (f"GS{each}", vcpus, gib, _2028, f"Standard_E{successor}ds_v5")
        for each, vcpus, gib, successor in (
            ("4-4", 4, 224, "32-8"),
            ("4-8", 8, 224, "32-8"),
            ("5-8", 8, 448, "64-16"),
            ("5-16", 16, 448, "64-16"),
        )
    ),
    ("M64-16ms", 16, 1792, None, None),
    ("M64-32ms", 32, 1792, None, None),
    ("M128-32ms", 32, 3892, None, None),
    ("M128-64ms", 64, 3892, None, None),
    ("A1_v2", 1, 2, _2028, "Standard_D2lds_v5"),
    ("A2_v2", 2, 4, _2028, "Standard_D2lds_v5"),
    ("A4_v2", 4, 8, _2028, "Standard_D4lds_v5"),
    ("A8_v2", 8, 16, _2028, "Standard_D8lds_v5"),
    ("A2m_v2", 2, 16, _2028, "Standard_E2ds_v5"),
    ("A4m_v2", 4, 32, _2028, "Standard_E4ds_v5"),
    ("A8m_v2", 8, 64, _2028, "Standard_E8ds_v5"),
    ("HB60rs", 60, 228, datetime.date(2024, 8, 31), "Standard_HB120rs_v3"),
    ("HB120rs_v2", 120, 456, _2027, "Standard_HB120rs_v3"),
    ("HB120rs_v3", 120, 448, None, None),
    ("HB176rs_v4", 176, 768, None, None),
    ("HC44rs", 44, 352, _2027, "Standard_HB120rs_v3"),
    ("HX176rs", 176, 1408, None, None),
    *((f"M64{each}", 64, gib, None, None) for each, gib in (("", 1024), ("s", 1024), ("m", 1792), ("ms", 1792))),
    *((f"M128{each}", 128, gib, None, None) for each, gib in (("", 2048), ("s", 2048), ("m", 3892), ("ms", 3892))),
    *(
        (f"M192{each}_v2", 192, gib, datetime.date(2027, 3, 31), "Standard_M128ms")
        for each, gib in (("is", 2048), ("ids", 2048), ("ims", 4096), ("idms", 4096))
    ),
    *(
        (f"{family}{number}", vcpus, gib, _2028, f"Standard_E{vcpus}ds_v5")
        for family in ("G", "GS")
        for number, vcpus, gib in ((1, 2, 28), (2, 4, 56), (3, 8, 112), (4, 16, 224), (5, 32, 448))
    ),
)

# Burstable and confidential sizes, which computes of a workspace cannot have.
_NOT_FOR_ML = (
    _Series("Standard_B{}s", (1, 2), 2, retires=_2028, successor="Standard_D{}lds_v5"),
    _Series("Standard_B{}ms", (1, 2, 4, 8, 12, 16, 20), 4, retires=_2028, successor="Standard_D{}ds_v5"),
    _Series("Standard_B{}s_v2", (2, 4, 8, 16, 32), 4),
    _Series("Standard_B{}as_v2", (2, 4, 8, 16, 32), 4),
    *(_Series(f"Standard_DC{{}}{each}_v5", _TO_96, 4) for each in ("as", "ads")),
    *(_Series(f"Standard_EC{{}}{each}_v5", _E_TO_96, 8, 672) for each in ("as", "ads")),
)


def vm_size(name: str) -> Optional[VmSize]:
    """The size with this name, or None if the catalogue has none. Ignores the case of letters, as Azure does."""
    return _catalogue().get(name.lower())


def size_names() -> list[str]:
    """The names of all sizes in the catalogue."""
    return [each.name for each in _catalogue().values()]


@cache
def _catalogue() -> dict[str, VmSize]:
    return {each.name.lower(): each for each in _sizes()}


def _sizes() -> Iterator[VmSize]:
    for series in _SERIES:
        yield from _of_series(series, series.for_machine_learning)
    for series in _NOT_FOR_ML:
        yield from _of_series(series, for_machine_learning=False)
    for version, family in (("", "D"), ("", "DS"), ("_v2", "D"), ("_v2", "DS")):
        for number, vcpus in _D_V2.items():
            if version or number not in (5, 15):
                letter, per_vcpu = ("E", 7.0) if number > 10 else ("D", 3.5)
                successor = f"Standard_{letter}{_at_least(vcpus, _TO_96)}ds_v5"
                yield VmSize(
                    f"Standard_{family}{number}{version}",
                    vcpus,
                    vcpus * per_vcpu,
                    None,
                    Fraction(0),
                    _V2_ENDS,
                    successor,
                )
    for number, vcpus, memory_gib in ((0, 1, 0.75), (1, 1, 1.75), (2, 2, 3.5), (3, 4, 7), (4, 8, 14)):
        yield VmSize(
            f"Basic_A{number}", vcpus, memory_gib, None, Fraction(0), _AV1_ENDED, f"Standard_D{max(vcpus, 2)}lds_v5"
        )
    for name, vcpus, memory_gib, retires, successor in _SINGLE:
        yield VmSize(f"Standard_{name}", vcpus, memory_gib, None, Fraction(0), retires, successor)
    for name, vcpus, memory_gib, card, cards, retires, successor in _ACCELERATED:
        ml = card is not _U250
        yield VmSize(f"Standard_{name}", vcpus, memory_gib, card, Fraction(cards), retires, successor, ml)


def _of_series(series: _Series, for_machine_learning: bool) -> Iterator[VmSize]:
    for number in series.numbers:
        memory_gib = min(number * series.per_vcpu, series.most_gib)
        successor = series.successor and series.successor.format(_at_least(number, series.successors))
        active = [number, *((number // 2, number // 4) if series.constrained and number in (8, 16, 32, 64) else ())]
        if series.constrained and number == 4:
            active = [4, 2]
        for vcpus in active:
            written = str(number) if vcpus == number else f"{number}-{vcpus}"
            yield VmSize(
                series.pattern.format(written),
                vcpus,
                memory_gib,
                None,
                Fraction(0),
                series.retires,
                successor,
                for_machine_learning,
            )


def _at_least(vcpus: int, numbers: Sequence[int]) -> int:
    """The smallest number that is at least `vcpus`, or the last one if all are smaller."""
    return next((each for each in numbers if each >= vcpus), numbers[-1])
