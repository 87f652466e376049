"""AutoML runs as recorded work: started detached, followed through the store, resumed after a kill."""
