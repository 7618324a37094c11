"""The queue of uploads: places, clients that leave, uploads that do not arrive."""

import asyncio
import json

import pytest

pytest.importorskip('starlette')

from starlette.exceptions import HTTPException

from mmseg_hrvit.serving.upload_queue import UploadQueue

BODY = dict(type='http.request', body=b'x', more_body=False)
LEFT = dict(type='http.disconnect')


class Request:
    """A client that posts, and may leave."""

    def __init__(self, path='/segment', messages=(BODY,)):
        self.scope = dict(type='http', method='POST', path=path)
        self.messages = asyncio.Queue()
        for message in messages:
            self.messages.put_nowait(message)
        self.sent = []

    async def send(self, message):
        self.sent.append(message)

    def post(self, app):
        call = app(self.scope, self.messages.get, self.send)
        return asyncio.create_task(call)

    def leave(self):
        self.messages.put_nowait(LEFT)

    @property
    def status(self):
        return self.sent[0]['status'] if self.sent else None


class Slow:
    """An application that reads the body, and answers when it is told to."""

    def __init__(self):
        self.go = asyncio.Event()
        self.read = self.begun = self.cancelled = 0

    async def __call__(self, scope, receive, send):
        self.begun += 1
        try:
            while (await receive()).get('more_body'):
                pass
            self.read += 1
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        await send(dict(type='http.response.start', status=200, headers=[]))
        await send(dict(type='http.response.body', body=b''))


async def settle():
    for _ in range(20):
        await asyncio.sleep(0)


def test_more_than_a_few_are_refused_unread():
    async def scenario():
        slow = Slow()
        app = UploadQueue(slow, ['/segment'], places=2)
        requests = [Request() for _ in range(4)]
        tasks = [request.post(app) for request in requests]
        await settle()
        assert (slow.read, app.taken) == (2, 2)
        assert [request.status for request in requests] == [None, None, 503, 503]
        assert requests[3].messages.qsize() == 1
        assert 'busy' in json.loads(requests[3].sent[1]['body'])['detail']
        assert (b'retry-after', b'2') in requests[3].sent[0]['headers']
        other = Request('/classes')
        tasks.append(other.post(app))
        slow.go.set()
        await asyncio.gather(*tasks)
        assert app.taken == 0
        assert [r.status for r in (*requests[:2], other)] == [200, 200, 200]
        again = Request()
        await again.post(app)
        assert again.status == 200

    asyncio.run(scenario())


def test_a_client_that_leaves_is_forgotten():
    async def scenario():
        slow = Slow()
        app = UploadQueue(slow, ['/segment'], places=1)
        request = Request()
        task = request.post(app)
        await settle()
        request.leave()
        await asyncio.wait_for(task, 5)
        assert (app.taken, slow.cancelled, request.sent) == (0, 1, [])

    asyncio.run(scenario())


def test_a_client_that_leaves_in_the_middle_of_its_body_is_forgotten():
    async def scenario():
        async def read(scope, receive, send):
            while (message := await receive())['type'] != 'http.disconnect':
                assert message['more_body']
            raise ConnectionError

        app = UploadQueue(read, ['/segment'], places=1)
        request = Request(messages=[dict(BODY, more_body=True), LEFT])
        with pytest.raises(ConnectionError):
            await request.post(app)
        assert app.taken == 0

    asyncio.run(scenario())


def test_an_upload_that_does_not_arrive_gives_its_place_away():
    async def scenario():
        errors = []

        async def read(scope, receive, send):
            try:
                while (await receive())['more_body']:
                    pass
            except HTTPException as error:
                errors.append(error.status_code)

        app = UploadQueue(read, ['/segment'], places=1, read_seconds=0.2)
        request = Request(messages=[dict(BODY, more_body=True)])
        await asyncio.wait_for(request.post(app), 5)
        assert (errors, app.taken) == ([408], 0)

    asyncio.run(scenario())


def test_a_place_is_free_when_the_answer_begins():
    """A client that reads its answer slowly keeps no place."""

    async def scenario():
        slow = Slow()
        slow.go.set()
        app = UploadQueue(slow, ['/segment'], places=1)
        request, taken = Request(), []

        async def send(message):
            taken.append(app.taken)

        request.send = send
        await request.post(app)
        assert taken == [0, 0]

    asyncio.run(scenario())
