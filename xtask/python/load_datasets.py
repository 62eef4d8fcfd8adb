"""Loads every configuration of every data set in a folder, as a user would.

    python load_datasets.py FOLDER

Fails where a configuration does not load, or does not hold the rows that the manifest
counts.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

# Nothing is asked of any hub, and nothing is left behind.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HOME"] = tempfile.mkdtemp(prefix="rehearsal-datasets-")

from datasets import get_dataset_config_names, load_dataset  # noqa: E402


def main(folder):
    loaded = 0
    for dataset in sorted(path.parent for path in folder.glob("*/manifest.json")):
        counts = json.loads((dataset / "manifest.json").read_text())["counts"]
        names = get_dataset_config_names(str(dataset)) if counts else []
        assert sorted(names) == sorted(counts), f"{dataset.name}: {names}, not {sorted(counts)}"
        for name in names:
            splits = load_dataset(str(dataset), name)
            rows = {split: len(part) for split, part in splits.items()}
            wanted = {split: count["rows"] for split, count in counts[name].items()}
            assert rows == wanted, f"{dataset.name}, {name}: {rows} rows, not {wanted}"
            columns = next(iter(splits.values())).column_names
            print(f"{dataset.name:15} {name:20} {sum(rows.values()):5} rows of {len(columns)} columns")
            loaded += 1
    assert loaded, f"there is no data set in {folder}"
    print(f"{loaded} configurations load as they are")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
