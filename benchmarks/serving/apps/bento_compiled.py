import json
from typing import Any

import bentoml

from benchmarks.serving.apps.compiled import answer


@bentoml.service(workers=1)
class Bank:
    @bentoml.api(route="/score")
    def score(self, data: list[dict[str, Any]]) -> list[Any]:
        return json.loads(json.loads(answer(json.dumps({"data": data}).encode())))["result"]
