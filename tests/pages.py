"""The pages that users read, and the code in them."""

import re

from paths import ROOT

PAGES = [
    ROOT / 'README.md',
    ROOT / 'CONTRIBUTING.md',
    *sorted((ROOT / 'docs').glob('*.md')),
]
BLOCK = re.compile(r'^```(shell|python)\n(.*?)^```', re.M | re.S)


def read_blocks(page, *kinds):
    """The language and the text of each block of code of these languages."""
    blocks = BLOCK.findall(page.read_text(encoding='utf-8'))
    return [(kind, code) for kind, code in blocks if kind in kinds]
