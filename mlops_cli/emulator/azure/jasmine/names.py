"""Names that Azure AutoML gives to files."""

SCORING_FILES = ("scoring_file_v_1_0_0.py", "scoring_file_v_2_0_0.py")
CONDA_FILE = "conda_env_v_1_0_0.yml"
SCHEMA_VERSION = "1.0.0"
"""Of the guardrails in `outputs/verifier_results.json`."""
