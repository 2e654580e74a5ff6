"""Processes that are not to outlive the one that started them."""

import os
import signal
import threading
import time

PARENT_POLL_SECONDS = 0.5


def stop_with_parent() -> None:
    """Ask this process to terminate once its parent, whoever that is now, is gone."""
    threading.Thread(target=_watch, args=(os.getppid(),), daemon=True).start()


def _watch(parent_id: int) -> None:
    while os.getppid() == parent_id:
        time.sleep(PARENT_POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
