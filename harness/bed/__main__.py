"""The front door's entry: Ctrl-C while Python still reads its files ends it without a word."""

import gc
import signal
import sys

before = signal.getsignal(signal.SIGINT)
# Whoever starts us in the background has it ignored, and that stays.
if before is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

gc.disable()
from harness.bed import run  # noqa: E402

# All that was read stays, and is nothing to look through.
gc.freeze()
gc.enable()
signal.signal(signal.SIGINT, before)
sys.exit(run.main(sys.argv[1:]))
