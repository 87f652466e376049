"""LightGBM with its defaults on ordinal codes."""

from typing import Any

import task


class Boosted:
    def __init__(self, frame: Any, asked: dict[str, Any]) -> None:
        import lightgbm
        from sklearn.preprocessing import OrdinalEncoder

        features = frame.drop(columns=asked["label"])
        self.text = list(features.select_dtypes(exclude="number").columns)
        coder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
        self.coder = coder.fit(features[self.text]) if self.text else None
        kind = lightgbm.LGBMRegressor if asked["task"] == "regression" else lightgbm.LGBMClassifier
        self.model = kind(n_jobs=asked["threads"], verbose=-1)
        self.model.fit(self._coded(features), frame[asked["label"]])
        known = getattr(self.model, "classes_", None)
        self.classes = None if known is None else [str(c) for c in known]

    def _coded(self, features: Any) -> Any:
        if self.coder is None:
            return features
        return features.assign(
            **dict(zip(self.text, self.coder.transform(features[self.text]).T, strict=True))
        )

    def scores(self, frame: Any) -> Any:
        predict = self.model.predict if self.classes is None else self.model.predict_proba
        return predict(self._coded(frame))

    def labels(self, rows: list[dict[str, Any]]) -> Any:
        import pandas as pd

        return self.model.predict(self._coded(pd.DataFrame(rows)))

    def size(self) -> int:
        import pickle

        return len(pickle.dumps((self.coder, self.model)))


if __name__ == "__main__":
    task.measure(Boosted)
