"""A deployment written out for another machine: everything it needs, and none of its keys.

context       the folder as a whole
requirements  the packages that the service imports, pinned
docker        Dockerfile, compose file
kubernetes    manifests
instructions  what the folder's README says
"""
