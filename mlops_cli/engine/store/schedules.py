"""Schedules and the times at which they fired."""

from collections.abc import Callable

import msgspec

from mlops_cli.domain.schedules import Fire, Schedule
from mlops_cli.engine.store.database import Database
from mlops_cli.errors import NotFoundError, UsageError


class ScheduleTable:
    """Schedules by name; of each due time at most one fire."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, schedule: Schedule) -> None:
        """Raises UsageError when the name is taken."""
        with self._database.write() as connection:
            statement = "INSERT OR IGNORE INTO schedules (name, document) VALUES (?, ?)"
            done = connection.execute(statement, (schedule.name, msgspec.json.encode(schedule)))
            if done.rowcount == 0:
                hint = f"mlops pipeline schedule delete '{schedule.name}'"
                raise UsageError(f"there is a schedule '{schedule.name}' already", hint=hint)

    def update(self, name: str, change: Callable[[Schedule], None], fire: Fire | None = None) -> Schedule:
        """Apply `change`, and with `fire` write down that it fired, in one transaction."""
        with self._database.write() as connection:
            row = connection.execute("SELECT document FROM schedules WHERE name = ?", (name,)).fetchone()
            if row is None:
                raise _missing(name, [])
            schedule = msgspec.json.decode(row[0], type=Schedule)
            change(schedule)
            values = (msgspec.json.encode(schedule), name)
            connection.execute("UPDATE schedules SET document = ? WHERE name = ?", values)
            if fire:
                statement = "INSERT OR REPLACE INTO schedule_fires (schedule, due, document) VALUES (?, ?, ?)"
                connection.execute(statement, (name, fire.due, msgspec.json.encode(fire)))
            return schedule

    def get(self, name: str) -> Schedule:
        found = self.all()
        schedule = next((one for one in found if one.name == name), None)
        if schedule is None:
            raise _missing(name, [one.name for one in found])
        return schedule

    def all(self) -> list[Schedule]:
        with self._database.read() as connection:
            rows = connection.execute("SELECT document FROM schedules ORDER BY name")
            return [msgspec.json.decode(row[0], type=Schedule) for row in rows]

    def delete(self, name: str) -> None:
        self.get(name)
        with self._database.write() as connection:
            connection.execute("DELETE FROM schedules WHERE name = ?", (name,))
            connection.execute("DELETE FROM schedule_fires WHERE schedule = ?", (name,))

    def fires(self, name: str, limit: int = 20) -> list[Fire]:
        """The last fires, newest first."""
        query = "SELECT document FROM schedule_fires WHERE schedule = ? ORDER BY due DESC LIMIT ?"
        with self._database.read() as connection:
            return [
                msgspec.json.decode(row[0], type=Fire) for row in connection.execute(query, (name, limit))
            ]


def _missing(name: str, known: list[str]) -> NotFoundError:
    have = ", ".join(known) or "there is none yet"
    return NotFoundError(f"no schedule '{name}'; there is: {have}", hint="see: mlops pipeline schedule list")
