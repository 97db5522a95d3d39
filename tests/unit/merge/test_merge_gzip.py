"""Gzip members: equal bytes for equal content, lines back out, and no damage unnoticed."""

from __future__ import annotations

import gzip
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.errors import InvalidDocument
from inventory.stages import gzip_members
from inventory.stages.gzip_members import MEMBER_BYTES, GzipMembers, gzip_chunks, iter_lines

CONTENT = b"".join(b"%d %d\n" % (number, number * number) for number in range(20_000))


@pytest.fixture
def small_members(monkeypatch: pytest.MonkeyPatch) -> int:
    """Members of 64 KiB, so that small contents have several."""
    monkeypatch.setattr(gzip_members, "MEMBER_BYTES", 64 * 1024)
    return 64 * 1024


def packed(*chunks: bytes) -> bytes:
    return b"".join(gzip_chunks(chunks))


def member_sizes(body: bytes) -> list[int]:
    sizes = []
    while body:
        member = zlib.decompressobj(wbits=31)
        sizes.append(len(member.decompress(body)))
        assert member.eof
        body = member.unused_data
    return sizes


def test_a_member_ends_at_its_fixed_offset_to_the_byte():
    content = CONTENT * (1 + MEMBER_BYTES // len(CONTENT))
    assert member_sizes(packed(content[: MEMBER_BYTES + 1])) == [MEMBER_BYTES, 1]
    assert member_sizes(packed(content[:MEMBER_BYTES])) == [MEMBER_BYTES]


def test_no_name_no_time_and_no_operating_system_in_the_header():
    assert packed(b"x\n")[:10] == bytes.fromhex("1f8b 0800 0000 0000 00ff")


def test_no_content_is_one_valid_empty_member():
    assert member_sizes(packed()) == [0]
    assert list(iter_lines([packed()], source="s")) == []


@pytest.mark.usefixtures("small_members")
def test_any_gzip_reader_reads_the_members_as_one_file():
    body = packed(CONTENT)
    assert len(member_sizes(body)) > 3
    assert gzip.decompress(body) == CONTENT


@pytest.mark.usefixtures("small_members")
@pytest.mark.parametrize("seed", range(10))
def test_the_bytes_do_not_depend_on_how_the_caller_cut_the_content(seed: int):
    dice = random.Random(seed)
    cuts = sorted(dice.randrange(len(CONTENT)) for _ in range(dice.choice((1, 7, 1000))))
    chunks = [CONTENT[a:b] for a, b in zip([0, *cuts], [*cuts, len(CONTENT)], strict=True)]
    assert packed(*chunks) == packed(CONTENT)


def test_the_writer_gives_compressed_bytes_out_while_it_is_fed():
    writer = GzipMembers()
    noise = random.Random(1).randbytes(1024 * 1024)
    given_early = writer.feed(noise)
    assert len(given_early) > len(noise) // 2
    assert gzip.decompress(given_early + writer.finish()) == noise


@given(
    lines=st.lists(st.binary(max_size=40).map(lambda raw: raw.replace(b"\n", b"\r") + b"\n")),
    step=st.integers(1, 50),
)
def test_lines_come_back_as_they_were_whatever_the_chunks(lines: list[bytes], step: int):
    body = packed(*lines)
    chunks = [body[at : at + step] for at in range(0, len(body), step)]
    assert list(iter_lines(chunks, source="s")) == lines


@pytest.mark.usefixtures("small_members")
def test_a_line_longer_than_every_buffer_comes_back_whole():
    lines = [b"a" * 300_000 + b"\n", b"b\n", random.Random(2).randbytes(200_000).replace(b"\n", b"") + b"\n"]
    assert list(iter_lines([packed(*lines)], source="s")) == lines


def test_lines_are_given_out_before_the_file_is_read_to_its_end():
    lines = [b"%d\n" % number for number in range(200_000)]
    body = packed(*lines)
    read = 0

    def chunks():
        nonlocal read
        for at in range(0, len(body), 1000):
            read += 1
            yield body[at : at + 1000]

    assert next(iter_lines(chunks(), source="s")) == b"0\n"
    assert read < len(body) / 1000 / 2


def test_every_truncation_is_found():
    body = packed(b"one\ntwo\nthree\n")
    for length in range(len(body)):
        with pytest.raises(InvalidDocument, match="runs/x: the gzip data ends too early"):
            list(iter_lines([body[:length]], source="runs/x"))


def test_a_truncation_inside_the_second_member_is_found():
    first, second = packed(b"one\n"), packed(b"two\n")
    for length in range(1, len(second)):
        with pytest.raises(InvalidDocument, match="ends too early"):
            list(iter_lines([first, second[:length]], source="s"))


def test_a_broken_byte_is_found_or_changes_nothing():
    body = packed(b"one\ntwo\nthree\n")
    for position in range(len(body)):
        damaged = body[:position] + bytes([body[position] ^ 0x01]) + body[position + 1 :]
        try:
            assert list(iter_lines([damaged], source="s")) == [b"one\n", b"two\n", b"three\n"]
        except InvalidDocument:
            continue
        assert position in range(3, 10), "only the header's text flag, time and system may differ unnoticed"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "ends too early"),
        (b"{}\n", "not gzip"),
        (packed(b"a\n") + b"garbage", "not gzip"),
        (packed(b"a\nb"), "does not end in a newline"),
        (packed(b"a\n")[:-8] + bytes(8), "not gzip"),
    ],
)
def test_what_is_not_a_gzip_file_of_lines_is_refused_by_name(body: bytes, message: str):
    with pytest.raises(InvalidDocument, match=f"runs/x: .*{message}"):
        list(iter_lines([body], source="runs/x"))
