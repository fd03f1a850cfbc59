"""Tests of `verifier/verify.py`: python3 -W error -m unittest discover -s verifier/tests

With DSPT_FULL=1 every byte of the bundles is changed in turn; without, a sample of them. With
DSPT_CASES=FOLDER every bundle and what came of it is written there: `tests/it/second.rs` puts the
same bundles before the other verifier.
"""

import base64
import contextlib
import hashlib
import io
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time
import traceback
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import bundles as B  # noqa: E402  (its folder is not a package)

V = B.V
FULL = os.environ.get("DSPT_FULL") == "1"
VECTORS = B.ROOT / "fixtures" / "vectors"


class Remembering(V.Ed25519):
    """Strict verification that remembers its answers: the tests ask the same ones many times."""

    def __init__(self):
        super().__init__()
        self.answers = {}

    def verify(self, key, message, signature):
        """As the verifier's own."""
        asked = (key, message, signature)
        if asked not in self.answers:
            self.answers[asked] = super().verify(key, message, signature)
        return self.answers[asked]


SHARED = Remembering()
PLAIN = V.Ed25519


ITEM = "2025-26-v8/cat2-it-supplier/7.3.5"
GIVEN = [0, 1, 2, 3, 5, 7, 8, 12, 16, 17, 18, 19]  # of the good ledger, for that item


CHECK = V.check


class Cases:
    """Writes down every bundle in memory that was checked: its files by their SHA-256."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.kept = set()
        self.list = open(self.folder / "cases.jsonl", "w", encoding="ascii")

    def keep(self, data):
        """The name of a file that holds these bytes."""
        name = B.sha(data)
        if name not in self.kept:
            self.kept.add(name)
            (self.folder / name).write_bytes(data)
        return name

    def check(self, folder, told):
        """As the verifier's own."""
        report = CHECK(folder, told)
        if isinstance(folder, B.Memory):
            calls = (call.name for call in traceback.extract_stack() if call.name[:5] == "test_")
            case = {
                "test": next(calls, ""),
                "files": {name: self.keep(data) for name, data in folder.files.items()},
                "now": told.now,
                "policy": None if told.policy is None else self.keep(told.policy),
                "max_age": told.max_age_days,
                "kept": [self.keep(data) for _, data in told.kept],
                "answer": V.ANSWERS[report.answer],
                "rule": report.fault and report.fault.rule,
                "findings": sorted({finding.name for finding in report.findings}),
            }
            self.list.write(json.dumps(case) + "\n")
        return report


CASES = Cases(os.environ["DSPT_CASES"]) if "DSPT_CASES" in os.environ else None


def setUpModule():
    """One memory of signatures for all tests."""
    V.Ed25519 = lambda: SHARED
    if CASES:
        V.check = CASES.check


def tearDownModule():
    """The verifier as it was."""
    V.Ed25519, V.check = PLAIN, CHECK
    if CASES:
        CASES.list.close()


def options(world, **changes):
    """A reader who believes both witnesses, an hour after the end."""
    told = {"now": (world.at + 3600) * 1000, "policy": world.policy("both")}
    told.update(changes)
    return V.Options(**told)


def answer(files, told):
    """Phase, rule and place of the fault; or the answer and the findings."""
    report = V.check(B.Memory(files), told)
    if report.fault:
        return report.fault.rule
    if report.findings:
        return ",".join(finding.name for finding in report.findings)
    return V.ANSWERS[report.answer]


class Good(unittest.TestCase):
    """Bundles that are right."""

    def check(self, files, told, expected):
        report = V.check(B.Memory(files), told)
        self.assertIsNone(report.fault and vars(report.fault))
        self.assertEqual(report.findings, [])
        self.assertEqual(V.ANSWERS[report.answer], expected)
        return report

    def test_whole_ledger(self):
        world = B.good()
        kept = (("kept", world.checkpoint(13)), ("kept too", world.checkpoint(26)))
        report = self.check(world.whole(), options(world, kept=kept, max_age_days=1), "YES")
        self.assertEqual(dict(report.counts)["entries"], "26 entries, 33 signatures")
        self.assertEqual(report.intervals["first"], "2026-01-02T16:01:00Z")
        self.assertEqual(report.places[7]["not_before"], None)
        self.assertEqual(report.places[8]["not_before"], "2026-01-02T16:01:00Z")
        self.assertEqual(report.places[6]["not_after"], "2026-01-02T16:01:00Z")
        self.assertEqual(report.places[7]["not_after"], "2026-01-03T10:01:00Z")

    def test_one_item(self):
        world = B.good()
        kept = (("kept", world.checkpoint(7)),)
        self.check(world.item(GIVEN), options(world, kept=kept), "YES")

    def test_without_a_policy_it_is_not_decided(self):
        world = B.good()
        self.check(world.whole(), options(world, policy=None), "NOT DECIDED")

    def test_policy_may_name_the_first_log_key_or_the_newest(self):
        world = B.good()
        policy = world.policy(seed=B.NEW_LOG)
        self.check(world.whole(), options(world, policy=policy), "YES")

    def test_content_may_be_withheld_and_said(self):
        world = B.good()
        files = world.whole()
        digest = B.sha(b"%PDF restore test")
        del files["content/" + digest]
        self.check(world.listed(files, content=[digest]), options(world), "YES")

    def test_newer_types_and_versions_are_not_decided(self):
        for kind, body in (("audit-planned", {}), ("framework-adopted", {"v": 2, "x": 1})):
            world = B.opened()
            world.add(kind, body)
            files = world.whole(olds=())
            self.check(files, options(world, policy=world.policy("none")), "NOT DECIDED")

    def test_what_comes_after_something_newer_may_come_of_it(self):
        for rule, step in (
            ("NOT DECIDED", lambda world: framework(author=B.STRANGER)(world)),
            ("NOT DECIDED", lambda world: framework(author=B.CONTRIBUTOR)(world)),
            ("wrong-root", lambda world: framework(edit=put("predicate/root", WEAK))(world)),
            # What it may explain does not hide what it cannot.
            (
                "wrong-root",
                lambda world: [
                    framework(author=B.STRANGER)(world),
                    framework(edit=put("predicate/root", WEAK))(world),
                ],
            ),
        ):
            world = B.opened()
            world.add("key-lent", {})
            step(world)
            told = options(world, policy=world.policy("none"))
            self.assertEqual(answer(world.whole(olds=()), told), rule)

    def test_a_ledger_that_the_program_wrote(self):
        world = B.from_file(B.ROOT / "fixtures" / "golden" / "ledger-v1.dspt")
        files = world.whole(olds=())
        files = B.relisted(files, ledger="ledger.example/test/dspt")
        report = self.check(files, options(world, policy=None), "NOT DECIDED")
        self.assertEqual(dict(report.counts)["entries"], "16 entries, 19 signatures")

    def test_three_hundred_entries_have_two_levels_of_tiles_and_take_seconds(self):
        world = B.opened()
        leaves = world.leaves()
        for number in range(300 - len(leaves)):
            edit = lambda value: value["predicate"].update(root=B.b64(roots.root()))  # noqa: E731
            if number == 0:
                roots = V.Roots()
                for leaf in leaves:
                    roots.push(leaf)
            whole, world.leaves = world.leaves, lambda size=None: []
            world.add("framework-adopted", B.golden("framework-adopted.v1"), edit=edit)
            world.leaves = whole
            roots.push(V.leaf_hash(world.entries[-1]))
        files = world.whole(olds=(1, 2, 255, 256, 257, 299, 300))
        self.assertIn("tile/1/000.p/1", files)
        V.Ed25519 = PLAIN
        try:
            start = time.perf_counter()
            self.check(files, options(world, policy=world.policy("none")), "YES")
            self.assertLess(time.perf_counter() - start, 10)
        finally:
            V.Ed25519 = lambda: SHARED
        broken = B.relisted(dict(files, **{"tile/1/000.p/1": bytes(32)}))
        self.assertEqual(answer(broken, options(world, policy=world.policy("none"))), "tile")


def put(path, value):
    """An edit that sets a field of the payload."""

    def edit(payload):
        *parents, last = path.split("/")
        for name in parents:
            payload = payload[int(name) if name.isdigit() else name]
        payload[last] = value

    return edit


def drop(name):
    """An edit that removes a field of the predicate."""
    return lambda payload: payload["predicate"].pop(name)


FRAMEWORK = B.golden("framework-adopted.v1")
ANSWER = B.golden("item-answered.v1")


def framework(**how):
    """A forged entry that is otherwise right."""
    return lambda world: world.add("framework-adopted", FRAMEWORK, **how)


def admit(key, also=(), **how):
    """A forged admission."""

    def forge(world):
        body = {"holder": "x", "key": key, "role": "contributor"}
        world.add("key-admitted", dict(body), also=list(also), **how)

    return forge


def signed_again(value):
    """The first signature, twice."""
    value["signatures"] *= 2


def other_signature(value):
    """The signature of another message."""
    value["signatures"][0]["sig"] = B.b64(B.sign(B.OWNER, b"another message"))


def revoke(seed, by=B.OWNER):
    """Revokes a key."""
    return lambda world: world.add("key-revoked", {"keyid": B.keyid(seed), "reason": "lost"}, by)


def rotate(old, new, author, also, **changes):
    """Rotates a key."""
    body = {"key": B.b64(B.public(new)), "reason": "x", "replaces": B.keyid(old)}
    return lambda world: world.add("key-rotated", dict(body, **changes), author, also=also)


def rotate_log(new, also, author=B.OWNER):
    """Rotates the log key."""

    def forge(world):
        body = {"key": B.b64(B.public(new)), "reason": "x"}
        world.add("log-key-rotated", body, author, also=also)
        world.log_keys.append((len(world.entries), new))

    return forge


def correction(event, replacement=None):
    """Body of a correction."""
    body = {"corrects": event, "reason": "x"}
    return dict(body, replacement=replacement) if replacement else body


def weak_log_key(world):
    """Rotates the log key to one of small order."""
    world.add("log-key-rotated", {"key": WEAK, "reason": "x"}, also=[B.LOG])


def correct(which=None, author=B.OWNER, replacement=None, of=None):
    """Corrects an answer, or the entry `of`, or the event `which`."""

    def forge(world):
        event = which
        if of is not None:
            event = json.loads(V.base64.b64decode(json.loads(world.entries[of])["payload"]))
            event = event["predicate"]["id"]
        elif which is None:
            event = world.add("item-answered", ANSWER)
        world.add("correction", correction(event, replacement), author)

    return forge


def correct_twice(author, replacement=None):
    """Corrects the correction of an approver's event."""

    def forge(world):
        body = B.golden("assertion-confirmed.v1")
        first = world.add("assertion-confirmed", body, B.APPROVER)
        second = world.add("correction", correction(first), B.APPROVER)
        world.add("correction", correction(second, replacement), author)

    return forge


def both(*steps):
    """Steps one after another."""
    return lambda world: [step(world) for step in steps]


WEAK = B.b64(bytes([1]) + bytes(31))
TORSION = B.b64(V._encode(V._add(V._decode(B.public(B.NEXT)), V._decode(bytes(32)))))
LATE = "2200-01-01T00:00:00.000Z"

# One rule each: all else is signed, rooted and listed as it should be.
FORGED_ENTRIES = [
    ("not-canonical", framework(raw=lambda data: data.replace(b":", b": ", 1))),
    ("not-canonical", framework(raw=lambda data: data.replace(b'"v":1', b'"v":1,"v":1'))),
    ("not-canonical", framework(raw=lambda data: data.replace(b'"v":1', b'"v":1.0'))),
    ("not-canonical", framework(raw=lambda data: data.replace(b'"v":1', b'"v":NaN'))),
    ("not-canonical", framework(raw=lambda data: data.replace(b'"v":1', b'"v":9007199254740993'))),
    ("not-canonical", framework(raw=lambda data: data.replace(b"iso", b"\\u0069so"))),
    ("not-canonical", framework(raw=lambda data: data.replace(b"iso", b"\\ud800"))),
    ("not-canonical", framework(raw=lambda data: data.replace(b"iso", b"\xff"))),
    ("not-canonical", framework(raw=lambda data: data.replace(b'"v":1', b'"v":' + b"[" * 9999))),
    ("not-canonical", framework(wrap=lambda value: B.canon(value).replace(b":", b": ", 1))),
    ("not-canonical", framework(wrap=lambda value: B.canon(value) + b"\n")),
    ("not-canonical", framework(wrap=lambda value: b"")),
    ("missing-field", framework(wrap=lambda value: B.canon({"payload": value["payload"]}))),
    ("missing-field", framework(edit=drop("root"))),
    ("missing-field", lambda world: world.add("key-admitted", {"holder": "x", "role": "owner"})),
    ("unknown-field", framework(edit=put("predicate/more", 1))),
    ("unknown-field", framework(edit=put("subject/0/more", 1))),
    ("unknown-field", framework(wrap=lambda value: value.update(more=1))),
    ("wrong-field", framework(edit=put("_type", "https://in-toto.io/Statement/v2"))),
    ("wrong-field", framework(edit=put("predicateType", "urn:dspt-ledger:event:v2"))),
    ("wrong-field", framework(edit=put("predicate/at", "2026-02-30T09:00:00.000Z"))),
    ("wrong-field", framework(edit=put("predicate/at", "2026-02-03T09:00:00Z"))),
    ("wrong-field", framework(edit=put("predicate/seq", True))),
    ("wrong-field", framework(edit=put("predicate/id", "AB" * 16))),
    ("wrong-field", framework(edit=put("predicate/root", "AAA="))),
    ("wrong-field", framework(edit=put("predicate/type", "framework--adopted"))),
    ("wrong-field", framework(edit=put("predicate/body", []))),
    ("wrong-field", framework(edit=put("subject/0/name", "a\x7fb"))),
    ("wrong-field", framework(wrap=lambda value: value.update(payloadType="text/plain"))),
    ("wrong-field", framework(wrap=lambda value: value.update(signatures=[]))),
    ("wrong-field", framework(wrap=lambda value: value.update(payload=value["payload"] + "="))),
    ("author-not-first", framework(edit=put("predicate/by", B.keyid(B.APPROVER)))),
    ("signed-twice", framework(wrap=signed_again)),
    ("wrong-opening", framework(edit=put("predicate/type", "ledger-opened"))),
    ("bad-key", admit(WEAK)),
    ("bad-key", admit(TORSION)),
    ("bad-key", admit(B.b64((V.P + 3).to_bytes(32, "little")))),
    ("bad-key", admit("AAAA")),
    ("bad-key", weak_log_key),
    ("wrong-field", admit(7)),
    ("wrong-field", admit(None)),
    ("missing-possession", admit(B.b64(B.public(B.NEXT)))),
    ("missing-possession", rotate(B.CONTRIBUTOR, B.NEXT, B.CONTRIBUTOR, [])),
    ("missing-possession", rotate_log(B.NEW_LOG, [B.LOG])),
    ("wrong-introducer", admit(B.b64(B.public(B.OWNER)))),
    ("wrong-sequence", framework(edit=put("predicate/seq", 4))),
    ("wrong-ledger", framework(edit=put("predicate/ledger", "ledger.example/other/dspt"))),
    ("wrong-ledger", framework(edit=put("subject/0/name", "ledger.example/other/dspt"))),
    ("wrong-identity", framework(edit=put("subject/0/digest/sha256", "00" * 32))),
    ("wrong-root", framework(edit=put("predicate/root", B.b64(bytes(32))))),
    ("unknown-key", framework(author=B.STRANGER)),
    ("unknown-key", framework(also=[B.STRANGER])),
    ("bad-signature", framework(wrap=other_signature)),
    ("bad-body", lambda world: world.add("framework-adopted", {"framework": "iso27001"})),
    ("bad-body", lambda world: world.add("framework-adopted", dict(FRAMEWORK, more=1))),
    ("bad-body", lambda world: world.add("framework-adopted", {})),
    ("bad-body", lambda world: world.add("framework-adopted", dict(FRAMEWORK, v=0))),
    ("bad-body", lambda world: world.add("framework-adopted", dict(FRAMEWORK, v=True))),
    ("bad-time", framework(edit=put("predicate/at", LATE))),
    ("time-went-back", framework(edit=put("predicate/at", "2026-01-02T09:00:00.000Z"))),
    ("duplicate-id", framework(edit=put("predicate/id", hashlib.sha256(b"id 0").hexdigest()[:32]))),
    ("key-not-allowed", framework(author=B.CONTRIBUTOR)),
    ("key-not-allowed", both(revoke(B.APPROVER), correct_twice(B.APPROVER))),
    ("key-not-allowed", revoke(B.APPROVER, B.CONTRIBUTOR)),
    ("key-not-allowed", rotate(B.APPROVER, B.NEXT, B.CONTRIBUTOR, [B.NEXT])),
    ("key-not-allowed", admit(B.b64(B.public(B.CONTRIBUTOR)), [B.CONTRIBUTOR])),
    ("key-not-allowed", admit(B.b64(B.public(B.LOG)), [B.LOG])),
    ("key-not-allowed", framework(also=[B.LOG])),
    ("key-not-allowed", framework(author=B.LOG)),
    ("key-not-allowed", rotate_log(B.NEW_LOG, [B.NEW_LOG])),
    ("key-not-allowed", rotate_log(B.APPROVER, [B.LOG, B.APPROVER])),
    ("key-not-allowed", rotate_log(B.NEW_LOG, [B.LOG, B.NEW_LOG], B.APPROVER)),
    ("key-not-allowed", correct(author=B.APPROVER)),
    ("key-not-allowed", correct_twice(B.CONTRIBUTOR)),
    ("bad-correction", correct(which="ab" * 16)),
    ("bad-correction", correct(of=0)),
    ("bad-correction", correct(of=1)),
    ("bad-correction", correct(replacement={"body": FRAMEWORK, "type": "framework-adopted"})),
    ("bad-correction", correct_twice(B.APPROVER, {"body": ANSWER, "type": "item-answered"})),
    ("bad-body", correct(replacement={"body": {"v": 1}, "type": "item-answered"})),
    ("bad-body", correct_twice(B.APPROVER, {"body": {"v": 1}, "type": "correction"})),
]


def event(kind, body, author=B.CONTRIBUTOR):
    """An entry with that body."""
    return lambda world: world.add(kind, body, author)


def without(name, *fields, **changes):
    """A golden body without these fields."""
    body = B.golden(name, **changes)
    return {field: value for field, value in body.items() if field not in fields}


EVENT = "ab" * 16
CHALLENGE = {"approval": EVENT, "reason": "x"}

# Spellings that some reader might let pass. Each field can be left out; `null` is a second spelling.
ODD_BODIES = [
    event("evidence-recorded", B.golden("evidence-recorded.v1", **{field: None}))
    for field in ("items", "controls", "scope", "stored", "size", "valid_until")
] + [
    event("equivalence-asserted", B.golden("equivalence-asserted.v1", **{field: None}))
    for field in ("organisation_types", "whole_scope", "minimum_assurance")
] + [
    event("framework-adopted", dict(FRAMEWORK, v=v), B.OWNER) for v in (0, -1, None, "1", [1])
] + [
    event("mapping-approved", B.golden("mapping-approved.v1", rows=rows), B.APPROVER)
    for rows in ([0], [1, 0], [-1], "some", [True], 1)
] + [
    event("approval-withdrawn", B.golden("approval-withdrawn.v1", rows=[0]), B.APPROVER),
    event("evidence-recorded", without("evidence-recorded.v1", "items", "controls")),
    event("evidence-recorded", dict(
        without("evidence-recorded.v1", "controls"), items=[])),
    event("statement-published", B.golden("statement-published.v1", standing="met"), B.OWNER),
    event("key-revoked", B.golden("key-revoked.v1", compromised_from=None), B.OWNER),
    event("correction", {"corrects": EVENT, "reason": "x", "replacement": None}, B.OWNER),
]


class Forged(unittest.TestCase):
    """Ledgers forged with every key in hand: only the rule named stands against each."""

    def test_each_rule_of_section_9(self):
        for number, (rule, forge) in enumerate(FORGED_ENTRIES):
            with self.subTest(number=number, rule=rule):
                world = B.opened()
                forge(world)
                told = options(world, policy=world.policy("none"))
                self.assertEqual(answer(world.whole(olds=()), told), rule)

    def test_second_spellings_of_a_body(self):
        for number, forge in enumerate(ODD_BODIES):
            with self.subTest(number=number):
                world = B.opened()
                forge(world)
                told = options(world, policy=world.policy("none"))
                self.assertEqual(answer(world.whole(olds=()), told), "bad-body")

    def test_years_out_of_reach(self):
        for year in ("0000", "0001", "1899", "2200", "9998"):
            with self.subTest(year=year):
                at = year + "-12-31T09:00:00.000Z"
                self.check_ledger(framework(edit=put("predicate/at", at)), "bad-time")
        at = "0000-02-30T09:00:00.000Z"
        self.check_ledger(framework(edit=put("predicate/at", at)), "wrong-field")

    def test_attacks_with_the_organisations_own_keys(self):
        world = B.good()
        # Backdated: dated before an anchor that stands before it.
        late = B.opened()
        late.anchor(seconds=late.at + 86_400)
        framework()(late)
        told = options(late, policy=late.policy("none"), now=(late.at + 10**6) * 1000)
        late.witnesses = [(*B.WITNESS, late.at + 100_000)]
        self.assertEqual(answer(late.whole(olds=()), told), "time-outside-interval")
        # Another question under the right event.
        self.check_ledger(lambda world: world.statement(told={"on": "2026-06-29"}),
                          "statement-differs")
        # A witness that is the log itself, in the head and in an anchor.
        log = B.vkey(B.ORIGIN, B.LOG, 4)
        self.check_ledger(lambda world: world.anchor(edit=put("witnesses", [log])),
                          "anchor-witness")
        # One witness under two names reaches no quorum of two: such a policy is refused.
        twice = world.policy().replace(
            b"witness other " + B.vkey(*B.OTHER_WITNESS, kind=4).encode(),
            b"witness other " + B.vkey("second.example/name", B.WITNESS[1], 4).encode())
        self.assertEqual(answer(world.whole(), options(world, policy=twice)), "policy")
        # The same in an anchor: its key stands there twice.
        names = [B.vkey(*B.WITNESS, kind=4), B.vkey("second.example/name", B.WITNESS[1], 4)]
        self.check_ledger(lambda world: world.anchor(edit=put("witnesses", names)),
                          "anchor-witness")
        # A cosignature from the future.
        now = (world.at + 600) * 1000 - 300_001
        self.assertEqual(answer(world.whole(), options(world, now=now)), "stale")
        # A policy with the log key before the rotation, and a head kept from before it.
        kept = (("kept", world.checkpoint(18)),)
        for seed in (B.LOG, B.NEW_LOG):
            policy = world.policy("both", seed=seed)
            told = options(world, policy=policy, kept=kept)
            self.assertEqual(answer(world.whole(), told), "YES")
        # A head of the old size by the new key, or of the new size by the old one.
        for size, seed in ((18, B.NEW_LOG), (19, B.LOG)):
            kept = (("kept", world.checkpoint(size, seed=seed)),)
            self.assertEqual(answer(world.whole(), options(world, kept=kept)), "kept")
        # Two log keys: a second genesis under the same name.
        kept = (("kept", world.checkpoint(26, seed=B.STRANGER)),)
        self.assertEqual(answer(world.whole(), options(world, kept=kept)), "kept")
        # The revocation of an author is withheld: that cannot be shown, and is said.
        report = V.check(B.Memory(world.item([0, 1, 2, 3, 5, 12, 16, 18, 20], olds=())), options(world))
        self.assertEqual(V.ANSWERS[report.answer], "YES")
        limits = " ".join(V.as_json(report)["does_not_prove"])
        self.assertIn("that no withheld entry revoked a key", limits)

    def test_what_the_organisation_says_itself_may_be_anything(self):
        world = B.good()
        files = world.whole()
        for name in ("README.txt", "FORMAT.md", "verify.py", "policy"):
            changed = B.relisted({**files, name: b"trust us\n"})
            self.assertEqual(answer(changed, options(world)), "YES")
            gone = {each: data for each, data in files.items() if each != name}
            self.assertEqual(answer(B.relisted(gone), options(world)), "YES")

    def test_the_same_steps_done_rightly_pass(self):
        steps = [
            rotate_log(B.NEW_LOG, [B.LOG, B.NEW_LOG]),
            framework(),
            admit(B.b64(B.public(B.NEXT)), [B.NEXT]),
            revoke(B.APPROVER),
            rotate(B.CONTRIBUTOR, B.NEXT, B.CONTRIBUTOR, [B.NEXT]),
            correct(),
            correct(author=B.CONTRIBUTOR, replacement={"body": ANSWER, "type": "item-answered"}),
            correct_twice(B.APPROVER),
            framework(also=[B.APPROVER]),
            both(revoke(B.APPROVER), framework(also=[B.APPROVER])),
            framework(edit=put("predicate/at", "2199-12-31T23:59:59.999Z")),
        ]
        for number, step in enumerate(steps):
            with self.subTest(number=number):
                world = B.opened()
                step(world)
                told = options(world, policy=world.policy("none"))
                self.assertEqual(answer(world.whole(olds=()), told), "YES")

    def test_entry_0(self):
        cases = [
            ("not-canonical", {}, {"raw": lambda data: data + b" "}),
            ("bad-key", {"key": WEAK}, {}),
            ("genesis", {"log": B.vkey("one name", B.LOG)}, {}),
            ("genesis", {"log": "no key"}, {}),
            ("genesis", {}, {"edit": put("subject/0/digest/sha256", "00" * 32)}),
            ("bad-body", {"more": 1}, {}),
            ("wrong-root", {}, {"edit": put("predicate/root", B.b64(bytes(32)))}),
        ]
        for number, (rule, changes, how) in enumerate(cases):
            with self.subTest(number=number, rule=rule):
                world = B.World()
                log = B.vkey(B.ORIGIN, B.LOG)
                body = {"holder": "x", "key": B.b64(B.public(B.OWNER)), "log": log}
                world.add("ledger-opened", {**body, "organisation": "x", **changes}, **how)
                told = options(world, policy=world.policy("none"))
                self.assertEqual(answer(world.whole(olds=()), told), rule)

    def test_rules_that_only_a_bundle_of_one_item_can_break(self):
        world = B.opened()
        framework()(world)
        B.adopt(world)
        B.classify(world)
        told = options(world, policy=world.policy("none"))
        self.assertEqual(answer(world.item([0, 3, 4, 5], olds=()), told), "YES")
        self.assertEqual(answer(world.item([1, 3], olds=()), told), "unknown-identity")
        answer_after = B.opened()
        answer_after.add("item-answered", ANSWER, B.CONTRIBUTOR)
        B.adopt(answer_after)
        B.classify(answer_after)
        told = options(answer_after, policy=answer_after.policy("none"))
        self.assertEqual(answer(answer_after.item([0, 3], olds=()), told), "unknown-key")
        files = answer_after.item([0, 1, 3, 4, 5], olds=())
        self.assertEqual(answer(files, told), "YES")
        long = dict(files, **{"entries/3.json": files["entries/3.json"] + b" " * 65_000})
        self.assertEqual(answer(B.relisted(long), told), "too-long")
        gone = {name: data for name, data in files.items() if name != "proofs/3.tlog-proof"}
        self.assertEqual(answer(B.relisted(gone), told), "proof")
        other = dict(files, **{"proofs/3.tlog-proof": files["proofs/1.tlog-proof"]})
        self.assertEqual(answer(B.relisted(other), told), "proof")

    def check_ledger(self, forge, rule, **changes):
        world = B.opened()
        forge(world)
        changes.setdefault("policy", world.policy("none"))
        self.assertEqual(answer(world.whole(olds=()), options(world, **changes)), rule)

    def test_anchors(self):
        witness = B.vkey(*B.WITNESS, kind=4)
        forgeries = [
            ("YES", lambda world: world.anchor()),
            ("anchor", lambda world: world.anchor(seed=B.STRANGER)),
            ("anchor", lambda world: world.add(
                "anchor-cosigned", {"checkpoint": "x", "witnesses": [witness]})),
            ("anchor", lambda world: world.anchor(origin="ledger.example/other/dspt")),
            ("anchor-root", lambda world: world.anchor(root=bytes(32))),
            ("anchor-witness", lambda world: world.anchor(edit=put("witnesses", []))),
            ("anchor-witness", lambda world: world.anchor(edit=put("witnesses", [witness] * 2))),
            ("anchor-witness", lambda world: world.anchor(edit=put("witnesses", ["x+y+z"]))),
            ("anchor-witness", lambda world: world.anchor(
                edit=put("witnesses", [B.vkey(*B.OTHER_WITNESS, kind=4)]))),
            ("anchor-witness", lambda world: world.anchor(
                edit=put("witnesses", [B.vkey(B.ORIGIN, B.LOG, 4)]))),
            ("anchor-witness", lambda world: world.anchor(seconds=2**63)),
            ("YES", lambda world: world.timestamp()),
            ("anchor-token", lambda world: world.timestamp(stamped=B.token(b"other"))),
            ("anchor-token", lambda world: world.timestamp(stamped=b"\x30\x80")),
            ("anchor", lambda world: world.timestamp(
                note=world.checkpoint(3, [(*B.WITNESS, world.at)]))),
        ]
        for number, (rule, forge) in enumerate(forgeries):
            with self.subTest(number=number, rule=rule):
                # The witness's key must not be the log's: that is a policy of its own.
                self.check_ledger(forge, rule)

    def test_an_anchor_over_itself(self):
        world = B.opened()
        world.anchor(size=4, root=bytes(32))
        told = options(world, policy=world.policy("none"))
        self.assertEqual(answer(world.whole(olds=()), told), "anchor-place")

    def test_findings(self):
        self.check_ledger(lambda world: world.anchor(seconds=world.at - 300), "YES")
        self.check_ledger(
            lambda world: world.anchor(seconds=world.at - 301), "time-outside-interval"
        )
        self.check_ledger(lambda world: world.statement(), "YES")
        for changes in ({"on": "2026-06-29"}, {"root": B.b64(bytes(32))}, {"size": 2},
                        {"size": 9}, {"standing": "standards_met"}, {"edition": "other"},
                        {"category": "other"}):
            self.check_ledger(lambda world: world.statement(**changes), "statement-differs")
        self.check_ledger(lambda world: world.statement(told={"size": True}), "statement-differs")

    def explained(self, world, clock, entry, until=None, **changes):
        """Records that a clock was wrong."""
        ids = [hashlib.sha256(b"id %d" % seq).hexdigest()[:32] for seq in (entry, until or 0)]
        body = {"clock": clock, "entry": ids[0], "reason": "the battery was flat"}
        if until is not None:
            body["until"] = ids[1]
        body.update(changes)
        world.add("clock-explained", body)

    def ended(self, world, names=("none",), **told):
        """The answer under policies, without one, and the remarks."""
        files = world.whole(olds=())
        told.setdefault("now", (world.at + 9000) * 1000)
        answers = [answer(files, options(world, policy=world.policy(name), **told)) for name in names]
        report = V.check(B.Memory(files), options(world, policy=world.policy("none"), **told))
        return answers[0], [(remark.name, remark.seq) for remark in report.remarks]

    def ahead(self, *, until=None, also=0, explain=True):
        """A ledger that holds entries stamped years ahead, and a witness who came soon after."""
        world = B.opened()
        framework()(world)  # entry 3
        right, world.at = world.at, world.at + 5 * 365 * 86_400
        framework()(world)  # entry 4, ahead
        framework()(world)  # entry 5, ahead by an hour more
        world.at -= 3600  # what comes after carries the time of entry 5
        framework()(world)
        if explain:
            world.at -= 3600
            self.explained(world, "author", 4, until)
        for _ in range(also):
            framework()(world)
        world.witnesses = [(*B.WITNESS, right + 7200)]
        return world

    def test_a_stamp_from_the_future_that_is_explained_is_told_and_no_finding(self):
        found = ",".join(["time-outside-interval"] * 3)
        self.assertEqual(self.ended(self.ahead(explain=False)), (found, []))
        told = [("clock-explained", seq) for seq in (4, 5, 6, 7)]
        self.assertEqual(self.ended(self.ahead(until=5)), ("YES", told))
        # Named alone, the first does not speak of the second, nor the second of what moved on.
        some = self.ended(self.ahead())
        self.assertEqual(some[0], found)
        self.assertEqual(some[1], [("clock-explained", 4)])
        self.assertEqual(self.ended(self.ahead(until=5, also=1))[0], "time-outside-interval")
        # What the reader's own clock calls the future is named, and no more.
        world = self.ahead(until=5)
        world.witnesses = []
        files, told = world.whole(olds=()), options(world, policy=world.policy("none"), now=0)
        report = V.check(B.Memory(files), told)
        self.assertEqual(V.ANSWERS[report.answer], "YES")
        self.assertEqual([remark[:2] for remark in report.remarks], [("after-your-clock", 0)])

    def test_an_outsiders_time_that_cannot_be_is_explained(self):
        def seen(seconds, explain=True, later=None, clock="outsider"):
            """An anchor at entry 3, what follows it, and an anchor over all of that."""
            world = B.opened()
            world.anchor(seconds=world.at + seconds)
            framework()(world)
            if explain:
                self.explained(world, clock, 3)
            if later is not None:
                world.anchor(seconds=world.at + later)
            return world

        year = 365 * 86_400
        many = "time-outside-interval,time-outside-interval"
        # Far too early: 1970, two hours back, and the edges of the tolerance.
        self.assertEqual(self.ended(seen(60 - B.START)), ("YES", [("clock-explained", 3)]))
        for seconds, expected in ((-301, "time-outside-interval"), (-300, "YES"), (-7200, many)):
            self.assertEqual(self.ended(seen(seconds, explain=False))[0], expected)
            self.assertEqual(self.ended(seen(seconds)), ("YES", [("clock-explained", 3)]))
            self.assertEqual(self.ended(seen(seconds, clock="author"))[0], expected)
        # Far ahead: the word of the organisation alone takes no proof away ...
        self.assertEqual(self.ended(seen(year, explain=False))[0], "time-outside-interval")
        self.assertEqual(self.ended(seen(year))[0], many)
        self.assertEqual(self.ended(seen(year, clock="author"))[0], many)
        # ... and with a later head that a witness dates rightly it is told, and no finding.
        alone = ["time-outside-interval"] * 2
        self.assertEqual(self.ended(seen(year, explain=False, later=60))[0].split(",")[:2], alone)
        self.assertEqual(self.ended(seen(year, later=60))[0], "YES")
        # The edge: a later head must be earlier by more than the tolerance.
        for later, expected in ((3299, "YES"), (3300, many)):
            self.assertEqual(self.ended(seen(4 * 3600, later=later))[0], expected)

    def test_backdating_stays_proven_whatever_is_said_of_clocks(self):
        for clock in ("author", "outsider"):
            world = B.opened()
            world.anchor(seconds=world.at + 86_400)  # an honest witness, who came a day later
            framework()(world)  # dated back
            self.explained(world, clock, 3 if clock == "outsider" else 4)
            world.at += 3 * 86_400
            world.anchor()
            found = self.ended(world)[0]
            self.assertEqual(found, "time-outside-interval,time-outside-interval")

    def test_what_explains_nothing_is_refused(self):
        def forged(author=B.OWNER, **changes):
            world = B.opened()
            world.anchor()
            ids = hashlib.sha256(b"id 3").hexdigest()[:32]
            body = {"clock": "outsider", "entry": ids, "reason": "flat"}
            body.update(changes)
            world.add("clock-explained", body, author)
            told = options(world, policy=world.policy("none"))
            return answer(world.whole(olds=()), told)

        two = hashlib.sha256(b"id 2").hexdigest()[:32]
        self.assertEqual(forged(), "YES")
        self.assertEqual(forged(clock="author", until=two), "YES")
        self.assertEqual(forged(entry=two), "bad-explanation")
        self.assertEqual(forged(entry="0" * 32), "bad-explanation")
        self.assertEqual(forged(clock="author", until="0" * 32), "bad-explanation")
        self.assertEqual(forged(until=two), "bad-body")
        self.assertEqual(forged(clock="log"), "bad-body")
        self.assertEqual(forged(author=B.CONTRIBUTOR), "key-not-allowed")
        world = B.opened()
        world.anchor()
        self.explained(world, "outsider", 3)
        world.add("correction", {"corrects": hashlib.sha256(b"id 4").hexdigest()[:32],
                                 "reason": "it was right"})
        told = options(world, policy=world.policy("none"))
        self.assertEqual(answer(world.whole(olds=()), told), "bad-correction")

    def test_an_entry_that_claims_to_be_older_than_its_first_moment(self):
        for seconds, expected in ((300, "YES"), (301, "time-outside-interval")):
            world = B.opened()
            world.anchor(seconds=world.at + 3600 + 3600 + seconds)
            framework()(world)
            told = options(world, policy=world.policy("none"), now=(world.at + 9000) * 1000)
            world.witnesses = [(*B.WITNESS, world.at + 100)]
            self.assertEqual(answer(world.whole(olds=()), told), expected)


class Bundles(unittest.TestCase):
    """Bundles whose ledger is right and whose other files are not."""

    @classmethod
    def setUpClass(cls):
        cls.world = B.good()
        cls.files = cls.world.whole()

    def check(self, rule, files, **told):
        self.assertEqual(answer(files, options(self.world, **told)), rule)

    def changed(self, **files):
        return B.relisted({**self.files, **files})

    def without(self, name):
        return B.relisted({each: data for each, data in self.files.items() if each != name})

    def test_manifest(self):
        value = json.loads(self.files["bundle.json"])
        spaced = json.dumps(value).encode()
        upside = dict(value, files=value["files"][::-1])
        away = dict(value["files"][0], name="../x")
        bad = [
            {"format": "dspt-bundle/3"}, {"format": "dspt-bundle/1"}, {"item": "x"}, {"ledger": "x"}, {"root": "x"}, {"size": 0},
            {"size": True}, {"withheld": {}}, {"withheld": {"content": [], "entries": 1}},
            {"withheld": {"content": ["ff" * 32, "00" * 32], "entries": 0}}, {"more": 1},
            {"files": [away]}, {"files": []},
        ]
        for data in [spaced, b"", b"\xff", b"[" * 99_999, B.canon(upside)] + [
            B.manifest(dict(value, **changes)) for changes in bad
        ] + [B.canon(dict(value, digest=told)) for told in ("00" * 32, "", None)]:
            self.check("manifest", {**self.files, "bundle.json": data})
        rest = {name: data for name, data in self.files.items() if name != "bundle.json"}
        self.check("manifest", rest)

    def test_files(self):
        less = {name: data for name, data in self.files.items() if name != "README.txt"}
        self.check("file-missing", less)
        self.check("file-extra", {**self.files, "notes.txt": b""})
        self.check("file-differs", {**self.files, "README.txt": b"x"})
        self.check("file-differs", {**self.files, "README.txt": b"how to check this.\n"})

    def test_policy(self):
        good = self.world.policy("both").decode()
        again = "witness again %s\n" % B.vkey(*B.WITNESS, kind=4)
        bad = [
            good.replace("quorum both", ""), good + "quorum both\n", good.replace("all", "3"),
            good.replace("all", "0"), good.replace("group both", "group auditor"), good[:-1],
            good.replace("quorum both", "quorum nobody"), good + "more\n", good + "#\x01\n",
            good + "# \udcff\n",
            good.replace("auditor other", "auditor auditor"), good + again,
            good.replace("both", "none"), good.replace("log ", "witness x ", 1),
            self.world.policy(seed=B.STRANGER).decode(), "quorum none\n", "",
        ]
        for policy in bad:
            with self.subTest(policy=policy):
                self.check("policy", self.files, policy=policy.encode("utf-8", "surrogateescape"))

    def test_head(self):
        world, size = self.world, len(self.world.entries)
        forged = world.checkpoint(size, seed=B.STRANGER)
        self.check("checkpoint", self.changed(checkpoint=forged))
        self.check("checkpoint", self.changed(checkpoint=world.checkpoint(size, seed=B.LOG)))
        self.check("checkpoint", self.changed(checkpoint=b""))
        twice = world.checkpoint(size, world.witnesses + world.witnesses[:1])
        self.check("checkpoint", self.changed(checkpoint=twice))
        far = [(*B.WITNESS, 2**63), (*B.OTHER_WITNESS, 5)]
        self.check("checkpoint", self.changed(checkpoint=world.checkpoint(size, far)))
        lines = world.checkpoint(size, world.witnesses).decode().split("\n")
        lines[5] = lines[5][:-6] + "AAAA=="
        self.check("checkpoint", self.changed(checkpoint="\n".join(lines).encode()))
        self.check("checkpoint-place", self.changed(checkpoint=world.checkpoint(size - 1)))
        other = world.checkpoint(size, world.witnesses, root=bytes(32))
        self.check("checkpoint-place", self.changed(checkpoint=other))
        root = self.changed(checkpoint=other)
        self.check("checkpoint-root", B.relisted(root, root=B.b64(bytes(32))))

    def test_quorum_and_age(self):
        one = self.changed(checkpoint=self.world.checkpoint(26, self.world.witnesses[:1]))
        self.check("quorum", one)
        self.check("quorum", self.changed(checkpoint=self.world.checkpoint(26)))
        newest = self.world.witnesses[1][2] * 1000
        day = 86_400_000
        oldest = self.world.witnesses[0][2] * 1000
        self.check("YES", self.files, max_age_days=2, now=oldest + 2 * day)
        self.check("stale", self.files, max_age_days=2, now=oldest + 2 * day + 1)
        self.check("YES", self.files, now=newest - 300_000)
        self.check("stale", self.files, now=newest - 300_001)
        none = self.changed(checkpoint=self.world.checkpoint(26))
        self.check("stale", none, max_age_days=2, policy=self.world.policy("none"))

    def test_those_who_signed_lately_reach_the_quorum_by_themselves(self):
        world = B.good()
        now = (world.at + 400 * 86_400) * 1000
        third = ("third.example/witness", bytes([11]) * 32)
        names = [("a", B.WITNESS), ("b", B.OTHER_WITNESS), ("c", third)]
        lines = ["log " + B.vkey(B.ORIGIN, B.NEW_LOG)]
        lines += ["witness %s %s" % (name, B.vkey(*key, kind=4)) for name, key in names]
        lines.append("group most 2 a b c")

        def check(rule, ages, quorum="most", **told):
            world.witnesses = [
                (*key, now // 1000 - age * 86_400)
                for (_, key), age in zip(names, ages)
                if age is not None
            ]
            policy = "\n".join(lines + ["quorum " + quorum, ""]).encode()
            self.check(rule, world.whole(), now=now, policy=policy, **told)

        check("YES", (399, 399, 0))
        check("stale", (399, 399, 0), max_age_days=30)
        check("stale", (399, 31, 0), max_age_days=30)
        check("YES", (399, 30, 0), max_age_days=30)
        check("stale", (30, None, 31), max_age_days=30)
        check("YES", (0, 30, 399), max_age_days=30)
        check("YES", (399, 399, 0), "c", max_age_days=30)
        check("stale", (399, 0, 0), "a", max_age_days=30)
        check("YES", (399, 0, 399), "none", max_age_days=30)
        check("stale", (399, 399, 399), "none", max_age_days=30)

    def test_a_key_of_the_ledger_is_no_witness(self):
        def own(seed, name="own.example/witness"):
            return (name, seed)

        cases = [(B.OWNER, 25), (B.CONTRIBUTOR, 25), (B.NEXT, 3), (B.ASSESSOR, 3), (B.NEW_LOG, 3)]
        for seed, _ in cases:
            # In the quorum, with a policy that names it.
            world = B.good()
            world.witnesses = [(*own(seed), world.at + 600)]
            policy = "log %s\nwitness own %s\nquorum own\n" % (
                B.vkey(B.ORIGIN, B.NEW_LOG), B.vkey(*own(seed), kind=4))
            told = options(world, policy=policy.encode())
            self.assertEqual(answer(world.whole(), told), "quorum")
            given = world.item(GIVEN + [21, 23])
            self.assertEqual(answer(given, told), "quorum")
        for seed, size in cases:
            # In an anchor, where its time would be a finding.
            world = B.good()
            text = world.text(size)
            line = B.note_line(*own(seed), text.encode(), 4, 5)
            note = world.checkpoint(size).decode() + line
            body = {"checkpoint": note, "witnesses": [B.vkey(*own(seed), kind=4)]}
            world.add("anchor-cosigned", body)
            world.witnesses = [(*B.WITNESS, world.at + 60), (*B.OTHER_WITNESS, world.at + 60)]
            if seed == B.ASSESSOR:
                self.assertEqual(answer(world.whole(), options(world)), "YES")
            for policy in (None, world.policy("both")):
                report = V.check(B.Memory(world.whole()), options(world, policy=policy))
                found = report.fault and report.fault.rule
                self.assertEqual((found, report.findings),
                                 ("anchor-witness", []) if seed == B.NEW_LOG else (None, []))
        # A key that becomes the log's only after the anchor.
        world = B.opened()
        text = world.text(2)
        line = B.note_line(*own(B.NEW_LOG), text.encode(), 4, 5)
        world.add("anchor-cosigned", {"checkpoint": world.checkpoint(2).decode() + line,
                                      "witnesses": [B.vkey(*own(B.NEW_LOG), kind=4)]})
        body = {"key": B.b64(B.public(B.NEW_LOG)), "reason": "a new machine"}
        world.add("log-key-rotated", body, also=[B.LOG, B.NEW_LOG])
        world.log_keys.append((len(world.entries), B.NEW_LOG))
        told = options(world, policy=world.policy("none"))
        self.assertEqual(answer(world.whole(olds=()), told), "YES")

    def test_two_roots_of_one_size_are_a_fork_also_between_gaps(self):
        def forked(size, given, roots=(bytes(32),)):
            """Anchors over `size` entries under these roots, after eight more entries."""
            world = B.good()
            for root in roots:
                text = world.text(size, root=root)
                line = B.note_line(*B.WITNESS, text.encode(), 4, world.at - 1800)
                note = world.checkpoint(size, root=root).decode() + line
                witnesses = [B.vkey(*B.WITNESS, kind=4)]
                world.add("anchor-cosigned", {"checkpoint": note, "witnesses": witnesses})
            world.witnesses = [(*B.WITNESS, world.at + 60), (*B.OTHER_WITNESS, world.at + 60)]
            anchors = [len(world.entries) - at - 1 for at in range(len(roots))]
            return answer(world.item(sorted(set(given) | set(anchors))), options(world))

        # Entry 12 is given out and signs the root of those before it; 13 is withheld.
        self.assertEqual(forked(12, GIVEN), "anchor-root")
        self.assertEqual(forked(13, GIVEN), "YES")
        self.assertEqual(forked(13, GIVEN, (bytes(32), bytes(32))), "YES")
        self.assertEqual(forked(13, GIVEN, (bytes(32), bytes([1]) * 32)), "anchor-root")
        # Of entries without a gap before them the root is known; the anchor's own place counts too.
        self.assertEqual(forked(3, GIVEN), "anchor-root")
        self.assertEqual(forked(26, GIVEN), "anchor-root")

    def test_what_stands_before_a_gap_has_its_interval(self):
        for seconds, expected in ((60, "YES"), (86_400, "time-outside-interval")):
            world = B.opened()
            world.anchor(seconds=world.at + seconds)
            adopt = B.adopt
            adopt(world)
            B.classify(world)
            framework()(world)
            told = options(world, policy=world.policy("none"), now=(world.at + 10**6) * 1000)
            files = world.item([0, 1, 2, 3, 4, 5], olds=())
            self.assertEqual(answer(files, told).split(",")[0], expected)

    def test_no_two_files_of_an_entry_have_one_name(self):
        for name in ("restore.pdf", B.ORIGIN):
            for twice, expected in ((True, "wrong-field"), (False, "YES")):
                world = B.good()
                one, other = b"one", b"other" if twice else b"one"
                files = world.keep((name, one), (name if twice else "second.pdf", other))
                world.add("evidence-recorded", B.golden("evidence-recorded.v1"), B.NEXT, files)
                world.witnesses = [(*B.WITNESS, world.at), (*B.OTHER_WITNESS, world.at)]
                self.assertEqual(answer(world.whole(), options(world)), expected)
        # Of two statements each verifier could take another.
        world = B.opened()
        world.statement(edit=lambda value: value["subject"].append(dict(value["subject"][1])))
        told = options(world, policy=world.policy("none"))
        self.assertEqual(answer(world.whole(olds=()), told), "wrong-field")

    def test_a_list_speaks_of_no_more_entries_than_its_files_can_hold(self):
        world = B.good()
        files = world.whole()
        for size in (256 * (len(files) - 1) + 1, 10**10, 2**53 - 1):
            self.check("manifest", B.relisted(files, size=size))

    def test_a_witness_is_its_key_and_not_its_name(self):
        world = B.opened()
        name = "renamed.example/witness"
        line = B.note_line(name, B.WITNESS[1], world.text(3).encode(), 4, world.at - 3600)
        note = world.checkpoint(3).decode() + line
        witnesses = [B.vkey(name, B.WITNESS[1], 4)]
        world.add("anchor-cosigned", {"checkpoint": note, "witnesses": witnesses})
        told = options(world, policy=world.policy("none"))
        self.assertEqual(answer(world.whole(olds=()), told), "time-outside-interval")

    def test_a_witness_on_the_head_counts_without_a_policy_too(self):
        world = B.opened()
        world.anchor()
        world.witnesses = [(*B.WITNESS, world.at - 301)]
        told = options(world, policy=None)
        self.assertEqual(answer(world.whole(olds=()), told), "time-outside-interval")

    def test_kept(self):
        fork = B.opened()
        for _ in range(10):
            framework()(fork)
        cases = [fork.checkpoint(12), self.world.checkpoint(12, seed=B.STRANGER), b"",
                 self.world.checkpoint(12, origin="ledger.example/other/dspt"),
                 self.world.checkpoint(27, root=bytes(32))]
        for kept in cases:
            self.check("kept", self.files, kept=(("old", kept),))
        files = self.world.item([0, 3, 5, 18])
        self.check("YES", files, kept=(("old", self.world.checkpoint(7)),))
        self.check("kept", files, kept=(("old", self.world.checkpoint(8)),))
        self.check("kept", files, kept=(("old", fork.checkpoint(7)),))

    def test_tiles(self):
        tile, entries = "tile/0/000.p/26", "tile/entries/000.p/26"
        self.check("tile", self.without(tile))
        self.check("tile", self.without(entries))
        self.check("tile", self.changed(**{tile: self.files[tile][:-32]}))
        self.check("tile", self.changed(**{entries: self.files[entries] + b"\0\0"}))
        self.check("tile", self.changed(**{entries: self.files[entries][:-1]}))
        self.check("tile", self.changed(**{"tile/0/000.p/7": self.files[tile][: 7 * 32]}))
        self.check("tile", self.changed(**{"tile/1/000.p/1": bytes(32)}))
        self.check("leaf-differs", self.changed(**{tile: bytes(32) + self.files[tile][32:]}))

    def test_proofs(self):
        name = "proofs/19.tlog-proof"
        good = self.files[name]
        self.check("proof", self.without(name))
        self.check("proof", self.changed(**{"proofs/3.tlog-proof": good}))
        for bad in (good.replace(b"19", b"18"), good.replace(b"\n\n", b"\n", 1), good + b"\n",
                    good.replace(b"@v1", b"@v2"), b"", self.files["proofs/17.tlog-proof"],
                    good.replace(b"index", b"extra AAA\nindex"),
                    good.replace(b"index", b"extra AAAA\nindex")):
            self.check("proof", self.changed(**{name: bad}))
        name = "consistency/7-26.add-checkpoint"
        good = self.files[name]
        shorter = good.replace(b"\n\n", b"\n", 1)
        for bad in (good.replace(b"old 7", b"old 8"), shorter, b"", good[:-1]):
            self.check("consistency", self.changed(**{name: bad}))
        self.check("consistency", self.changed(**{"consistency/7-25.add-checkpoint": good}))
        self.check("consistency", self.changed(**{"consistency/26-26.add-checkpoint": good}))
        lines = good.split(b"\n")
        swapped = b"\n".join([lines[0], lines[2], lines[1]] + lines[3:])
        self.check("consistency", self.changed(**{name: swapped}))

    def test_the_form_before(self):
        value = json.loads(self.files["bundle.json"])
        del value["digest"]
        first = dict(value, format="dspt-bundle/1")
        self.check("YES", {**self.files, "bundle.json": B.canon(first)})
        self.check("manifest", {**self.files, "bundle.json": B.canon(dict(first, digest=None))})
        self.check("manifest", {**self.files, "bundle.json": B.canon(value)})
        item = self.world.item(GIVEN)
        value = dict(json.loads(item["bundle.json"]), format="dspt-bundle/1")
        del value["digest"]
        self.check("manifest", {**item, "bundle.json": B.canon(value)})

    def test_the_name_of_an_item(self):
        def named(given, item, rule):
            files = self.world.item(given, "2025-26-v8/" + item, olds=())
            self.check(rule, files)

        it, other, led = ("cat2-it-supplier/" + each for each in ("7.3.5", "7.3.6", "9.6.1"))
        keys, asked = [0, 1, 2, 16, 18], [3, 5]
        # Where nothing is said of any, any that is asked for; and no other.
        named(keys + asked, it, "YES")
        named(keys + asked, other, "YES")
        named(keys + asked, "cat2-it-supplier/7.3.7", "item")
        named(keys + asked, "cat4-gp/7.3.5", "item")
        self.check("item", self.world.item(keys + asked, "2024-25-v7/" + it, olds=()))
        named(keys + [3], it, "item")
        named(keys + [5], it, "item")
        # An answer and evidence speak of one item; with a control, of what its mapping leads to.
        for seq in (13, 14):
            named(keys + asked + [seq], it, "YES")
            named(keys + asked + [seq], other, "item")
        named(keys + asked + [12], it, "YES")
        named(keys + asked + [12], led, "item")
        named(keys + asked + [12, 10, 11], led, "YES")
        named(keys + asked + [12, 10, 11], other, "item")
        # A certificate meets what the edition says, and several alike.
        named(keys + asked + [8], it, "YES")
        named(keys + asked + [8], other, "YES")
        named(keys + asked + [8], led, "item")
        named(keys + asked + [8, 20], "cat2-it-supplier/1.1.1", "item")

    def test_the_name_of_an_item_under_corrections(self):
        world = B.opened()
        B.adopt(world)
        B.classify(world)
        event = world.add("item-answered", dict(ANSWER, item=ITEM[:-1] + "6"), B.CONTRIBUTOR)
        body = {"corrects": event, "reason": "the other one was meant"}
        put = {"body": ANSWER, "type": "item-answered"}
        world.add("correction", dict(body, replacement=put), B.CONTRIBUTOR)
        told = options(world, policy=world.policy("none"))
        every = [0, 1, 3, 4, 5, 6]
        self.assertEqual(answer(world.item(every, olds=()), told), "YES")
        self.assertEqual(answer(world.item(every[:-1], olds=()), told), "item")
        # The correction alone speaks of the item as well.
        self.assertEqual(answer(world.item([0, 1, 3, 4, 6], olds=()), told), "YES")
        self.assertEqual(answer(world.item(every, ITEM[:-1] + "6", olds=()), told), "YES")
        self.assertEqual(answer(world.item(every, ITEM[:-5] + "9.6.1", olds=()), told), "item")

    def test_files_that_are_no_tables(self):
        good = [{"a": "1", "b": "x, y"}]
        self.assertEqual(V.table_rows(b'a,b\n1,"x, y"\n\n'), good)
        self.assertEqual(V.table_rows(b' a ,b\r\n 1," x, y"\r\n'), good)
        for bad in (b"", b"a,b\n", b"a,b\n1\n", b"a,b\n1,2,3\n", b"a,a\n1,2\n", b"a\n\xff\n"):
            self.assertEqual(V.table_rows(bad), [], bad)

    def test_how_the_tables_of_an_edition_are_read(self):
        row = "cat2-it-supplier,7.3.5,x"
        read = (
            "category,item,title\n%s\n",
            "\ufeffcategory,item,title\n%s\n",
            "category,item,title\r\n%s\r\n",
            "category,item,title\r%s\r",
            "category,item,title\n%s",
            "\n,,\n , ,\ncategory,item,title\n\n%s\n,,\n \n",
            " category\u00a0,\u2003item\u3000,title\n%s\n",
            "item,category,category-of-old,title\n7.3.5, cat2-it-supplier\t,,x\n",
            "category,item,\n%s\n",
            "category,item,title,,\n%s,y,z\n",
            'category,item,title\n"cat2-it-supplier","7.3.5","a\rb"\n',
            'category,item,title\n"cat2-it-supplier","7.3".5,x\n',
            'category,item,title\ncat2-it-supplier,7.3.5,a "quoted" word\n',
            'category,item,title\ncat2-it-supplier,7.3.5,"not closed\n',
            "category,item,title\n%s\0\n",
        )
        other = (
            "",
            "category,item,title\n",
            "category,item,title\n%s\nx\n",
            "category,item,title\n%s,y\n",
            "category,item,item\n%s\n",
            "category,number,title\n%s\n",
            "Category,item,title\n%s\n",
            "\x1fcategory,item,title\n%s\n",
            "\u200bcategory,item,title\n%s\n",
            "\ufeff\ufeffcategory,item,title\n%s\n",
            "category;item;title\n%s\n",
            'category,item,title\ncat2-it-supplier,"7.3"".5",x\n',
            'category,item,title\ncat2-it-supplier,"7.3.5\n',
            "category,item,title\ncat2-it-supplier,7.3.5\x1f,x\n",
            "category,item,title\ncat2-it-supplier,7.3.5\0,x\n",
        )
        for texts, rule in ((read, "YES"), (other, "item")):
            for text in texts:
                world = B.opened()
                items = (text.replace("%s", row)).encode("utf-8")
                files = world.keep(("items.csv", items), ("exemptions.csv", b"x"))
                files += world.keep(("organisation-types.csv", b"y"))
                world.add("edition-adopted", B.golden("edition-adopted.v1"), subjects=files)
                B.classify(world)
                told = options(world, policy=world.policy("none"))
                given = world.item([0, 3, 4], ITEM, olds=())
                self.assertEqual(answer(given, told), rule, repr(text))

    def test_what_a_subject_is_called(self):
        def after(*names, kind="item-answered", body=ANSWER, missing=()):
            world = B.opened()
            B.adopt(world)
            files = [(name, b"file %d" % at) for at, name in enumerate(names)]
            world.add(kind, body, B.CONTRIBUTOR, subjects=world.keep(*files))
            for at in missing:
                del world.content[B.sha(b"file %d" % at)]
            return answer(world.whole(olds=()), options(world, policy=world.policy("none")))

        # A name that no table has, and two names of one kind, mean nothing; the files must be there.
        self.assertEqual(after("unheard-of.txt"), "YES")
        self.assertEqual(after("import:a.csv", "import:b.csv"), "YES")
        self.assertEqual(after("items.csv"), "YES")
        self.assertEqual(after("unheard-of.txt", missing=[0]), "content-missing")
        self.assertEqual(after("a", "b", missing=[1]), "content-missing")
        self.assertEqual(after("a", "a"), "wrong-field")
        self.assertEqual(after("import:a.csv", "b", "import:a.csv"), "wrong-field")
        # The name of the ledger itself is one as any other.
        self.assertEqual(after(B.ORIGIN), "YES")
        self.assertEqual(after(B.ORIGIN, B.ORIGIN), "wrong-field")

    def test_a_replacement_that_is_newer(self):
        def after(replacement, rule, corrects=None):
            world = B.opened()
            B.adopt(world)
            event = world.add("item-answered", ANSWER, B.CONTRIBUTOR)
            body = {"corrects": corrects or event, "reason": "x", "replacement": replacement}
            world.add("correction", body, B.CONTRIBUTOR)
            told = options(world, policy=world.policy("none"))
            self.assertEqual(answer(world.whole(olds=()), told), rule, replacement)

        after({"type": "item-answered", "body": dict(ANSWER, v=2)}, "NOT DECIDED")
        after({"type": "audit-planned", "body": {"v": 1}}, "NOT DECIDED")
        after({"type": "audit-planned", "body": {}}, "NOT DECIDED")
        # What it speaks of, or that it is another type, is then not asked: something newer may say.
        after({"type": "audit-planned", "body": {}}, "NOT DECIDED", corrects="0" * 32)
        after({"type": "correction", "body": {"corrects": "0" * 32, "reason": "x", "v": 1}}, "bad-body")
        after({"type": "correction", "body": {"v": 2}}, "bad-body")
        after({"type": "item-answered", "body": dict(ANSWER, v=0)}, "bad-body")
        after({"type": "item-answered", "body": {"v": 1}}, "bad-body")

    def test_a_first_entry_that_is_newer(self):
        world = B.World()
        body = {"holder": "Asha Rao", "key": B.b64(B.public(B.OWNER)), "organisation": "N"}
        log = B.vkey(B.ORIGIN, B.LOG)
        world.add("ledger-opened", dict(body, log=log), edit=put("predicate/body/v", 2))
        B.adopt(world)
        for policy in (None, world.policy("none")):
            told = options(world, policy=policy)
            self.assertEqual(answer(world.whole(olds=()), told), "NOT DECIDED")

    def test_signatures_of_other_lengths(self):
        world = B.opened()
        B.adopt(world)
        files, told = world.whole(olds=()), options(world, policy=world.policy("none"))
        text, line = files["checkpoint"].decode().rsplit("\u2014 ", 1)
        name, blob = line.strip().split(" ")
        blob = base64.b64decode(blob)
        for data, rule in (
            (blob, "YES"),
            (blob[:-1], "checkpoint"),
            (blob + b"\0", "checkpoint"),
            (blob[:5], "checkpoint"),
            (blob[:4], "checkpoint"),
            (b"", "checkpoint"),
        ):
            head = "%s\u2014 %s %s\n" % (text, name, B.b64(data))
            changed = B.relisted(dict(files, checkpoint=head.encode()))
            self.assertEqual(answer(changed, told), rule, len(data))
        # Of a key that nobody knows one byte is enough, and none is too few.
        for data, rule in ((b"wxyz", "checkpoint"), (b"wxyz1", "YES"), (b"wxyz" * 99, "YES")):
            head = files["checkpoint"].decode() + "\u2014 unknown %s\n" % B.b64(data)
            changed = B.relisted(dict(files, checkpoint=head.encode()))
            self.assertEqual(answer(changed, told), rule, len(data))

    def test_anchor_files(self):
        self.check("anchor-file", self.without("anchors/17.tsr"))
        self.check("anchor-file", self.without("anchors/17.checkpoint"))
        self.check("anchor-file", self.changed(**{"anchors/17.tsr": b"x"}))
        self.check("anchor-file", self.changed(**{"anchors/7.tsr": b"x"}))

    def test_content(self):
        digest = B.sha(b"%PDF restore test")
        self.check("content-missing", self.without("content/" + digest))
        self.check("content-differs", self.changed(**{"content/" + digest: b"x"}))
        self.check("content-unnamed", self.changed(**{"content/" + B.sha(b"x"): b"x"}))
        self.check("content-unnamed", self.changed(**{"evidence/" + B.sha(b"x"): b"x"}))
        self.check("content-unnamed", self.world.listed(self.files, content=[digest]))
        self.check("content-unnamed", self.world.listed(self.files, content=["00" * 32]))

    def test_statement(self):
        self.check("statement", self.without("statement.json"))
        self.check("statement", self.changed(**{"statement.json": b"{}"}))
        world = B.opened()
        files = B.relisted({**world.whole(olds=()), "statement.json": b"{}"})
        self.assertEqual(answer(files, options(world, policy=world.policy("none"))), "statement")


class Damage(unittest.TestCase):
    """Every byte counts: no change of any file passes, and each has a name."""

    def sweep(self, files, told, mend):
        """Changes one bit of bytes of each file. With `mend`, bundle.json is made to fit again, and
        files that nothing else speaks of are left out."""
        chance = random.Random(5)
        free = ("README.txt", "FORMAT.md", "verify.py", "policy", "bundle.json") if mend else ()
        count, slowest = 0, 0.0
        for name, data in sorted(files.items()):
            if name in free:
                continue
            few = 6 if mend else 12
            few = len(data) if FULL else min(few, len(data))
            for at in sorted(chance.sample(range(len(data)), few)):
                bit = 1 << chance.randrange(8)
                broken = {**files, name: data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]}
                start = time.perf_counter()
                rule = answer(B.relisted(broken) if mend else broken, told)
                slowest = max(slowest, time.perf_counter() - start)
                self.assertNotIn(rule, ("YES", "internal"), (name, at, bit))
                if mend and rule == "NOT DECIDED":
                    self.fail((name, at, bit))
                count += 1
        self.assertLess(slowest, 1)
        return count

    def both_kinds(self):
        world = B.good()
        yield options(world), world.whole()
        yield options(world), world.item(GIVEN)

    def test_one_bit_of_any_file(self):
        for told, files in self.both_kinds():
            self.assertGreater(self.sweep(files, told, mend=False), 100)

    def test_one_bit_with_the_list_mended(self):
        for told, files in self.both_kinds():
            self.assertGreater(self.sweep(files, told, mend=True), 80)

    def test_files_cut_longer_gone_and_more(self):
        for told, files in self.both_kinds():
            for name, data in files.items():
                for broken in (data[:-1], data + b"\n", b"", data[: len(data) // 2]):
                    rule = answer({**files, name: broken}, told)
                    self.assertIn(rule, ("manifest", "file-differs"), name)
                rest = {each: files[each] for each in files if each != name}
                self.assertIn(answer(rest, told), ("manifest", "file-missing"), name)
                # Without these less is shown, and nothing false.
                if name in ("bundle.json", "README.txt", "FORMAT.md", "verify.py", "policy"):
                    continue
                if not name.startswith(("consistency/", "evidence/")):
                    self.assertNotIn(answer(B.relisted(rest), told), ("YES", "internal"), name)

    def test_any_bytes_have_an_answer(self):
        chance = random.Random(7)
        readers = [
            V.canonical_json, V.read_note, V.read_checkpoint, V.read_token,
            lambda data: V.read_policy(data, SHARED),
            lambda data: V.read_entry(data, SHARED),
            lambda data: V.verifier_key(data.decode("utf-8", "surrogateescape"), 1, SHARED),
        ]
        world = B.good()
        seeds = [world.checkpoint(7), world.policy(), world.entries[3], B.token(b"x"), b'{"a":[1]}']
        for _ in range(40_000 if FULL else 2_000):
            data = bytearray(chance.choice(seeds))
            for _ in range(chance.randrange(1, 4)):
                at = chance.randrange(len(data))
                some = bytes(chance.randrange(256) for _ in range(chance.randrange(3)))
                data[at : at + chance.randrange(3)] = some
            for reader in readers:
                with contextlib.suppress(V.Malformed, V.Fault):
                    reader(bytes(data))


class Folders(unittest.TestCase):
    """The command, on a folder on disk."""

    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.folder = pathlib.Path(place.name) / "bundle"
        self.world = B.good()
        for name, data in self.world.whole().items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        self.policy = pathlib.Path(place.name) / "policy"
        self.policy.write_bytes(self.world.policy("both"))

    def run_main(self, *argv):
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            status = V.main([str(self.folder), "--now", "2026-01-03T12:00:00Z", *argv])
        return status, out.getvalue()

    def check(self, status, words, *argv):
        found, text = self.run_main(*argv)
        self.assertEqual(found, status, text)
        self.assertIn(words, text)

    def test_answers(self):
        policy = ("--policy", str(self.policy))
        self.check(0, "\nYES\n", *policy)
        self.check(4, "\nNOT DECIDED\n")
        self.check(0, "Entry 8: certificate-recorded by", *policy, "--entry", "8")
        self.check(4, "entry 99 is not in the bundle", *policy, "--entry", "99")
        self.check(2, "usage:", "--policy", str(self.folder / "nothing"))
        self.check(2, "usage:", "--max-age", "-1")
        status, text = self.run_main(*policy, "--json", "--entry", "8")
        value = json.loads(text)
        self.assertEqual((status, value["answer"], value["fault"]), (0, "YES", None))
        self.assertEqual(value["entry"]["not_before"], "2026-01-02T16:01:00Z")
        (self.folder / "README.txt").write_bytes(b"other")
        self.check(1, "NO: phase bundle: file-differs at README.txt:", *policy)

    def test_what_a_folder_may_not_hold(self):
        policy = ("--policy", str(self.policy))
        (self.folder / "empty").mkdir()
        self.check(1, "file-extra at 'empty'", *policy)
        (self.folder / "empty").rmdir()
        link = self.folder / "content" / "link"
        link.symlink_to("/dev/zero")
        self.check(1, "file-extra at 'content/link'", *policy)
        link.unlink()
        target = self.folder / "README.txt"
        target.unlink()
        target.symlink_to("FORMAT.md")
        self.check(1, "file-missing at README.txt", *policy)
        target.unlink()
        os.mkfifo(target)
        self.check(1, "file-missing at README.txt", *policy)
        target.unlink()
        target.mkdir()
        self.check(1, "file-missing at README.txt", *policy)

    def test_it_runs_by_itself_from_the_folder_in_less_than_a_second(self):
        files = self.world.whole()
        files["verify.py"] = B.VERIFY.read_bytes()
        for name in ("verify.py", "bundle.json"):
            (self.folder / name).write_bytes(B.relisted(files)[name])
        argv = [sys.executable, "-I", "-W", "error", str(self.folder / "verify.py")]
        argv += ["--policy", str(self.policy), "--now", "2026-01-03T12:00:00Z"]
        start = time.perf_counter()
        done = subprocess.run(argv, capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertTrue(done.stdout.endswith(b"\nYES\n"))
        self.assertLess(time.perf_counter() - start, 3)  # one on a machine that is not busy


class Signatures(unittest.TestCase):
    """Ed25519, strictly."""

    # RFC 8032 section 7.1, TEST 1, 2, 3 and SHA(abc): seed, public key, message, signature.
    RFC8032 = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc659"
            "4a7c15e9716ed28dc027beceea1ec40a",
        ),
    ]

    def setUp(self):
        self.ed = PLAIN()

    def test_rfc_8032(self):
        for seed, public, message, signature in self.RFC8032:
            seed, public = bytes.fromhex(seed), bytes.fromhex(public)
            message, signature = bytes.fromhex(message), bytes.fromhex(signature)
            self.assertEqual(B.public(seed), public)
            self.assertEqual(B.sign(seed, message), signature)
            self.assertTrue(self.ed.verify(public, message, signature))
            self.assertFalse(self.ed.verify(public, message + b"x", signature))

    def check_refused(self, start, end):
        signature = start + end.to_bytes(32, "little")
        self.assertFalse(self.ed.verify(B.public(B.OWNER), b"x", signature))

    def test_s_not_below_the_order(self):
        good = B.sign(B.OWNER, b"x")
        more = int.from_bytes(good[32:], "little") + V.L
        self.assertTrue(self.ed.verify(B.public(B.OWNER), b"x", good))
        self.check_refused(good[:32], more)

    def test_lengths(self):
        good = B.sign(B.OWNER, b"x")
        for bad in (b"", good[:-1], good + b"\0"):
            self.assertFalse(self.ed.verify(B.public(B.OWNER), b"x", bad))
        self.assertFalse(self.ed.verify(B.public(B.OWNER)[:-1], b"x", good))

    def small_points(self):
        """The eight points of small order, found as multiples of one of order eight."""
        for y in range(2, 1000):
            point = V._decode(y.to_bytes(32, "little"))
            if point is None:
                continue
            point = V._multiply([(V._naf(V.L, 5), V._odd_multiples(point, 5))])
            if not V._is_neutral(V._double(V._double(point))):
                break
        found, each = [], V.NEUTRAL
        for _ in range(8):
            found.append(V._encode(each))
            each = V._add(each, point)
        return found

    def test_small_order(self):
        small = self.small_points()
        self.assertEqual(len(set(small)), 8)
        for key in small:
            self.assertIn("small order", self.ed.why_unacceptable(key))
            for start in small:
                self.assertFalse(self.ed.verify(key, b"x", start + bytes(32)))
        # R = neutral, S = k a: the equation holds, and the strict rule still refuses.
        scalar, _ = B.secret(B.OWNER)
        start = V._encode(V.NEUTRAL)
        challenge = hashlib.sha512(start + B.public(B.OWNER) + b"x").digest()
        end = int.from_bytes(challenge, "little") * scalar % V.L
        self.check_refused(start, end)

    def test_mixed_order(self):
        for torsion in self.small_points()[1:]:
            point = V._add(V._decode(B.public(B.OWNER)), V._decode(torsion))
            self.assertIn("torsion", self.ed.why_unacceptable(V._encode(point)))
        # R with a torsion part: right with the cofactor, wrong without.
        scalar, prefix = B.secret(B.OWNER)
        nonce = V._decode(B.times_base(77))
        start = V._encode(V._add(nonce, V._decode(self.small_points()[1])))
        challenge = hashlib.sha512(start + B.public(B.OWNER) + b"x").digest()
        end = (77 + int.from_bytes(challenge, "little") * scalar) % V.L
        self.check_refused(start, end)

    def test_spellings_that_are_not_canonical(self):
        for number in list(range(V.P, 2**255)) + [(1 << 255) | 1, (1 << 255) | (V.P - 1)]:
            self.assertIsNone(V._decode(number.to_bytes(32, "little")))
        self.assertIn("encoding", self.ed.why_unacceptable((2).to_bytes(32, "little")))
        # R spelt with y + p: only the canonical spelling compares equal.
        self.check_refused(V.P.to_bytes(32, "little"), 0)

    def test_multiples_agree_with_repeated_addition(self):
        base, each = V._base_point(), V.NEUTRAL
        for number in range(200):
            if number:
                self.assertEqual(B.times_base(number), V._encode(each))
            each = V._add(each, base)
        self.assertTrue(V._is_neutral(V._multiply([(V._naf(V.L, 8), V._odd_multiples(base, 8))])))

    def test_cost(self):
        good, key = B.sign(B.OWNER, b"x"), B.public(B.OWNER)
        self.ed.verify(key, b"x", good)
        costs = []
        for _ in range(50):
            start = time.perf_counter()
            self.ed.verify(key, b"x", good)
            costs.append(time.perf_counter() - start)
        self.assertLess(min(costs), 0.006)


class Worked(unittest.TestCase):
    """The worked vectors, the known roots, and the golden bodies."""

    def test_vectors(self):
        told = json.loads((VECTORS / "vectors.json").read_text("utf-8"))
        roots, ed = V.Roots(), PLAIN()
        key = bytes.fromhex(told["author"]["public"])
        self.assertEqual(V.keyid_of(key), told["author"]["keyid"])
        leaves = []
        for each in told["entries"]:
            data = (VECTORS / ("entry-%d.json" % each["seq"])).read_bytes()
            self.assertEqual(len(data), each["bytes"])
            envelope = V.canonical_json(data)
            payload = V.unbase64(envelope["payload"])
            path = VECTORS / ("entry-%d.payload.json" % each["seq"])
            self.assertEqual(payload, path.read_bytes())
            self.assertEqual(V.sha256(V.pae(payload)).hex(), each["pae_sha256"])
            signature = V.unbase64(envelope["signatures"][0]["sig"], 64)
            self.assertTrue(ed.verify(key, V.pae(payload), signature))
            self.assertEqual(V.leaf_hash(data).hex(), each["leaf"])
            self.assertEqual(V.canonical_json(payload)["predicate"]["root"], V.b64(roots.root()))
            leaves.append(V.leaf_hash(data))
            roots.push(leaves[-1])
            self.assertEqual(roots.root().hex(), each["root_after"])
            if each["seq"]:
                self.assertEqual(V.read_entry(data, ed).seq, each["seq"])
        self.heads(told, leaves, roots.root(), ed)

    def heads(self, told, leaves, root, ed):
        log = V.verifier_key(told["log"]["vkey"], 1, ed)
        witness = V.verifier_key(told["witness"]["vkey"], 4, ed)
        data = (VECTORS / "checkpoint-5").read_bytes()
        head = V.read_checkpoint(data)
        self.assertEqual((head.size, head.root, V.signed_by(head.note, log, ed)), (5, root, 0))
        millis = V.signed_by(head.note, witness, ed)
        self.assertEqual(V.moment_text(millis), "2026-06-30T17:00:05Z")
        older = V.read_note((VECTORS / "checkpoint-3").read_bytes())
        self.assertIsNone(V.signed_by(older, witness, ed))
        proof = (VECTORS / "entry-2.tlog-proof").read_text("utf-8").split("\n\n")[0].split("\n")[2:]
        hashes = [V.unbase64(line, 32) for line in proof]
        self.assertEqual(V.inclusion_root(leaves[2], 2, 5, hashes), root)
        lines = (VECTORS / "3-5.add-checkpoint").read_text("utf-8").split("\n\n")[0].split("\n")[1:]
        hashes = [V.unbase64(line, 32) for line in lines]
        self.assertEqual(V.consistency_roots(3, 5, None, hashes), (B.tree(leaves[:3]), root))

    def test_proofs_of_every_size(self):
        leaves = [V.leaf_hash(bytes([number])) for number in range(70)]
        for size in range(1, 71):
            root = B.tree(leaves[:size])
            for index in range(size):
                proof = B.path(index, leaves[:size])
                self.assertEqual(V.inclusion_root(leaves[index], index, size, proof), root)
                longer = V.inclusion_root(leaves[index], index, size, proof + [root])
                self.assertNotEqual(longer, root)
                self.assertNotEqual(V.inclusion_root(leaves[index], index + 1, size, proof), root)
            for old in range(1, size):
                proof, first = B.consistency(old, leaves[:size]), B.tree(leaves[:old])
                self.assertEqual(V.consistency_roots(old, size, first, proof), (first, root))
                for bad in (proof[:-1], proof + [root]):
                    found = V.consistency_roots(old, size, first, bad)
                    self.assertNotEqual(found, (first, root))
        self.assertIsNone(V.consistency_roots(2, 3, None, proof))

    def test_golden_requests(self):
        folder, ed = B.ROOT / "fixtures" / "golden", V.Ed25519()
        readers = {
            "request-taken": ("request", V.read_request),
            "key-request-admitted": ("key-request", lambda data: V.read_key_request(data, ed)),
        }
        for kind, (name, read) in readers.items():
            data = (folder / (name + ".v1.json")).read_bytes()
            body = V.canonical_json((folder / (kind + ".v1.json")).read_bytes())
            self.assertEqual((body["v"], body["request"].encode("utf-8")), (1, data))
            request = read(data)
            V.check_body(request.type, request.body)
            key = request.key or V.read_key_request(
                (folder / "key-request.v1.json").read_bytes(), ed
            ).key
            self.assertEqual(V.keyid_of(key), request.by)
            self.assertTrue(ed.verify(key, V.pae(request.payload), request.signature))
            for at in range(0, len(data), 7):
                bad = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
                with self.assertRaises(V.Fault, msg=(name, at)):
                    found = read(bad)
                    if not ed.verify(key, V.pae(found.payload), found.signature):
                        raise V.Fault("bad-signature", "it was changed")

    def test_golden_bodies(self):
        carried = ("request.", "key-request.", "request-taken.", "key-request-admitted.")
        names = sorted((B.ROOT / "fixtures" / "golden").glob("*.json"))
        names = [path for path in names if not path.name.startswith(carried)]
        self.assertGreater(len(names), 40)
        for path in names:
            body = V.canonical_json(path.read_bytes())
            kind = path.name.split(".")[0]
            V.check_body(kind, body)
            for field in body:
                if field != "v":
                    with self.assertRaises(V.Malformed, msg=(kind, field)):
                        V.check_body(kind, {**body, field: 1.5})
                    if field in V.KINDS[kind].fields:
                        less = {name: value for name, value in body.items() if name != field}
                        with self.assertRaises(V.Malformed, msg=(kind, field)):
                            V.check_body(kind, less)
            with self.assertRaises(V.Malformed):
                V.check_body(kind, {**body, "more": 1})
        self.assertEqual({path.name.split(".")[0] for path in names}, set(V.KINDS))

    def test_tile_paths(self):
        self.assertEqual(V.tile_path("0", 1_234_067, 256), "tile/0/x001/x234/067")
        self.assertEqual(V.tile_path("entries", 273, 112), "tile/entries/273.p/112")
        self.assertEqual(list(V.tile_widths(257)), [(0, 256), (1, 1)])

    def test_moments(self):
        for text in ("2026-01-02T09:00:00Z", "1900-01-01T00:00:00Z", "2024-02-29T23:59:59.001Z"):
            self.assertEqual(V.moment_text(V.moment(text)), text)
        self.assertEqual(V.moment_text(2**64 * 1000), "18446744073709551616 seconds after 1970")
        for text in ("2026-01-02T24:00:00Z", "2026-01-02T09:00:60Z", "2025-02-29T00:00:00Z", "x"):
            with self.assertRaises(V.Malformed):
                V.moment(text)


if __name__ == "__main__":
    unittest.main()
