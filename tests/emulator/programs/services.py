"""Web services on ACI and AKS: deployed, scored, changed, deleted."""

import json
import time
from pathlib import Path

import requests
from azureml.core import Environment, Workspace
from azureml.core.compute import AksCompute, ComputeTarget
from azureml.core.image import ContainerImage, Image
from azureml.core.model import InferenceConfig, Model
from azureml.core.webservice import AciWebservice, AksEndpoint, AksWebservice, Webservice
from outcome import note, refused

ws = Workspace.from_config()
Path("weights").mkdir(exist_ok=True)
Path("weights/factor.txt").write_text("3")
Path("src").mkdir(exist_ok=True)
Path("src/helper.py").write_text("def times(a, b):\n    return a * b\n")
SCRIPT = """import json, logging, os
from azureml.core.model import Model
import helper

def init():
    global factor
    folder = Model.get_model_path("times")
    assert folder == os.path.join(os.environ["AZUREML_MODEL_DIR"], "weights")
    factor = int(open(os.path.join(folder, "factor.txt")).read())
    print("factor", factor)

def run(raw):
    values = json.loads(raw)["data"]
    logging.info("scoring %d values", len(values))
    return {"who": os.environ.get("WHO"), "result": [helper.times(v, factor) for v in values]}
"""
Path("src/score.py").write_text(SCRIPT)
model = Model.register(ws, "weights", "times")
body = json.dumps({"data": [1, 2]})
post = {"Content-Type": "application/json"}


def config(who="first", script="score.py"):
    environment = Environment(f"serving-{who}")
    environment.environment_variables = {"WHO": who}
    return InferenceConfig(entry_script=script, source_directory="src", environment=environment)


aci = AciWebservice.deploy_configuration(
    cpu_cores=1, memory_gb=1, auth_enabled=True, enable_app_insights=True, tags={"a": "b"}, description="times",
    primary_key="firstfirst", secondary_key="secondsecond",
)  # fmt: skip
service = Model.deploy(ws, "times-aci", [model], config(), aci)
service.wait_for_deployment(show_output=True)
note(
    state=service.state,
    tags=service.tags,
    address=service.scoring_uri.partition(".")[2],
    keys=service.get_keys(),
    run=service.run(body),
    models=[m.id for m in service.models],
)
keyless = requests.post(service.scoring_uri, body, headers=post)
keyed = requests.post(service.scoring_uri, body, headers=post | {"Authorization": "Bearer secondsecond"})
broken = requests.post(
    service.scoring_uri, "no json", headers=post | {"Authorization": "Bearer secondsecond"}
)
note(statuses=[keyless.status_code, keyed.status_code, broken.status_code], answer=keyed.json())
note(swagger=requests.get(service.swagger_uri).json()["info"]["title"], health=requests.head(
    service.scoring_uri.removesuffix("score")).status_code)  # fmt: skip
note(preflight=requests.options(service.scoring_uri, headers={"Origin": "https://a.example"}).status_code)
note(log=service.get_logs(), one_line=len(service.get_logs(num_lines=1).splitlines()))
note(taken=refused(lambda: Model.deploy(ws, "times-aci", [model], config(), aci)))
service.regen_key("Primary")
service.regen_key("Secondary", set_key="chosenchosen")
note(regenerated=[service.get_keys()[0] != "firstfirst", service.get_keys()[1], service.run(body)["result"]])

bearer = ws._auth_object.get_authentication_header()
component = requests.get(
    f"https://management.azure.com{ws.get_details()['applicationInsights']}?api-version=2020-02-02",
    headers=bearer,
).json()
app = f"https://api.applicationinsights.io/v1/apps/{component['properties']['AppId']}"
KUSTO = """requests
| where timestamp > ago(1h) and cloud_RoleName == "times-aci" and name == "POST /score"
| summarize total = count(), failed = countif(success == false), slowest = max(duration) by resultCode
| order by resultCode asc"""


def asked(text):
    return requests.post(f"{app}/query", json={"query": text}, headers=bearer)


def recorded():
    rows = asked(KUSTO).json()["tables"][0]["rows"]
    return [row[:3] for row in rows], rows


deadline = time.monotonic() + 30
while sum(row[1] for row in recorded()[0]) < 5 and time.monotonic() < deadline:
    time.sleep(0.1)
note(
    insights=recorded()[0],
    durations=all(row[3] > 0 for row in recorded()[1]),
    by_get=requests.get(f"{app}/query", params={"query": "requests | count"}, headers=bearer).json()[
        "tables"
    ][0]["rows"][0][0],
    count=requests.get(f"{app}/metrics/requests/count?timespan=PT1H", headers=bearer).json()["value"],
    traces=asked("traces | where message has 'scoring' | distinct message").json()["tables"][0]["rows"],
    no_table=asked("pageViews | count").json()["error"]["message"],
    no_token=requests.get(f"{app}/query?query=requests").status_code,
)
service.update(enable_app_insights=False, tags={"c": "d"}, inference_config=config("second"), models=[model])
service.wait_for_deployment()
note(updated=[service.enable_app_insights, service.tags, service.run(body)["who"]])
Path("src/bad.py").write_text(SCRIPT.replace("factor = int(", "factor = missing("))
service.update(inference_config=config("third", "bad.py"), models=[model])
note(bad_update=refused(service.wait_for_deployment), survived=service.run(body)["who"])

bad = Model.deploy(ws, "bad-aci", [model], config("bad", "bad.py"), AciWebservice.deploy_configuration())
note(bad=refused(lambda: bad.wait_for_deployment(show_output=True)))
note(bad_state=[bad.state, bad.scoring_uri, bad.error["code"]], bad_log=bad.get_logs())

cluster = ComputeTarget.create(ws, "aks-cluster", AksCompute.provisioning_configuration())
cluster.wait_for_completion()
settings = AksWebservice.deploy_configuration(
    cpu_cores=1, memory_gb=1, token_auth_enabled=True, auth_enabled=False, autoscale_enabled=True,
    autoscale_min_replicas=2, autoscale_max_replicas=3, collect_model_data=True,
)  # fmt: skip
aks = Model.deploy(ws, "times-aks", [model], config("aks"), settings, deployment_target=cluster)
aks.wait_for_deployment(show_output=True)
held = aks.get_access_token()
with_token = requests.post(
    aks.scoring_uri, body, headers=post | {"Authorization": f"Bearer {held.access_token}"}
)
note(
    aks=[aks.state, aks.scoring_uri.partition("/api")[2], aks.run(body)["who"], with_token.status_code],
    no_access=requests.post(aks.scoring_uri, body, headers=post).status_code,
    aks_swagger=requests.get(aks.swagger_uri).status_code,
    aks_options=requests.options(aks.scoring_uri, headers={"Origin": "https://a.example"}).status_code,
    replicas=aks.autoscaler.min_replicas,
)
collected = [aks.data_collection.storage_enabled]
aks.update(auth_enabled=True, token_auth_enabled=False, collect_model_data=False)
aks.wait_for_deployment()
note(collected=[*collected, aks.data_collection.storage_enabled])
note(key_auth=[aks.auth_enabled, aks.run(body)["who"], refused(aks.get_access_token)])
note(no_cluster=refused(lambda: Model.deploy(ws, "elsewhere", [model], config(), settings)))

first = AksEndpoint.deploy_configuration(
    cpu_cores=0.1, memory_gb=0.2, version_name="blue", traffic_percentile=100, auth_enabled=True
)
shared = Model.deploy(ws, "times-ab", [model], config("blue"), first, deployment_target=cluster)
shared.wait_for_deployment(show_output=True)
shared.create_version("green", inference_config=config("green"), models=[model], traffic_percentile=50)
shared.wait_for_deployment()
note(versions={n: [v.traffic_percentile, v.is_default, v.state] for n, v in shared.versions.items()})
note(both=sorted({shared.run(body)["who"] for _ in range(60)}))
shared.update_version("green", is_default=True, traffic_percentile=100)
shared.wait_for_deployment()
shared.update_version("blue", traffic_percentile=0)
shared.wait_for_deployment()
note(green={shared.run(body)["who"] for _ in range(20)} == {"green"})
shared.delete_version("blue")
shared.wait_for_deployment()
note(left=sorted(shared.versions), endpoint_log="factor 3" in shared.get_logs())

note(
    all=sorted(s.name for s in Webservice.list(ws)),
    on_aks=[s.name for s in Webservice.list(ws, compute_type="AKS")],
    tagged=[s.name for s in Webservice.list(ws, tags=[["c", "d"]])],
    of_model=len(Webservice.list(ws, model_name="times")),
)

Path("plain.py").write_text(
    SCRIPT.replace("import helper\n", "").replace("helper.times(v, factor)", "v * factor")
)
image_config = ContainerImage.image_configuration(
    execution_script="plain.py", runtime="python", tags={"c": "d"}
)
image = Image.create(ws, "times-image", [model], image_config)
image.wait_for_creation(show_output=True)
of_image = Webservice.deploy_from_image(
    ws, "of-image", image, AciWebservice.deploy_configuration(cpu_cores=1, memory_gb=1)
)
of_image.wait_for_deployment()
image.add_tags({"e": "f"})
found = Image.list(ws, tags=["e"])
note(
    image=[
        image.id,
        ContainerImage(ws, name="times-image").version,
        [one.id for one in found],
        found[0].tags,
    ],
    of_image=[of_image.run(body)["result"], [one.name for one in Webservice.list(ws, image_id=image.id)]],
    by_image=[
        [one.name for one in Webservice.list(ws, image_name=name)] for name in ("times-image", "other")
    ],
    image_in_use="DeletionRequired" in refused(image.delete),
)
of_image.update(image=Image.create(ws, "times-image", [model], image_config))
of_image.wait_for_deployment()
image.delete()
note(images=[Webservice(ws, "of-image").image_id, list(ws.images)])
for one in (service, bad, aks, shared, of_image):
    one.delete()
note(after=list(ws.webservices), gone=refused(lambda: Webservice(ws, "times-aci")))
