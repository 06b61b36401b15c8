"""The commands for operators, who may ask the service for what only operators may."""

from __future__ import annotations

import time
from collections.abc import Iterator

import click

from cloud import audit
from cloud.audit import AuditEvent
from cloud.commands.surroundings import describe_all, show, store_here, who
from cloud.commands.values import GROUP, Pattern, shown_time
from cloud.identity import operators
from cloud.identity.operators import NAME_PATTERN, Operator
from cloud.store import ObjectStore

NAME = Pattern("name", NAME_PATTERN, expected="a name of letters, digits, spaces and . _ @ -")


@click.group("operators")
def group() -> None:
    """Operators: tokens for what devices may not do."""


@group.command()
@click.argument("name", type=NAME)
@click.option("--group", "of", type=GROUP, help="The one group that it may act in; all groups if not given.")
def add(name: str, of: str | None) -> None:
    """Add an operator called NAME and show its token, this once: the store keeps its hash alone."""
    with store_here() as store:
        operator, token = operators.add(store, name, group=of, now=int(time.time()))
    audit.note(AuditEvent.OPERATOR_ADDED, by=who(), operator=operator.id, name=name, group=of)
    click.echo(f"token {token}")
    click.echo(_describe(operator))


@group.command("list")
def list_operators() -> None:
    """Show the operators. Writes nothing."""
    show(_list)


@group.command()
@click.argument("name", type=NAME)
def remove(name: str) -> None:
    """Remove the operator called NAME; its token counts no more, within half a minute everywhere."""
    with store_here() as store:
        operator = operators.remove(store, name)
    audit.note(AuditEvent.OPERATOR_REMOVED, by=who(), operator=operator.id, name=name, group=operator.group)
    click.echo(f"removed: {_describe(operator)}")


def _list(store: ObjectStore) -> Iterator[str]:
    yield from describe_all(store, operators.read_all, _describe)


def _describe(operator: Operator) -> str:
    where = f"group {operator.group}" if operator.group else "all groups"
    return f"{operator.id}: {operator.name}, {where}, added {shown_time(operator.added)}"
