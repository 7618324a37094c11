from torch.distributed import HashStore

from mmseg_hrvit.engine.heartbeats import Beat, Heartbeats


class SharedStore(HashStore):
    """One for both ranks, as a connection each would lead to."""

    def clone(self):
        return self


def test_ranks_know_how_far_the_others_are():
    store = SharedStore()
    one, two = (Heartbeats(rank, 2, 1.0, store) for rank in range(2))
    one.go_on('a')
    one.exchange()
    assert one.seen() == {0: Beat(0, 'a'), 1: Beat()}  # which has not told anything
    two.exchange()
    two.go_on('b')
    two.go_on('c')
    assert two.seen() == {0: Beat(0, 'a'), 1: Beat(1, 'c')}
    two.exchange()
    one.exchange()
    assert one.seen() == two.seen()


def test_a_lost_store_ends_the_exchange_alone():
    beats = Heartbeats(0, 2, 0.001, SharedStore())

    def lose(*_):
        raise RuntimeError('Connection reset by peer')

    beats.exchange = lose
    beats.start()
    beats.thread.join(10)
    assert not beats.thread.is_alive()
