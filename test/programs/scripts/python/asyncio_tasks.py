import asyncio
async def worker(name, delay, results): await asyncio.sleep(delay); results.append(name); return name.upper()
async def serve(reader, writer): writer.write((await reader.readline()).upper()); await writer.drain(); writer.close()
async def main():
    results = []; print(await asyncio.gather(worker("c", 0.6, results), worker("a", 0.1, results), worker("b", 0.35, results)), results)
    try: await asyncio.wait_for(asyncio.sleep(5), 0.01)
    except asyncio.TimeoutError: print("timeout")
    server = await asyncio.start_unix_server(serve, "socket"); reader, writer = await asyncio.open_unix_connection("socket"); writer.write(b"echo me\n"); print(await reader.read()); writer.close(); server.close()
    print(await asyncio.get_running_loop().run_in_executor(None, sum, range(1000))); p = await asyncio.create_subprocess_exec("tr", "a-z", "A-Z", stdin=-1, stdout=-1); print(await p.communicate(b"child"))
asyncio.run(main())
