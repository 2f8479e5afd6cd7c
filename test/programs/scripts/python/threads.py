import queue, threading, time
lock, total = threading.Lock(), 0
def add(n):
    global total
    for i in range(n):
        with lock: total += i
workers = [threading.Thread(target=add, args=(300,)) for _ in range(4)]
for w in workers: w.start()
for w in workers: w.join()
print(total)
jobs, done = queue.Queue(5), queue.Queue()
def serve():
    while (job := jobs.get()) is not None: done.put((job, job**3)); jobs.task_done()
    jobs.task_done()
servers = [threading.Thread(target=serve, daemon=True) for _ in range(3)]
for s in servers: s.start()
for i in range(40): jobs.put(i)
for s in servers: jobs.put(None)
jobs.join(); print(sorted(done.queue)[-3:], done.qsize())
barrier, event, local = threading.Barrier(3), threading.Event(), threading.local()
def meet(results, i): local.i = i; barrier.wait(); event.wait(); results.append(local.i)
results = []; meeting = [threading.Thread(target=meet, args=(results, i)) for i in range(3)]
for t in meeting: t.start()
event.set()
for t in meeting: t.join()
print(sorted(results), threading.active_count()); timer = threading.Timer(0.02, lambda: print("timer")); timer.start(); timer.join()
condition, ready = threading.Condition(), []
def consume():
    with condition: condition.wait_for(lambda: len(ready) == 3); print("consumed", ready)
c = threading.Thread(target=consume); c.start()
for i in range(3):
    with condition: ready.append(i); condition.notify_all()
c.join(); semaphore = threading.Semaphore(0); print(semaphore.acquire(timeout=0.02))
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(4) as pool: print(list(pool.map(lambda n: sum(range(n)), range(0, 1000, 100))))
