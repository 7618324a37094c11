from rich.table import Table

from mmseg_hrvit.cli.tables import print_table


def test_a_table_in_a_file_is_whole(capsys):
    table = Table('name')
    table.add_row('x' * 150)
    print_table(table)
    assert 'x' * 150 in capsys.readouterr().out
