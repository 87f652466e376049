"""The scoring service: one worker process that answers as Azure ML's inference server does.

__main__   arguments and environment of a worker
worker     its life: load, ready, serve, drain, orphaned
server     all connections; connection: HTTP/1.x on one of them; reader: bytes to requests
app        authorisation, request ids; routes: paths and methods; asks: what a head asks for
telemetry  the request log; collecting: what was scored and answered; linefile: the thread that writes both
scoring    one request scored: payload in, run(), answer out
arguments  the body as arguments of run(); aml, fields, forms: requests and responses of raw HTTP scripts
runner     the thread in which run() is called, its queue and its deadline
entry      the entry script: init() and run()
spec       the files of a service directory, shared with whoever starts workers

Where it differs from Azure's server, it does so on purpose:

- errors say what, where and why in `error`, beside Azure's `message`; all have request ids, an unknown path too
- a run() that takes too long is 504, not 500
- a request's own id is the client's x-ms-request-id, where the client sends no x-request-id
- bodies may be gzip or deflate, and text for run(data) may have any Content-Type, a form's too
- numpy, pandas, dates, sets and data classes are answers; NaN is null, for it is not JSON
- get_json() of a raw request that has none is the client's mistake: 400 or 415
- answers to other origins carry Vary, Max-Age and the headers that a script may read, and only where an origin asks
"""
