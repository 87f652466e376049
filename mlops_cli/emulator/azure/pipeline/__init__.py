"""The pipelines service.

routes / run_routes / publish_routes / schedule_routes    HTTP
modules      what a step is: interface and code
graph        a submitted graph with the values of its parameters
runs         pipeline runs and the state of their nodes
progress     from finished nodes to the next ones
steps        a node as work: a script, AutoML
places       outputs of nodes: blobs here, files for the processes
published    published pipelines and their endpoints
ticker       what goes on while no client asks
"""
