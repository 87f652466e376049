"""Endpoints of pipelines: versions, the default one, switching off; by the SDK and by REST."""

import os
from pathlib import Path

import requests
from azureml.core import Workspace
from azureml.core.authentication import ServicePrincipalAuthentication
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.pipeline.core import Pipeline, PipelineEndpoint, PipelineParameter, PublishedPipeline
from azureml.pipeline.steps import PythonScriptStep
from outcome import note, refused

ws = Workspace.from_config()
target = ComputeTarget.create(
    ws, "front-cpu", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=1)
)
target.wait_for_completion()
Path("src").mkdir(exist_ok=True)
Path("src/say.py").write_text("import sys\nprint('said', *sys.argv[1:])\n")
principal = ServicePrincipalAuthentication(*(os.environ[f"AZUREML_SERVICE_PRINCIPAL_{name}"]
                                             for name in ("TENANT_ID", "ID", "PASSWORD")))  # fmt: skip
header = principal.get_authentication_header()
body = {"ExperimentName": "by-endpoint"}


def pipeline(word):
    step = PythonScriptStep(
        "say.py",
        "say",
        [
            word,
            PipelineParameter("who", "you"),
            PipelineParameter("times", 1),
            PipelineParameter("loud", True),
        ],
        compute_target=target,
        source_directory="src",
    )
    return Pipeline(ws, [step])


published = pipeline("first").publish("say", "the first", "1")
second = pipeline("second").publish("say", "the second", "2")
front = PipelineEndpoint.publish(ws, name="people-front", pipeline=published, description="the front door")
front.add_default(second)
note(front=[front.default_version, [one.version for one in front.list_versions()]])
front = PipelineEndpoint.get(ws, name="people-front")
note(pipelines=[one.id for one in front.list_pipelines()] == [published.id, second.id])
note(default=front.get_default_version(), chosen=front.get_pipeline("0").id == published.id)
by_endpoint = front.submit("by-endpoint", pipeline_version="0")
answer = requests.post(front.endpoint, headers=header, json={"ExperimentName": "by-endpoint"})
note(by_endpoint=by_endpoint.wait_for_completion(show_output=False), endpoint_rest=answer.status_code)
note(swagger=requests.get(front.swaggerurl, headers=header).json(), address=front.endpoint)
front.set_default_version("0")
note(rolled_back=PipelineEndpoint.get(ws, name="people-front").default_version)
note(
    taken=refused(
        lambda: PipelineEndpoint.publish(ws, name="people-front", pipeline=second, description="taken")
    )
)
PipelineEndpoint.publish(ws, name="side", pipeline=second, description="the side door").disable()
note(listed=[one.name for one in PipelineEndpoint.list(ws)],
     with_disabled=[one.name for one in PipelineEndpoint.list(ws, active_only=False)],
     newest=[one.name for one in PipelineEndpoint.list(ws, active_only=False, max_results=1)])  # fmt: skip
second.disable()
note(disabled=PublishedPipeline.get(ws, second.id).status,
     on_disabled=requests.post(second.endpoint, headers=header, json=body).status_code)  # fmt: skip
second.enable()
note(enabled=PublishedPipeline.get(ws, second.id).status)
