"""The mail server of the rest of the world, 192.0.2.200:25. nobody@ is unknown there, later@ has to wait."""
import asyncio


async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    async def say(line: str) -> None:
        writer.write(line.encode() + b"\r\n")
        await writer.drain()

    await say("220 mx.example.net ESMTP")
    accepted = 0
    while line := (await reader.readline()).decode("utf-8", "replace").rstrip():
        verb = line[:4].upper()
        if verb == "EHLO":
            await say("250-mx.example.net\r\n250 ENHANCEDSTATUSCODES")
        elif verb == "RCPT" and "nobody@" in line:
            await say("550 5.1.1 User unknown")
        elif verb == "RCPT" and "later@" in line:
            await say("450 4.2.0 Greylisted, try again later")
        elif verb == "DATA" and accepted:
            await say("354 go ahead")
            while await reader.readline() not in (b".\r\n", b""):
                pass
            accepted = 0
            await say("250 2.0.0 Ok: queued as 4ZxY1")
        elif verb == "QUIT":
            await say("221 2.0.0 Bye")
            break
        else:
            accepted += verb == "RCPT"
            await say("250 2.0.0 Ok")
    writer.close()


async def main() -> None:
    await (await asyncio.start_server(session, "192.0.2.200", 25)).serve_forever()


asyncio.run(main())
