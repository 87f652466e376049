"""scikit-learn's models on one-hot categories and filled gaps, the way a textbook joins them."""

from typing import Any

_MOST_CATEGORIES = 50


class Plain:
    """`model` is fitted to numbers (gaps as the median, `scaled` or not) and the most usual categories."""

    def __init__(self, frame: Any, asked: dict[str, Any], model: Any, scaled: bool) -> None:
        from sklearn.compose import make_column_transformer
        from sklearn.impute import SimpleImputer
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        features = frame.drop(columns=asked["label"])
        numbers = list(features.select_dtypes(include=["number", "bool"]).columns)
        texts = [c for c in features.columns if c not in numbers]
        filled = [SimpleImputer(strategy="median"), *([StandardScaler()] if scaled else [])]
        hot = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=_MOST_CATEGORIES)
        columns = make_column_transformer((make_pipeline(*filled), numbers), (hot, texts))
        self.model = make_pipeline(columns, model).fit(features, frame[asked["label"]])
        known = getattr(self.model, "classes_", None)
        self.classes = None if known is None else [str(c) for c in known]

    def scores(self, frame: Any) -> Any:
        return self.model.predict(frame) if self.classes is None else self.model.predict_proba(frame)

    def labels(self, rows: list[dict[str, Any]]) -> Any:
        import pandas as pd

        return self.model.predict(pd.DataFrame(rows))

    def size(self) -> int:
        import pickle

        return len(pickle.dumps(self.model))
