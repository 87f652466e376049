"""What was measured, as a table for people and as JSON; the targets and whether they are met."""

from typing import Any, NamedTuple

AZURE, MLFLOW, BARE = "azureml-inference-server-http", "mlflow models serve", "bare uvicorn"
OURS = "mlops"


class Target(NamedTuple):
    what: str
    wanted: str
    measured: float | None
    is_met: bool | None


def rows(servers: dict[str, Any]) -> list[str]:
    """One line per server and model path."""
    head = f"{'server':<32}{'path':<10}" + "".join(f"{f'req/s c={c}':>12}" for c in (1, 4, 16, 64))
    lines = [
        head
        + f"{'p50 us c=1':>12}{'p99 us c=16':>13}{'start s':>9}{'RSS MB':>8}{'ab':>9}{'ab -k':>9}{'kept':>6}"
    ]
    for name, found in servers.items():
        server, _, path = name.partition(" / ")
        if "error" in found:
            lines.append(f"{server:<32}{path:<10}  not measured: {found['error'].splitlines()[-1][:90]}")
            continue
        rates = "".join(f"{found['wrk'][str(c)]['rate']:>12,.0f}" for c in (1, 4, 16, 64))
        one, sixteen = found["wrk"]["1"], found["wrk"]["16"]
        kept = "yes" if found["ab_k"]["kept"] else "no"
        lines.append(
            f"{server:<32}{path:<10}{rates}{one['p50']:>12,.0f}{sixteen['p99']:>13,.0f}{found['start']:>9.2f}"
            f"{found['rss']:>8.0f}{found['ab']['rate']:>9,.0f}{found['ab_k']['rate']:>9,.0f}{kept:>6}"
        )
    return lines


def targets(result: dict[str, Any]) -> list[Target]:
    servers, model, rolling = result["servers"], result["model_path"], result["rolling"]
    ours = servers[f"{OURS} / compiled"]
    bare = _turns(servers, f"{BARE} / compiled", "16", "rate")
    return [
        _at_least("times Azure's requests/s, c=16", 80, _turns(servers, f"{AZURE} / trained", "16", "rate")),
        _at_least(
            "times mlflow's requests/s, c=16", 150, _turns(servers, f"{MLFLOW} / trained", "16", "rate")
        ),
        _at_least("times bare uvicorn's requests/s, c=16", 1.0, bare),
        _at_least("stretch: the same", 1.3, bare),
        _at_most("p50 at c=1, share of Azure's", 1 / 25, _turns(servers, f"{AZURE} / trained", "1", "p50")),
        _at_most("start to the first 200, share of Azure's", 1 / 4, _share(servers, ours, "start")),
        _at_most("resident memory, share of Azure's", 1 / 2, _share(servers, ours, "rss")),
        _at_most("model path, ensemble, two rows, us", 60, model["ensemble"]["two_rows"]),
        _at_most("model path, booster, two rows, us", 20, model["booster"]["two_rows"]),
        _at_most("2,000 rows, share of the native booster's time", 1.0, _many(model["booster"])),
        _at_most("the same, ensemble", 1.0, _many(model["ensemble"])),
        _at_least("ab -k: share of requests on kept connections", 0.99, _kept(ours)),
        _at_least("requests under 10 replacements", 500_000, sum(r["requests"] for r in rolling.values())),
        _at_least("replacements", 20, sum(r["replacements"] for r in rolling.values())),
        _at_most("requests lost", 0, sum(r["lost"] for r in rolling.values())),
    ]


def told(found: list[Target]) -> list[str]:
    marks = {True: "pass", False: "FAIL", None: "not measured"}
    shown = [f"{t.measured:>12,.3g}" if t.measured is not None and t.measured < 1000 else f"{t.measured or 0:>12,.0f}"
             for t in found]  # fmt: skip
    return [
        f"{t.what:<52}{t.wanted:>10}{value}  {marks[t.is_met]}" for t, value in zip(found, shown, strict=True)
    ]


def _at_least(what: str, wanted: float, measured: float | None) -> Target:
    return Target(what, f">= {wanted:,.3g}" if wanted < 1e5 else f">= {wanted:,.0f}", measured,
                  None if measured is None else measured >= wanted)  # fmt: skip


def _at_most(what: str, wanted: float, measured: float | None) -> Target:
    return Target(what, f"<= {wanted:.3g}", measured, None if measured is None else measured <= wanted)


def _turns(servers: dict[str, Any], other: str, connections: str, what: str) -> float | None:
    """Ours over the other's, of the loads in which they took turns."""
    found = servers.get(other, {"error": ""})
    if "error" in found:
        return None
    return float(found["beside"][connections][what] / found["wrk"][connections][what])


def _share(servers: dict[str, Any], ours: dict[str, Any], what: str) -> float | None:
    azure = servers.get(f"{AZURE} / trained", {"error": ""})
    if "error" in azure:
        return None
    return float(ours[what] / azure[what])


def _many(found: dict[str, float]) -> float:
    return found["many_rows_booster_only"] / found["many_rows_native_booster_only"]


def _kept(found: dict[str, Any]) -> float:
    return found["ab_k"]["kept"] / max(found["ab_k"]["requests"], 1)
