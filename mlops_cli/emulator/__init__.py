"""Azure Machine Learning on loopback: what the unmodified SDK v1 talks to instead of Azure.

A client process reaches the emulator through environment variables alone (`env.py`): they name a forward
proxy and a certificate authority. The proxy (`wire/`) ends every TLS tunnel itself and opens no connection
to the outside. A request then goes

    wire/ -> app.App.answer -> faults -> router -> handler(call) -> Response, or ApiError -> the service's dialect

`azure/SERVICE/routes.py` speaks HTTP; modules beside it work on `state/` and know nothing of HTTP:

    service = Service("keyvault", "Key vault secrets", hosts.AML, errors.aml)

    @service.route("GET", "/credential/v2.0{W}/secrets/{name}", "Keyvault.get_secret")
    def get_secret(call: Call) -> Document:
        secret = call.workspace.collection("secrets").get(call["name"])
        if secret is None:
            raise errors.not_found(f"Secret {call['name']} not found")
        return secret

To add a service: write such a package and list it in `azure/__init__.py`; `mlops emulator coverage` shows
it by itself. What a handler may use:

    call["name"]  call.query  call.document  call.any_document  call.request   the request
    call.workspace           names, id, storage account; .collection(kind) are its documents
    call.app.state           .collection(name), .transaction(), .blobs  (every write survives a kill)
    call.app.tokens          .make(audience, **claims)
    call.app.faults          .on_operation(name): the message of an operation that is to fail, or None
    call.app.identity        settings and secrets; .fast: operations are done at the first poll
    call.app.instance.folder where work in processes of its own may keep files

What really works does so in processes of its own, which outlive the server and are found again by it:

    azure/execution   a submitted script        azure/jasmine   the training of an AutoML run
    azure/service     the supervised workers of a web service, reached through azure/scoring
"""
