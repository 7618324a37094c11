"""Words for messages."""


def number_of(number: int, noun: str) -> str:
    """Says how many there are: '1 image', '2 images'."""
    return f'{number} {noun}{"" if number == 1 else "s"}'


def one_line(text: str) -> str:
    """Joins lines into one, as names of files and texts in them may have several."""
    return ' '.join(line.strip() for line in text.splitlines())
