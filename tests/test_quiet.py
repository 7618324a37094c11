"""One line of others is dropped while they are imported, and no other."""

import pytest

from mmseg_hrvit.quiet import PRINTED, imports_quiet


def test_the_line_alone_is_dropped(capsys):
    with imports_quiet():
        print(f'Could not open\n{PRINTED}a\n{PRINTED}{PRINTED}b\n\nCould not')
    assert capsys.readouterr().out == 'Could not open\na\nb\n\nCould not\n'


def test_what_was_printed_before_an_error_is_seen(capsys):
    with pytest.raises(ImportError), imports_quiet():
        print('half')
        raise ImportError
    assert capsys.readouterr().out == 'half\n'
