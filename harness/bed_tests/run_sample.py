"""The results of a run of coa-change, as they were but without most of the pings."""

from harness.bed.check import evidence

RUN = evidence.GIVEN / "run/coa-change"
OLD, NEW, HOA, HA = "2001::41a:a8ff:fe6f:c67", "2001::50", "2001:1::10", "2001:1::1"
