"""Gzip in members cut at fixed offsets, and lines out of such files.

Decides the compressed bytes of every file that the project writes: no name, no time, one level for a kind of
file, a new member after every `MEMBER_BYTES` of content. The same content gives the same bytes, however the
caller cut it into chunks (for one build of zlib). Reading takes gzip of any origin. What the lines mean is
left to the caller.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from inventory.errors import InvalidDocument

#: Uncompressed bytes in one member; a member can be read without those before it.
MEMBER_BYTES = 8 * 1024 * 1024

# zlib may choose other matches for other cuts of its input, so it is always fed in whole blocks.
_BLOCK_BYTES = 64 * 1024
_LEVEL = 6
#: For files that are read once and then only kept: a third of the time, a fifth more bytes.
FAST = 1
# RFC 1952: deflate, no flags, no time, no extra flags, operating system unknown.
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
# A merge holds hundreds of readers open: small steps bound what each one keeps unpacked.
_READ_BYTES = 4 * 1024
_MAX_UNPACKED_BYTES = 64 * 1024


class GzipMembers:
    """An incremental gzip writer; `feed` and `finish` return the compressed bytes that are ready."""

    __slots__ = ("_checksum", "_deflate", "_empty", "_level", "_member_bytes", "_pending")

    def __init__(self, *, level: int = _LEVEL) -> None:
        self._level = level
        self._pending = bytearray()
        self._deflate: zlib._Compress | None = None
        self._checksum = 0
        self._member_bytes = 0
        self._empty = True

    def feed(self, data: bytes) -> bytes:
        """Take content; returns the compressed bytes that became ready, often none."""
        self._pending += data
        if len(self._pending) < _BLOCK_BYTES:
            return b""
        whole = len(self._pending) - len(self._pending) % _BLOCK_BYTES
        blocks = [bytes(self._pending[at : at + _BLOCK_BYTES]) for at in range(0, whole, _BLOCK_BYTES)]
        del self._pending[:whole]
        return b"".join(map(self._packed, blocks))

    def finish(self) -> bytes:
        """The rest of the compressed bytes; the writer is used up. No content gives one empty member."""
        last = self._packed(bytes(self._pending)) if self._pending or self._empty else b""
        return last + (self._member_end() if self._deflate else b"")

    def _packed(self, block: bytes) -> bytes:
        self._empty = False
        start = b""
        if self._deflate is None:
            start = _HEADER
            self._deflate = zlib.compressobj(self._level, zlib.DEFLATED, -zlib.MAX_WBITS)
        packed = start + self._deflate.compress(block)
        self._checksum = zlib.crc32(block, self._checksum)
        self._member_bytes += len(block)
        return packed + self._member_end() if self._member_bytes == MEMBER_BYTES else packed

    def _member_end(self) -> bytes:
        assert self._deflate is not None
        end = self._deflate.flush() + self._checksum.to_bytes(4, "little")
        end += self._member_bytes.to_bytes(4, "little")
        self._deflate, self._checksum, self._member_bytes = None, 0, 0
        return end


def gzip_chunks(chunks: Iterable[bytes], *, level: int = _LEVEL) -> Iterator[bytes]:
    """Compress a stream of content; empty chunks are left out."""
    writer = GzipMembers(level=level)
    for chunk in chunks:
        if packed := writer.feed(chunk):
            yield packed
    yield writer.finish()


def iter_lines(chunks: Iterable[bytes], *, source: str) -> Iterator[bytes]:
    """The lines of a gzip file, each with its newline, from its compressed bytes in chunks of any size.

    `source` names the file in errors. Raises InvalidDocument where the bytes are not gzip, end too early, or
    the content does not end in a newline.
    """
    begun: list[bytes] = []
    for data in _unpacked(chunks, source):
        first, *others = data.split(b"\n")
        begun.append(first)
        if others:
            yield b"".join(begun) + b"\n"
            for line in others[:-1]:
                yield line + b"\n"
            begun = others[-1:]
    if any(begun):
        raise InvalidDocument(f"{source}: the last line does not end in a newline")


def _unpacked(chunks: Iterable[bytes], source: str) -> Iterator[bytes]:
    member = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    is_whole = False
    for chunk in chunks:
        for at in range(0, len(chunk), _READ_BYTES):
            data = chunk[at : at + _READ_BYTES]
            while data:
                if member.eof:
                    member = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
                try:
                    content = member.decompress(data, _MAX_UNPACKED_BYTES)
                except zlib.error as exc:
                    raise InvalidDocument(f"{source}: not gzip: {exc}") from exc
                if content:
                    yield content
                is_whole = member.eof
                data = member.unused_data if is_whole else member.unconsumed_tail
    if not is_whole:
        raise InvalidDocument(f"{source}: the gzip data ends too early")
