"""Hooks of the documentation site: the README is its first page, and links out of docs/ become file names."""

import re
from pathlib import Path
from typing import Any, Final

from mkdocs.structure.files import File, Files

ROOT: Final = Path(__file__).parents[1]
_LINK: Final = re.compile(r"(!?)\[([^\]]*)\]\(([^)#:]+)(#[^)]*)?\)")


def on_files(files: Files, config: Any) -> Files:
    """Add the README as the first page; its links are those of the root folder."""
    text = _LINK.sub(_from_root, (ROOT / "README.md").read_text())
    files.append(File.generated(config, "index.md", content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Show links to files outside of docs/, which the site does not have, as their names."""
    folder = (ROOT / "docs" / page.file.src_uri).parent
    return _LINK.sub(lambda link: link[0] if _is_on_site(folder / link[3]) else _name_of(link, folder), markdown)


def _from_root(link: re.Match[str]) -> str:
    path = link[3].removeprefix("docs/")
    return f"{link[1]}[{link[2]}]({path}{link[4] or ''})" if link[3].startswith("docs/") else link[0]


def _is_on_site(path: Path) -> bool:
    return path.resolve().is_relative_to(ROOT / "docs") and path.resolve().is_file()


def _name_of(link: re.Match[str], folder: Path) -> str:
    path = (folder / link[3]).resolve()
    if folder == ROOT / "docs" and not path.exists():
        path = ROOT / link[3]
    name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else link[3]
    return link[2] if name.strip("./") == link[2] else f"{link[2]} (`{name}`)"
