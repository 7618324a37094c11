"""One line of others is dropped from a stream, and no other."""

import io

import pytest

from mmseg_hrvit.quiet import PRINTED, KnownLinesDropped

TEXT = f'Could not open\n{PRINTED}a\n{PRINTED}{PRINTED}b\n\nCould not'


@pytest.mark.parametrize('step', [1, 2, 7, 100])
def test_the_line_alone_is_dropped(step):
    out = io.StringIO()
    stream = KnownLinesDropped(out, PRINTED)
    for i in range(0, len(TEXT), step):
        stream.write(TEXT[i : i + step])
    stream.finish()
    assert out.getvalue() == TEXT.replace(PRINTED, '')
