"""Pages that a command shows in a browser on this machine.

loopback    an HTTP server that answers this machine's browser and nobody else
swagger_ui  Swagger UI for one endpoint, and the way from the page to the endpoint
vendor      swagger-ui-dist as published, with its licence and checksums (scripts/vendor_ui.py)
"""
