"""Pipeline drafts: made, changed, cloned, run, published, deleted."""

from pathlib import Path

from azureml.core import Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.pipeline.core import Pipeline, PipelineDraft, PipelineParameter, PipelineRun, PublishedPipeline
from azureml.pipeline.steps import PythonScriptStep
from outcome import note, refused

ws = Workspace.from_config()
target = ComputeTarget.create(ws, "cpu", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=1))
Path("src").mkdir(exist_ok=True)
Path("src/say.py").write_text("import sys\nprint('said', *sys.argv[1:])\n")


def pipeline(*words):
    word = PipelineParameter("word", "first")
    say = PythonScriptStep("say.py", "say", [word, *words], compute_target=target, source_directory="src")
    return Pipeline(ws, [say])


def outcome(run):
    status = run.wait_for_completion(show_output=False)
    return [status, next(iter(run.find_step_run("say"))).get_stdout_log().splitlines()[-1]]


draft = PipelineDraft.create(
    ws, pipeline(), name="one", description="a draft", experiment_name="drafts", tags={"team": "red"}
)
note(first_graph=[node.name for node in PipelineDraft.get(ws, draft.id).get_graph().nodes])
run = draft.submit_run()
note(run=outcome(run), last=PipelineDraft.get(ws, draft.id).last_submitted_pipeline_run_id == run.id)
draft.update(name="two", pipeline=pipeline("more"), pipeline_parameters={"word": "second"})
note(name=PipelineDraft.get(ws, draft.id).name, changed=outcome(draft.submit_run()))
note(listed=[len(PipelineDraft.list(ws)), len(PipelineDraft.list(ws, tags={"team": "blue"}))])
note(graph=[node.name for node in draft.get_graph().nodes])
published = draft.publish()
note(published=[published.name, outcome(published.submit(ws, "drafts"))])
copies = [
    PipelineDraft.create(ws, source)
    for source in (draft, PublishedPipeline.get(ws, published.id), PipelineRun.get(ws, run.id))
]
note(copies=[outcome(copy.submit_run()) for copy in copies])
draft.delete()
note(gone=refused(lambda: PipelineDraft.get(ws, draft.id)))
