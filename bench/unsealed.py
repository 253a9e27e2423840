"""``python -m bench.unsealed serve …``: vestibule, except that nothing is sealed while it serves.

What leaving costs without the sealer is what it is compared with; nobody else wants such a server.
"""

import asyncio

from vestibule.cli import main
from vestibule.worker import Worker


async def _seal_nothing(_worker: Worker, stop: asyncio.Event) -> None:
    await stop.wait()


if __name__ == "__main__":
    Worker._seal_on = _seal_nothing  # type: ignore[assignment,method-assign]  # noqa: SLF001 - nothing else of it is changed
    main()
