"""Processor time of processes: a whole tree's, those that have ended included."""

import os
import subprocess
import sys
import threading
import time

from bench.processes import own_processor, processor_of_tree

BUSY_S = 0.3
BUSY = f"import time\nwhile time.process_time() < {BUSY_S}: pass\n"
PARENT = f"""
import subprocess, sys
subprocess.run([sys.executable, "-c", {BUSY!r}], check=True)
print("done", flush=True)
sys.stdin.read()
"""


def test_the_time_of_a_child_that_has_ended_is_its_parents() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"done\n"
        assert processor_of_tree(parent.pid) >= BUSY_S
        parent.communicate()


def test_a_process_that_is_not_there_has_used_nothing() -> None:
    assert processor_of_tree(2**22 + 1) == 0


def test_what_takes_less_than_a_tick_is_seen() -> None:
    began = own_processor(os.getpid())
    until = time.process_time() + 0.001
    while time.process_time() < until:
        pass
    assert 0.001 <= own_processor(os.getpid()) - began < 1


def test_a_thread_that_has_ended_still_counts() -> None:
    began = own_processor(os.getpid())
    thread = threading.Thread(target=_work)
    thread.start()
    thread.join()
    assert own_processor(os.getpid()) - began >= BUSY_S


def _work() -> None:
    until = time.thread_time() + BUSY_S
    while time.thread_time() < until:
        pass
