"""The front door's entry: Ctrl-C while Python still reads its files ends it without a word."""

import signal
import sys

before = signal.getsignal(signal.SIGINT)
# Whoever starts us in the background has it ignored, and that stays.
if before is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from harness.bed import run  # noqa: E402

signal.signal(signal.SIGINT, before)
sys.exit(run.main(sys.argv[1:]))
