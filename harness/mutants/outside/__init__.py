"""outside - mutants that the tester sees from outside: each test that a row names turns red."""

from harness.mutants.outside.agent import AGENT
from harness.mutants.outside.crashes import CRASHES
from harness.mutants.outside.ike import IKE
from harness.mutants.outside.message import MESSAGE
from harness.mutants.outside.node import NODE

OUTSIDE = (*AGENT, *NODE, *IKE, *MESSAGE, *CRASHES)
