"""Tables on the screen."""

from rich.console import Console
from rich.table import Table

FILE_WIDTH = 200  # columns


def print_table(table: Table) -> None:
    """Prints a table; without a terminal, nothing in it is wrapped.

    Args:
        table (Table): The table.
    """
    console = Console()
    if not console.is_terminal:
        console.width = FILE_WIDTH
    console.print(table)
