"""Offers sign-ins at a steady rate, whether or not they are answered: a process of its own.

Run as `python flooding.py PORT SECONDS RATE SEED`; each comes over a new connection, from another address as a
reverse proxy would name it. Prints how many answers of each status came, and how many did not.
"""

import asyncio
import json
import sys
from collections import Counter
from random import Random

MOST_OPEN = 400  # as many as a reverse proxy would let through at a time
BODY = b"login=person%d%%40nowhere.test&password=guess-number-%d"
HEAD = (
    b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: %s\r\nConnection: close\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n"
)


async def guess(port: int, number: int, address: bytes, seen: Counter[str]) -> None:
    body = BODY % (number % 97, number)
    try:
        async with asyncio.timeout(120):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HEAD % (address, len(body)) + body)
            answer = await reader.read()
            writer.close()
        seen[answer[9:12].decode() or "closed"] += 1
    except OSError as error:
        seen[type(error).__name__] += 1


async def flood(port: int, seconds: float, rate: int, random: Random) -> Counter[str]:
    seen: Counter[str] = Counter()
    loop, running = asyncio.get_running_loop(), set[asyncio.Task[None]]()
    began, number = loop.time(), 0
    while (now := loop.time() - began) < seconds:
        while number < now * rate:
            number += 1
            if len(running) >= MOST_OPEN:
                seen["not sent"] += 1
                continue
            address = ".".join(str(random.randrange(1, 255)) for _ in range(4)).encode()
            task = loop.create_task(guess(port, number, address, seen))
            running.add(task)
            task.add_done_callback(running.discard)
        await asyncio.sleep(0.005)
    await asyncio.gather(*running)
    seen["offered"] = number
    return seen


if __name__ == "__main__":
    port, seconds, rate, seed = sys.argv[1:]
    counted = asyncio.run(flood(int(port), float(seconds), int(rate), Random(int(seed))))
    sys.stdout.write(json.dumps(counted))
