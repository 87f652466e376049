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
    """
    CREATE TABLE pipeline_runs (
        run_id TEXT PRIMARY KEY, pipeline TEXT NOT NULL, status TEXT NOT NULL, created_at TEXT NOT NULL,
        document BLOB NOT NULL, plan BLOB NOT NULL
    ) STRICT;
    CREATE TABLE pipeline_steps (
        run_id TEXT NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL, status TEXT NOT NULL, key TEXT,
        document BLOB NOT NULL, PRIMARY KEY (run_id, name)
    ) STRICT;
    CREATE INDEX pipeline_steps_by_key ON pipeline_steps (key) WHERE key IS NOT NULL;
    CREATE TABLE published_pipelines (
        name TEXT NOT NULL, version INTEGER NOT NULL, id TEXT NOT NULL UNIQUE, document BLOB NOT NULL,
        definition BLOB NOT NULL, PRIMARY KEY (name, version)
    ) STRICT;
    CREATE TABLE pipeline_endpoints (
        name TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, document BLOB NOT NULL
    ) STRICT;
    CREATE TABLE schedules (name TEXT PRIMARY KEY, document BLOB NOT NULL) STRICT;
    CREATE TABLE schedule_fires (
        schedule TEXT NOT NULL, due TEXT NOT NULL, document BLOB NOT NULL, PRIMARY KEY (schedule, due)
    ) STRICT;
    """,
)
