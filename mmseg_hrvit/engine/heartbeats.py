"""The progress of every rank, shared through the store of the process group."""

import json
from dataclasses import asdict, dataclass
from threading import Event, Thread

from torch.distributed import PrefixStore, Store
from torch.distributed.distributed_c10d import _get_default_store


@dataclass(frozen=True)
class Beat:
    """The progress of a rank.

    Args:
        steps (int): Number of steps that it has done so far.
        doing (str): What it does now.
    """

    steps: int = -1
    doing: str = 'before its first iteration'


class Heartbeats:
    """Shares the progress of this rank with the other ranks every few seconds.

    A thread does this. If the process that has the store hangs, the thread waits, and
    the progress of the others does not change.

    Args:
        rank (int): Number of this process.
        world_size (int): Number of processes.
        period (float): Seconds from one exchange to the next.
        store (Store, optional): Where they meet. Defaults to None: the store of
            torch's process group.
    """

    def __init__(
        self, rank: int, world_size: int, period: float, store: Store | None = None
    ) -> None:
        store = store or _get_default_store()
        # Its own connection, if torch has that: other threads may wait in theirs.
        store = store.clone() if hasattr(store, 'clone') else store
        self.store = PrefixStore('mmseg_hrvit.beats', store)
        self.rank = rank
        self.period = period
        self.own = Beat()
        self.others = {other: Beat() for other in range(world_size) if other != rank}
        self.waits = False  # for the store's answer
        self.stopped = Event()
        self.thread = Thread(target=self._run, name='heartbeats', daemon=True)

    def start(self) -> None:
        """Starts to share the progress."""
        self.thread.start()

    def go_on(self, doing: str) -> None:
        """Notes that this rank has made a step."""
        self.own = Beat(self.own.steps + 1, doing)

    def seen(self) -> dict[int, Beat]:
        """Returns the progress of each rank, as far as this one knows."""
        return {self.rank: self.own, **self.others}

    def stop(self) -> None:
        """Stops; the other ranks see the last progress of this one."""
        self.stopped.set()

    def _run(self) -> None:
        while not self.stopped.wait(self.period):
            self.waits = True
            try:
                self.exchange()
            except Exception:  # torch has many for a connection that is lost
                return  # with the process that kept the store; the run ends by itself
            finally:
                self.waits = False

    def exchange(self) -> None:
        """Writes the progress of this rank, and reads that of the others."""
        self.store.set(str(self.rank), json.dumps(asdict(self.own)))
        # Asking for a key that is not there would wait for it.
        told = [rank for rank in self.others if self.store.check([str(rank)])]
        values = self.store.multi_get([*map(str, told)]) if told else []
        beats = [Beat(**json.loads(value)) for value in values]
        self.others = {**self.others, **dict(zip(told, beats, strict=True))}
