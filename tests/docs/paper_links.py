"""Line numbers of the links of docs/paper.md; run as a script, it sets them anew."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / 'docs/paper.md'
LINK = re.compile(r'\]\((\.\./mmseg_hrvit/[^)#]*\.py)(?:#L\d+)?\)')
CODE = re.compile(r'`([A-Za-z_][\w.]*)`')


def find_line(path, name):
    """The line in which a class, function, method or constant begins."""
    lines = (PAGE.parent / path).read_text(encoding='utf-8').splitlines()
    number = 0
    for part in name.split('.'):
        start = re.compile(rf'\s*(class |def )?{part}\b')
        found = [i for i in range(number, len(lines)) if start.match(lines[i])]
        assert found, f'{path} has no {name}'
        number = found[0]
    return number + 1


def with_lines(line):
    """A line of the page, whose last link to code leads to what is named behind it."""
    for found in list(LINK.finditer(line))[-1:]:
        names = CODE.findall(line[found.end() :])
        if names:
            link = f']({found[1]}#L{find_line(found[1], names[0])})'
            return line[: found.start()] + link + line[found.end() :]
    return line


if __name__ == '__main__':
    page = PAGE.read_text(encoding='utf-8').splitlines()
    PAGE.write_text('\n'.join(map(with_lines, page)) + '\n', encoding='utf-8')
