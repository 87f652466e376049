"""Public files that `data fetch` knows, with their checksums, licences and citations."""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct


class PublicFile(Struct, frozen=True):
    """A published file. `sha256` is of its bytes; `name` and `label` are what to register it under."""

    url: str
    sha256: str
    file_name: str
    name: str
    label: str
    licence: str
    citation: str


AZURE_SAMPLES = "https://raw.githubusercontent.com/Azure/MachineLearningNotebooks/master"

CATALOGUE: Mapping[str, PublicFile] = MappingProxyType(
    {
        "bank-marketing": PublicFile(
            url="https://automlsamplenotebookdata.blob.core.windows.net"
            "/automl-sample-notebook-data/bankmarketing_train.csv",
            sha256="8486deac8524001363f4257f3ece9cb6126beac8070b6b4b8c6e63713217a502",
            file_name="bankmarketing_train.csv",
            name="bankmarketing",
            label="y",
            licence="CC BY 4.0",
            citation="S. Moro, P. Cortez, P. Rita: A data-driven approach to predict the success of bank"
            " telemarketing. Decision Support Systems 62, 2014. UCI Machine Learning Repository.",
        ),
        "bike-sharing": PublicFile(
            url=f"{AZURE_SAMPLES}/how-to-use-azureml/automated-machine-learning/forecasting-bike-share/bike-no.csv",
            sha256="20daa4116a8bda6288ce08e3828bd13e0d5351e1c41699285d5615ceaa26cd52",
            file_name="bike-no.csv",
            name="bikesharing",
            label="cnt",
            licence="CC BY 4.0",
            citation="H. Fanaee-T, J. Gama: Event labeling combining ensemble detectors and background"
            " knowledge. Progress in Artificial Intelligence 2, 2013. UCI Machine Learning Repository.",
        ),
    }
)
