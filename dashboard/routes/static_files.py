"""The page's built files."""

import asyncio
import re
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, PlainTextResponse, Response
from fastapi.staticfiles import StaticFiles

from dashboard.errors import NotThere

BUILT: Final = Path(__file__).parents[1] / "page" / "dist"
HINT: Final = (
    "The page is not built yet. Build it, then load this again: python -m dashboard.build_page\n"
    "The numbers are there all the same: /api/metrics, and docs/api.md describes the rest.\n"
)

# What another content would give another name to.
NAMED_BY_CONTENT: Final = re.compile(r"assets/.+-[0-9A-Za-z]{8}\.(js|css|json)")


def add_pages(app: FastAPI, built: Path) -> None:
    """Serves the built files; they may be built later than the start."""
    files = StaticFiles(directory=built, check_dir=False)

    def front() -> Response:
        index = built / "index.html"
        return FileResponse(index) if index.is_file() else PlainTextResponse(HINT)

    async def file(path: str, request: Request) -> Response:
        if not path.startswith("api/") and await asyncio.to_thread(built.is_dir):
            answer = await files.get_response(path, request.scope)
            if NAMED_BY_CONTENT.fullmatch(path):
                answer.headers["Cache-Control"] = "max-age=31536000, immutable"
            return answer
        raise NotThere("there is nothing at this path; /api/openapi.json names all paths")

    app.add_api_route("/", front, methods=["GET", "HEAD"], include_in_schema=False)
    app.add_api_route("/{path:path}", file, methods=["GET", "HEAD"], include_in_schema=False)
