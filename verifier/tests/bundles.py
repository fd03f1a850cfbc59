"""Makes bundles for the tests of `verify.py`: good ones, and ones forged with every key in hand.

It signs, and it makes proofs by the recursive text of RFC 6962, where the verifier follows the
iterative one of RFC 9162. No seed here guards anything.
"""

import base64
import contextlib
import functools
import hashlib
import importlib.util
import json
import pathlib
import sqlite3

ROOT = pathlib.Path(__file__).resolve().parents[2]
VERIFY = ROOT / "verifier" / "verify.py"


def load_verify():
    """The verifier as a module, from where it stands in the sources."""
    spec = importlib.util.spec_from_file_location("verify", VERIFY)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


V = load_verify()
ED = V.Ed25519()
BASE = V._odd_multiples(V._base_point(), 8)
ORIGIN = "ledger.example/northbridge/dspt"
OWNER, CONTRIBUTOR, APPROVER, NEXT, LOG, NEW_LOG, ASSESSOR, STRANGER = (
    bytes([number]) * 32 for number in (1, 5, 6, 7, 2, 8, 9, 10)
)
WITNESS = ("witness.example/auditor", bytes([3]) * 32)
OTHER_WITNESS = ("other.example/witness", bytes([4]) * 32)
START = 1_767_344_400  # 2026-01-02T09:00:00Z


def b64(data):
    """base64."""
    return base64.b64encode(data).decode()


def sha(data):
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def canon(value):
    """Canonical JSON of a value with ASCII keys."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8")


def times_base(scalar):
    """The encoding of a multiple of the base point."""
    return V._encode(V._multiply([(V._naf(scalar, 8), BASE)]))


@functools.lru_cache(maxsize=None)
def secret(seed):
    """Scalar and prefix of a seed (RFC 8032 section 5.1.5)."""
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little")
    return (scalar & ((1 << 254) - 8)) | (1 << 254), digest[32:]


@functools.lru_cache(maxsize=None)
def public(seed):
    """Public key of a seed."""
    return times_base(secret(seed)[0])


@functools.lru_cache(maxsize=None)
def sign(seed, message):
    """Ed25519 signature (RFC 8032 section 5.1.6)."""
    scalar, prefix = secret(seed)
    nonce = int.from_bytes(hashlib.sha512(prefix + message).digest(), "little") % V.L
    start = times_base(nonce)
    challenge = hashlib.sha512(start + public(seed) + message).digest()
    end = (nonce + int.from_bytes(challenge, "little") * scalar) % V.L
    return start + end.to_bytes(32, "little")


def keyid(seed):
    """keyid of a seed's key."""
    return V.keyid_of(public(seed))


def vkey(name, seed, kind=1):
    """Verifier key text."""
    key = V.Verifier(name, kind, public(seed))
    return "%s+%s+%s" % (name, key.id.hex(), b64(bytes([kind]) + key.key))


def note_line(name, seed, message, kind=1, seconds=0):
    """A signature line."""
    key = V.Verifier(name, kind, public(seed))
    blob = sign(seed, message)
    if kind == 4:
        head = b"cosignature/v1\ntime %d\n" % seconds
        blob = seconds.to_bytes(8, "big") + sign(seed, head + message)
    return "\u2014 %s %s\n" % (name, b64(key.id + blob))


def tree(leaves):
    """Root of leaf hashes by the recursive definition."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return V.node_hash(tree(leaves[:split]), tree(leaves[split:]))


def path(index, leaves):
    """Inclusion proof, RFC 6962 section 2.1.1."""
    if len(leaves) < 2:
        return []
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    if index < split:
        return path(index, leaves[:split]) + [tree(leaves[split:])]
    return path(index - split, leaves[split:]) + [tree(leaves[:split])]


def consistency(old, leaves, whole=True):
    """Consistency proof, RFC 6962 section 2.1.2."""
    if old == len(leaves):
        return [] if whole else [tree(leaves)]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    if old <= split:
        return consistency(old, leaves[:split], whole) + [tree(leaves[split:])]
    return consistency(old - split, leaves[split:], False) + [tree(leaves[:split])]


def der(tag, *parts):
    """A DER element."""
    data = b"".join(parts)
    size = bytes([len(data)])
    if len(data) > 127:
        coded = len(data).to_bytes((len(data).bit_length() + 7) // 8, "big")
        size = bytes([0x80 | len(coded)]) + coded
    return bytes([tag]) + size + data


def token(message, when=b"20260109120000Z"):
    """A time-stamp response over a message, without the signature that nobody here reads."""
    digest = hashlib.sha256(message).digest()
    imprint = der(0x30, der(0x30, V.OID_SHA256, der(5)), der(4, digest))
    policy = bytes.fromhex("06022a03")
    info = der(0x30, der(2, b"\x01"), policy, imprint, der(2, b"\x07"), der(0x18, when))
    signed = der(0x30, V.OID_TST_INFO, der(0xA0, der(4, info)))
    data = der(0x30, der(2, b"\x03"), der(0x31), signed, der(0x31))
    return der(0x30, der(0x30, der(2, b"\x00")), der(0x30, V.OID_SIGNED_DATA, der(0xA0, data)))


class World:
    """A ledger in the making. What it adds is right, unless an edit makes it wrong."""

    def __init__(self):
        self.entries = []
        self.content = {}
        self.evidence = {}
        self.log_keys = [(0, LOG)]
        self.at = START
        self.witnesses = []

    # entries

    def leaves(self, size=None):
        """Leaf hashes of the first entries."""
        return [V.leaf_hash(each) for each in self.entries[:size]]

    def payload(self, kind, body, author, subjects=()):
        """The payload of the next entry, as a value."""
        seq = len(self.entries)
        identity = sha(b"\x00" + self.entries[0]) if seq else sha(body["log"].encode())
        self.at += 3600
        named = [{"digest": {"sha256": identity}, "name": ORIGIN}]
        named += [{"digest": {"sha256": digest}, "name": name} for name, digest in subjects]
        return {
            "_type": "https://in-toto.io/Statement/v1",
            "predicate": {
                "at": V.moment_text(self.at * 1000)[:-1] + ".000Z",
                "body": body,
                "by": keyid(author),
                "id": hashlib.sha256(b"id %d" % seq).hexdigest()[:32],
                "ledger": ORIGIN,
                "root": b64(tree(self.leaves())),
                "seq": seq,
                "type": kind,
            },
            "predicateType": "urn:dspt-ledger:event:v1",
            "subject": named,
        }

    def add(self, kind, body, author=OWNER, subjects=(), also=(), edit=None, raw=None, wrap=None):
        """Adds an entry; `edit` changes its payload before it is signed, `raw` the payload's bytes,
        and `wrap` the envelope afterwards. Returns its id."""
        value = self.payload(kind, dict(body, v=body.get("v", 1)), author, subjects)
        if edit:
            edit(value)
        payload = canon(value)
        payload = raw(payload) if raw else payload
        signers = [author] + list(also)
        envelope = {
            "payload": b64(payload),
            "payloadType": "application/vnd.in-toto+json",
            "signatures": [
                {"keyid": keyid(seed), "sig": b64(sign(seed, V.pae(payload)))} for seed in signers
            ],
        }
        data = wrap(envelope) if wrap else None
        self.entries.append(data if isinstance(data, bytes) else canon(envelope))
        return value["predicate"]["id"]

    def keep(self, *files):
        """Puts content into the ledger; returns subjects."""
        for _, data in files:
            self.content[sha(data)] = data
        return [(name, sha(data)) for name, data in files]

    # checkpoints and proofs

    def log_seed(self, size):
        """The log key of that size."""
        return [seed for least, seed in self.log_keys if least <= size][-1]

    def text(self, size, root=None, origin=ORIGIN):
        """The three lines of a checkpoint."""
        root = tree(self.leaves(size)) if root is None else root
        return "%s\n%d\n%s\n" % (origin, size, b64(root))

    def checkpoint(self, size, witnesses=(), seed=None, **changes):
        """A signed checkpoint."""
        text = self.text(size, **changes)
        lines = note_line(ORIGIN, seed or self.log_seed(size), text.encode())
        for name, witness, seconds in witnesses:
            lines += note_line(name, witness, text.encode(), 4, seconds)
        return (text + "\n" + lines).encode()

    def anchor(self, size=None, seconds=None, edit=None, **changes):
        """Adds an anchor with one witness."""
        size = len(self.entries) if size is None else size
        seconds = self.at + 60 if seconds is None else seconds
        note = self.checkpoint(size, [(*WITNESS, seconds)], **changes).decode()
        body = {"checkpoint": note, "witnesses": [vkey(*WITNESS, kind=4)]}
        if edit:
            edit(body)
        self.add("anchor-cosigned", body)

    def timestamp(self, stamped=None, size=None, note=None):
        """Adds a time-stamped anchor."""
        size = len(self.entries) if size is None else size
        note = note or self.checkpoint(size)
        data = stamped or token(note)
        subjects = self.keep(("timestamp.tsr", data))
        body = {"authority": "Time stamping of Example Trust", "checkpoint": note.decode()}
        self.add("anchor-timestamped", body, subjects=subjects)

    def statement(self, edit=None, told=None, **changes):
        """Publishes a statement over what is there."""
        size = len(self.entries)
        body = {
            "category": "cat2-it-supplier",
            "edition": "2025-26-v8",
            "on": "2026-06-30",
            "root": b64(tree(self.leaves())),
            "size": size,
            "standing": "standards_not_met",
        }
        said = dict(body, standing={"status": "standards_not_met"}, ledger=ORIGIN)
        said.update(told or {})
        body.update(changes)
        data = canon(said)
        kept = self.keep(("statement.json", data))
        self.add("statement-published", body, subjects=kept, edit=edit)

    def policy(self, quorum="auditor", seed=LOG):
        """A reader's policy."""
        lines = [
            "# what this reader believes",
            "log " + vkey(ORIGIN, seed),
            "witness auditor " + vkey(*WITNESS, kind=4),
            "witness other %s https://other.example/" % vkey(*OTHER_WITNESS, kind=4),
            "group both all auditor other",
            "quorum " + quorum,
        ]
        return ("\n".join(lines) + "\n").encode()

    # bundles

    def _types(self):
        for seq, data in enumerate(self.entries):
            try:
                payload = base64.b64decode(json.loads(data)["payload"])
                value = json.loads(payload)
                yield seq, {"predicate": dict(value["predicate"]), "subject": value["subject"]}
            except (KeyError, ValueError, RecursionError):
                pass  # forged on purpose

    def _common(self, files, given):
        for seq, value in self._types():
            predicate = value["predicate"]
            if seq in given and predicate["type"] == "anchor-timestamped":
                files["anchors/%d.checkpoint" % seq] = predicate["body"]["checkpoint"].encode()
                digest = value["subject"][1]["digest"]["sha256"]
                files["anchors/%d.tsr" % seq] = self.content[digest]
            if seq in given and predicate["type"] == "statement-published":
                for subject in value["subject"][1:]:
                    files["statement.json"] = self.content[subject["digest"]["sha256"]]
        files["README.txt"] = b"How to check this.\n"
        files["FORMAT.md"] = b"# Format\n"
        files["verify.py"] = b"# verifier\n"
        files["policy"] = self.policy()

    def proof(self, seq, checkpoint):
        """A .tlog-proof."""
        hashes = "".join(b64(each) + "\n" for each in path(seq, self.leaves()))
        return b"c2sp.org/tlog-proof@v1\nindex %d\n" % seq + hashes.encode() + b"\n" + checkpoint

    def whole(self, olds=(7,)):
        """The files of a bundle of the whole ledger."""
        size, files = len(self.entries), {}
        checkpoint = files["checkpoint"] = self.checkpoint(size, self.witnesses)
        hashes, level = self.leaves(), 0
        for index, width in V.tile_widths(size):
            data = b"".join(
                len(each).to_bytes(2, "big") + each
                for each in self.entries[index * 256 : index * 256 + width]
            )
            files[V.tile_path("entries", index, width)] = data
        while hashes:
            for index, width in V.tile_widths(len(hashes)):
                data = b"".join(hashes[index * 256 : index * 256 + width])
                files[V.tile_path(str(level), index, width)] = data
            full = len(hashes) // 256
            hashes = [tree(hashes[index * 256 : index * 256 + 256]) for index in range(full)]
            level += 1
        for seq, value in self._types():
            kind = value["predicate"]["type"]
            if kind.startswith("anchor-") or kind == "statement-published":
                files["proofs/%d.tlog-proof" % seq] = self.proof(seq, checkpoint)
        for old in olds:
            lines = "".join(b64(each) + "\n" for each in consistency(old, self.leaves()))
            data = b"old %d\n" % old + lines.encode() + b"\n" + checkpoint
            files["consistency/%d-%d.add-checkpoint" % (old, size)] = data
        files.update({"content/" + digest: data for digest, data in self.content.items()})
        files.update({"evidence/" + digest: data for digest, data in self.evidence.items()})
        self._common(files, range(size))
        return self.listed(files)

    def item(self, given, item="2025-26-v8/cat2-it-supplier/7.3.5", olds=(7,)):
        """The files of a bundle of one item."""
        size, files = len(self.entries), {}
        checkpoint = files["checkpoint"] = self.checkpoint(size, self.witnesses)
        named = set()
        for seq, value in self._types():
            if seq in given:
                files["entries/%d.json" % seq] = self.entries[seq]
                files["proofs/%d.tlog-proof" % seq] = self.proof(seq, checkpoint)
                named.update(each["digest"]["sha256"] for each in value["subject"][1:])
        for old in olds:
            lines = "".join(b64(each) + "\n" for each in consistency(old, self.leaves()))
            data = b"old %d\n" % old + lines.encode() + b"\n" + checkpoint
            files["consistency/%d-%d.add-checkpoint" % (old, size)] = data
        for folder, stock in (("content/", self.content), ("evidence/", self.evidence)):
            files.update({folder + each: data for each, data in stock.items() if each in named})
        self._common(files, given)
        return self.listed(files, item, size - len(given))

    def listed(self, files, item=None, withheld=0, content=(), **changes):
        """The files with a right `bundle.json`."""
        size = len(self.entries)
        value = {
            "files": [
                {"name": name, "sha256": sha(data), "size": len(data)}
                for name, data in sorted(files.items(), key=lambda each: each[0].encode())
                if name != "bundle.json"
            ],
            "format": "dspt-bundle/2",
            "item": item,
            "ledger": ORIGIN,
            "root": b64(tree(self.leaves())),
            "size": size,
            "withheld": {"content": sorted(content), "entries": withheld},
        }
        value.update(changes)
        return dict(files, **{"bundle.json": manifest(value)})


def manifest(value):
    """`bundle.json` with the digest of the rest of it."""
    rest = {name: each for name, each in value.items() if name != "digest"}
    return canon(dict(rest, digest=sha(canon(rest))))


def relisted(files, **changes):
    """The files with `bundle.json` made to fit them again, so that only deeper rules can object."""
    value = dict(json.loads(files["bundle.json"]), **changes)
    value["files"] = [
        {"name": name, "sha256": sha(data), "size": len(data)}
        for name, data in sorted(files.items(), key=lambda each: each[0].encode())
        if name != "bundle.json"
    ]
    return dict(files, **{"bundle.json": manifest(value)})


class Memory:
    """A folder in memory, with the verifier's interface to one on disk."""

    def __init__(self, files):
        self.files = files

    def size(self, name):
        """Size of a file or None."""
        return len(self.files[name]) if name in self.files else None

    def read(self, name, limit):
        """Bytes of a file."""
        return self.files[name][: limit + 1]

    def sha256(self, name, size):
        """Size and SHA-256 of a file."""
        return len(self.files[name]), sha(self.files[name])

    def extra(self, files, _folders):
        """A file that is not expected."""
        return next((name for name in self.files if name not in files), None)


def from_file(path):
    """A ledger that the program wrote; its own checkpoint comes with it."""
    world = World()
    with contextlib.closing(sqlite3.connect(path)) as file:
        rows = file.execute("SELECT bytes FROM entry ORDER BY seq")
        world.entries = [bytes(data) for (data,) in rows]
        rows = file.execute("SELECT digest, bytes FROM content")
        world.content = {bytes(digest).hex(): bytes(data) for digest, data in rows}
        (note,) = file.execute("SELECT note FROM head ORDER BY size DESC LIMIT 1").fetchone()
    world.checkpoint = lambda _size, _witnesses=(): bytes(note)
    return world


def opened():
    """A ledger with entry 0 and three more keys."""
    world = World()
    log = vkey(ORIGIN, LOG)
    body = {"holder": "Asha Rao", "key": b64(public(OWNER)), "log": log}
    world.add("ledger-opened", dict(body, organisation="Northbridge Hosting \u201cNord\u201d"))
    for seed, role in ((CONTRIBUTOR, "contributor"), (APPROVER, "approver")):
        body = {"holder": "Holder of " + role, "key": b64(public(seed)), "role": role}
        world.add("key-admitted", body, also=[seed])
    return world


def golden(name, **changes):
    """A body as the program writes it."""
    body = json.loads((ROOT / "fixtures" / "golden" / (name + ".json")).read_text("utf-8"))
    return dict(body, **changes)


ITEMS = b"""category,assertion,item,title,requirement,confidence
cat2-it-supplier,1.1,1.1.1,ICO registration number,mandatory,
cat2-it-supplier,7.3,7.3.5,"Backups, restored",mandatory,
cat2-it-supplier,7.3,7.3.6,Backups kept apart,mandatory,
cat2-it-supplier,9.6,9.6.1,Changes are approved,mandatory,
cat4-gp,7.3,7.3.5,Something else,mandatory,
"""
EXEMPTIONS = b"""category,item,scheme,effect,organisation_types,scope_test,condition
cat2-it-supplier,7.3.5,iso27001,satisfies,,all-health-and-care-data,
cat2-it-supplier,9.6.1,cyber-essentials-plus,satisfies,,all-health-and-care-data,
cat2-it-supplier,7.3.6,iso27001,satisfies,,all-health-and-care-data,
"""
MAPPING = b"""source,relationship,target
iso27001:2022/A.8.13,equal-to,2025-26-v8/cat2-it-supplier/7.3.5
iso27001:2022/A.8.32,equal-to,2025-26-v8/cat2-it-supplier/9.6.1
"""


def adopt(world):
    """Adopts an edition of a few items."""
    files = world.keep(("items.csv", ITEMS), ("exemptions.csv", EXEMPTIONS))
    world.add("edition-adopted", golden("edition-adopted.v1"), subjects=files)


def classify(world):
    """Says which category the organisation is of."""
    world.add("organisation-classified", golden("organisation-classified.v1"))


def good():
    """A ledger of 26 entries: rotations, a revoked key, corrections, anchors and a statement."""
    world = opened()
    adopt(world)
    controls = world.keep(("controls.csv", b"id,parent,title,kind\n"))
    world.add("framework-adopted", golden("framework-adopted.v1"), subjects=controls)
    classify(world)
    world.add("scope-declared", golden("scope-declared.v1"))
    world.anchor()  # entry 7, over 7
    certificate = world.add("certificate-recorded", golden("certificate-recorded.v1"), CONTRIBUTOR)
    soa = world.keep(("soa.csv", b"control,applicable\n"), ("import:soa.xlsx", b"sheet"))
    body = {"certificate": certificate, "from": "2025-10-01"}
    world.add("soa-recorded", body, CONTRIBUTOR, soa)
    rows = world.keep(("mapping.csv", MAPPING))
    mapping = world.add("mapping-imported", golden("mapping-imported.v1"), CONTRIBUTOR, rows)
    world.add("mapping-approved", golden("mapping-approved.v1", mapping=mapping), APPROVER)
    scan = world.keep(("restore.pdf", b"%PDF restore test"))
    evidence = world.add("evidence-recorded", golden("evidence-recorded.v1"), CONTRIBUTOR, scan)
    outside = b"a file that stays where it is"
    world.evidence[sha(outside)] = outside
    elsewhere = [("minutes.txt", sha(outside)), ("other.txt", sha(b"not here"))]
    world.add("evidence-recorded", golden("evidence-recorded.v1.min"), CONTRIBUTOR, elsewhere)
    answer = world.add("item-answered", golden("item-answered.v1"), CONTRIBUTOR)
    body = {"corrects": answer, "reason": "the date was wrong"}
    other = {"body": golden("item-answered.v1", met=False), "type": "item-answered"}
    fix = world.add("correction", dict(body, replacement=other), CONTRIBUTOR)
    body = {"key": b64(public(NEXT)), "reason": "a new laptop", "replaces": keyid(CONTRIBUTOR)}
    world.add("key-rotated", body, CONTRIBUTOR, also=[NEXT])  # entry 16
    world.timestamp()  # entry 17
    body = {"key": b64(public(NEW_LOG)), "reason": "a new machine"}
    world.add("log-key-rotated", body, also=[LOG, NEW_LOG])  # entry 18
    world.log_keys.append((19, NEW_LOG))
    world.statement()  # entry 19
    world.add("assertion-confirmed", golden("assertion-confirmed.v1"), APPROVER, also=[OWNER])
    body = {"compromised_from": 20, "keyid": keyid(APPROVER), "reason": "laptop lost"}
    world.add("key-revoked", body)
    world.add("correction", {"corrects": fix, "reason": "it was right"}, NEXT)
    body = {"holder": "Kit Ames", "key": b64(public(ASSESSOR)), "role": "assessor"}
    world.add("key-admitted", body, also=[ASSESSOR])
    world.add("evidence-withdrawn", golden("evidence-withdrawn.v1", evidence=evidence), NEXT)
    world.anchor()  # entry 25, over 25
    world.witnesses = [(*WITNESS, world.at + 600), (*OTHER_WITNESS, world.at + 700)]
    return world
