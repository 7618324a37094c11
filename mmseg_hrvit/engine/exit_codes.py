"""Exit statuses of runs, by which their launchers know what to do."""

import signal

SOME_BAD = 1  # some files were skipped
INPUT_ERROR = 2  # as argparse has it for a wrong command line
PREEMPTED = 75  # EX_TEMPFAIL, "try again later": the run can be resumed
INTERRUPTED = 128 + signal.SIGINT  # by Ctrl-C, as a shell has it
HANG = 142  # as of a process that an alarm has ended: the run is started again
