"""Words for messages."""


def number_of(number: int, noun: str) -> str:
    """Says how many there are: '1 image', '2 images'."""
    return f'{number} {noun}{"" if number == 1 else "s"}'
