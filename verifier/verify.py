#!/usr/bin/env python3
"""Checks a bundle of a DSPT evidence ledger by FORMAT.md, which lies beside this file.

    python3 verify.py [FOLDER] [--policy FILE] [--max-age DAYS] [--now RFC3339]
                      [--kept CHECKPOINT]... [--entry I] [--json]

FOLDER is the bundle; without it, the folder that this file is in. Python 3.8 or newer and nothing
else: no package, no network, no other program. Nothing is written.

Exit status: 0 YES; 1 NO (the first rule broken is named); 2 usage; 4 NOT DECIDED.

A copy of this file that came with a bundle was made by whoever made the bundle. Take it from
somewhere else, or read it first. It shares no code with the program `dspt`.
"""

import argparse
import base64
import binascii
import bisect
import csv
import datetime
import hashlib
import io
import json
import os
import re
import stat
import sys
import time
from typing import Any, Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Set, Tuple

Json = Any  # what the canonical JSON reader gives: dict, list, str, int, bool or None
Point = Tuple[int, int, int, int]  # extended coordinates X, Y, Z, T with T = XY/Z

ENTRY_MAX = 65_535
NOTE_MAX = 1_000_000
NOTE_LINES_MAX = 100
MANIFEST_MAX = 16 * 1024 * 1024
POLICY_MAX = 1_000_000
TOKEN_MAX = 65_536
STATEMENT_MAX = 16 * 1024 * 1024
TABLE_MAX = 64 * 1024 * 1024
PROOF_HASHES_MAX = 63
JSON_DEPTH_MAX = 32
INTEGER_MAX = 2**53 - 1
CLOCK_SLACK_MS = 300_000  # section 14: a difference up to it proves nothing
COSIGNATURE_TIME_MAX = 2**63 - 1

YES, NO, USAGE, NOT_DECIDED = 0, 1, 2, 4

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:dspt-ledger:event:v1"
REQUEST_TYPE = "urn:dspt-ledger:request:v1"
KEY_REQUEST_TYPE = "urn:dspt-ledger:key-request:v1"
REQUEST_MAX = 32_768


class Fault(Exception):
    """A rule of FORMAT.md that is broken: its name, the place, and what was found there."""

    def __init__(self, rule: str, found: str, place: str = "", phase: str = "") -> None:
        super().__init__(rule)
        self.rule = rule
        self.found = found
        self.place = place
        self.phase = phase


class Malformed(Exception):
    """Bytes that are not of their form. The caller knows which rule that breaks."""


class Newer(Exception):
    """What follows depends on something that a newer program wrote: NOT DECIDED."""


class Usage(Exception):
    """The command was called in a way that has no answer."""


# --- Ed25519 (section 2) --------------------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
D2 = 2 * D % P
SQRT_M1 = pow(2, (P - 1) // 4, P)
NEUTRAL: Point = (0, 1, 1, 0)


def _double(p: Point) -> Point:
    """Twice a point."""
    x, y, z, _ = p
    a = x * x % P
    b = y * y % P
    h = a + b
    e = h - (x + y) * (x + y)
    g = a - b
    f = (2 * z * z + g) % P
    e %= P
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _add(p: Point, q: Point) -> Point:
    """The sum of two points; complete, so no case needs care."""
    x1, y1, z1, t1 = p
    x2, y2, z2, t2 = q
    a = (y1 - x1) * (y2 - x2) % P
    b = (y1 + x1) * (y2 + x2) % P
    c = t1 * D2 % P * t2
    d = 2 * z1 * z2
    e, f, g, h = b - a, (d - c) % P, (d + c) % P, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _negate(p: Point) -> Point:
    """The point that adds to the neutral element."""
    x, y, z, t = p
    return (P - x, y, z, P - t)


def _is_neutral(p: Point) -> bool:
    """Whether a point is the neutral element."""
    x, y, z, _ = p
    return x % P == 0 and (y - z) % P == 0


def _is_small(p: Point) -> bool:
    """Whether the order of a point divides 8."""
    return _is_neutral(_double(_double(_double(p))))


def _encode(p: Point) -> bytes:
    """The 32 bytes of a point."""
    x, y, z, _ = p
    inverse = pow(z, P - 2, P)
    return ((y * inverse % P) | ((x * inverse % P & 1) << 255)).to_bytes(32, "little")


def _decode(data: bytes) -> Optional[Point]:
    """The point of 32 bytes, or None where they are not the one encoding of a point."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x - u) % P != 0:
        x = x * SQRT_M1 % P
        if (v * x * x - u) % P != 0:
            return None
    if x == 0 and sign:
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def _naf(scalar: int, width: int) -> List[int]:
    """Digits of a scalar, lowest first: zero, or odd and below 2^(width-1) either way."""
    digits = []
    modulus, half = 1 << width, 1 << (width - 1)
    while scalar:
        digit = 0
        if scalar & 1:
            digit = scalar & (modulus - 1)
            if digit >= half:
                digit -= modulus
            scalar -= digit
        digits.append(digit)
        scalar >>= 1
    return digits


def _odd_multiples(p: Point, width: int) -> Dict[int, Point]:
    """p, 3p, 5p, ... and their negatives, for digits of `_naf` of that width."""
    twice, multiple, table = _double(p), p, {}
    for odd in range(1, 1 << (width - 1), 2):
        table[odd], table[-odd] = multiple, _negate(multiple)
        multiple = _add(multiple, twice)
    return table


def _multiply(pairs: List[Tuple[List[int], Dict[int, Point]]]) -> Point:
    """The sum of scalars times points, in one run of doublings (Straus)."""
    result = NEUTRAL
    for place in range(max(len(digits) for digits, _ in pairs) - 1, -1, -1):
        result = _double(result)
        for digits, table in pairs:
            if place < len(digits) and digits[place]:
                result = _add(result, table[digits[place]])
    return result


def _base_point() -> Point:
    """The base point: y = 4/5, x even."""
    point = _decode((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    assert point is not None
    return point


class Ed25519:
    """Strict verification; remembers the keys that it has judged, since few keys sign much."""

    KEY_WIDTH = 5
    BASE_WIDTH = 8

    def __init__(self) -> None:
        self._base = _odd_multiples(_base_point(), self.BASE_WIDTH)
        self._keys: Dict[bytes, Tuple[Optional[Dict[int, Point]], str]] = {}

    def _judge(self, key: bytes) -> Tuple[Optional[Dict[int, Point]], str]:
        """The odd multiples of the negated key, or None; and why the key is not acceptable."""
        if key not in self._keys:
            # A hostile ledger can name many keys; only memory for the newest is kept.
            if len(self._keys) > 10_000:
                self._keys.clear()
            point = _decode(key) if len(key) == 32 else None
            if point is None:
                self._keys[key] = (None, "it is not the one encoding of a point of the curve")
            elif _is_small(point):
                self._keys[key] = (None, "its point is of small order")
            else:
                order = [(_naf(L, self.KEY_WIDTH), _odd_multiples(point, self.KEY_WIDTH))]
                torsion = not _is_neutral(_multiply(order))
                reason = "its point has a torsion part" if torsion else ""
                self._keys[key] = (_odd_multiples(_negate(point), self.KEY_WIDTH), reason)
        return self._keys[key]

    def why_unacceptable(self, key: bytes) -> str:
        """Why a key may not enter the ledger (section 2); empty where it may."""
        return self._judge(key)[1]

    def verify(self, key: bytes, message: bytes, signature: bytes) -> bool:
        """Whether a signature verifies strictly: S < L, R and key canonical and not of small order,
        R = [S]B - [k]A without the cofactor."""
        table, _ = self._judge(key)
        if table is None or len(signature) != 64:
            return False
        scalar = int.from_bytes(signature[32:], "little")
        if scalar >= L:
            return False
        digest = hashlib.sha512(signature[:32] + key + message).digest()
        challenge = int.from_bytes(digest, "little") % L
        pairs = [
            (_naf(scalar, self.BASE_WIDTH), self._base),
            (_naf(challenge, self.KEY_WIDTH), table),
        ]
        point = _multiply(pairs) if scalar or challenge else NEUTRAL
        # Equal bytes show that R is canonical too, since `_encode` makes no other.
        return _encode(point) == signature[:32] and not _is_small(point)


# --- Spellings (section 1) ------------------------------------------------------------------------


def sha256(data: bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(data).digest()


def b64(data: bytes) -> str:
    """base64 with padding."""
    return base64.b64encode(data).decode("ascii")


def unbase64(text: str, size: Optional[int] = None) -> bytes:
    """The bytes of a base64 text, which must be their only spelling, and `size` many."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("is not base64") from None
    if b64(data) != text:
        raise Malformed("is not the one base64 of its bytes")
    if size is not None and len(data) != size:
        raise Malformed("is base64 of %d bytes, not %d" % (len(data), size))
    return data


def decimal(text: str) -> int:
    """A number without sign and without leading zero, small enough for any ledger."""
    if not re.fullmatch("0|[1-9][0-9]{0,15}", text) or int(text) > INTEGER_MAX:
        raise Malformed("is not a number in decimal")
    return int(text)


def shown(value: Any, limit: int = 80) -> str:
    """A value as printable ASCII, shortened: text from a ledger must not steer a terminal."""
    text = ascii(value)
    return text if len(text) <= limit else text[:limit] + "..."


class _Reader:
    """Reads canonical JSON; each method stands at `at` and moves it."""

    _PLAIN = re.compile("[^\"\\\\\x00-\x1f]*")
    _NUMBER = re.compile("-?(?:0|[1-9][0-9]{0,15})")
    _SHORT = {'"': '"', "\\": "\\", "b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}
    _WORDS = (("true", True), ("false", False), ("null", None))

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def _refuse(self, why: str) -> Malformed:
        return Malformed("%s at character %d" % (why, self.at))

    def _take(self, mark: str) -> bool:
        found = self.text.startswith(mark, self.at)
        if found:
            self.at += len(mark)
        return found

    def value(self, depth: int) -> Json:
        """One value with at most `depth` more levels of nesting."""
        here = self.text[self.at : self.at + 1]
        if here == '"':
            return self._string()
        if here == "{" or here == "[":
            if depth == 0:
                raise self._refuse("more than %d levels" % JSON_DEPTH_MAX)
            self.at += 1
            return self._object(depth - 1) if here == "{" else self._array(depth - 1)
        for word, value in self._WORDS:
            if self._take(word):
                return value
        return self._number()

    def _number(self) -> int:
        match = self._NUMBER.match(self.text, self.at)
        if not match:
            raise self._refuse("no value in canonical form")
        number = int(match.group())
        if match.group() == "-0" or abs(number) > INTEGER_MAX:
            raise self._refuse("a number out of range")
        self.at = match.end()
        return number

    def _string(self) -> str:
        self.at += 1
        parts: List[str] = []
        while True:
            match = self._PLAIN.match(self.text, self.at)
            assert match is not None
            parts.append(match.group())
            self.at = match.end()
            if self._take('"'):
                return "".join(parts)
            if not self._take("\\"):
                raise self._refuse("a string that does not end, or a bare control character")
            parts.append(self._escape())

    def _escape(self) -> str:
        letter = self.text[self.at : self.at + 1]
        if letter in self._SHORT and letter:
            self.at += 1
            return self._SHORT[letter]
        match = re.compile("u00([01][0-9a-f])").match(self.text, self.at)
        if not match or chr(int(match.group(1), 16)) in "\b\t\n\f\r":
            raise self._refuse("an escape that is not the canonical one")
        self.at = match.end()
        return chr(int(match.group(1), 16))

    def _array(self, depth: int) -> List[Json]:
        values: List[Json] = []
        if self._take("]"):
            return values
        while True:
            values.append(self.value(depth))
            if self._take("]"):
                return values
            if not self._take(","):
                raise self._refuse("no comma")

    def _object(self, depth: int) -> Dict[str, Json]:
        values: Dict[str, Json] = {}
        last: Optional[bytes] = None
        if self._take("}"):
            return values
        while True:
            if self.text[self.at : self.at + 1] != '"':
                raise self._refuse("no key")
            key = self._string()
            order = key.encode("utf-16-be")
            if last is not None and order <= last:
                raise self._refuse("keys that are equal or not sorted")
            last = order
            if not self._take(":"):
                raise self._refuse("no colon")
            values[key] = self.value(depth)
            if self._take("}"):
                return values
            if not self._take(","):
                raise self._refuse("no comma")


def canonical_json(data: bytes) -> Json:
    """The value of bytes that are canonical JSON; any second spelling is `Malformed`."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("is not UTF-8") from None
    reader = _Reader(text)
    value = reader.value(JSON_DEPTH_MAX)
    if reader.at != len(text):
        raise Malformed("has bytes after the value")
    return value


DAY_FIRST, DAY_LAST = datetime.date(1900, 1, 1), datetime.date(2199, 12, 31)
EPOCH = datetime.date(1970, 1, 1).toordinal()
LAST_MOMENT = (DAY_LAST.toordinal() - EPOCH + 1) * 86_400_000 - 1
MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?Z"
)


def moment(text: str) -> int:
    """Milliseconds since 1970 of a UTC date and time that exist."""
    match = MOMENT.fullmatch(text)
    if not match:
        raise Malformed("is not a date and time in UTC such as 2026-01-02T09:00:00Z")
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    if hour > 23 or minute > 59 or second > 59:
        raise Malformed("is a time that does not exist")
    try:
        # The calendar of Python has no year 0; that of 400 years on is the same.
        later = 400 if year == 0 else 0
        days = datetime.date(year + later, month, day).toordinal() - EPOCH
        days -= later * 146_097 // 400
    except ValueError:
        raise Malformed("is a date that does not exist") from None
    millis = int((match.group(7) or "0").ljust(3, "0")[:3])
    return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + millis


def moment_text(millis: int) -> str:
    """A moment as people read it; one that no calendar holds, as its number of seconds."""
    days, rest = divmod(millis, 86_400_000)
    if not 1 <= days + EPOCH <= datetime.date.max.toordinal():
        return "%d seconds after 1970" % (millis // 1000)
    date = datetime.date.fromordinal(days + EPOCH).isoformat()
    seconds, part = divmod(rest, 1000)
    clock = "%02d:%02d:%02d" % (seconds // 3600, seconds // 60 % 60, seconds % 60)
    return "%sT%s%sZ" % (date, clock, ".%03d" % part if part else "")


def is_later(millis: int, than: int) -> bool:
    """Whether a moment is later than another by more than the tolerance of section 14."""
    return millis > than + CLOCK_SLACK_MS


def span_text(millis: int) -> str:
    """A length of time as people read it."""
    days, rest = divmod(millis // 1000, 86_400)
    return "%d days %d:%02d:%02d" % (days, rest // 3600, rest // 60 % 60, rest % 60)


# --- Keys, notes, checkpoints, cosignatures (sections 2, 5, 6) ------------------------------------

ED25519_NOTE, ED25519_COSIGNATURE = 1, 4
ORIGIN_PART = "[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?"
ORIGIN = re.compile("%s/%s/%s" % (ORIGIN_PART, ORIGIN_PART, ORIGIN_PART))
KEYID = re.compile("SHA256:[A-Za-z0-9+/]{43}")


def is_origin(text: str) -> bool:
    """Whether a text is an origin."""
    return len(text) <= 128 and ORIGIN.fullmatch(text) is not None


def keyid_of(key: bytes) -> str:
    """The keyid of a public key, as `ssh-keygen -lf` prints it."""
    blob = b"\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20" + key
    return "SHA256:" + b64(sha256(blob)).rstrip("=")


def is_keyid(text: str) -> bool:
    """Whether a text has the form of a keyid, without stray bits."""
    if not KEYID.fullmatch(text):
        return False
    try:
        return len(unbase64(text[7:] + "=", 32)) == 32
    except Malformed:
        return False


class Verifier(NamedTuple):
    """A key as notes name it."""

    name: str
    kind: int
    key: bytes

    @property
    def id(self) -> bytes:
        """The four bytes before a signature of this key."""
        return sha256(self.name.encode("utf-8") + b"\n" + bytes([self.kind]) + self.key)[:4]


def is_note_name(name: str) -> bool:
    """Whether a name may stand before a signature of a note."""
    return bool(name) and "+" not in name and not any(letter.isspace() for letter in name)


def verifier_key(text: str, kind: int, ed: Ed25519) -> Verifier:
    """The key of a verifier key text of that kind, acceptable by section 2."""
    # base64 has `+` too, so only the first two part the fields.
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise Malformed("is no verifier key")
    name, id_text, key_text = parts
    if not is_note_name(name) or _has_control(name):
        raise Malformed("is a verifier key with a bad name")
    try:
        size = len(name.encode("utf-8"))
    except UnicodeEncodeError:
        raise Malformed("is a verifier key with a bad name") from None
    if size > 255:
        raise Malformed("is a verifier key with a name over 255 bytes")
    blob = unbase64(key_text, 33)
    if blob[0] != kind:
        raise Malformed("is a verifier key of type %d, not %d" % (blob[0], kind))
    verifier = Verifier(name, kind, blob[1:])
    if id_text != verifier.id.hex():
        raise Malformed("is a verifier key with a wrong key id")
    why = ed.why_unacceptable(verifier.key)
    if why:
        raise Malformed("is a verifier key that is not acceptable: " + why)
    return verifier


class Line(NamedTuple):
    """One signature line of a note."""

    name: str
    id: bytes
    signature: bytes

    def is_of(self, verifier: Verifier) -> bool:
        """Whether the line claims to be of that key."""
        return self.name == verifier.name and self.id == verifier.id


class Note(NamedTuple):
    """A signed note, taken apart; nothing in it has been verified yet."""

    text: str
    lines: List[Line]


def read_note(data: bytes) -> Note:
    """Takes a note apart, every line of it well formed."""
    if len(data) > NOTE_MAX:
        raise Malformed("is a note over %d bytes" % NOTE_MAX)
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("is a note that is not UTF-8") from None
    if any(ord(letter) < 32 and letter != "\n" for letter in whole):
        raise Malformed("is a note with a control character")
    split = whole.rfind("\n\n")
    if split < 0 or not whole.endswith("\n"):
        raise Malformed("is no note: no text, empty line and signature lines")
    text, rest = whole[: split + 1], whole[split + 2 :]
    lines = rest.split("\n")[:-1]
    if not 1 <= len(lines) <= NOTE_LINES_MAX:
        raise Malformed("is a note with %d signature lines" % len(lines))
    return Note(text, [_note_line(line) for line in lines])


def _note_line(line: str) -> Line:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "\u2014" or not is_note_name(parts[1]):
        raise Malformed("is a note with a signature line of another form")
    try:
        blob = unbase64(parts[2])
    except Malformed as error:
        raise Malformed("is a note with a signature that " + str(error)) from None
    if len(blob) < 5:
        raise Malformed("is a note with a signature that is too short")
    return Line(parts[1], blob[:4], blob[4:])


def _signed_message(verifier: Verifier, text: str, signature: bytes) -> Tuple[bytes, bytes, int]:
    """What the key signs, the 64 bytes, and the time in milliseconds that they carry (or 0)."""
    message = text.encode("utf-8")
    if verifier.kind == ED25519_NOTE:
        return message, signature, 0
    if len(signature) != 72:
        raise Malformed("has a cosignature that is not 8 and 64 bytes")
    seconds = int.from_bytes(signature[:8], "big")
    if seconds > COSIGNATURE_TIME_MAX:
        raise Malformed("has a cosignature of a time that does not exist")
    head = b"cosignature/v1\ntime %d\n" % seconds
    return head + message, signature[8:], seconds * 1000


def told_apart(verifiers: List[Verifier]) -> None:
    """Refuses known keys of one name and id: four bytes of a hash can be made to meet."""
    if len({(each.name, each.id) for each in verifiers}) != len(verifiers):
        raise Malformed("has two known keys of one name and id")


def signed_by(note: Note, verifier: Verifier, ed: Ed25519) -> Optional[int]:
    """The time of the key's line (0 for a log key), or None where it has no line. A line that does
    not verify, and a second line, refuse the note."""
    lines = [line for line in note.lines if line.is_of(verifier)]
    if not lines:
        return None
    if len(lines) > 1:
        raise Malformed("has %d lines of %s" % (len(lines), shown(verifier.name)))
    message, signature, millis = _signed_message(verifier, note.text, lines[0].signature)
    if not ed.verify(verifier.key, message, signature):
        raise Malformed("has a line of %s that does not verify" % shown(verifier.name))
    return millis


class Checkpoint(NamedTuple):
    """A checkpoint whose form is right; who signed it is asked of its note."""

    origin: str
    size: int
    root: bytes
    note: Note


def read_checkpoint(data: bytes) -> Checkpoint:
    """Reads a checkpoint without extension lines."""
    note = read_note(data)
    lines = note.text.split("\n")
    if len(lines) != 4:
        raise Malformed("is a checkpoint of %d lines, not three" % (len(lines) - 1))
    if not is_origin(lines[0]):
        raise Malformed("is a checkpoint whose first line is no origin")
    try:
        size, root = decimal(lines[1]), unbase64(lines[2], 32)
    except Malformed as error:
        raise Malformed("is a checkpoint with a line that " + str(error)) from None
    if size == 0 and root != sha256(b""):
        raise Malformed("is a checkpoint of no entries with another root")
    return Checkpoint(lines[0], size, root, note)


# --- Tree and tiles (section 4, C2SP tlog-tiles) --------------------------------------------------


def leaf_hash(entry: bytes) -> bytes:
    """The leaf hash of an entry."""
    return sha256(b"\x00" + entry)


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two neighbours."""
    return sha256(b"\x01" + left + right)


class Roots:
    """The root of 1, 2, 3, ... leaves, one hash kept for each set bit of the size."""

    def __init__(self) -> None:
        self.size = 0
        self._stack: List[bytes] = []

    def push(self, leaf: bytes) -> None:
        """Adds one leaf."""
        self._stack.append(leaf)
        self.size += 1
        size = self.size
        while size % 2 == 0:
            right = self._stack.pop()
            self._stack[-1] = node_hash(self._stack[-1], right)
            size //= 2

    def root(self) -> bytes:
        """The root of the leaves so far."""
        if not self._stack:
            return sha256(b"")
        result = self._stack[-1]
        for left in reversed(self._stack[:-1]):
            result = node_hash(left, result)
        return result


def inclusion_root(leaf: bytes, index: int, size: int, proof: List[bytes]) -> Optional[bytes]:
    """The root that an inclusion proof gives (RFC 9162 section 2.1.3.2), or None."""
    if index >= size:
        return None
    place, last, result = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return None
        if place & 1 or place == last:
            result = node_hash(sibling, result)
            while place & 1 == 0 and place != 0:
                place >>= 1
                last >>= 1
        else:
            result = node_hash(result, sibling)
        place >>= 1
        last >>= 1
    return result if last == 0 else None


def consistency_roots(
    old: int, new: int, old_root: Optional[bytes], proof: List[bytes]
) -> Optional[Tuple[bytes, bytes]]:
    """The old and the new root that a consistency proof gives (RFC 9162 section 2.1.4.2), or None.
    Between these sizes a proof holds at least one hash. Where `old` is a power of two, the old root
    has to be known: the proof starts from it."""
    if not 0 < old < new or not proof:
        return None
    if old & (old - 1) == 0:
        if old_root is None:
            return None
        proof = [old_root] + proof
    place, last = old - 1, new - 1
    while place & 1:
        place >>= 1
        last >>= 1
    first = second = proof[0]
    for sibling in proof[1:]:
        if last == 0:
            return None
        if place & 1 or place == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while place & 1 == 0 and place != 0:
                place >>= 1
                last >>= 1
        else:
            second = node_hash(second, sibling)
        place >>= 1
        last >>= 1
    return (first, second) if last == 0 else None


def tile_path(level: str, index: int, width: int) -> str:
    """The path of a tile, or (level `entries`) of an entry bundle."""
    groups = ["%03d" % (index % 1000)]
    while index >= 1000:
        index //= 1000
        groups.insert(0, "x%03d" % (index % 1000))
    end = "" if width == 256 else ".p/%d" % width
    return "tile/%s/%s%s" % (level, "/".join(groups), end)


def tile_widths(count: int) -> Iterator[Tuple[int, int]]:
    """Index and width of the tiles that hold so many hashes."""
    for index in range((count + 255) // 256):
        yield index, min(256, count - index * 256)


# --- Policy (C2SP tlog-policy) --------------------------------------------------------------------


class Policy(NamedTuple):
    """Which logs and witnesses the reader believes, and how many of these it takes."""

    logs: List[Verifier]
    witnesses: Dict[str, Verifier]  # by the name in the policy
    groups: Dict[str, Tuple[int, List[str]]]
    quorum: str

    def reached(self, seen: Set[str]) -> bool:
        """Whether these witnesses reach the quorum."""
        if self.quorum == "none":
            return True
        done = {name: name in seen for name in self.witnesses}
        for name, (least, members) in self.groups.items():  # each names only those before it
            done[name] = sum(done[member] for member in members) >= least
        return done[self.quorum]


def read_policy(data: bytes, ed: Ed25519) -> Policy:
    """Reads a policy."""
    if len(data) > POLICY_MAX:
        raise Malformed("is over %d bytes" % POLICY_MAX)
    bad = re.search(b"[^\t\n\x20-\x7e\x80-\xff]", data)
    if bad:
        raise Malformed("has a control character at byte %d" % bad.start())
    if not data.endswith(b"\n"):
        raise Malformed("does not end in a newline")
    maker = _PolicyMaker(ed)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("is not UTF-8") from None
    for number, line in enumerate(text.split("\n"), 1):
        words = [word for word in re.split("[ \t]+", line) if word]
        if not words or words[0].startswith("#"):
            continue
        try:
            maker.take(words)
        except Malformed as error:
            raise Malformed("line %d %s" % (number, error)) from None
    if maker.quorum is None:
        raise Malformed("has no quorum line")
    return Policy(maker.logs, maker.witnesses, maker.groups, maker.quorum)


class _PolicyMaker:
    """The lines of a policy so far."""

    def __init__(self, ed: Ed25519) -> None:
        self.ed = ed
        self.logs: List[Verifier] = []
        self.witnesses: Dict[str, Verifier] = {}
        self.groups: Dict[str, Tuple[int, List[str]]] = {}
        self.quorum: Optional[str] = None
        self._members: Set[str] = set()

    def take(self, words: List[str]) -> None:
        """Takes one line that is not empty."""
        kind, rest = words[0], words[1:]
        if kind == "log" and len(rest) in (1, 2):
            self._new_key(self.logs, verifier_key(rest[0], ED25519_NOTE, self.ed))
        elif kind == "witness" and len(rest) in (2, 3):
            self._name(rest[0])
            key = verifier_key(rest[1], ED25519_COSIGNATURE, self.ed)
            self._new_key(list(self.witnesses.values()), key)
            self.witnesses[rest[0]] = key
        elif kind == "group" and len(rest) >= 3:
            self._group(rest[0], rest[1], rest[2:])
        elif kind == "quorum" and len(rest) == 1:
            if self.quorum is not None:
                raise Malformed("is a second quorum line")
            if rest[0] != "none" and not self._known(rest[0]):
                raise Malformed("names %s, which no line before defines" % shown(rest[0]))
            self.quorum = rest[0]
        else:
            raise Malformed("is no log, witness, group or quorum line")

    def _known(self, name: str) -> bool:
        return name in self.witnesses or name in self.groups

    def _name(self, name: str) -> None:
        if name == "none" or self._known(name):
            raise Malformed("defines %s again" % shown(name))

    @staticmethod
    def _new_key(keys: List[Verifier], key: Verifier) -> None:
        if any(other.key == key.key for other in keys):
            raise Malformed("has a key that another line has")
        keys.append(key)

    def _group(self, name: str, least: str, members: List[str]) -> None:
        self._name(name)
        for member in members:
            if not self._known(member):
                raise Malformed("names %s, which no line before defines" % shown(member))
            if member in self._members:
                raise Malformed("names %s, which is in a group already" % shown(member))
            self._members.add(member)
        count = {"any": 1, "all": len(members)}.get(least)
        if count is None:
            count = decimal(least)
        if not 1 <= count <= len(members):
            raise Malformed("asks for %d of %d" % (count, len(members)))
        self.groups[name] = (count, members)


# --- Event bodies (section 13) --------------------------------------------------------------------

Form = Callable[[Json], bool]
NAME = "[a-z0-9][a-z0-9.-]{0,63}"
FRAMEWORK = "%s:%s" % (NAME, NAME)
CONTROL = "%s/[A-Za-z0-9.()*-]{1,40}" % FRAMEWORK
PART = "[1-9][0-9]{0,2}"
ITEM = "%s/%s/%s" % (NAME, NAME, r"\.".join([PART] * 3))
ASSERTION = "%s/%s/%s" % (NAME, NAME, r"\.".join([PART] * 2))


def is_text(value: Json) -> bool:
    """Form text."""
    return isinstance(value, str)


def is_flag(value: Json) -> bool:
    """Form flag."""
    return isinstance(value, bool)


def is_count(value: Json) -> bool:
    """Form count. (In Python a flag is an integer too.)"""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def matching(pattern: str) -> Form:
    """The form of the texts that a pattern matches whole."""
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def one_of(*words: str) -> Form:
    """The form of a closed list of words."""
    return lambda value: isinstance(value, str) and value in words


def list_of(form: Form) -> Form:
    """The form of an array of values of one form."""
    return lambda value: isinstance(value, list) and all(form(each) for each in value)


def object_of(fields: Dict[str, Form]) -> Form:
    """The form of an object with exactly these fields."""

    def form(value: Json) -> bool:
        return (
            isinstance(value, dict)
            and value.keys() == fields.keys()
            and all(fields[name](each) for name, each in value.items())
        )

    return form


def is_day(value: Json) -> bool:
    """Form day."""
    if not isinstance(value, str) or not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return False
    try:
        return DAY_FIRST <= datetime.date.fromisoformat(value) <= DAY_LAST
    except ValueError:
        return False


def is_keyid_value(value: Json) -> bool:
    """Form keyid."""
    return isinstance(value, str) and is_keyid(value)


def is_rows(value: Json) -> bool:
    """Form rows."""
    whole = isinstance(value, list) and all(is_count(each) and each >= 1 for each in value)
    return value == "all" or whole


is_name, is_event = matching(NAME), matching("[0-9a-f]{32}")
is_framework, is_control = matching(FRAMEWORK), matching(CONTROL)
is_item, is_assertion = matching(ITEM), matching(ASSERTION)
is_target = matching("%s|%s" % (ITEM, CONTROL))
is_level = one_of("met", "partially-achieved", "achieved")
is_assurance = one_of("self-assessed", "internally-audited", "certified")
is_scheme = one_of("iso27001", "cyber-essentials", "cyber-essentials-plus", "psn-ia", "nhsmail")
is_role = one_of("owner", "contributor", "approver", "assessor", "authority")
is_units = list_of(is_name)
is_result = one_of("met", "partly-met", "not-met")
is_standing = one_of("standards_not_met", "standards_met", "standards_exceeded")
is_source = object_of({"level": is_level, "source": is_control})
is_unit = object_of({"health_and_care_data": is_flag, "id": is_name, "name": is_text})
is_replacement = object_of({"body": lambda value: isinstance(value, dict), "type": is_text})

OWNER, CONTRIBUTOR, APPROVER = "owner", "contributor", "approver"
ASSESSOR, AUTHORITY = "assessor", "authority"
EVERY_ROLE = frozenset((OWNER, CONTRIBUTOR, APPROVER, ASSESSOR, AUTHORITY))
OWNER_ONLY = frozenset((OWNER,))
RECORDERS = frozenset((OWNER, CONTRIBUTOR))


class Kind(NamedTuple):
    """A type of event: who may record it, its fields, and those that may be left out."""

    roles: "frozenset[str]"
    fields: Dict[str, Form]
    optional: Dict[str, Form]
    for_ever: bool = False


KINDS: Dict[str, Kind] = {
    "ledger-opened": Kind(
        OWNER_ONLY,
        {"organisation": is_text, "log": is_text, "key": is_text, "holder": is_text},
        {},
        True,
    ),
    "key-admitted": Kind(
        OWNER_ONLY, {"key": is_text, "holder": is_text, "role": is_role}, {}, True
    ),
    "key-revoked": Kind(
        OWNER_ONLY,
        {"keyid": is_keyid_value, "reason": is_text},
        {"compromised_from": is_count},
        True,
    ),
    "key-rotated": Kind(
        EVERY_ROLE, {"replaces": is_keyid_value, "key": is_text, "reason": is_text}, {}, True
    ),
    "log-key-rotated": Kind(OWNER_ONLY, {"key": is_text, "reason": is_text}, {}, True),
    "anchor-cosigned": Kind(
        RECORDERS, {"checkpoint": is_text, "witnesses": list_of(is_text)}, {}, True
    ),
    "anchor-timestamped": Kind(RECORDERS, {"checkpoint": is_text, "authority": is_text}, {}, True),
    "clock-explained": Kind(
        OWNER_ONLY,
        {"clock": one_of("author", "outsider"), "entry": is_event, "reason": is_text},
        {"until": is_event},
        True,
    ),
    "organisation-classified": Kind(
        OWNER_ONLY,
        {"edition": is_name, "organisation_type": is_name, "category": is_name, "from": is_day},
        {},
    ),
    "scope-declared": Kind(OWNER_ONLY, {"units": list_of(is_unit), "from": is_day}, {}),
    "edition-adopted": Kind(
        OWNER_ONLY, {"edition": is_name, "revision": is_text, "effective_from": is_day}, {}
    ),
    "framework-adopted": Kind(OWNER_ONLY, {"framework": is_framework}, {}),
    "mapping-imported": Kind(
        RECORDERS,
        {
            "title": is_text,
            "author": is_text,
            "authority": is_text,
            "licence": is_text,
            "rows": is_count,
        },
        {},
    ),
    "equivalence-asserted": Kind(
        RECORDERS,
        {
            "target": is_target,
            "target_level": is_level,
            "sources": list_of(is_source),
            "rationale": is_text,
        },
        {
            "minimum_assurance": is_assurance,
            "organisation_types": list_of(is_name),
            "whole_scope": is_flag,
        },
    ),
    "mapping-approved": Kind(
        frozenset((APPROVER,)),
        {"mapping": is_event, "rows": is_rows, "rationale": is_text, "from": is_day},
        {"until": is_day},
    ),
    "approval-withdrawn": Kind(
        frozenset((APPROVER,)),
        {"approval": is_event, "rows": is_rows, "from": is_day, "reason": is_text},
        {},
    ),
    "equivalence-challenged": Kind(
        frozenset((ASSESSOR, AUTHORITY)),
        {"approval": is_event, "rows": is_rows, "reason": is_text},
        {},
    ),
    "challenge-upheld": Kind(
        frozenset((APPROVER,)), {"challenge": is_event, "reason": is_text}, {}
    ),
    "certificate-recorded": Kind(
        frozenset((OWNER, CONTRIBUTOR, AUTHORITY)),
        {
            "scheme": is_scheme,
            "number": is_text,
            "issuer": is_text,
            "scope": is_units,
            "valid_from": is_day,
            "valid_until": is_day,
        },
        {"release": is_text, "accreditation": is_text},
    ),
    "certificate-suspended": Kind(
        frozenset((OWNER, CONTRIBUTOR, AUTHORITY)),
        {"certificate": is_event, "from": is_day, "reason": is_text},
        {"until": is_day},
    ),
    "certificate-withdrawn": Kind(
        frozenset((OWNER, CONTRIBUTOR, AUTHORITY)),
        {"certificate": is_event, "from": is_day, "reason": is_text},
        {},
    ),
    "soa-recorded": Kind(RECORDERS, {"certificate": is_event, "from": is_day}, {}),
    "control-assessed": Kind(
        frozenset((OWNER, CONTRIBUTOR, ASSESSOR)),
        {
            "control": is_control,
            "level": is_level,
            "result": is_result,
            "assurance": is_assurance,
            "scope": is_units,
            "from": is_day,
            "until": is_day,
        },
        {"note": is_text},
    ),
    "evidence-recorded": Kind(
        RECORDERS,
        {"title": is_text, "proves_on": is_day},
        {
            "items": list_of(is_item),
            "controls": list_of(is_control),
            "scope": is_units,
            "valid_until": is_day,
            "size": is_count,
            "stored": is_flag,
        },
    ),
    "evidence-withdrawn": Kind(
        RECORDERS, {"evidence": is_event, "reason": is_text}, {"from": is_day}
    ),
    "item-answered": Kind(
        RECORDERS,
        {"item": is_item, "answer": is_text, "met": is_flag, "on": is_day},
        {"valid_until": is_day},
    ),
    "item-not-applicable": Kind(
        frozenset((OWNER, APPROVER)),
        {"item": is_item, "reason": is_text, "from": is_day},
        {"until": is_day},
    ),
    "assertion-confirmed": Kind(
        frozenset((OWNER, APPROVER)), {"assertion": is_assertion, "on": is_day}, {"note": is_text}
    ),
    "statement-published": Kind(
        frozenset((OWNER, APPROVER)),
        {
            "on": is_day,
            "size": is_count,
            "root": is_text,
            "edition": is_name,
            "category": is_name,
            "standing": is_standing,
        },
        {},
        True,
    ),
    # Its roles are those of the type that it is about.
    "correction": Kind(
        EVERY_ROLE, {"corrects": is_event, "reason": is_text}, {"replacement": is_replacement}
    ),
}


def version_of(body: Dict[str, Json]) -> int:
    """The version of a body."""
    version = body.get("v")
    if not is_count(version) or version < 1:
        raise Malformed("has no version `v` of 1 or more")
    assert isinstance(version, int)
    return version


def check_body(name: str, body: Dict[str, Json]) -> None:
    """Refuses a body of version 1 that has not exactly the fields of its type."""
    kind = KINDS[name]
    for field, form in kind.fields.items():
        if field not in body:
            raise Malformed("has no field `%s`" % field)
        if not form(body[field]):
            raise Malformed("has a field `%s` of another form: %s" % (field, shown(body[field])))
    for field, value in body.items():
        if field == "v" or field in kind.fields:
            continue
        if field not in kind.optional:
            raise Malformed("has a field that its type has not: %s" % shown(field))
        if not kind.optional[field](value):
            raise Malformed("has a field `%s` of another form: %s" % (field, shown(value)))
    if name == "clock-explained" and body["clock"] == "outsider" and "until" in body:
        raise Malformed("explains an outsider's clock for more than one anchor")
    if name == "evidence-recorded" and not body.get("items") and not body.get("controls"):
        raise Malformed("names neither an item nor a control")


# --- Entry (section 3; rules 3 to 7 of section 9) -------------------------------------------------


class Subject(NamedTuple):
    """A file that an entry speaks of."""

    name: str
    digest: str


class Entry(NamedTuple):
    """An entry of the right form. That it may stand where it stands is not yet known."""

    payload: bytes
    signatures: List[Tuple[str, bytes]]
    at: int
    body: Dict[str, Json]
    by: str
    id: str
    ledger: str
    root: bytes
    seq: int
    type: str
    subjects: List[Subject]
    introduces: Optional[bytes]


INTRODUCING = ("ledger-opened", "key-admitted", "key-rotated", "log-key-rotated")


def _exactly(value: Json, names: str, where: str) -> Dict[str, Json]:
    """An object with exactly these fields."""
    if not isinstance(value, dict):
        raise Fault("wrong-field", "%s is not an object" % where)
    for name in names.split():
        if name not in value:
            raise Fault("missing-field", "%s has no field `%s`" % (where, name))
    for name in value:
        if name not in names.split():
            raise Fault("unknown-field", "%s has a field %s" % (where, shown(name)))
    return value


def _demand(right: bool, field: str, value: Json) -> None:
    if not right:
        raise Fault("wrong-field", "`%s` is %s" % (field, shown(value)))


def _bytes_field(field: str, value: Json, size: Optional[int]) -> bytes:
    _demand(isinstance(value, str), field, value)
    try:
        return unbase64(value, size)
    except Malformed as error:
        raise Fault("wrong-field", "`%s` %s" % (field, error)) from None


def _canonical(data: bytes, what: str) -> Json:
    try:
        return canonical_json(data)
    except Malformed as error:
        raise Fault("not-canonical", "the %s %s" % (what, error)) from None


def _signatures(value: Json) -> List[Tuple[str, bytes]]:
    _demand(isinstance(value, list) and bool(value), "signatures", value)
    found = []
    for each in value:
        fields = _exactly(each, "keyid sig", "a signature")
        _demand(is_keyid_value(fields["keyid"]), "keyid", fields["keyid"])
        found.append((fields["keyid"], _bytes_field("sig", fields["sig"], 64)))
    return found


def _has_control(text: str) -> bool:
    return any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in text)


def _subjects(value: Json) -> List[Subject]:
    _demand(isinstance(value, list) and bool(value), "subject", value)
    found = []
    for each in value:
        fields = _exactly(each, "digest name", "a subject")
        digest = _exactly(fields["digest"], "sha256", "a digest")["sha256"]
        _demand(isinstance(digest, str), "sha256", digest)
        _demand(re.fullmatch("[0-9a-f]{64}", digest) is not None, "sha256", digest)
        name = fields["name"]
        _demand(isinstance(name, str) and bool(name) and not _has_control(name), "name", name)
        _demand(all(name != each.name for each in found[1:]), "name", name)
        found.append(Subject(name, digest))
    return found


def _moment_field(value: Json, field: str = "at") -> int:
    _demand(isinstance(value, str) and len(value) == 24, field, value)
    try:
        return moment(value)
    except Malformed as error:
        raise Fault("wrong-field", "`%s` %s: %s" % (field, error, shown(value))) from None


def _envelope(data: bytes) -> Tuple[bytes, List[Tuple[str, bytes]]]:
    """The payload of a DSSE envelope and its signatures."""
    envelope = _canonical(data, "envelope")
    envelope = _exactly(envelope, "payload payloadType signatures", "the envelope")
    _demand(envelope["payloadType"] == PAYLOAD_TYPE, "payloadType", envelope["payloadType"])
    payload = _bytes_field("payload", envelope["payload"], None)
    return payload, _signatures(envelope["signatures"])


def read_entry(data: bytes, ed: Ed25519) -> Entry:
    """Reads an entry by rules 3 to 7 of section 9."""
    if len(data) > ENTRY_MAX:
        raise Fault("too-long", "it has %d bytes" % len(data))
    payload, signatures = _envelope(data)
    entry = _read_payload(payload, signatures)
    names = [keyid for keyid, _ in signatures]
    if names[0] != entry.by:
        raise Fault("author-not-first", "the first signature is not that of `by`")
    if len(set(names)) != len(names):
        raise Fault("signed-twice", "a keyid occurs twice among the signatures")
    if (entry.seq == 0) != (entry.type == "ledger-opened"):
        raise Fault("wrong-opening", "seq %d has the type %s" % (entry.seq, shown(entry.type)))
    if entry.type in INTRODUCING:
        return entry._replace(introduces=_introduced(entry, names, ed))
    return entry


def _read_payload(payload: bytes, signatures: List[Tuple[str, bytes]]) -> Entry:
    statement = _canonical(payload, "payload")
    statement = _exactly(statement, "_type predicate predicateType subject", "the payload")
    told = _exactly(statement["predicate"], "at body by id ledger root seq type", "the predicate")
    _demand(statement["_type"] == STATEMENT_TYPE, "_type", statement["_type"])
    kind = statement["predicateType"]
    _demand(kind == PREDICATE_TYPE, "predicateType", kind)
    for name in ("by", "id", "ledger", "type"):
        _demand(isinstance(told[name], str), name, told[name])
    _demand(isinstance(told["body"], dict), "body", told["body"])
    _demand(is_keyid(told["by"]), "by", told["by"])
    _demand(is_origin(told["ledger"]), "ledger", told["ledger"])
    _demand(is_event(told["id"]), "id", told["id"])
    _demand(is_count(told["seq"]), "seq", told["seq"])
    words = re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", told["type"])
    _demand(words is not None, "type", told["type"])
    return Entry(
        payload=payload,
        signatures=signatures,
        at=_moment_field(told["at"]),
        body=told["body"],
        by=told["by"],
        id=told["id"],
        ledger=told["ledger"],
        root=_bytes_field("root", told["root"], 32),
        seq=told["seq"],
        type=told["type"],
        subjects=_subjects(statement["subject"]),
        introduces=None,
    )


def _introduced(entry: Entry, names: List[str], ed: Ed25519) -> Optional[bytes]:
    """The key that an entry introduces (rule 7)."""
    if "key" not in entry.body:
        if entry.type == "ledger-opened":
            return None  # its signature is then of an unknown key
        raise Fault("missing-field", "the body has no field `key`")
    text = entry.body["key"]
    _demand(isinstance(text, str), "key", text)
    try:
        key = unbase64(text, 32)
    except Malformed as error:
        raise Fault("bad-key", "`key` %s" % error) from None
    why = ed.why_unacceptable(key)
    if why:
        raise Fault("bad-key", "the key it introduces: %s" % why)
    if keyid_of(key) not in names:
        raise Fault("missing-possession", "the key that it introduces did not sign it")
    if (keyid_of(key) == entry.by) != (entry.type == "ledger-opened"):
        raise Fault("wrong-introducer", "author and key introduced do not fit its type")
    return key


# --- Request (section 18) -------------------------------------------------------------------------

CARRIERS = {
    "key-request-admitted": OWNER_ONLY,
    "request-taken": RECORDERS,
}
# What keeps the ledger itself comes in no request.
NOT_REQUESTED = frozenset(
    name for name, kind in KINDS.items() if kind.for_ever and name != "statement-published"
)


class Request(NamedTuple):
    """A request of the right form. Nothing in it is proven yet."""

    payload: bytes
    signature: bytes
    by: str
    body: Dict[str, Json]
    type: str
    ledger: Optional[str]
    id: Optional[str]  # as all below: only of a request to record
    identity: str
    size: int
    root: bytes
    expires: int
    subjects: List[Subject]
    key: Optional[bytes]  # only of a request to be admitted


def carried_text(entry: Entry) -> str:
    """The request in the body of an entry; the body is of version 1."""
    body = entry.body
    if set(body) != {"v", "request"} or not isinstance(body["request"], str):
        raise Malformed("has other fields than `v` and `request`")
    return body["request"]


def _asked(data: bytes, kind: str) -> Tuple[bytes, bytes, Dict[str, Json], List[Subject], str]:
    """Payload, signature, predicate, subjects and author of a request of that predicate type."""
    if len(data) > REQUEST_MAX:
        raise Fault("too-long", "it has %d bytes" % len(data))
    payload, signatures = _envelope(data)
    _demand(len(signatures) == 1, "signatures", len(signatures))
    statement = _canonical(payload, "payload")
    statement = _exactly(statement, "_type predicate predicateType subject", "the payload")
    _demand(statement["_type"] == STATEMENT_TYPE, "_type", statement["_type"])
    _demand(statement["predicateType"] == kind, "predicateType", statement["predicateType"])
    predicate = statement["predicate"]
    _demand(isinstance(predicate, dict), "predicate", predicate)
    _demand(isinstance(predicate.get("by"), str), "by", predicate.get("by"))
    _demand(is_keyid(predicate["by"]), "by", predicate["by"])
    _demand(isinstance(predicate.get("body"), dict), "body", predicate.get("body"))
    _moment_field(predicate.get("made"), "made")
    if signatures[0][0] != predicate["by"]:
        raise Fault("author-not-first", "its signature is not that of `by`")
    return payload, signatures[0][1], predicate, _subjects(statement["subject"]), predicate["by"]


def read_request(data: bytes) -> Request:
    """Reads a request to record."""
    payload, signature, told, subjects, by = _asked(data, REQUEST_TYPE)
    _exactly(told, "body by expires head id ledger made type", "the predicate")
    for name in ("id", "ledger", "type"):
        _demand(isinstance(told[name], str), name, told[name])
    _demand(is_origin(told["ledger"]), "ledger", told["ledger"])
    _demand(subjects[0].name == told["ledger"], "subject", subjects[0].name)
    _demand(is_event(told["id"]), "id", told["id"])
    words = re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", told["type"])
    _demand(words is not None, "type", told["type"])
    head = _exactly(told["head"], "root size", "the head")
    _demand(is_count(head["size"]) and head["size"] > 0, "size", head["size"])
    return Request(
        payload=payload,
        signature=signature,
        by=by,
        body=told["body"],
        type=told["type"],
        ledger=told["ledger"],
        id=told["id"],
        identity=subjects[0].digest,
        size=head["size"],
        root=_bytes_field("root", head["root"], 32),
        expires=_moment_field(told["expires"], "expires"),
        subjects=subjects[1:],
        key=None,
    )


def read_key_request(data: bytes, ed: Ed25519) -> Request:
    """Reads a request to be admitted."""
    payload, signature, told, subjects, by = _asked(data, KEY_REQUEST_TYPE)
    ledger = told.get("ledger")
    _exactly(told, "body by made" + (" ledger" if "ledger" in told else ""), "the predicate")
    if "ledger" in told:
        _demand(isinstance(ledger, str) and is_origin(ledger), "ledger", ledger)
    text = told["body"].get("key")
    try:
        key = unbase64(text if isinstance(text, str) else "", 32)
    except Malformed as error:
        raise Fault("bad-key", "`key` %s" % error) from None
    why = ed.why_unacceptable(key)
    if why:
        raise Fault("bad-key", "the key that asks: %s" % why)
    _demand(keyid_of(key) == by, "key", text)
    _demand(subjects == [Subject(by, sha256(key).hex())], "subject", subjects[0].name)
    return Request(
        payload=payload,
        signature=signature,
        by=by,
        body=told["body"],
        type="key-admitted",
        ledger=ledger,
        id=None,
        identity="",
        size=0,
        root=b"",
        expires=0,
        subjects=[],
        key=key,
    )


def pae(payload: bytes) -> bytes:
    """The DSSE pre-authentication encoding of a payload: what its signatures are over."""
    kind = PAYLOAD_TYPE.encode("ascii")
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


# --- RFC 3161 tokens: only what they stamp and when they say so -----------------------------------

OID_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
OID_TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")
OID_SHA256 = bytes.fromhex("0609608648016503040201")


class Der:
    """A strict walk over DER: definite, shortest lengths, nothing past the end. It does not
    recurse, so no nesting can exhaust it."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def tag(self) -> int:
        """The tag that comes next, or -1 at the end."""
        return self.data[self.at] if self.at < len(self.data) else -1

    def _element(self, tag: int) -> Tuple[int, int]:
        data, start = self.data, self.at
        if self.tag() != tag or start + 2 > len(data):
            raise Malformed("has no element of tag 0x%02x at byte %d" % (tag, start))
        length, content = data[start + 1], start + 2
        if length >= 0x80:
            count = length & 0x7F
            coded = data[content : content + count]
            length, content = int.from_bytes(coded, "big"), content + count
            if not 1 <= count <= 4 or len(coded) != count or coded[0] == 0 or length < 0x80:
                raise Malformed("has a length that is not DER at byte %d" % start)
        if content + length > len(data):
            raise Malformed("ends inside the element at byte %d" % start)
        self.at = content + length
        return start, content

    def content(self, tag: int) -> bytes:
        """The content of the next element, which must have that tag."""
        _, content = self._element(tag)
        return self.data[content : self.at]

    def whole(self, tag: int) -> bytes:
        """The next element with its head, which must have that tag."""
        start, _ = self._element(tag)
        return self.data[start : self.at]

    def inner(self, tag: int) -> "Der":
        """A walk inside the next element."""
        return Der(self.content(tag))

    def end(self) -> None:
        """Refuses anything more."""
        if self.at != len(self.data):
            raise Malformed("has bytes after its end")


def read_token(data: bytes) -> Tuple[bytes, int]:
    """The imprint (SHA-256) and the `genTime` in milliseconds of the token in an RFC 3161 response.
    Nothing of its signature is checked here."""
    top = Der(data)
    response = top.inner(0x30)
    top.end()
    if response.inner(0x30).content(0x02) not in (b"\x00", b"\x01"):
        raise Malformed("is a response that was not granted")
    outer = response.inner(0x30)
    response.end()
    if outer.whole(0x06) != OID_SIGNED_DATA:
        raise Malformed("is no signed data")
    signed = outer.inner(0xA0).inner(0x30)
    outer.end()
    signed.content(0x02)
    signed.content(0x31)
    wrapped = signed.inner(0x30)
    if wrapped.whole(0x06) != OID_TST_INFO:
        raise Malformed("signs something else than a time-stamp")
    info = wrapped.inner(0xA0).inner(0x04).inner(0x30)
    if info.content(0x02) != b"\x01":
        raise Malformed("is a time-stamp of another version")
    info.content(0x06)
    imprint = info.inner(0x30)
    if imprint.inner(0x30).whole(0x06) != OID_SHA256:
        raise Malformed("has an imprint of another hash than SHA-256")
    digest = imprint.content(0x04)
    info.content(0x02)
    return digest, _general_time(info.content(0x18))


def _general_time(data: bytes) -> int:
    match = re.fullmatch(rb"([0-9]{4})(..)(..)(..)(..)(..)(\.[0-9]{0,8}[1-9])?Z", data)
    if not match:
        raise Malformed("has a genTime of another form")
    parts = [part.decode("latin-1") for part in match.groups(b"")]
    return moment("%s-%s-%sT%s:%s:%s%sZ" % tuple(parts))


# --- Folder ---------------------------------------------------------------------------------------


class Folder:
    """The files of a bundle on disk. Everything is bounded before it is read, and links, devices
    and pipes are never opened."""

    def __init__(self, path: str) -> None:
        self.path = path

    def _full(self, name: str) -> str:
        return os.path.join(self.path, *name.split("/"))

    def size(self, name: str) -> Optional[int]:
        """The size of a file, or None where there is no such plain file."""
        try:
            found = os.lstat(self._full(name))
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        except OSError as error:
            raise Usage("%s cannot be read: %s" % (shown(name, 200), error.strerror)) from None
        return found.st_size if stat.S_ISREG(found.st_mode) else None

    def chunks(self, name: str, limit: int) -> Iterator[bytes]:
        """The bytes of a file, at most one more than `limit`."""
        flags = os.O_RDONLY
        for extra in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY", "O_CLOEXEC"):
            flags |= getattr(os, extra, 0)
        left = limit + 1
        try:
            with open(os.open(self._full(name), flags), "rb") as file:
                while left > 0:
                    data = file.read(min(left, 1 << 20))
                    if not data:
                        return
                    left -= len(data)
                    yield data
        except FileNotFoundError as error:
            raise Fault("file-missing", "cannot be read: %s" % error.strerror, name) from None
        except OSError as error:
            # Nothing is known about the file: that proves nothing about the bundle.
            raise Usage("%s cannot be read: %s" % (shown(name, 200), error.strerror)) from None

    def read(self, name: str, limit: int) -> bytes:
        """The bytes of a file that may not be longer than `limit`."""
        data = b"".join(self.chunks(name, limit))
        if len(data) > limit:
            raise Fault("file-differs", "is over %d bytes" % limit, name)
        return data

    def sha256(self, name: str, size: int) -> Tuple[int, str]:
        """Size (at most one more than `size`) and SHA-256 of a file."""
        digest, length = hashlib.sha256(), 0
        for data in self.chunks(name, size):
            digest.update(data)
            length += len(data)
        return length, digest.hexdigest()

    def extra(self, files: Set[str], folders: Set[str]) -> Optional[str]:
        """Something in the folder that is none of these; it enters only folders that it expects."""
        waiting = [""]
        while waiting:
            prefix = waiting.pop()
            try:
                with os.scandir(self._full(prefix) if prefix else self.path) as found:
                    for each in found:
                        name = prefix + "/" + each.name if prefix else each.name
                        if each.is_symlink():
                            return name
                        if each.is_dir(follow_symlinks=False):
                            if name not in folders:
                                return name
                            waiting.append(name)
                        elif name not in files or not each.is_file(follow_symlinks=False):
                            return name
            except OSError as error:
                place = prefix or "the folder"
                raise Fault("file-missing", "cannot be read: %s" % error.strerror, place) from None
        return None


# --- The check, phase by phase (section 15) -------------------------------------------------------


class Options(NamedTuple):
    """What the reader brings: nothing of it comes from the bundle."""

    now: int
    policy: Optional[bytes] = None
    max_age_days: Optional[int] = None
    kept: Tuple[Tuple[str, bytes], ...] = ()


class Key(NamedTuple):
    """A key that an entry admitted."""

    key: bytes
    role: str
    holder: str
    admitted: int


class Seen(NamedTuple):
    """A moment at which somebody outside says that it saw the first `size` entries."""

    millis: int
    size: int
    who: str
    entry: Optional[int]  # the anchor; None for a cosignature on the checkpoint in hand


class Anchor(NamedTuple):
    """An anchor that holds."""

    seq: int
    kind: str
    size: int
    times: List[Tuple[str, int, bool]]  # who, when in milliseconds, whether believed here
    compared: bool  # its root is that of the first entries of the tree in hand


class Finding(NamedTuple):
    """What an auditor must be told although the ledger verifies."""

    name: str
    seq: int
    found: str


class Report:
    """What was checked, and what came of it."""

    def __init__(self) -> None:
        self.fault: Optional[Fault] = None
        self.findings: List[Finding] = []
        self.remarks: List[Finding] = []
        self.undecided: List[str] = []
        self.counts: List[Tuple[str, str]] = []
        self.notes: List[str] = []
        self.about: Dict[str, Json] = {}
        self.keys: List[Dict[str, Json]] = []
        self.anchors: List[Anchor] = []
        self.intervals: Dict[str, Json] = {}
        self.places: Dict[int, Dict[str, Json]] = {}

    @property
    def answer(self) -> int:
        """The exit status."""
        if self.fault or self.findings:
            return NO
        return NOT_DECIDED if self.undecided else YES


PLACE = "(?:0|[1-9][0-9]{0,14})"  # fewer digits than the largest integer has
WIDTH = "(?:[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])"
TILE_INDEX = r"(?:x[0-9]{3}/){0,5}[0-9]{3}(?:\.p/" + WIDTH + ")?"
PATH = re.compile(
    "checkpoint|policy|statement[.]json|README[.]txt|FORMAT[.]md|verify[.]py"
    "|tile/(?:entries|[0-9]|[1-5][0-9]|6[0-3])/" + TILE_INDEX + "|entries/" + PLACE + "[.]json"
    "|(?:content|evidence)/[0-9a-f]{64}|proofs/" + PLACE + "[.]tlog-proof"
    "|consistency/" + PLACE + "-" + PLACE + "[.]add-checkpoint"
    "|anchors/" + PLACE + "[.](?:checkpoint|tsr)"
)

# A newer program may have written what would explain any other fault.
CERTAIN_FAULTS = frozenset(
    "leaf-differs too-long not-canonical missing-field unknown-field wrong-field author-not-first "
    "signed-twice wrong-opening wrong-sequence wrong-ledger wrong-identity wrong-root "
    "bad-signature bad-time time-went-back duplicate-id checkpoint-root tile "
    "content-differs".split()
)


class Bundle:
    """`bundle.json`, and the files that it lists."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.sizes: Dict[str, int] = {}
        self.hashes: Dict[str, str] = {}
        self.entries: List[int] = []
        value = self._manifest()
        self.origin: str = value["ledger"]
        self.size: int = value["size"]
        self.root = unbase64(value["root"], 32)
        self.item: Optional[str] = value["item"]
        self.withheld: List[str] = value["withheld"]["content"]
        self._fits(value["withheld"]["entries"])

    def _manifest(self) -> Dict[str, Json]:
        size = self.folder.size("bundle.json")
        if size is None or size > MANIFEST_MAX:
            raise Malformed("is not there, is no plain file, or is over %d bytes" % MANIFEST_MAX)
        data = self.folder.read("bundle.json", MANIFEST_MAX)
        value = canonical_json(data)
        self._own_digest(value, data)
        form = object_of(
            {
                "files": list_of(object_of({"name": is_text, "sha256": is_text, "size": is_count})),
                "format": is_text,
                "item": lambda item: item is None or is_item(item),
                "ledger": lambda text: isinstance(text, str) and is_origin(text),
                "root": is_text,
                "size": lambda count: is_count(count) and count > 0,
                "withheld": object_of({"content": list_of(is_text), "entries": is_count}),
            }
        )
        if not form(value):
            raise Malformed("has not exactly the fields of section 15, each of its form")
        unbase64(value["root"], 32)
        self._files(value["files"])
        return value

    @staticmethod
    def _own_digest(value: Json, data: bytes) -> None:
        """Takes the digest of the list out of it, and compares it."""
        if not isinstance(value, dict):
            raise Malformed("is no object")
        told, form = value.get("digest"), value.get("format")
        if form == "dspt-bundle/1" and "digest" not in value:
            if value.get("item") is not None:
                raise Malformed("has the format dspt-bundle/1, where nothing binds the item's name")
            return
        if form != "dspt-bundle/2":
            raise Malformed("has the format %s" % shown(form))
        # It is the first of the keys, so what follows it is the rest.
        head = b'{"digest":"%s",' % str(told).encode("utf-8")
        if not isinstance(told, str) or not data.startswith(head):
            raise Malformed("does not begin with its digest")
        if sha256(b"{" + data[len(head) :]).hex() != told:
            raise Malformed("has a digest that is not that of the rest of it")
        del value["digest"]

    def _files(self, files: List[Dict[str, Json]]) -> None:
        last = b""
        for each in files:
            name, digest = each["name"], each["sha256"]
            if not PATH.fullmatch(name):
                raise Malformed("lists %s, which is no path of section 15" % shown(name))
            if not re.fullmatch("[0-9a-f]{64}", digest):
                raise Malformed("gives %s a digest of another form" % name)
            if name.encode("ascii") <= last:
                raise Malformed("lists %s out of order" % name)
            last = name.encode("ascii")
            self.sizes[name], self.hashes[name] = each["size"], digest

    def _fits(self, withheld_entries: int) -> None:
        """What the list must call for, given which kind of bundle it is."""
        whole = self.item is None
        self.entries = sorted(
            decimal(name[8:-5]) for name in self.sizes if name.startswith("entries/")
        )
        if "checkpoint" not in self.sizes:
            raise Malformed("lists no checkpoint")
        if whole and self.size > 256 * len(self.sizes):
            raise Malformed("speaks of %d entries, and lists too few files" % self.size)
        if whole and self.entries:
            raise Malformed("lists entries/, which only a bundle of one item has")
        if not whole and any(name.startswith("tile/") for name in self.sizes):
            raise Malformed("lists tile/, which a bundle of one item has not")
        if self.entries and self.entries[-1] >= self.size:
            raise Malformed("lists entry %d of %d" % (self.entries[-1], self.size))
        if withheld_entries != (0 if whole else self.size - len(self.entries)):
            raise Malformed("counts %d entries withheld" % withheld_entries)
        digests = self.withheld
        if any(not re.fullmatch("[0-9a-f]{64}", each) for each in digests):
            raise Malformed("withholds content with a digest of another form")
        if any(one >= other for one, other in zip(digests, digests[1:])):
            raise Malformed("lists content withheld out of order")

    def check_files(self) -> None:
        """Every file of the list is there, and is as the list says; nothing else is there."""
        folders: Set[str] = set()
        for name in self.sizes:
            if self.folder.size(name) is None:
                raise Fault("file-missing", "it is not there, or is no plain file", name)
            parts = name.split("/")
            folders.update("/".join(parts[:count]) for count in range(1, len(parts)))
        extra = self.folder.extra(set(self.sizes) | {"bundle.json"}, folders)
        if extra is not None:
            raise Fault("file-extra", "bundle.json does not list it", shown(extra, 200))
        for name, size in self.sizes.items():
            found = self.folder.size(name)
            if found != size:
                raise Fault("file-differs", "%s bytes, not %d" % (found, size), name)
            length, digest = self.folder.sha256(name, size)
            if (length, digest) != (size, self.hashes[name]):
                raise Fault("file-differs", "its SHA-256 is %s" % digest, name)

    def named(self, folder: str) -> List[str]:
        """The last parts of the listed files of a folder."""
        head = folder + "/"
        return [name[len(head) :] for name in self.sizes if name.startswith(head)]

    def read(self, name: str, limit: int, rule: str) -> bytes:
        """A listed file, unchanged since it was hashed."""
        if name not in self.sizes:
            raise Fault(rule, "it is not in the bundle", name)
        if self.sizes[name] > limit:
            raise Fault(rule, "%d bytes; at most %d are read" % (self.sizes[name], limit), name)
        data = self.folder.read(name, limit)
        # What is judged is what was listed, even while someone writes to the folder.
        if sha256(data).hex() != self.hashes[name]:
            raise Fault("file-differs", "it changed while it was read", name, "bundle")
        return data


class Check:
    """One check of one bundle. Each phase stands on those before it."""

    def __init__(self, folder: Folder, options: Options) -> None:
        self.folder = folder
        self.options = options
        self.ed = Ed25519()
        self.report = Report()
        self.policy: Optional[Policy] = None
        self.roots: List[bytes] = []
        self.leaves: Dict[int, bytes] = {}
        self.tile, self.tile_at = b"", -1
        self.own_keys: Set[bytes] = set()  # of authors and log, past and present: nobody outside
        self.head_times: Dict[str, int] = {}
        self.anchors: List[Anchor] = []
        self.anchored: Dict[int, bytes] = {}

    def run(self) -> Report:
        """Every phase in order, up to the first rule broken."""
        phases: List[Tuple[str, Callable[[], str]]] = [
            ("bundle", self.phase_bundle),
            ("policy", self.phase_policy),
            ("head", self.phase_head),
            ("quorum", self.phase_quorum),
            ("fresh", self.phase_fresh),
            ("kept", self.phase_kept),
            ("entries", self.phase_entries),
            ("root", self.phase_root),
            ("anchors", self.phase_anchors),
            ("proofs", self.phase_proofs),
            ("content", self.phase_content),
            ("statement", self.phase_statement),
            ("item", self.phase_item),
            ("replay", self.phase_replay),
        ]
        for name, phase in phases:
            try:
                told = phase()
                if told:
                    self.report.counts.append((name, told))
            except Fault as fault:
                fault.phase = fault.phase or name
                self._stopped(fault)
                break
        return self.report

    def _stopped(self, fault: Fault) -> None:
        ledger = getattr(self, "ledger", None)
        # The anchors that are looked at stand before what is newer.
        certain = fault.rule in CERTAIN_FAULTS or fault.phase == "anchors"
        if ledger and ledger.newer and not certain:
            self.report.undecided.append(
                "%s at %s may come of what a newer program wrote" % (fault.rule, fault.place)
            )
        else:
            self.report.fault = fault

    # bundle, policy

    def phase_bundle(self) -> str:
        """The list and the files."""
        try:
            self.bundle = Bundle(self.folder)
        except Malformed as error:
            raise Fault("manifest", str(error), "bundle.json") from None
        bundle, about = self.bundle, self.report.about
        about.update(ledger=bundle.origin, size=bundle.size, root=b64(bundle.root))
        about.update(item=bundle.item, withheld_content=bundle.withheld)
        about["withheld_entries"] = bundle.size - len(bundle.entries) if bundle.item else 0
        bundle.check_files()
        return "%d files" % len(bundle.sizes)

    def phase_policy(self) -> str:
        """The reader's policy, and the log keys that the ledger names."""
        if self.options.policy is not None:
            try:
                self.policy = read_policy(self.options.policy, self.ed)
            except Malformed as error:
                raise Fault("policy", "it " + str(error), "--policy") from None
        self._scan()
        if self.policy is None:
            self.report.undecided.append(
                "no policy was given: the keys of log and witnesses are those that the ledger names"
            )
            return "none given"
        named = {(log.name, log.key) for log in self.policy.logs}
        if not any((log.name, log.key) in named for _, log in self.log_keys):
            raise Fault("policy", "it does not name the log key of this ledger", "--policy")
        return "%d logs, %d witnesses" % (len(self.policy.logs), len(self.policy.witnesses))

    def _entries(self) -> Iterator[Tuple[int, bytes]]:
        """The entries in the bundle with their places, read file by file."""
        bundle = self.bundle
        if bundle.item is not None:
            for seq in bundle.entries:
                yield seq, bundle.read("entries/%d.json" % seq, ENTRY_MAX, "too-long")
            return
        for index, width in tile_widths(bundle.size):
            path = tile_path("entries", index, width)
            data, at = bundle.read(path, 256 * (ENTRY_MAX + 2), "tile"), 0
            entries = []
            for number in range(width):
                size = int.from_bytes(data[at : at + 2], "big")
                if at + 2 + size > len(data):
                    raise Fault("tile", "it ends inside entry %d" % (index * 256 + number), path)
                entries.append((index * 256 + number, data[at + 2 : at + 2 + size]))
                at += 2 + size
            if at != len(data):
                raise Fault("tile", "it has bytes after its last entry", path)
            yield from entries

    def _scan(self) -> None:
        """First pass: leaf hashes, roots, and log keys as the entries name them. The keys are taken
        on trust here, to know who signed the head; phase entries proves each change of them."""
        roots, first = Roots(), True
        self.roots = [roots.root()]
        try:
            for seq, data in self._entries():
                leaf = leaf_hash(data)
                self.leaves[seq] = leaf
                if self.bundle.item is None:
                    self._same_leaf(seq, leaf)
                if seq == roots.size:
                    roots.push(leaf)
                    self.roots.append(roots.root())
                if first:
                    self._open(seq, data)
                    first = False
                else:
                    self._key_change(seq, data)
        except Fault as fault:
            fault.phase = fault.phase or ("root" if fault.rule == "tile" else "entries")
            raise
        if first:
            raise Fault("missing-entry", "there is no entry", "entry 0", "entries")
        # A hostile ledger may rotate at every entry, so nothing below looks through all of them.
        self.log_sizes = [least for least, _ in self.log_keys]
        self.log_since: Dict[bytes, int] = {}
        for least, key in self.log_keys:
            self.log_since.setdefault(key.key, least)
        self.own_keys.update(self.log_since)

    def _same_leaf(self, seq: int, leaf: bytes) -> None:
        """Rule 2: the level 0 tile has the leaf hash of the entry."""
        index, at = seq // 256, seq % 256 * 32
        if self.tile_at != index:
            self.tile, self.tile_at = self._tile(0, index), index
        if self.tile[at : at + 32] != leaf:
            found = "the level 0 tile has another leaf hash"
            raise Fault("leaf-differs", found, "entry %d" % seq, "entries")

    def _open(self, seq: int, data: bytes) -> None:
        """Entry 0: the identity of the ledger and its first log key."""
        if seq != 0:
            raise Fault("unknown-identity", "entry 0 is not here", "entry %d" % seq)
        try:
            entry = read_entry(data, self.ed)
        except Fault as fault:
            fault.place = "entry 0"
            raise
        if entry.seq != 0:
            raise Fault("wrong-sequence", "it says that it is entry %d" % entry.seq, "entry 0")
        log = entry.body.get("log")
        try:
            key = verifier_key(log if isinstance(log, str) else "", ED25519_NOTE, self.ed)
        except Malformed as error:
            self._own_signature(entry)
            raise Fault("genesis", "`log` %s" % error, "entry 0") from None
        if not is_origin(key.name):
            self._own_signature(entry)
            raise Fault("genesis", "the name in `log` is no origin", "entry 0")
        self.log_keys = [(0, key)]
        if entry.introduces is not None:
            self.own_keys.add(entry.introduces)

    def _own_signature(self, entry: Entry) -> None:
        """Rule 13 of entry 0, which stands before rule 19."""
        key, signature = entry.introduces, entry.signatures[0][1]
        if key is None or not self.ed.verify(key, pae(entry.payload), signature):
            rule = "unknown-key" if key is None else "bad-signature"
            raise Fault(rule, "that of %s does not verify" % entry.by, "entry 0")

    def _key_change(self, seq: int, data: bytes) -> None:
        """Notes a key that the entry brings in, of an author or of the log. In canonical JSON the
        searched bytes cannot stand inside a text, so most entries need not be parsed twice."""
        match = re.match(rb'\{"payload":"([A-Za-z0-9+/=]*)"', data)
        try:
            payload = base64.b64decode(match.group(1)) if match else b""
            kinds = INTRODUCING + ("key-request-admitted",)
            if not any(b'"type":"%s"' % kind.encode("ascii") in payload for kind in kinds):
                return
            told = canonical_json(payload)["predicate"]
            if told["type"] == "key-request-admitted":
                request = read_key_request(told["body"]["request"].encode("utf-8"), self.ed)
                self.own_keys.add(request.key or b"")
                return
            if told["type"] not in INTRODUCING:
                return
            key, name = unbase64(told["body"]["key"], 32), self.log_keys[0][1].name
            if told["type"] != "log-key-rotated":
                self.own_keys.add(key)
            elif not self.ed.why_unacceptable(key):
                self.log_keys.append((seq + 1, Verifier(name, ED25519_NOTE, key)))
        except (Fault, Malformed, binascii.Error, LookupError, TypeError, AttributeError):
            return  # phase entries will name it

    def log_key(self, size: int) -> Verifier:
        """The log key that signs the checkpoint of so many entries."""
        return self.log_keys[bisect.bisect_right(self.log_sizes, size) - 1][1]

    # head, quorum, fresh, kept

    def _checkpoint(self, data: bytes) -> Checkpoint:
        """A checkpoint with a line of the log key of its size."""
        found = read_checkpoint(data)
        if signed_by(found.note, self.log_key(found.size), self.ed) is None:
            raise Malformed("has no line of the log key")
        if found.origin != self.log_key(found.size).name:
            raise Malformed("is a checkpoint of another origin than its key")
        return found

    def phase_head(self) -> str:
        """The checkpoint of the bundle."""
        self.head_bytes = self.bundle.read("checkpoint", NOTE_MAX, "checkpoint")
        witnesses = self.policy.witnesses if self.policy else {}
        try:
            head = self._checkpoint(self.head_bytes)
            told_apart([self.log_key(head.size)] + list(witnesses.values()))
            for name, witness in witnesses.items():
                if witness.key in self.own_keys:
                    told = "%s has a key of this ledger, and counts for nothing" % shown(name)
                    self.report.notes.append("the policy's witness " + told)
                    continue
                millis = signed_by(head.note, witness, self.ed)
                if millis is not None:
                    self.head_times[name] = millis
        except Malformed as error:
            raise Fault("checkpoint", "it " + str(error), "checkpoint") from None
        self.head, bundle = head, self.bundle
        if (head.origin, head.size, head.root) != (bundle.origin, bundle.size, bundle.root):
            found = "%s of %d entries is not what bundle.json says" % (head.origin, head.size)
            raise Fault("checkpoint-place", found, "checkpoint")
        return "%d entries, signed by the log key" % head.size

    def phase_quorum(self) -> str:
        """Enough of the reader's witnesses saw this head."""
        if self.policy is None:
            return "not checked: no policy"
        if not self.policy.reached(set(self.head_times)):
            names = ", ".join(shown(name) for name in self.head_times) or "nobody"
            raise Fault("quorum", "of the policy's witnesses only %s signed" % names, "checkpoint")
        if self.policy.quorum == "none":
            self.report.notes.append("the policy asks for no witness at all (`quorum none`)")
            return "not checked: the policy asks nobody; %d cosignatures" % len(self.head_times)
        return "%d cosignatures" % len(self.head_times)

    def phase_fresh(self) -> str:
        """Those who signed no longer ago than the reader allows reach the quorum by themselves, and
        none signed in its future."""
        if self.policy is None:
            return "not checked: no policy"
        times, now, days = self.head_times, self.options.now, self.options.max_age_days
        for name, millis in times.items():
            if is_later(millis, now):
                found = "%s signed at %s, after now" % (shown(name), moment_text(millis))
                raise Fault("stale", found, "checkpoint")
        if days is None:
            return "no age was asked for"
        recent = {name for name, millis in times.items() if now - millis <= days * 86_400_000}
        if not recent or not self.policy.reached(recent):
            names = ", ".join(sorted(map(shown, recent))) or "nobody"
            found = "of the last %d days only %s signed: no quorum" % (days, names)
            raise Fault("stale", found, "checkpoint")
        return "%d of them of the last %d days" % (len(recent), days)

    def phase_kept(self) -> str:
        """Checkpoints that the reader kept are of the history in hand."""
        for path, data in self.options.kept:
            place = shown(path, 200)
            try:
                kept = self._checkpoint(data)
            except Malformed as error:
                raise Fault("kept", "it " + str(error), place) from None
            if kept.origin != self.bundle.origin:
                raise Fault("kept", "it is of %s" % kept.origin, place)
            if kept.size > self.bundle.size:
                raise Fault("kept", "it covers %d entries, more than are here" % kept.size, place)
            if self._is_prefix(kept.size, kept.root) is not True:
                raise Fault(
                    "kept", "its %d entries are not shown to be the first here" % kept.size, place
                )
        kept_count = len(self.options.kept)
        return "%d checkpoints" % kept_count if kept_count else "none given: nothing was compared"

    def _is_prefix(self, size: int, root: bytes) -> Optional[bool]:
        """Whether that is the root of the first entries; None where the bundle does not show it."""
        if size < len(self.roots):
            return self.roots[size] == root
        if size == self.bundle.size:
            return self.bundle.root == root
        path = "consistency/%d-%d.add-checkpoint" % (size, self.bundle.size)
        if path not in self.bundle.sizes:
            return None
        try:
            proof = self._consistency_proof(path, size)
        except (Fault, Malformed):
            return None  # phase proofs names it
        good = consistency_roots(size, self.bundle.size, root, proof) == (root, self.bundle.root)
        return True if good else None

    # entries

    def phase_entries(self) -> str:
        """Every entry by the rules of section 9."""
        log = self.log_keys[0][1]
        partial = self.bundle.item is not None
        self.ledger = Ledger(self.bundle.origin, log, partial, self.roots, self.ed)
        ledger = self.ledger
        for seq, data in self._entries():
            place = "entry %d" % seq
            root = self.roots[seq] if seq < len(self.roots) else None
            try:
                ledger.take(seq, data, self.leaves[seq], root)
            except Fault as fault:
                fault.place = fault.place or place
                raise
        if ledger.log_keys != self.log_keys:
            raise Fault(
                "checkpoint",
                "its log key is not the one that the entries prove",
                "checkpoint",
                "head",
            )
        self._after_entries()
        return "%d entries, %d signatures" % (len(ledger.ids), ledger.signatures)

    def _after_entries(self) -> None:
        ledger, report = self.ledger, self.report
        report.about["organisation"] = ledger.organisation
        report.undecided.extend(ledger.newer)
        report.notes.extend(ledger.notes)
        for keyid, key in ledger.keys.items():
            report.keys.append(
                {
                    "keyid": keyid,
                    "holder": key.holder,
                    "role": key.role,
                    "admitted": key.admitted,
                    "retired": ledger.retired.get(keyid),
                    "authored": ledger.authored.get(keyid, 0),
                    "also_signed": ledger.also_signed.get(keyid, 0),
                    "doubtful_from": ledger.doubtful.get(keyid),
                }
            )

    def _tile(self, level: int, index: int) -> bytes:
        """A tile of the width that the size of the tree gives it."""
        count = self.bundle.size >> (8 * level)
        width = min(256, count - index * 256)
        path = tile_path(str(level), index, width)
        try:
            data = self.bundle.read(path, 8192, "tile")
            if len(data) != width * 32:
                raise Fault("tile", "%d bytes, not %d" % (len(data), width * 32), path)
        except Fault as fault:
            fault.phase = fault.phase or "root"
            raise
        return data

    # root and tiles

    def phase_root(self) -> str:
        """The entries give the root of the head, and the tiles are those of the tree."""
        if self.bundle.item is not None:
            self._entry_proofs(set(self.bundle.entries))
        if len(self.roots) == self.bundle.size + 1 and self.roots[-1] != self.head.root:
            raise Fault(
                "checkpoint-root",
                "the entries have the root %s" % b64(self.roots[-1]),
                "checkpoint",
            )
        if self.bundle.item is not None:
            return "%d entries, each proved by itself" % len(self.bundle.entries)
        hashes = [self.leaves[seq] for seq in range(self.bundle.size)]
        expected, level = {tile_path("entries", *each) for each in tile_widths(len(hashes))}, 0
        while hashes:
            for index, width in tile_widths(len(hashes)):
                expected.add(tile_path(str(level), index, width))
                if self._tile(level, index) != b"".join(hashes[index * 256 : index * 256 + width]):
                    path = tile_path(str(level), index, width)
                    raise Fault("tile", "it has another hash than the entries give", path)
            hashes, level = _next_level(hashes), level + 1
        for name in self.bundle.sizes:
            if name.startswith("tile/") and name not in expected:
                raise Fault("tile", "a tree of this size has no such tile", name)
        return "%d tiles and entry bundles" % len(expected)

    # anchors

    def phase_anchors(self) -> str:
        """Every anchor, and what it says about time."""
        for seq, entry in self.ledger.anchor_entries:
            place = "entry %d" % seq
            try:
                self.anchors.append(self._anchor(seq, entry))
            except Fault as fault:
                fault.place = fault.place or place
                raise
        self.report.anchors = self.anchors
        self._intervals()
        self._remarks()
        times = sum(len(anchor.times) for anchor in self.anchors)
        return "%d anchors, %d times" % (len(self.anchors), times)

    def _anchor(self, seq: int, entry: Entry) -> Anchor:
        text = entry.body["checkpoint"]
        try:
            found = self._checkpoint(text.encode("utf-8"))
        except Malformed as error:
            raise Fault("anchor", "its checkpoint " + str(error)) from None
        if found.origin != self.bundle.origin:
            raise Fault("anchor-place", "its checkpoint is of %s" % found.origin)
        if found.size > seq:
            raise Fault("anchor-place", "its checkpoint covers %d entries" % found.size)
        shown_prefix = self._is_prefix(found.size, found.root)
        # Two roots of one size are two histories, also where neither can be compared with the tree.
        said = self.ledger.roots.get(found.size, self.anchored.get(found.size, found.root))
        if shown_prefix is False or said != found.root:
            raise Fault("anchor-root", "its checkpoint has another root")
        self.anchored[found.size] = found.root
        if shown_prefix is None:
            self.report.notes.append(
                "entry %d: the root of its checkpoint over %d entries cannot be compared here"
                % (seq, found.size)
            )
        if entry.type == "anchor-cosigned":
            times = self._cosigned(seq, found.note, found.size, entry.body["witnesses"])
        else:
            times = self._timestamped(seq, entry, found.note)
        return Anchor(seq, entry.type, found.size, times, shown_prefix is True)

    def _cosigned(
        self, seq: int, note: Note, size: int, texts: List[str]
    ) -> List[Tuple[str, int, bool]]:
        witnesses: Dict[bytes, Verifier] = {}
        for text in texts:
            try:
                witness = verifier_key(text, ED25519_COSIGNATURE, self.ed)
            except Malformed as error:
                raise Fault("anchor-witness", "%s %s" % (shown(text), error)) from None
            if self.log_since.get(witness.key, seq + 1) <= seq:
                raise Fault("anchor-witness", "%s has a log key" % shown(text))
            if witness.key in witnesses:
                raise Fault("anchor-witness", "%s has a key named before" % shown(text))
            witnesses[witness.key] = witness
        if not witnesses:
            raise Fault("anchor-witness", "it names no witness")
        try:
            told_apart([self.log_key(size)] + list(witnesses.values()))
        except Malformed as error:
            raise Fault("anchor-witness", "it " + str(error)) from None
        if len(note.lines) != len(witnesses) + 1:
            raise Fault("anchor-witness", "its checkpoint has %d lines" % len(note.lines))
        times = []
        for witness in witnesses.values():
            try:
                millis = signed_by(note, witness, self.ed)
            except Malformed as error:
                raise Fault("anchor-witness", "its checkpoint " + str(error)) from None
            if millis is None:
                raise Fault("anchor-witness", "there is no line of %s" % shown(witness.name))
            if millis > LAST_MOMENT:
                raise Fault("anchor-witness", "its time is %s" % moment_text(millis))
            times.append((witness.name, millis, self._believes(witness)))
        return times

    def _believes(self, witness: Verifier) -> bool:
        """With a policy only its witnesses count; without, all do, and the answer says so. A key is
        what it is, whatever it is called, and one of the ledger's own is nobody outside."""
        if witness.key in self.own_keys:
            return False
        known = self.policy.witnesses.values() if self.policy else [witness]
        return any(one.key == witness.key for one in known)

    def _timestamped(self, seq: int, entry: Entry, note: Note) -> List[Tuple[str, int, bool]]:
        if len(note.lines) != 1:
            raise Fault("anchor", "its checkpoint has %d lines, not one" % len(note.lines))
        digests = [each.digest for each in entry.subjects[1:] if each.name == "timestamp.tsr"]
        if len(digests) != 1:
            raise Fault("anchor-token", "it has %d subjects timestamp.tsr" % len(digests))
        data = self._content(digests[0], TOKEN_MAX, "anchor-token", ("anchors/%d.tsr" % seq,))
        if data is None:
            self.report.notes.append("entry %d: its token is not in the bundle" % seq)
            return []
        try:
            imprint, millis = read_token(data)
        except Malformed as error:
            raise Fault("anchor-token", "the token " + str(error)) from None
        if imprint != sha256(entry.body["checkpoint"].encode("utf-8")):
            raise Fault("anchor-token", "the token is of something else than its checkpoint")
        self.report.notes.append(
            "entry %d: the signature of its token was not checked here; use openssl ts -verify"
            % seq
        )
        return [(entry.body["authority"], millis, False)]

    def _content(
        self, digest: str, limit: int, rule: str, places: Tuple[str, ...]
    ) -> Optional[bytes]:
        """The bytes with that digest from wherever the bundle has them."""
        for path in ("content/" + digest,) + places:
            if self.bundle.hashes.get(path) == digest:
                return self.bundle.read(path, limit, rule)
        return None

    def _seen(self) -> List[Seen]:
        """Every moment that is believed."""
        seen = [
            # A tree that was not compared with this one may hold other entries: it covers none.
            Seen(millis, anchor.size if anchor.compared else 0, who, anchor.seq)
            for anchor in self.anchors
            for who, millis, believed in anchor.times
            if believed
        ]
        for witness, millis in self._head_lines():
            seen.append(Seen(millis, self.bundle.size, witness.name, None))
        return seen

    def _head_lines(self) -> List[Tuple[Verifier, int]]:
        """Who is believed and signed the checkpoint in hand, and when."""
        if self.policy is not None:
            known = self.policy.witnesses
            return [(known[name], millis) for name, millis in self.head_times.items()]
        named: Dict[bytes, Verifier] = {}
        for _, entry in self.ledger.anchor_entries:
            for text in entry.body.get("witnesses", []):
                witness = verifier_key(text, ED25519_COSIGNATURE, self.ed)
                named[witness.key] = witness
        found = []
        for witness in filter(self._believes, named.values()):
            try:
                millis = signed_by(self.head.note, witness, self.ed)
            except Malformed as error:
                raise Fault("checkpoint", "it " + str(error), "checkpoint", "head") from None
            if millis is not None:
                found.append((witness, millis))
        return found

    def _intervals(self) -> None:
        """The proven interval of every entry in the bundle, in two sweeps."""
        explained = self.ledger.explained.anchors
        all_seen = self._seen()
        seen = [each for each in all_seen if each.entry not in explained]
        earliest: Optional[int] = None
        latest: Optional[int] = None
        upper: Dict[int, Optional[int]] = {}
        covering = sorted(seen, key=lambda each: each.size)
        for seq in sorted(self.ledger.times, reverse=True):
            while covering and covering[-1].size > seq:
                millis = covering.pop().millis
                earliest = millis if earliest is None else min(earliest, millis)
            upper[seq] = earliest
        before = [each for each in seen if each.entry is not None]
        for each in all_seen:
            # Explained, a time bounds nothing from above, and from below only until somebody else
            # shows that the anchor was there earlier than it says.
            known = upper.get(each.entry) if each.entry in explained else None
            if each.entry in explained and not (known is not None and is_later(each.millis, known)):
                before.append(each)
        before.sort(key=lambda each: each.entry or 0)
        place = 0
        for seq in sorted(self.ledger.times):
            while place < len(before) and (before[place].entry or 0) < seq:
                millis = before[place].millis
                latest = millis if latest is None else max(latest, millis)
                place += 1
            # An entry is later than an anchor only if its root, over that anchor, was compared.
            self._interval(seq, latest if seq < len(self.roots) else None, upper[seq])
        if len(self.roots) <= max(self.ledger.times):
            self.report.notes.append(
                "entries after a gap have no first moment here: what they stand upon is withheld"
            )
        moments = sorted(each.millis for each in seen)
        gaps = [after - one for one, after in zip(moments, moments[1:])]
        self.report.intervals = {
            "first": moment_text(moments[0]) if moments else None,
            "last": moment_text(moments[-1]) if moments else None,
            "longest_gap_seconds": max(gaps) // 1000 if gaps else None,
            "open_below": sum(each["not_before"] is None for each in self.report.places.values()),
            "open_above": sum(each["not_after"] is None for each in self.report.places.values()),
            "both_sides": sum(
                each["not_before"] is not None and each["not_after"] is not None
                for each in self.report.places.values()
            ),
        }

    def _remarks(self) -> None:
        """What a reader should know of clocks, and what is no fault."""
        now, remarks = self.options.now, self.report.remarks
        for anchor in self.anchors:
            by = self.ledger.explained.anchors.get(anchor.seq)
            for who, millis, believed in anchor.times:
                told = "%s says %s" % (plain(who), moment_text(millis))
                if by is not None and believed:
                    found = "%s; entry %d says that this clock was wrong: %s" % ((told,) + by)
                    remarks.append(Finding("clock-explained", anchor.seq, found))
                if believed and is_later(millis, now):
                    found = "%s, which is after your clock" % told
                    remarks.append(Finding("after-your-clock", anchor.seq, found))
        ahead = [seq for seq in sorted(self.ledger.times) if is_later(self.ledger.times[seq][0], now)]
        if ahead:
            found = "it says %s, which is after your clock" % moment_text(self.ledger.times[ahead[0]][0])
            if len(ahead) > 1:
                found += "; so do those after it, to entry %d" % ahead[-1]
            remarks.append(Finding("after-your-clock", ahead[0], found))
        remarks.sort(key=lambda remark: remark.seq)

    def _interval(self, seq: int, lower: Optional[int], upper: Optional[int]) -> None:
        at, by, kind = self.ledger.times[seq]
        self.report.places[seq] = {
            "at": moment_text(at),
            "by": by,
            "type": kind,
            "not_before": None if lower is None else moment_text(lower),
            "not_after": None if upper is None else moment_text(upper),
        }
        if lower is not None and is_later(lower, at):
            found = "it says %s, but was written after %s" % (moment_text(at), moment_text(lower))
            self.report.findings.append(Finding("time-outside-interval", seq, found))
        elif upper is not None and is_later(at, upper):
            found = "it says %s, but was written before %s" % (moment_text(at), moment_text(upper))
            # That a clock was ahead explains a time that is too late, and no other.
            by = self.ledger.explained.stamp(seq, at)
            if by is None:
                self.report.findings.append(Finding("time-outside-interval", seq, found))
            else:
                found = "%s; entry %d says that this clock was wrong: %s" % ((found,) + by)
                self.report.remarks.append(Finding("clock-explained", seq, found))

    # proofs

    def phase_proofs(self) -> str:
        """Inclusion proofs, consistency proofs, and the copies for standard tools."""
        if self.ledger.newer and self.bundle.item is None:
            return "not checked: which must be there is not known, since something is newer"
        needed = {seq for seq, _ in self.ledger.anchor_entries + self.ledger.statements}
        if self.bundle.item is None:
            self._entry_proofs(needed)
        consistency = self.bundle.named("consistency")
        for name in consistency:
            self._consistency("consistency/" + name)
        self._anchor_files()
        return "%d files, %d of earlier checkpoints" % (
            len(self.bundle.named("proofs")),
            len(consistency),
        )

    def _entry_proofs(self, needed: Set[int]) -> None:
        """There is a proof of each of these entries and of no other, and each is right."""
        found = {decimal(name[:-11]) for name in self.bundle.named("proofs")}
        for seq in sorted(needed ^ found):
            word = "missing" if seq in needed else "there for no such entry"
            raise Fault("proof", "it is " + word, "proofs/%d.tlog-proof" % seq)
        for seq in sorted(found):
            self._proof(seq)

    def _proof(self, seq: int) -> None:
        path = "proofs/%d.tlog-proof" % seq
        head = b"c2sp.org/tlog-proof@v1\n"
        try:
            # No `extra`: it is signed by nobody, and a bundle has no place for that.
            data = self.bundle.read(path, 2 * NOTE_MAX, "proof")
            hashes = self._hashes(data, head + b"index %d\n" % seq)
        except Malformed as error:
            raise Fault("proof", "it " + str(error), path) from None
        if inclusion_root(self.leaves[seq], seq, self.head.size, hashes) != self.head.root:
            raise Fault("proof", "it does not prove entry %d under the checkpoint" % seq, path)

    def _hashes(self, data: bytes, head: bytes) -> List[bytes]:
        """The hashes of a proof file that begins with `head` and ends with the checkpoint."""
        if not data.startswith(head):
            raise Malformed("does not begin as its name asks")
        tail = b"\n" + self.head_bytes
        if not data.endswith(tail) or len(data) < len(head) + len(tail):
            raise Malformed("does not end with an empty line and the bundle's checkpoint")
        middle = data[len(head) : len(data) - len(tail)]
        if len(middle) % 45 or len(middle) // 45 > PROOF_HASHES_MAX:
            raise Malformed("has lines that are no hashes")
        hashes = []
        for at in range(0, len(middle), 45):
            line = middle[at : at + 45].decode("latin-1")
            if not line.endswith("\n"):
                raise Malformed("has a line that is no hash")
            hashes.append(unbase64(line[:-1], 32))
        return hashes

    def _consistency_proof(self, path: str, old: int) -> List[bytes]:
        data = self.bundle.read(path, 2 * NOTE_MAX, "consistency")
        return self._hashes(data, b"old %d\n" % old)

    def _consistency(self, path: str) -> None:
        old, new = (decimal(part) for part in path[len("consistency/") : -15].split("-"))
        if new != self.bundle.size or old > new:
            raise Fault("consistency", "its name does not end in the size of the bundle", path)
        try:
            proof = self._consistency_proof(path, old)
        except Malformed as error:
            raise Fault("consistency", "it " + str(error), path) from None
        if old == 0 or old == new:
            if proof:
                raise Fault("consistency", "it has hashes where none are needed", path)
            return
        root = self._known_root(old)
        power = old & (old - 1) == 0
        if root is None and power:
            self.report.notes.append("%s: the root of that size is not known here" % path)
            return
        roots = consistency_roots(old, new, root, proof)
        if roots is None or roots[1] != self.head.root or (root is not None and roots[0] != root):
            raise Fault("consistency", "it does not verify", path)

    def _known_root(self, size: int) -> Optional[bytes]:
        """The root of the first entries, from these or from a checkpoint that the reader kept."""
        if size < len(self.roots):
            return self.roots[size]
        for _, data in self.options.kept:
            kept = self._checkpoint(data)
            if kept.size == size:
                return kept.root
        return self.anchored.get(size)

    def _anchor_files(self) -> None:
        expected: Dict[str, str] = {}
        for seq, entry in self.ledger.anchor_entries:
            if entry.type == "anchor-timestamped":
                text = entry.body["checkpoint"].encode("utf-8")
                expected["%d.checkpoint" % seq] = sha256(text).hex()
                for subject in entry.subjects[1:]:
                    if subject.name == "timestamp.tsr":
                        expected["%d.tsr" % seq] = subject.digest
        for name in sorted(set(expected) | set(self.bundle.named("anchors"))):
            path = "anchors/" + name
            if name not in expected:
                raise Fault("anchor-file", "it is there for no such entry", path)
            if path not in self.bundle.hashes:
                raise Fault("anchor-file", "it is missing", path)
            if self.bundle.hashes[path] != expected[name]:
                raise Fault("anchor-file", "it is not that of the entry", path)

    # content, statement, findings

    def phase_content(self) -> str:
        """What is kept is there or said to be withheld, and nothing else is there."""
        bundle, kept, outside = self.bundle, self.ledger.kept, self.ledger.outside
        content, evidence = bundle.named("content"), bundle.named("evidence")
        for folder, names in (("content/", content), ("evidence/", evidence)):
            for name in names:
                if bundle.hashes[folder + name] != name:
                    raise Fault(
                        "content-differs", "it has another SHA-256 than its name", folder + name
                    )
        there, withheld = set(content), set(bundle.withheld)
        for digest in sorted(kept):
            if digest not in there and digest not in withheld:
                raise Fault(
                    "content-missing", "entry %d names it" % kept[digest], "content/" + digest
                )
        for digest in sorted(there - set(kept)):
            raise Fault("content-unnamed", "no entry keeps it", "content/" + digest)
        for digest in evidence:
            if digest not in outside or digest in kept:
                raise Fault("content-unnamed", "no entry names it so", "evidence/" + digest)
        for digest in bundle.withheld:
            if digest in there or digest not in kept:
                word = "is there" if digest in there else "is kept for no entry"
                raise Fault("content-unnamed", "it is listed as withheld, and " + word, digest)
        only_named = len(set(outside) - set(kept) - set(evidence))
        self.report.about["evidence_not_here"] = only_named
        return "%d of content, %d of evidence; %d of content withheld, %d files only named" % (
            len(content),
            len(evidence),
            len(withheld),
            only_named,
        )

    def phase_statement(self) -> str:
        """`statement.json` is the newest statement that the entries published."""
        there = "statement.json" in self.bundle.sizes
        if self.ledger.newer:
            return "not checked: which is the newest is not known, since something is newer"
        if not self.ledger.statements:
            if there:
                raise Fault("statement", "no entry published one", "statement.json")
            return "none published"
        seq, entry = self.ledger.statements[-1]
        digests = [each.digest for each in entry.subjects[1:] if each.name == "statement.json"]
        if not there:
            raise Fault("statement", "it is missing", "statement.json")
        if digests != [self.bundle.hashes["statement.json"]]:
            raise Fault(
                "statement", "it is not the one that entry %d published" % seq, "statement.json"
            )
        return "the one that entry %d published" % seq

    def phase_item(self) -> str:
        """The name of the item is one that the entries given out bear on."""
        item = self.bundle.item
        if item is None:
            return ""
        label = Label(item, self.ledger.events.values(), self._table)
        why = label.why_not()
        if why:
            raise Fault("item", why, "bundle.json")
        return "%s: %d of the events given out speak of it" % (item, label.spoken)

    def _table(self, digest: str) -> List[Dict[str, str]]:
        """The rows of a CSV file in `content/`; none where it is not there or is no such file."""
        data = self._content(digest, TABLE_MAX, "item", ())
        return [] if data is None else table_rows(data)

    def phase_replay(self) -> str:
        """What an auditor must be told of a history that verifies."""
        for seq, entry in self.ledger.statements:
            found = self._statement_differs(seq, entry)
            if found:
                self.report.findings.append(Finding("statement-differs", seq, found))
        self.report.findings.sort(key=lambda finding: (finding.seq, finding.name))
        for name in ("verdict-before-grounds", "statement-not-reproduced"):
            self.report.notes.append("%s: not checked here: needs replay" % name)
        return "%d findings, without a replay" % len(self.report.findings)

    def _statement_differs(self, seq: int, entry: Entry) -> str:
        body = entry.body
        if body["size"] > seq:
            return "it was made from %d entries, and stands at %d" % (body["size"], seq)
        try:
            prefix = self._is_prefix(body["size"], unbase64(body["root"], 32))
        except Malformed:
            prefix = False
        if prefix is False:
            return "its root is not that of the first %d entries" % body["size"]
        if prefix is None:
            self.report.notes.append(
                "entry %d: the root of its statement cannot be compared in this bundle" % seq
            )
        digests = [each.digest for each in entry.subjects[1:] if each.name == "statement.json"]
        if len(digests) != 1:
            return "it has %d subjects statement.json" % len(digests)
        data = self._content(digests[0], STATEMENT_MAX, "content-differs", ("statement.json",))
        if data is None:
            self.report.notes.append("entry %d: its statement.json is withheld" % seq)
            return ""
        return _compare_statement(body, data)


def _compare_statement(body: Dict[str, Json], data: bytes) -> str:
    """How a published body differs from its statement; empty where it does not."""
    try:
        told = canonical_json(data)
    except Malformed as error:
        return "its statement.json " + str(error)
    if not isinstance(told, dict):
        return "its statement.json is no object"
    standing = told.get("standing")
    status = standing.get("status") if isinstance(standing, dict) else None
    for name in ("size", "root", "edition", "category", "on", "standing"):
        found = status if name == "standing" else told.get(name)
        # 1 and true are equal in Python, and not in JSON.
        if type(found) is not type(body[name]) or found != body[name]:
            return "its `%s` is not that of its statement.json" % name
    return ""


# --- The name of the item (section 15) ------------------------------------------------------------


class Event(NamedTuple):
    """An event as itself and as corrections put it, with the files that come with it."""

    told: List[Tuple[str, Dict[str, Json]]]  # type and body
    files: List[Tuple[str, str]]  # name and SHA-256

    def bodies(self, *types: str) -> List[Dict[str, Json]]:
        """The bodies of these types."""
        return [body for name, body in self.told if name in types]


WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)


def table_rows(data: bytes) -> List[Dict[str, str]]:
    """The rows of a CSV file by the names of its columns; none where it is no such file."""
    csv.field_size_limit(TABLE_MAX)
    try:
        # Old versions of the reader refuse U+0000, which no name that is looked for has.
        text = data.decode("utf-8").replace("\0", "\ufffd")
        text = text[1:] if text.startswith("\ufeff") else text
        lines = [
            [cell.strip(WHITE_SPACE) for cell in line]
            for line in csv.reader(io.StringIO(text, newline=""))
        ]
    except (UnicodeDecodeError, csv.Error):
        return []
    lines = [line for line in lines if any(line)]
    header = lines[0] if lines else []
    names = [name for name in header if name]
    if len(set(names)) < len(names) or any(len(line) != len(header) for line in lines):
        return []
    return [dict(zip(header, line)) for line in lines[1:]]


class Label:
    """Whether the entries given out bear on an item."""

    GROUNDS = (
        "certificate-recorded",
        "soa-recorded",
        "control-assessed",
        "mapping-imported",
        "equivalence-asserted",
    )

    def __init__(
        self,
        item: str,
        events: Iterable[Event],
        table: Callable[[str], List[Dict[str, str]]],
    ) -> None:
        self.item = item
        self.edition, self.category, self.number = item.split("/")
        self.events = list(events)
        self.table = table
        self.spoken = 0

    def why_not(self) -> str:
        """Why the item is not one that they bear on; empty where it is."""
        if not self._is_asked():
            return "no edition and category given out ask for %s" % self.item
        grounded = False
        for event in self.events:
            speaks = self._speaks(event)
            self.spoken += True in speaks
            if False in speaks and True not in speaks:
                return "an entry given out speaks of others, and not of %s" % self.item
            evidence = event.bodies("evidence-recorded")
            ground = event.bodies(*self.GROUNDS) or (evidence and True not in speaks)
            grounded = grounded or bool(ground)
        if grounded and not self._is_led_to():
            return "nothing leads from the grounds given out to %s" % self.item
        return ""

    def _is_asked(self) -> bool:
        """1: the edition and the category ask for it."""
        classified = any(
            body["edition"] == self.edition and body["category"] == self.category
            for event in self.events
            for body in event.bodies("organisation-classified")
        )
        return classified and any(map(self._is_row, self._adopted("items.csv")))

    def _adopted(self, name: str) -> Iterator[Dict[str, str]]:
        """The rows of a file of the edition."""
        for event in self.events:
            bodies = event.bodies("edition-adopted")
            if any(body["edition"] == self.edition for body in bodies):
                yield from self._rows(event, name)

    def _rows(self, event: Event, name: str) -> Iterator[Dict[str, str]]:
        for file, digest in event.files:
            if file == name:
                yield from self.table(digest)

    def _is_row(self, row: Dict[str, str]) -> bool:
        return row.get("category") == self.category and row.get("item") == self.number

    def _speaks(self, event: Event) -> Set[bool]:
        """2: whether it is about this item, about others, or, with nothing, about none."""
        assertion = self.item.rpartition(".")[0]
        speaks = {
            body["item"] == self.item
            for body in event.bodies("item-answered", "item-not-applicable")
        }
        for body in event.bodies("assertion-confirmed"):
            speaks.add(body["assertion"] == assertion)
        for body in event.bodies("evidence-recorded"):
            named = self.item in body.get("items", [])
            # With a control it may stand for any item.
            if named or not body.get("controls"):
                speaks.add(named)
        return speaks

    def _is_led_to(self) -> bool:
        """3: an equivalence given out ends at the item."""
        schemes = set()
        for event in self.events:
            schemes.update(body["scheme"] for body in event.bodies("certificate-recorded"))
            if any(body["target"] == self.item for body in event.bodies("equivalence-asserted")):
                return True
            if event.bodies("mapping-imported"):
                if any(row.get("target") == self.item for row in self._rows(event, "mapping.csv")):
                    return True
        rows = self._adopted("exemptions.csv")
        return any(self._is_row(row) and row.get("scheme") in schemes for row in rows)


def _next_level(hashes: List[bytes]) -> List[bytes]:
    """The hashes of the next level of tiles: one for each full tile."""
    found = []
    for index in range(len(hashes) // 256):
        roots = hashes[index * 256 : index * 256 + 256]
        while len(roots) > 1:
            roots = [node_hash(roots[at], roots[at + 1]) for at in range(0, len(roots), 2)]
        found.append(roots[0])
    return found


# --- Entries in their places (rules 8 to 21 of section 9) -----------------------------------------


ANCHORS = ("anchor-cosigned", "anchor-timestamped")


class Explained:
    """What owners said of clocks that were wrong (section 14). It takes no proof away."""

    def __init__(self) -> None:
        self.anchors: Dict[int, Tuple[int, str]] = {}  # by anchor: entry that says so, and why
        self._stamped: List[Tuple[int, int, int, str]] = []
        self._carried: Dict[int, Tuple[int, int, str]] = {}
        self._joined: Optional[List[Tuple[int, int, int, str]]] = None
        self._starts: List[int] = []

    def take(
        self,
        seq: int,
        body: Dict[str, Json],
        ids: Dict[str, int],
        times: Dict[int, Tuple[int, str, str]],
    ) -> None:
        """Learns one explanation; what it names and is not here, it does not speak of."""
        one = ids.get(body["entry"])
        other = ids.get(body.get("until", body["entry"]))
        if one is None or other is None:
            return
        if body["clock"] == "outsider":
            self.anchors.setdefault(one, (seq, body["reason"]))
            return
        first, last = min(one, other), max(one, other)
        self._stamped.append((first, last, seq, body["reason"]))
        self._joined = None
        at = times[last][0]
        carried = (last, seq, body["reason"])
        self._carried[at] = min(self._carried.get(at, carried), carried)

    def stamp(self, seq: int, at: int) -> Optional[Tuple[int, str]]:
        """Who says that the entry, which claims that time, was stamped by a wrong clock: it is named,
        or it follows one that is and carries the same time."""
        if self._joined is None:
            self._joined = []
            for one in sorted(self._stamped):
                before = self._joined[-1] if self._joined else None
                if before and one[0] <= before[1]:
                    self._joined[-1] = (before[0], max(before[1], one[1])) + before[2:]
                else:
                    self._joined.append(one)
            self._starts = [one[0] for one in self._joined]
        place = bisect.bisect_right(self._starts, seq) - 1
        if place >= 0 and seq <= self._joined[place][1]:
            return self._joined[place][2:]
        carried = self._carried.get(at)
        return carried[1:] if carried and carried[0] <= seq else None


class Ledger:
    """What the entries so far have established."""

    def __init__(
        self, origin: str, log: Verifier, partial: bool, prefixes: List[bytes], ed: Ed25519
    ) -> None:
        self.origin = origin
        self.prefixes = prefixes  # roots of the first entries, by their number, as far as known
        self.partial = partial  # a bundle of one item: entries are withheld between these
        self.ed = ed
        self.log_keys: List[Tuple[int, Verifier]] = [(0, log)]
        self.log_keyids: Dict[str, bytes] = {keyid_of(log.key): log.key}
        self.identity = ""
        self.organisation = ""
        self.keys: Dict[str, Key] = {}
        self.retired: Dict[str, int] = {}
        self.doubtful: Dict[str, int] = {}
        self.authored: Dict[str, int] = {}
        self.also_signed: Dict[str, int] = {}
        self.ids: Dict[str, int] = {}
        self.roots: Dict[int, bytes] = {}  # what each entry signs of those before it
        self.types: Dict[str, str] = {}  # type by id
        self.about: Dict[str, Optional[str]] = {}  # for corrections: the type that they are about
        self.times: Dict[int, Tuple[int, str, str]] = {}
        self.last_at: Optional[int] = None
        self.signatures = 0
        self.kept: Dict[str, int] = {}
        self.outside: Dict[str, int] = {}
        self.anchor_entries: List[Tuple[int, Entry]] = []
        self.statements: List[Tuple[int, Entry]] = []
        self.events: Dict[str, Event] = {}  # only where entries are withheld
        self.explained = Explained()
        self.newer: List[str] = []
        self.notes: List[str] = []

    def take(self, seq: int, data: bytes, leaf: bytes, root: Optional[bytes]) -> None:
        """Takes the entry at a place; `root`, of the entries before it, is None where unknown."""
        entry = read_entry(data, self.ed)
        self._place(seq, entry, root)
        if self.newer:
            self._take_after(seq, entry, leaf)
            return
        self._signed(entry)
        if entry.type in CARRIERS:
            self._take_request(seq, entry, leaf)
            return
        known = self._body(seq, entry)
        self._history(entry)
        if seq == 0:
            self._genesis(entry)
        if known:
            self._allowed(entry)
            self._correction(seq, entry)
            self._explanation(seq, entry)
        self._apply(seq, entry, leaf, known)

    def _take_request(self, seq: int, entry: Entry, leaf: bytes) -> None:
        """Takes an entry that carries a request: what the ledger learns is the event in it, said by
        its own author, at the place and time of the entry (section 18)."""
        request = self._carried(seq, entry)
        told = None if request is None else self._told(entry, request)
        known = told is not None and self._body(seq, told)
        if known and entry.type == "request-taken" and told and told.type in NOT_REQUESTED:
            raise Fault("bad-request", "a %s cannot be requested" % told.type)
        self._history(entry)
        if request is not None and told is not None and known:
            self._carries(entry)
            self._allowed(told)
            self._correction(seq, told)
            self._fits(seq, entry, request)
            self._apply(seq, told, leaf, True)
            if told.by != entry.by:
                self.also_signed[entry.by] = self.also_signed.get(entry.by, 0) + 1
        else:
            self._apply(seq, entry, leaf, False)

    def _carried(self, seq: int, entry: Entry) -> Optional[Request]:
        """The request in an entry, its signature good; None where the entry is newer."""
        try:
            if version_of(entry.body) > 1:
                self.newer.append("entry %d has a version of %s that is newer" % (seq, entry.type))
                return None
            data = carried_text(entry).encode("utf-8")
        except Malformed as error:
            raise Fault("bad-body", "a body of type %s %s" % (entry.type, error)) from None
        try:
            if entry.type == "key-request-admitted":
                request = read_key_request(data, self.ed)
            else:
                request = read_request(data)
        except Fault as fault:
            rule = fault.rule if fault.rule == "bad-key" else "bad-request"
            raise Fault(rule, "the request: %s" % fault.found) from None
        if entry.type == "key-request-admitted" and entry.subjects[1:]:
            raise Fault("bad-request", "an entry that admits a key names no file")
        key = request.key
        if request.by in self.keys and key is None:
            key = self.keys[request.by].key
        elif request.by in self.log_keyids and key is None:
            key = self.log_keyids[request.by]
        if key is None:
            raise Fault("unknown-key", "%s signed the request, and was not admitted" % request.by)
        if not self.ed.verify(key, pae(request.payload), request.signature):
            raise Fault("bad-signature", "that of %s on the request does not verify" % request.by)
        self.signatures += 1
        if request.id is not None:
            if request.id != entry.id or request.subjects != entry.subjects[1:]:
                raise Fault("bad-request", "the entry has another id or other files than it")
        return request

    def _told(self, entry: Entry, request: Request) -> Entry:
        """The entry as if the author of the request had made it here; an owner admits a key."""
        by = entry.by if request.key is not None else request.by
        return entry._replace(
            by=by, type=request.type, body=request.body, introduces=request.key
        )

    def _carries(self, entry: Entry) -> None:
        """Rule 20 for whoever puts a request in."""
        if entry.by in self.retired:
            found = "the author's key was revoked or replaced by entry %d" % self.retired[entry.by]
            raise Fault("key-not-allowed", found)
        if entry.by not in self.keys or self.keys[entry.by].role not in CARRIERS[entry.type]:
            raise Fault("key-not-allowed", "%s may not sign a %s" % (entry.by, entry.type))

    def _fits(self, seq: int, entry: Entry, request: Request) -> None:
        """Rule 23: to what a request is bound."""
        if request.ledger is not None and request.ledger != self.origin:
            raise Fault("request-ledger", "it is for the ledger %s" % shown(request.ledger))
        if request.id is None:
            return
        if request.identity != self.identity:
            raise Fault("request-ledger", "it is for a ledger that began otherwise")
        if request.size > seq:
            raise Fault("request-head", "its author saw %d entries" % request.size)
        if entry.at > request.expires:
            found = "it expired at %s" % moment_text(request.expires)
            raise Fault("request-expired", found)
        if self.partial:
            self.roots[seq] = entry.root
        before = self.prefixes[request.size] if request.size < len(self.prefixes) else None
        if before is None:
            # Entries are withheld: two roots of one size are two histories all the same.
            before = self.roots.setdefault(request.size, request.root)
        if before != request.root:
            raise Fault("request-head", "its author saw another root of %d entries" % request.size)

    def _take_after(self, seq: int, entry: Entry, leaf: bytes) -> None:
        """After what a newer program wrote: only what nothing newer can explain is a fault."""
        known, told = self._signed(entry), entry
        try:
            if known and entry.type in CARRIERS:
                request = self._carried(seq, entry)
                known = request is not None
                told = self._told(entry, request) if request is not None else entry
            known = known and self._body(seq, told)
        except Fault:
            known = False
        self._history(entry)
        self._apply(seq, entry, leaf, False)
        if known:
            self._apply_keys(seq, told)

    def _place(self, seq: int, entry: Entry, root: Optional[bytes]) -> None:
        """Rules 8 to 11."""
        if entry.seq != seq:
            raise Fault("wrong-sequence", "it says that it is entry %d" % entry.seq)
        first = entry.subjects[0]
        if entry.ledger != self.origin or first.name != self.origin:
            raise Fault("wrong-ledger", "it is of %s" % shown(entry.ledger))
        if seq > 0 and first.digest != self.identity:
            raise Fault("wrong-identity", "subject[0] is not the identity of this ledger")
        if root is not None and entry.root != root:
            raise Fault("wrong-root", "it signs another root of the entries before it")

    def _signed(self, entry: Entry) -> bool:
        """Rule 13; whether every key is known, which may be no fault after something newer."""
        message, all_known = pae(entry.payload), True
        new = entry.introduces
        for keyid, signature in entry.signatures:
            if keyid in self.keys:
                key = self.keys[keyid].key
            elif keyid in self.log_keyids:
                key = self.log_keyids[keyid]
            elif new is not None and keyid == keyid_of(new):
                key = new
            elif self.newer:
                all_known = False
                continue
            else:
                raise Fault("unknown-key", "%s was not admitted" % keyid)
            if not self.ed.verify(key, message, signature):
                raise Fault("bad-signature", "that of %s does not verify" % keyid)
            self.signatures += 1
        return all_known

    def _body(self, seq: int, entry: Entry) -> bool:
        """Rule 14; whether this version of the format knows the event."""
        try:
            if entry.type not in KINDS:
                kind = shown(entry.type)
                self.newer.append("entry %d has the type %s, which is newer" % (seq, kind))
                return False
            if version_of(entry.body) > 1:
                self.newer.append("entry %d has a version of %s that is newer" % (seq, entry.type))
                return False
            check_body(entry.type, entry.body)
            return self._replacement_known(seq, entry)
        except Malformed as error:
            raise Fault("bad-body", "a body of type %s %s" % (entry.type, error)) from None

    def _replacement_known(self, seq: int, entry: Entry) -> bool:
        """Whether this version of the format knows what a correction puts in place."""
        replacement = entry.body.get("replacement") if entry.type == "correction" else None
        if replacement is None:
            return True
        kind, body = replacement["type"], replacement["body"]
        if kind == "correction":
            raise Malformed("puts a correction in the place of an event")
        if kind not in KINDS or version_of(body) > 1:
            self.newer.append("entry %d has a replacement %s, which is newer" % (seq, shown(kind)))
            return False
        check_body(kind, body)
        return True

    def _history(self, entry: Entry) -> None:
        """Rules 15 to 17."""
        day = entry.at // 86_400_000 + EPOCH
        if not DAY_FIRST.toordinal() <= day <= DAY_LAST.toordinal():
            raise Fault("bad-time", "`at` is %s" % moment_text(entry.at))
        if self.last_at is not None and entry.at < self.last_at:
            raise Fault("time-went-back", "`at` is before that of the entry before")
        if entry.id in self.ids:
            raise Fault("duplicate-id", "entry %d has the same id" % self.ids[entry.id])

    def _genesis(self, entry: Entry) -> None:
        """Rule 19; that `log` is a verifier key, phase policy has seen."""
        log = entry.body.get("log")
        digest = entry.subjects[0].digest
        if not isinstance(log, str) or sha256(log.encode("utf-8")).hex() != digest:
            raise Fault("genesis", "subject[0] is not the digest of `log`")
        if self.log_keys[0][1].name != self.origin:
            raise Fault("genesis", "`log` has another name than the origin")
        if entry.introduces is not None and keyid_of(entry.introduces) in self.log_keyids:
            raise Fault("key-not-allowed", "the first key is the log key")

    def _allowed(self, entry: Entry) -> None:
        """Rule 20."""
        if entry.by in self.retired:
            found = "the author's key was revoked or replaced by entry %d" % self.retired[entry.by]
            raise Fault("key-not-allowed", found)
        self._allowed_keys(entry)
        if entry.seq == 0:
            return
        about: Optional[str] = entry.type
        if entry.type == "correction":
            about = self._about(entry.body["corrects"])
            if about is None or about not in KINDS:
                return  # rule 21 follows, or the event is withheld, or it is newer
        assert about is not None
        role = self.keys[entry.by].role
        if role not in KINDS[about].roles:
            raise Fault(
                "key-not-allowed", "a key with the role %s may not record %s" % (role, about)
            )

    def _allowed_keys(self, entry: Entry) -> None:
        """The part of rule 20 that is about keys introduced and log keys."""
        if entry.type == "key-rotated" and entry.body["replaces"] != entry.by:
            raise Fault("key-not-allowed", "it replaces another key than its author's")
        new = keyid_of(entry.introduces) if entry.introduces is not None else ""
        if new in self.keys:
            raise Fault(
                "key-not-allowed", "its key was admitted by entry %d" % self.keys[new].admitted
            )
        if new in self.log_keyids:
            raise Fault("key-not-allowed", "its key is or was the log key")
        signers = {keyid for keyid, _ in entry.signatures if keyid in self.log_keyids}
        if entry.type != "log-key-rotated":
            if signers:
                raise Fault("key-not-allowed", "a log key signed it")
        elif signers != {keyid_of(self.log_keys[-1][1].key)}:
            raise Fault(
                "key-not-allowed", "the log key that it replaces did not sign it, or another did"
            )
        if entry.by not in self.keys and entry.seq != 0:
            raise Fault("key-not-allowed", "its author is a log key or the key that it introduces")

    def _about(self, event: str) -> Optional[str]:
        """The type that a correction of this event is about."""
        return self.about[event] if event in self.about else self.types.get(event)

    def _correction(self, seq: int, entry: Entry) -> None:
        """Rule 21."""
        if entry.type != "correction":
            return
        corrected = self.types.get(entry.body["corrects"])
        if corrected is None:
            if not self.partial:
                raise Fault("bad-correction", "it names no earlier entry")
            self.notes.append("entry %d: what it corrects is withheld" % seq)
            return
        if corrected in KINDS and KINDS[corrected].for_ever:
            raise Fault("bad-correction", "a %s stands for ever" % corrected)
        replacement = entry.body.get("replacement")
        if replacement is None or corrected not in KINDS:
            return
        if replacement["type"] != corrected:
            found = "it puts a %s in place of a %s" % (replacement["type"], corrected)
            raise Fault("bad-correction", found)

    def _explanation(self, seq: int, entry: Entry) -> None:
        """Rule 22: a clock is explained for entries that are there, an outsider's for an anchor."""
        if entry.type != "clock-explained":
            return
        body = entry.body
        for event in {body["entry"], body.get("until", body["entry"])}:
            kind = self.types.get(event)
            if kind is None and not self.partial:
                raise Fault("bad-explanation", "it names no earlier entry")
            if kind is not None and body["clock"] == "outsider" and kind not in ANCHORS:
                raise Fault("bad-explanation", "nobody outside dated anything in a %s" % kind)
        self.explained.take(seq, body, self.ids, self.times)

    def _apply(self, seq: int, entry: Entry, leaf: bytes, known: bool) -> None:
        """What the entry changes for those after it."""
        self.ids[entry.id], self.types[entry.id] = seq, entry.type
        if self.partial:
            self.roots[seq] = entry.root
        self.times[seq] = (entry.at, entry.by, entry.type)
        self.last_at = entry.at
        self.authored[entry.by] = self.authored.get(entry.by, 0) + 1
        for keyid, _ in entry.signatures[1:]:
            self.also_signed[keyid] = self.also_signed.get(keyid, 0) + 1
        self._subjects(seq, entry)
        if seq == 0:
            self.identity = leaf.hex()
            self.organisation = str(entry.body.get("organisation", ""))
        if not known:
            return
        if self.partial:
            self._say(entry)
        if entry.type == "correction":
            self.about[entry.id] = self._about(entry.body["corrects"])
        elif entry.type in ANCHORS:
            self.anchor_entries.append((seq, entry))
            self._anchored(entry)
        elif entry.type == "statement-published":
            self.statements.append((seq, entry))
        self._apply_keys(seq, entry)

    def _anchored(self, entry: Entry) -> None:
        """Where entries are withheld: the root that an anchor names, which phase anchors judges."""
        try:
            found = read_checkpoint(entry.body["checkpoint"].encode("utf-8"))
        except Malformed:
            return
        if self.partial:
            self.roots.setdefault(found.size, found.root)

    def _say(self, entry: Entry) -> None:
        """What an event says, as itself or in place of the one that it corrects."""
        event, told = entry.id, (entry.type, entry.body)
        if entry.type == "correction":
            event, put = entry.body["corrects"], entry.body.get("replacement")
            told = (put["type"], put["body"]) if put else None
        said = self.events.setdefault(event, Event([], []))
        if told is not None:
            said.told.append(told)
        said.files.extend((each.name, each.digest) for each in entry.subjects[1:])

    def _apply_keys(self, seq: int, entry: Entry) -> None:
        body, new = entry.body, entry.introduces
        if entry.type == "ledger-opened" and new is not None:
            self.keys[keyid_of(new)] = Key(new, OWNER, body["holder"], seq)
        elif entry.type == "key-admitted" and new is not None:
            self.keys[keyid_of(new)] = Key(new, body["role"], body["holder"], seq)
        elif entry.type == "key-rotated" and new is not None:
            old = self.keys.get(entry.by, Key(new, "", "", seq))
            self.keys[keyid_of(new)] = Key(new, old.role, old.holder, seq)
            self.retired.setdefault(entry.by, seq)
        elif entry.type == "key-revoked":
            if body["keyid"] not in self.keys:
                return  # of a key that was not admitted: it counts for nothing
            self.retired.setdefault(body["keyid"], seq)
            doubtful = body.get("compromised_from")
            if doubtful is not None:
                before = self.doubtful.get(body["keyid"], doubtful)
                self.doubtful[body["keyid"]] = min(before, doubtful)
        elif entry.type == "log-key-rotated" and new is not None:
            signers = {keyid for keyid, _ in entry.signatures if keyid in self.log_keyids}
            if signers != {keyid_of(self.log_keys[-1][1].key)}:
                return  # only after something newer: else rule 20 has refused it
            self.log_keys.append((seq + 1, Verifier(self.origin, ED25519_NOTE, new)))
            self.log_keyids[keyid_of(new)] = new

    def _subjects(self, seq: int, entry: Entry) -> None:
        """Which files the ledger keeps, and which it only names (section 8)."""
        only_named = entry.type == "evidence-recorded" and entry.body.get("stored") is not True
        for subject in entry.subjects[1:]:
            (self.outside if only_named else self.kept).setdefault(subject.digest, seq)


# --- Saying it ------------------------------------------------------------------------------------

DOES_NOT_PROVE = (
    "that an entry is true: a signature shows who said it, and that it was not changed since",
    "that nothing was left out: an event never recorded leaves no trace",
    "when a thing was said, but for the intervals above: `at` is a claim",
    "the history before the first outside witness, whom the keys' holder could have preceded",
    "that there is one history: two readers who never compare checkpoints can be shown two",
    "who held a key: a stolen one signs as well",
    "that a file is genuine: a digest binds its bytes, not what it says",
    "what README.txt, FORMAT.md, verify.py and policy here say: they are its maker's words",
)
ITEM_DOES_NOT_PROVE = (
    "that the item named rests on these entries and on no other: its name is only held to be one "
    "that they bear on",
    "the order of what is withheld, nor that no withheld entry revoked a key, corrected an entry "
    "or withdrew a ground",
)
ANSWERS = {YES: "YES", NO: "NO", NOT_DECIDED: "NOT DECIDED"}


def as_json(report: Report) -> Dict[str, Json]:
    """The report as one JSON value."""
    fault = report.fault
    limits = list(DOES_NOT_PROVE)
    if report.about.get("item"):
        limits.extend(ITEM_DOES_NOT_PROVE)
    return {
        "answer": ANSWERS[report.answer],
        "fault": fault
        and {"phase": fault.phase, "rule": fault.rule, "place": fault.place, "found": fault.found},
        "findings": [dict(zip(("name", "entry", "found"), each)) for each in report.findings],
        "remarks": [dict(zip(("name", "entry", "found"), each)) for each in report.remarks],
        "undecided": report.undecided,
        "bundle": report.about,
        "phases": [{"phase": name, "checked": text} for name, text in report.counts],
        "keys": report.keys,
        "anchors": [
            {
                "entry": anchor.seq,
                "type": anchor.kind,
                "covers": anchor.size,
                "times": [
                    {"who": who, "time": moment_text(millis), "counts": believed}
                    for who, millis, believed in anchor.times
                ],
            }
            for anchor in report.anchors
        ],
        "intervals": report.intervals,
        "notes": report.notes,
        "does_not_prove": limits,
    }


def plain(text: str) -> str:
    """Text from a ledger without anything that could steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _print_about(report: Report) -> None:
    about = report.about
    if about:
        print("Ledger: %s, %d entries" % (about["ledger"], about["size"]))
        if about.get("organisation"):
            print("Organisation: %s" % plain(about["organisation"]))
        if about["item"]:
            print("Bundle of one item: %s" % about["item"])
    for name, text in report.counts:
        print("  %-10s %s" % (name, text))


def _print_keys(report: Report) -> None:
    if report.keys:
        print("Keys:")
    for key in report.keys:
        text = "  %s %s, %s: admitted by entry %d, author of %d" % (
            key["keyid"],
            plain(key["holder"]),
            key["role"],
            key["admitted"],
            key["authored"],
        )
        if key["also_signed"]:
            text += ", also signed %d" % key["also_signed"]
        if key["retired"] is not None:
            text += "; not after entry %d" % key["retired"]
        if key["doubtful_from"] is not None:
            text += "; doubtful from entry %d on" % key["doubtful_from"]
        print(text)


def _print_time(report: Report) -> None:
    for anchor in report.anchors:
        for who, millis, believed in anchor.times:
            word = "" if believed else " (not believed here)"
            told = (anchor.seq, anchor.size, plain(who), moment_text(millis), word)
            print("Anchor at entry %d over %d entries: %s, %s%s" % told)
    table = report.intervals
    if not table:
        return
    if table["first"] is None:
        print("Time: no witness is believed here, so nothing is proved about when")
        return
    print("Time: first witness %s, last %s" % (table["first"], table["last"]))
    if table["longest_gap_seconds"] is not None:
        gap = span_text(table["longest_gap_seconds"] * 1000)
        print("  longest gap between two of them: %s" % gap)
    told = (table["both_sides"], table["open_below"], table["open_above"])
    print("  entries with both sides proved: %d; with no first moment: %d; no last: %d" % told)


def print_report(report: Report) -> None:
    """The report for people: the answer is the last line."""
    _print_about(report)
    _print_keys(report)
    _print_time(report)
    if report.about.get("withheld_entries") or report.about.get("withheld_content"):
        told = (report.about["withheld_entries"], len(report.about["withheld_content"]))
        print("Withheld: %d entries, %d pieces of content" % told)
    for note in report.notes:
        print("Note: " + plain(note))
    print("No proof here shows:")
    for line in as_json(report)["does_not_prove"]:
        print("  - " + line)
    for remark in report.remarks:
        print("Remark: %s at entry %d: %s" % (remark.name, remark.seq, plain(remark.found)))
    for finding in report.findings:
        print("Finding: %s at entry %d: %s" % finding)
    for reason in report.undecided:
        print("Undecided: " + plain(reason))
    fault = report.fault
    if fault:
        place = " at " + plain(fault.place) if fault.place else ""
        print("NO: phase %s: %s%s: %s" % (fault.phase, fault.rule, place, plain(fault.found)))
    elif report.findings:
        print("NO: the history itself verifies, but see the findings")
    else:
        print(ANSWERS[report.answer])


# --- Command --------------------------------------------------------------------------------------


def check(folder: Folder, options: Options) -> Report:
    """Checks a bundle. Whatever the bytes, there is a report."""
    run = Check(folder, options)
    try:
        return run.run()
    except Exception as error:  # last resort: damage that has no name of its own is still a NO
        run.report.fault = Fault("internal", "%s: %s" % (type(error).__name__, shown(str(error))))
        run.report.fault.phase = "internal"
        return run.report


def _read_own(path: str, limit: int) -> bytes:
    """A file that the reader names."""
    try:
        with open(path, "rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise Usage("%s: %s" % (shown(path, 200), error.strerror)) from None
    except ValueError:
        raise Usage("%s is no file name" % shown(path, 200)) from None
    if len(data) > limit:
        raise Usage("%s is over %d bytes" % (shown(path, 200), limit))
    return data


def _options(told: argparse.Namespace) -> Options:
    now = time.time_ns() // 1_000_000
    if told.now is not None:
        try:
            now = moment(told.now)
        except Malformed as error:
            raise Usage("--now %s" % error) from None
    if told.max_age is not None and told.max_age < 0:
        raise Usage("--max-age is a number of days, 0 or more")
    if told.entry is not None and told.entry < 0:
        raise Usage("--entry is a place, 0 or more")
    if not os.path.isdir(told.folder):
        raise Usage("%s is no folder" % shown(told.folder, 200))
    policy = None if told.policy is None else _read_own(told.policy, POLICY_MAX)
    if policy is not None:
        inside = os.path.join(os.path.realpath(told.folder), "")
        if os.path.realpath(told.policy).startswith(inside):
            found = "%s lies in the folder that is checked: it is its maker's and is passed over"
            print("verify.py: " + found % shown(told.policy, 200), file=sys.stderr)
            policy = None
    kept = tuple((path, _read_own(path, NOTE_MAX)) for path in told.kept)
    return Options(now, policy, told.max_age, kept)


def _arguments(argv: List[str]) -> argparse.Namespace:
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description="Check a bundle of a DSPT evidence ledger.")
    parser.add_argument("folder", nargs="?", default=here, metavar="FOLDER")
    parser.add_argument("--policy", metavar="FILE", help="whom you believe (C2SP tlog-policy)")
    parser.add_argument("--max-age", type=int, metavar="DAYS", help="how old the head may be")
    parser.add_argument("--now", metavar="RFC3339", help="instead of the clock")
    parser.add_argument("--kept", action="append", default=[], metavar="CHECKPOINT")
    parser.add_argument("--entry", type=int, metavar="I", help="also print one entry's interval")
    parser.add_argument("--json", action="store_true", help="print one JSON value")
    return parser.parse_args(argv)


def _entry_text(place: Dict[str, Json], seq: int) -> str:
    return "Entry %d: %s by %s, says %s; proved: not before %s, not after %s" % (
        seq,
        place["type"],
        place["by"],
        place["at"],
        place["not_before"] or "(open)",
        place["not_after"] or "(open)",
    )


def main(argv: List[str]) -> int:
    """Runs the command; returns its exit status."""
    told = _arguments(argv)
    try:
        options = _options(told)
    except Usage as error:
        print("usage: %s" % error, file=sys.stderr)
        return USAGE
    report = check(Folder(told.folder), options)
    place = report.places.get(told.entry) if told.entry is not None else None
    if told.entry is not None and place is None and not report.fault:
        report.undecided.append("entry %d is not in the bundle" % told.entry)
    try:
        if told.json:
            value = as_json(report)
            if told.entry is not None:
                value["entry"] = place and dict(place, seq=told.entry)
            print(json.dumps(value, sort_keys=True))
        else:
            if place is not None:
                print(_entry_text(place, told.entry))
            print_report(report)
        sys.stdout.flush()
    except BrokenPipeError:  # nobody reads on; the answer stays what it is
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return report.answer


def _run() -> int:
    """`main` with output that any terminal takes."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(_run())
