"""The scoring service: one worker process that answers as Azure ML's inference server does.

__main__   arguments and environment of a worker
worker     its life: load, ready, serve, drain, orphaned
server     all connections; connection: HTTP/1.x on one of them; reader: bytes to requests
app        routes, authorisation, request ids, the request log; asks: what the head of a request asks for
scoring    one request scored: payload in, run(), answer out
runner     the thread in which run() is called, its queue and its deadline
entry      the entry script: init() and run()
spec       the files of a service directory, shared with whoever starts workers
"""
