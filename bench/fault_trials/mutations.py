"""Seeded damage: what happens to files on disks, in editors and in transfers, and what somebody might do to them on purpose."""

import re

NUMBERS = [b"99999999999999999999999", b"-1", b"0", b"1e308", b"1e999", b"18446744073709551615", b"-9223372036854775808", b"0.1", b"NaN"]
INSERTED = [
    b"\x00", b"\x1b[2J\x1b[31m", b"\xff\xfe", b"\xef\xbb\xbf", b"\r\n", b"\\ud800", b"\xed\xa0\x80", "\u202e".encode(), b"\"", b"'", b"}",
    b"]", b"[" * 5_000, b"{\"a\":" * 5_000, b"A" * 200_000, b"../../../../etc/passwd", b"\n", b"=", b"$(touch fdmark)", b"\x9b31m",
]  # fmt: skip
TEXTS = [b'""', b'"' + b"x" * 5_000 + b'"', b'"\\u0000"', b'"\\u001b[31m"', b'"9999-12-31"', b'"0000-00-00T00:00:00Z"', b"null", b"[]", b"{}", b"true"]


def damaged(content, draw):
    """The content with one to three kinds of damage, and their names."""
    names = []
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        damage = draw.choice(DAMAGES)
        content = damage(content, draw)
        names.append(damage.__name__.replace("_", " "))
    return content, ", ".join(names)


def place(content, draw):
    return draw.randrange(len(content) + 1)


def flipped_bit(content, draw):
    if not content:
        return content
    at = draw.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << draw.randrange(8)]) + content[at + 1 :]


def flipped_bits(content, draw):
    for _ in range(draw.randint(2, 40)):
        content = flipped_bit(content, draw)
    return content


def cut(content, draw):
    return content[: place(content, draw)]


def cut_out(content, draw):
    at, to = sorted((place(content, draw), place(content, draw)))
    return content[:at] + content[min(to, at + draw.choice((1, 10, 1000, 10**9))) :]


def swapped(content, draw):
    a, b, c = sorted(place(content, draw) for _ in range(3))
    return content[:a] + content[b:c] + content[a:b] + content[c:]


def of_lines(change):
    def damage(content, draw):
        lines = content.split(b"\n")
        change(lines, draw, draw.randrange(len(lines)))
        return b"\n".join(lines)

    damage.__name__ = change.__name__
    return damage


@of_lines
def doubled_line(lines, draw, at):
    lines.insert(draw.randrange(len(lines) + 1), lines[at])


@of_lines
def removed_line(lines, draw, at):
    del lines[at]


@of_lines
def swapped_lines(lines, draw, at):
    other = draw.randrange(len(lines))
    lines[at], lines[other] = lines[other], lines[at]


def inserted_bytes(content, draw):
    at = place(content, draw)
    return content[:at] + bytes(draw.randrange(256) for _ in range(draw.choice((1, 2, 50)))) + content[at:]


def inserted_text(content, draw):
    at = place(content, draw)
    return content[:at] + draw.choice(INSERTED) + content[at:]


def zeroed(content, draw):
    at = place(content, draw)
    return content[:at] + bytes(len(content[at : at + draw.choice((16, 512, 4096))])) + content[at + 4096 :]


def emptied(content, draw):
    return draw.choice((b"", b"\n", b"{}", b"[]", b"null"))


def replaced(pattern, by):
    """One of the places that look like this, by one of those."""

    def damage(content, draw):
        found = list(re.finditer(pattern, content))
        if not found:
            return flipped_bit(content, draw)
        one = draw.choice(found)
        return content[: one.start()] + draw.choice(by) + content[one.end() :]

    return damage


odd_number = replaced(rb"(?<![\w.\-])-?\d[\d_]*(\.\d+)?(?![\w:\-])", NUMBERS)
odd_number.__name__ = "odd_number"
odd_text = replaced(rb'"(?:[^"\\\n]|\\.)*"', TEXTS)
odd_text.__name__ = "odd_text"

DAMAGES = [
    flipped_bit, flipped_bits, cut, cut_out, swapped, doubled_line, removed_line, swapped_lines, inserted_bytes, inserted_text, zeroed,
    emptied, odd_number, odd_number, odd_number, odd_text, odd_text,
]  # fmt: skip
