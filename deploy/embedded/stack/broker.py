"""The embedded broker: the program Tansu, with its storage in memory."""

from deploy.embedded.addresses import answers, free_port
from deploy.embedded.foreground import run_in_foreground
from deploy.embedded.stack.wheels import broker_program


def serve(port: int) -> int:
    """Run the broker on localhost until SIGINT or SIGTERM; return its exit code."""
    port = port or free_port()
    url = f"tcp://localhost:{port}"
    command = [
        str(broker_program()), "broker",
        "--listener-url", f"tcp://127.0.0.1:{port}",
        "--advertised-listener-url", url,
        "--storage-engine", "memory://tansu/",
        "--silent",
    ]  # fmt: skip
    return run_in_foreground(command, lambda: answers("127.0.0.1", port), f"ready localhost:{port}", start_seconds=20)
