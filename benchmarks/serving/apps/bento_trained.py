from typing import Any

import bentoml

from benchmarks.serving.apps.trained import labels


@bentoml.service(workers=1)
class Bank:
    @bentoml.api(route="/score")
    def score(self, data: list[dict[str, Any]]) -> list[Any]:
        return labels(data)
