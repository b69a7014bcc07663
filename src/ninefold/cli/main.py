"""The command tree. Commands live in files by topic; what is heavy is imported when a command runs."""

import sys

import typer

from ninefold.base import Error

from . import campaigns, connectors, data, documents, governance, plans, quarantine, segments, server, show, wires
from .understand import analysis
from .who import customers, feeds, identity, merges, people, reviews, ruling

app = typer.Typer(
    name="ninefold",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
    help="Run a consumer brand's customer base as one digital business.",
    epilog="Start with: [bold]ninefold demo[/], or [bold]ninefold init[/] and [bold]ninefold serve[/].",
)

server.add(app)
data.add(app)
documents.add(app)
people.add(app)
app.add_typer(customers.app, name="customers")
app.add_typer(feeds.feed, name="feed")
app.add_typer(feeds.tags, name="tags")
app.add_typer(identity.app, name="identity")
app.add_typer(merges.app, name="merges")
app.add_typer(ruling.traits, name="traits")
app.add_typer(segments.segment, name="segment")
app.add_typer(segments.tag, name="tag")
app.add_typer(analysis.app, name="analysis")
app.add_typer(campaigns.app, name="campaign")
app.add_typer(governance.audit, name="audit")
app.add_typer(governance.org, name="org")
app.add_typer(governance.users, name="users")
app.add_typer(governance.relations, name="relations")
app.add_typer(plans.app, name="plan")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(connectors.app, name="connector")
app.add_typer(wires.app, name="wires")
app.add_typer(governance.privacy, name="privacy")
app.add_typer(governance.retention, name="retention")
app.add_typer(governance.consent, name="consent")
app.add_typer(reviews.matching, name="matching")
app.add_typer(reviews.reviews, name="reviews")
app.command("report")(campaigns.report)


def run() -> None:
    """Run a command; errors are told in words, with the exit code of their kind."""
    try:
        app()
    except Error as error:
        sys.exit(show.failure(error))
