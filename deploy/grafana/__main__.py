"""`python -m deploy.grafana`: writes Grafana's data sources and dashboards."""

import sys

import click

from deploy.grafana.files import HERE, drifted, write


@click.command()
@click.option(
    "--check", is_flag=True, help="Write nothing; name the files that would change, and fail if there are any."
)
def main(check: bool) -> None:
    """Write the files in deploy/grafana that Grafana is provisioned with; say which of them changed."""
    found = drifted() if check else write()
    for path in found:
        click.echo(path.relative_to(HERE.parents[1]))
    sys.exit(bool(check and found))


if __name__ == "__main__":
    main()
