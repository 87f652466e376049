"""Fetch Swagger UI by its package name and put it where `mlops swagger --serve` finds it.

python scripts/vendor_ui.py            fetch the recorded version; every file must have its checksum
python scripts/vendor_ui.py 5.35.0     take another version and record its checksums
"""

import hashlib
import json
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

VENDOR = Path(__file__).resolve().parents[1] / "mlops_cli" / "web" / "vendor"
RECORD = VENDOR / "vendored.json"
PACKAGE = "swagger-ui-dist"
FILES = (
    "swagger-ui-bundle.js",
    "swagger-ui.css",
    "swagger-ui-bundle.js.LICENSE.txt",
    "LICENSE",
    "NOTICE",
)


def main() -> int:
    recorded = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    version = sys.argv[1] if len(sys.argv) > 1 else recorded["version"]
    files = fetch(version)
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    wrong = [
        name
        for name in FILES
        if version == recorded.get("version") and sums[name] != recorded["sha256"][name]
    ]
    if wrong:
        print(f"not taken over, the checksum is another one: {', '.join(wrong)}", file=sys.stderr)
        return 1
    VENDOR.mkdir(exist_ok=True)
    for name, content in files.items():
        (VENDOR / name).write_bytes(content)
    record = {"package": PACKAGE, "version": version, "license": "Apache-2.0", "sha256": sums}
    RECORD.write_text(json.dumps(record, indent=2) + "\n")
    print(f"{PACKAGE} {version}: {len(files)} files in {VENDOR}")
    return 0


def fetch(version: str) -> dict[str, bytes]:
    """The wanted files of the published package."""
    with TemporaryDirectory() as folder:
        subprocess.run(
            ["npm", "pack", "--silent", f"{PACKAGE}@{version}"],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
            return {
                name: member.read() for name in FILES if (member := archive.extractfile(f"package/{name}"))
            }


if __name__ == "__main__":
    sys.exit(main())
