"""registry - which daemons there are to choose from: by name the IKE ones, a mip6d by its program.

    host.ike = ike("strongswan")(host)
    host.mip6 = mip6("/opt/umip/sbin/mip6d")(host)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from harness.bed.node.driver import Driver, IkeDriver, Mip6Driver
from harness.bed.node.host import Host
from harness.bed.peers.ike_libreswan import Pluto
from harness.bed.peers.ike_openiked import OpenIked
from harness.bed.peers.ike_ours import Iked
from harness.bed.peers.ike_strongswan import Charon, Charon6
from harness.bed.peers.mip6_ours import Mip6d
from harness.bed.peers.mip6_umip import Umip
from harness.bed.peers.packages import LIBRESWAN, OPENIKED, STRONGSWAN, STRONGSWAN_6, NoPeer

OURS = "ours"
IKES: dict[str, Callable[[Host], IkeDriver]] = {
    OURS: Iked, STRONGSWAN: Charon, STRONGSWAN_6: Charon6, LIBRESWAN: Pluto, OPENIKED: OpenIked}


def ike(name: str) -> Callable[[Host], IkeDriver]:
    """The driver of that name, or the one that an adapter has: a file of Python with a `Driver`.

    Errors:  NoPeer names the adapter and what it lacks.
    """
    if name in IKES:
        return IKES[name]
    if not Path(name).is_file():
        raise NoPeer(f"there is no adapter {name}")
    spec = spec_from_file_location(Path(name).stem, name)
    module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise NoPeer(f"{name} cannot be loaded: {type(error).__name__}: {error}") from None
    driver = getattr(module, "Driver", None)
    lacks = [one for one in vars(Driver) | vars(IkeDriver) | {"POLICIES": None, "ESP": None}
             if one.isidentifier() and not one.startswith("_") and not hasattr(driver, one)]
    if not driver or lacks:
        raise NoPeer(f"{name} has no class Driver" + (f" with {', '.join(lacks)}" * bool(driver))
                     + ": expected one that extends harness.tester.subjects.adapter.Adapter")
    return driver


def mip6(program: str) -> Callable[[Host], Mip6Driver]:
    """The driver of ours, or of a program with UMIP's command line."""
    return Mip6d if program == OURS else partial(Umip, program)
