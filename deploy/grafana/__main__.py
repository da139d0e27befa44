"""`python -m deploy.grafana`: write Grafana's data sources and dashboards."""

import sys

import click

from deploy.grafana.files import HERE, drifted, write


@click.command()
@click.option(
    "--check", is_flag=True, help="Write nothing; list the files that would change, and fail if there are any."
)
def main(check: bool) -> None:
    """Write the provisioning files in deploy/grafana and list those that changed."""
    changed = drifted() if check else write()
    for path in changed:
        click.echo(path.relative_to(HERE.parents[1]))
    sys.exit(bool(check and changed))


if __name__ == "__main__":
    main()
