"""Leave out rows that are empty or come twice."""

import argparse

import pandas as pd

parser = argparse.ArgumentParser()
parser.add_argument("--input", required=True)
parser.add_argument("--output", required=True)
options = parser.parse_args()

table = pd.read_csv(options.input)
clean = table.dropna(how="all").drop_duplicates()
print(f"{len(table):,} rows, {len(table) - len(clean):,} left out")
clean.to_csv(options.output, index=False)
