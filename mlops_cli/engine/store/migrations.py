"""The numbered steps from an empty store to the current one. Append only: a released step never changes."""

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE datasets (
        name TEXT NOT NULL, version INTEGER NOT NULL, document BLOB NOT NULL,
        PRIMARY KEY (name, version)
    ) STRICT;
    CREATE TABLE runs (
        run_id TEXT PRIMARY KEY, parent_id TEXT, experiment TEXT NOT NULL, key TEXT,
        status TEXT NOT NULL, created_at TEXT NOT NULL, document BLOB NOT NULL
    ) STRICT;
    CREATE INDEX runs_by_parent ON runs (parent_id, created_at);
    CREATE INDEX runs_by_key ON runs (key) WHERE key IS NOT NULL;
    CREATE TABLE models (
        name TEXT NOT NULL, version INTEGER NOT NULL, document BLOB NOT NULL,
        PRIMARY KEY (name, version)
    ) STRICT;
    CREATE TABLE endpoints (name TEXT PRIMARY KEY, document BLOB NOT NULL) STRICT;
    """,
)
