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
    "The page is not built yet. Build it and reload: python -m dashboard.build_page\n"
    "The API works without it: see /api/metrics and docs/api.md.\n"
)

# File names with a hash of the content, which browsers may cache for ever.
NAMED_BY_CONTENT: Final = re.compile(r"assets/.+-[0-9A-Za-z]{8}\.(js|css|json)")


def add_pages(app: FastAPI, built: Path) -> None:
    """Serve the built files, which may be built after the start."""
    files = StaticFiles(directory=built, check_dir=False)

    def front() -> Response:
        index = built / "index.html"
        return FileResponse(index) if index.is_file() else PlainTextResponse(HINT)

    async def file(path: str, request: Request) -> Response:
        if not path.startswith("api/") and await asyncio.to_thread(built.is_dir):
            response = await files.get_response(path, request.scope)
            if NAMED_BY_CONTENT.fullmatch(path):
                response.headers["Cache-Control"] = "max-age=31536000, immutable"
            return response
        raise NotThere("nothing is at this path; see /api/openapi.json for all paths")

    app.add_api_route("/", front, methods=["GET", "HEAD"], include_in_schema=False)
    app.add_api_route("/{path:path}", file, methods=["GET", "HEAD"], include_in_schema=False)
