"""A pipeline as one HTML page: its drawing, its parameters, data and steps. Nothing is fetched from elsewhere."""

from collections.abc import Sequence
from html import escape
from string import Template

from mlops_cli.domain.pipelines import PipelineSettings
from mlops_cli.domain.references import as_text
from mlops_cli.services.pipelines.picture import svg
from mlops_cli.services.pipelines.runs import graph

PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$name</title>
<style>
:root{--ink:#1f2733;--soft:#667085;--page:#f5f7fa;--card:#ffffff;--line:#dde2ea}
@media (prefers-color-scheme:dark){:root{--ink:#e8ecf3;--soft:#9aa4b5;--page:#11161f;--card:#1b2230;--line:#323b4d}}
body{margin:0;padding:2.5rem;background:var(--page);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1100px;margin:auto}h1,p{overflow-wrap:anywhere}
h1{margin:0;font-size:1.7rem}h2{font-size:1.05rem;margin:2rem 0 .6rem}
p{color:var(--soft);margin:.3rem 0 1.4rem}svg{display:block;margin:auto;max-width:100%;height:auto}
@media (max-width:560px){body{padding:1rem}svg{max-width:none}}
.box{background:var(--card);border:1px solid var(--line);
border-radius:12px;padding:1rem;overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.45rem .8rem .45rem 0;border-bottom:1px solid var(--line);vertical-align:top}
tr:last-child td{border-bottom:0}th{color:var(--soft);font-weight:500}code{font-size:.9em}
</style>
</head>
<body>
<main>
<h1>$name</h1>
<p>$description</p>
<div class="box">$picture</div>
$tables
</main>
</body>
</html>
""")


def html(settings: PipelineSettings) -> str:
    """The whole page."""
    parameters = [(name, as_text(value)) for name, value in settings.parameters.items()]
    data = [(name, s.path or s.dataset or s.model or "") for name, s in settings.data.items()]
    tables = [
        _table("Steps", ("", "step", "type", "code", "takes", "leaves"), _steps(settings)),
        _table("Parameters", ("name", "default"), parameters),
        _table("Data", ("name", "from"), data),
    ]
    return PAGE.substitute(
        name=escape(settings.name or "Pipeline"),
        description=escape(settings.description or f"{len(settings.steps)} steps"),
        picture=svg(settings),
        tables="\n".join(table for table in tables if table),
    )


def _steps(settings: PipelineSettings) -> list[tuple[str, ...]]:
    return [
        (
            str(row["level"]),
            row["name"],
            row["type"],
            row["code"] or "",
            ", ".join([*row["inputs"].values(), *(f"after {name}" for name in row["after"])]),
            ", ".join(row["outputs"]),
        )
        for row in graph(settings)
    ]


def _table(title: str, header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<h2>{title}</h2><div class="box"><table><tr>{head}</tr>{body}</table></div>'
