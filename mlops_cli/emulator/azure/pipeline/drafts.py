"""Pipeline drafts: a graph that is still worked on, and what a run of it would be given."""

from __future__ import annotations

import uuid

from mlops_cli.emulator.azure.pipeline.graph import assigned
from mlops_cli.emulator.azure.pipeline.runs import PipelineRuns
from mlops_cli.emulator.clock import now
from mlops_cli.emulator.errors import not_found
from mlops_cli.emulator.state import Collection, Document
from mlops_cli.emulator.workspace import Workspace


class Drafts:
    """The drafts of one workspace; `graphs` are theirs, with the graph's interface as `EntityInterface`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._documents = workspace.collection("pipeline-drafts")
        self._graphs = workspace.collection("pipeline-graph-drafts")

    def create(self, posted: Document) -> Document:
        return _keep(self._documents, None, posted)

    def create_graph(self, posted: Document) -> Document:
        return _keep(self._graphs, None, posted)

    def get(self, draft_id: str) -> Document:
        """Raises ApiError 404."""
        return _found(self._documents, draft_id)

    def shown(self, draft_id: str) -> Document:
        """The draft with all values that a run of it would have. Raises ApiError 404.

        A client that deletes a draft deletes its graph first, and asks for the draft then.
        """
        draft = self.get(draft_id)
        if self._graphs.get(draft["GraphDraftId"]) is None:
            return draft
        info = draft.get("PipelineSubmissionInfo") or {}
        return draft | {"PipelineSubmissionInfo": info | assigned(self.fixed(draft)[1], info)}

    def graph(self, graph_id: str) -> Document:
        """Raises ApiError 404."""
        return _found(self._graphs, graph_id)

    def all(self, tags: Document) -> list[Document]:
        """Those that have all of `tags`, newest first."""
        found = self._documents.all(newest_first=True)
        return [one for one in found if tags.items() <= (one.get("tags") or {}).items()]

    def update(self, draft_id: str, posted: Document) -> Document:
        return _keep(self._documents, self.get(draft_id), posted)

    def update_graph(self, graph_id: str, posted: Document) -> Document:
        return _keep(self._graphs, self.graph(graph_id), posted)

    def delete(self, draft_id: str) -> None:
        self._documents.delete(self.get(draft_id)["Id"])

    def delete_graph(self, graph_id: str) -> None:
        self._graphs.delete(self.graph(graph_id)["Id"])

    def clone(self, draft_id: str) -> Document:
        """A draft of the same, with a graph of its own."""
        draft = self.get(draft_id)
        return self.of_graph(self.graph(draft["GraphDraftId"]), draft | {"ParentPipelineDraftId": draft_id})

    def of_graph_id(self, graph_id: str, fields: Document) -> Document:
        """A draft of the graph of a run or of a published pipeline."""
        kept = PipelineRuns(self._workspace).graph_document(graph_id)
        assert kept is not None, "graphs are never removed"
        return self.of_graph(kept["Graph"] | {"EntityInterface": kept["Interface"]}, fields)

    def of_graph(self, graph: Document, fields: Document) -> Document:
        return self.create(fields | {"GraphDraftId": self.create_graph(graph)["Id"]})

    def fixed(self, draft: Document) -> tuple[Document, Document]:
        """The graph as it is now, and its interface."""
        graph = dict(self.graph(draft["GraphDraftId"]))
        interface = graph.pop("EntityInterface", None) or {}
        return graph, interface


def _keep(documents: Collection, known: Document | None, posted: Document) -> Document:
    moment = now()
    given = {key: value for key, value in posted.items() if key not in ("Id", "CreatedDate")}
    made = {"Id": str(uuid.uuid4()), "CreatedDate": moment} if known is None else known
    document = made | given | {"LastModifiedDate": moment, "Etag": str(uuid.uuid4())}
    return documents.put(document["Id"], document)


def _found(documents: Collection, document_id: str) -> Document:
    found = documents.get(document_id)
    if found is None:
        raise not_found(f"Pipeline draft {document_id} was not found.")
    return found
