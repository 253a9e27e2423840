import socket
from email.utils import parsedate_to_datetime

import httpx
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from tests.support.serving import served


async def test_it_answers_and_ends_with_a_connection_still_open():
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("here"))])
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        async with httpx.AsyncClient() as client:
            async with served(app, listener):
                answer = await client.get(address)
            assert answer.text == "here"
            assert parsedate_to_datetime(answer.headers["date"]).year > 2000
        assert listener.fileno() == -1, "nobody listens any more"
