"""The pipelines service.

services     the service with all its routes: routes (modules), run_, publish_ and schedule_routes
modules      what a step is: interface and code
catalogue    modules with names and versions; `drafts`: graphs that are still worked on
graph        a submitted graph with the values of its parameters; `sources`: what goes into a step
runs         pipeline runs and the state of their nodes
progress     from finished nodes to the next ones; `ticker`: while no client asks
steps        a node as work: script_step (`commands` for the shell), automl_step, hyperdrive_step,
             parallel_step, transfer_step
reuse        what an equal node has done before, taken over
training_outputs  what a search leaves for other steps: metrics, models
parallel_run the driver of mini-batches, in the process of its step; parallel_batches, parallel_worker
intermediate outputs of nodes read as datasets
places       outputs of nodes: blobs here, files for the processes
published    published pipelines and their endpoints
expressions  values worked out as a run begins; `dotnet_dates`
schedules    what runs them by itself; `clock`: a time that tests can move
"""
