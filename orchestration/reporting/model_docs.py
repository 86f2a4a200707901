"""dbt's own documentation of models, columns, tests and lineage as one static page that opens without a network. What must not come in: texts of ours.

dbt writes the page; here it is asked to, and mended: templates that ask for an icon by a name not yet filled in, a favicon that is not there, details cut
off at the edge, and any way out: a policy in the page forbids it to fetch anything. dbt's usage statistics are switched off in dbt_project.yml.
"""

import re
import subprocess
import sys
from pathlib import Path

from orchestration import settings as environment
from orchestration.landing import files
from orchestration.settings import DBT_PROJECT, Settings

POLICY = "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:; font-src data:"
# Filled in by Angular before the browser looks at it, where plain `xlink:href` is fetched as it stands.
ICON = ('xlink:href="{{ getIcon', 'ng-attr-href="{{ getIcon')
# A model's details stand side by side and are cut off at the edge; sentences want lines of their own.
STYLE = (
    "<style>.details .detail-body{display:block!important;white-space:normal!important}.details .detail{display:inline-block;vertical-align:top}"
    ".details .detail-value{white-space:normal!important}</style>"
)
NOTICE = (
    '<div role="note" style="position:fixed;bottom:0;left:0;right:0;z-index:99;padding:4px 16px;background:#7a1f00;color:#fff;font:14px sans-serif">{}</div>'
)


class ModelDocsError(RuntimeError):
    """The page could not be written; carries what is missing, or dbt's own last lines."""


def offline(page: str, *, notice: str = "") -> str:
    """dbt's static page made to stay within itself, with a notice at its foot where there is one. Raises ModelDocsError where it is not that page."""
    page, favicons = re.subn(r'<link rel="(?:shortcut icon|canonical)"[^>]*>', "", page)
    page, heads = re.subn(r'(<meta charset="utf-8">)', rf'\1<meta http-equiv="Content-Security-Policy" content="{POLICY}">', page, count=1)
    page, titles = re.subn(r"<title>dbt Docs</title>", f"{STYLE}<title>Macro contagion indicators: models</title>", page, count=1)
    page, bodies = re.subn(r"<body>", lambda _: f"<body>{NOTICE.format(notice) if notice else ''}", page, count=1)
    if not (favicons and heads and titles and bodies and ICON[0] in page):
        raise ModelDocsError("expected the static page of dbt 1.11, found another one; see what changed and mend orchestration/reporting/model_docs.py")
    return page.replace(*ICON)


def write(settings: Settings, *, notice: str = "") -> Path:
    """Write <home>/docs/index.html from the dbt project and the build file; return its path. Nobody may be building meanwhile: hold the data home.

    Raises ModelDocsError where nothing has been built, or dbt fails.
    """
    if not settings.build_file.exists():
        raise ModelDocsError(f"expected a build at {settings.build_file}, found none; run `contagion run` first")
    environment.export(settings)
    target = settings.home / "dbt" / "docs"
    folders = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT), "--target-path", str(target), "--log-path", str(target)]
    command = [str(Path(sys.executable).with_name("dbt")), "--no-use-colors", "--log-level-file", "none", "docs", "generate", "--static", *folders]
    process = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if process.returncode:
        raise ModelDocsError(f"expected a page from dbt, found: {' '.join(process.stdout.split()[-60:])}")
    page = settings.home / "docs" / "index.html"
    files.write_bytes(page, offline((target / "static_index.html").read_text(), notice=notice).encode())
    return page
