"""Endpoints of this machine: a supervisor process per endpoint and the commands that tell it what to run.

layout      the files of an endpoint's directory
sockets     the listening sockets, shared out among the workers
worker      one worker process
slot        one place for a worker: start, replace, restart
supervisor  all slots of an endpoint; `python -m mlops_cli.engine.endpoints`
packaging   a revision: model, entry script and schema copied together
preflight   load and score one row in a clean process
deployment  the phases of a deployment
control     state, start, stop, delete
keys        keys and tokens
journal     the log and the request log, read
"""
