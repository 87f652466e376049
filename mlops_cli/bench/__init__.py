"""A load test of an HTTP scoring service. Knows no backend: it is given a URL, headers and payloads.

plan        how much load, and how one connection behaves
target      where it goes: URL, address, TLS, and whether it is this machine
payloads    what is sent: requests encoded once, before the run
poller      epoll, or what the platform has instead
connection  one TCP or TLS connection, from connect to close
response    HTTP/1.x answers from bytes
reasons     why a connection failed, in words
exchange    requests under way: which connection carries what, and what becomes of it
measuring   where the time of one request went
checks      whether an answer is right
generator   the loop: closed (as fast as answers come) or open (at a fixed rate)
pacing      when the next request of an open loop is due, and how to be on time
recording   what was measured, one number per request
session     one target, one set of payloads, any number of runs
statistics  percentiles, histograms, bootstrap intervals
result      what is shown, saved, compared and read again
summary     from a recording to a result
gates       limits such as p95<250ms
compare     two results, and whether they differ
limit       the highest rate that holds a gate; how many workers a load needs
probe       malformed and extreme payloads, and what came back
hdr         HdrHistogram log files
live        one line on a terminal while it runs
report      a result as text, CSV, JUnit XML, HTML and GitHub annotations
"""
