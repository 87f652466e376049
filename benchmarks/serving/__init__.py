"""`make bench-serving`: our scoring service beside others, measured in one run on this machine.

world      the model that all serve, compiled; our own endpoint
peers      other servers, each in an environment of its own outside the repository
apps/      what they serve
process    a server started, timed, weighed and ended
load       wrk and ab
rolling    replacements under load
modelpath  the model alone, in microseconds
report     the table, the targets, the JSON file
"""
