#!/usr/bin/env python3
"""Cuts the power under a recording ledger, many times, on a real ext4, and asks it afterwards.

    sudo python3 tests/power_cut/power_cut.py DSPT [TRIALS] [SEED]

Needs Linux, the administrator's rights and e2fsprogs. A file with an ext4 in it is mounted; a ledger
there records piece after piece. At a random moment, while a command runs or within eight seconds
after the last one, everything is held still and the file is copied as it stands: what the kernel had
not yet handed to the disk is lost, as when the power fails. The copy is mounted, which replays the
file system's journal, and must hold a ledger that answers, verifies, has every entry that was
acknowledged, and takes the next recording at once. Every second cut falls on a command that makes
something, `init`, `demo`, `key new`, `witness init`, `export bundle`, `export tiles` and `statement
draft` by turns: what was said to be made must be there whole, and else the same command again must
make it.

Prints a line a trial that fails and a summary; ends with 1 where one failed.
"""

import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

IMAGE_BYTES = 48 << 20
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}


def run(*words, **more):
    """Runs a command that must succeed and returns what it printed."""
    done = subprocess.run(words, check=False, **{**QUIET, **more})
    if done.returncode:
        raise SystemExit("%s: %s" % (" ".join(words), done.stderr.decode()))
    return done.stdout.decode()


class Disk:
    """An ext4 in a file, mounted."""

    def __init__(self, image, place, fresh=True):
        self.image, self.place = image, place
        place.mkdir(exist_ok=True)
        if fresh:
            with open(image, "wb") as file:
                file.truncate(IMAGE_BYTES)
            run("mkfs.ext4", "-q", "-F", str(image))
        run("mount", "-o", "loop", str(image), str(place))

    def close(self):
        run("umount", str(self.place))


class Ledger:
    """The commands of one ledger."""

    def __init__(self, dspt, root, state):
        self.base = [dspt, "-q", "--ledger", str(root / "d")]
        self.folder, self.words = root / "d/keys", root.parent / "words"
        self.list = root.parent / "list.csv"
        self.env = {**os.environ, "HOME": str(root.parent), "DSPT_STATE": str(state)}

    def signed(self, key):
        folder, words = str(self.folder), str(self.words)
        return ["--keys", folder, "--key", key, "--passphrase-file", words]

    def start(self, *words):
        return subprocess.Popen([*self.base, *words], env=self.env, **QUIET)

    def ask(self, *words):
        child = self.start(*words)
        out, err = child.communicate()
        return child.returncode, out.decode(), err.decode()

    def record(self, number):
        text, kind = "piece %d" % number, number % 4
        if kind == 3:
            days = ["2026-%02d-%02d" % (1 + number // 28 % 11, 1 + number % 28)]
            return ["statement", "publish", "--yes", "--at", *days, *self.signed("demo-owner")]
        if kind == 0:
            words = ["record", "answer", "1.1.6", "--text", text, "--on", "2026-06-01"]
        elif kind == 1:
            words = ["record", "evidence", text, "--item", "1.1.2", "--for", "2026-06-01"]
        else:
            rows = ["%s-%d,1.1.2,2026-06-01" % (text, row) for row in range(40)]
            self.list.write_text("\n".join(["title,items,proves_on", *rows, ""]), "utf-8")
            words = ["import", "evidence", str(self.list)]
        return [*words, *self.signed("demo-contributor")]


def hold(child, wait):
    """Lets a command run for a while and holds it still; says whether it ended well before."""
    time.sleep(wait)
    if child.poll() is None:
        child.send_signal(signal.SIGSTOP)
        return False
    return child.returncode == 0


def end(child):
    """Ends a command that may be held still."""
    if child.poll() is None:
        child.kill()
    child.communicate()


def recording(dspt, folder, number, rng):
    """Cuts the power while or after a ledger records; returns what is wrong afterwards."""
    disk = Disk(folder / "disk", folder / "m")
    acknowledged, child = 0, None
    try:
        env = {**os.environ, "HOME": str(folder), "DSPT_STATE": str(folder / "s")}
        run(dspt, "-q", "demo", "--keep", str(folder / "m/d"), env=env)
        os.sync()
        ledger = Ledger(dspt, folder / "m", folder / "s")
        before = size(ledger)
        for piece in range(rng.randrange(1, 4)):
            code, _, err = ledger.ask(*ledger.record(number * 10 + piece))
            if code:
                return ["recording before the cut: " + err]
            acknowledged += 1
        if rng.random() < 0.5:
            child = ledger.start(*ledger.record(number * 10 + 9))
            acknowledged += hold(child, rng.random() * 0.6)
        else:
            time.sleep(rng.random() * 8)
        (folder / "after").write_bytes((folder / "disk").read_bytes())
    finally:
        if child is not None:
            end(child)
        disk.close()
    cut = Disk(folder / "after", folder / "n", fresh=False)
    try:
        return faults(Ledger(dspt, folder / "n", folder / "t"), before + acknowledged)
    finally:
        cut.close()


def passphrase(home):
    return ["--passphrase-file", str(home / "words")]


def both_passphrases(home):
    """Those of the author's key and of the log key, which are two."""
    return [*passphrase(home), "--log-passphrase-file", str(home / "log-words")]


def signed(home):
    return ["--keys", "k", "--key", "ann", *both_passphrases(home)]


def init(home):
    words = ["init", "d", "--org", "Invented Ltd", "--type", "it-supplier", "--holder", "Ann"]
    return [*words, "--unit", "x=X", "--keys", "k", *both_passphrases(home)]


def change(home):
    """Opens a key with its passphrase."""
    other = str(home / "others")
    return ["key", "passphrase", "one", "--keys", "k", *passphrase(home), "--new-passphrase-file", other]


# What makes something, and the commands that look at it, with the exit status of each. The demo that
# they take is on another disk.
MAKING = [
    ("init", init, [
        (lambda home: ["--ledger", "d", "verify"], 0),
        (lambda home: ["--ledger", "d", "import", "framework", "iso27001:2022", *signed(home)], 0),
    ]),
    ("demo", lambda home: ["demo", "--keep", "d"], [
        (lambda home: ["--ledger", "d", "verify"], 0),
        (lambda home: ["key", "list", "--keys", "d/keys"], 0),
    ]),
    ("key", lambda home: ["key", "new", "one", "--keys", "k", *passphrase(home)], [(change, 0)]),
    ("witness", lambda home: [
        "witness", "init", "--state", "w", "--name", "witness.example/w1", *passphrase(home)
    ], [(lambda home: ["witness", "status", "--state", "w"], 0)]),
    # Nobody is named who is to be believed.
    ("bundle", lambda home: ["--ledger", str(home / "d"), "export", "bundle", "b"], [
        (lambda home: ["verify", "b"], 4),
    ]),
    ("tiles", lambda home: ["--ledger", str(home / "d"), "export", "tiles", "t"], [
        (lambda home: ["check", "tiles", "--dir", "t", "--vkey", (home / "vkey").read_text("utf-8")], 0),
    ]),
    ("draft", lambda home: [
        "--ledger", str(home / "d"), "statement", "draft", "--at", "2026-06-30", "--out", "s/draft"
    ], [
        (lambda home: ["--ledger", str(home / "d"), "statement", "check", "s/draft"], 0),
    ]),
]


def making(dspt, home, number, rng):
    """Cuts the power while or after something is made; returns what is wrong afterwards."""
    name, words, looks = MAKING[number % len(MAKING)]
    env = {**os.environ, "HOME": str(home), "DSPT_STATE": str(home / "s")}
    if name in ("bundle", "tiles", "draft"):
        run(dspt, "-q", "demo", "--keep", str(home / "d"), env=env)
        keys = run(dspt, "--ledger", str(home / "d"), "--json", "verify", env=env)
        vkey = re.search(r"demonstration\.invalid/\S+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+", keys)[0]
        (home / "vkey").write_text(vkey, "utf-8")

    def give(where, line):
        done = subprocess.run([dspt, "-q", *line], cwd=where, env=env, check=False, **QUIET)
        return done.returncode, (done.stderr or done.stdout).decode().split("\n")[0]

    disk = Disk(home / "disk", home / "m")
    child = subprocess.Popen([dspt, "-q", *words(home)], cwd=home / "m", env=env, **QUIET)
    try:
        made = hold(child, rng.random() * 1.5)
        if made:
            time.sleep(rng.random() * 8)
        (home / "after").write_bytes((home / "disk").read_bytes())
    finally:
        end(child)
        disk.close()
    cut = Disk(home / "after", home / "n", fresh=False)
    try:
        env["DSPT_STATE"] = str(home / "t")
        if not made:
            code, text = give(home / "n", words(home))
            if code not in (0, 2):
                return ["%s again: exit %d: %s" % (name, code, text)]
        for line, expected in looks:
            line = line(home)
            code, text = give(home / "n", line)
            if code != expected:
                return ["%s, %s: %s: exit %d: %s" % (name, made, " ".join(line[:4]), code, text)]
        left = [str(path) for path in (home / "n").rglob(".dspt-*") if not made]
        return ["%s: left %s" % (name, left)] if left else []
    finally:
        cut.close()


def size(ledger):
    code, out, err = ledger.ask("--json", "verify")
    try:
        return json.loads(out)["checked"]["entries"] if code == 0 else -1
    except (ValueError, KeyError):
        raise SystemExit("verify: %s %s" % (out, err)) from None


def faults(ledger, least):
    """What is wrong with a ledger after a cut."""
    wrong = []
    for words in (["status", "--at", "2026-06-30"], ["log"], ["verify"]):
        code, out, err = ledger.ask(*words)
        if code:
            wrong.append("%s: exit %d: %s" % (words[0], code, (err or out).split("\n")[0]))
    found = size(ledger)
    if found < least:
        wrong.append("%d entries, %d were acknowledged" % (found, least))
    code, _, err = ledger.ask(*ledger.record(7))
    if code:
        wrong.append("the next recording: exit %d: %s" % (code, err.split("\n")[0]))
    elif size(ledger) <= found:
        wrong.append("the next recording left no entry")
    return wrong


def main(dspt, trials="20", seed="1"):
    """Cuts so many times; returns the exit status."""
    rng, bad = random.Random(int(seed)), 0
    dspt = str(pathlib.Path(dspt).resolve())
    for number in range(int(trials)):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "words").write_text("demonstration\n", "utf-8")
            (folder / "words").chmod(0o600)
            (folder / "log-words").write_text("words of the log\n", "utf-8")
            (folder / "others").write_text("other words\n", "utf-8")
            if number % 2:
                wrong = making(dspt, folder, number // 2, rng)
            else:
                wrong = recording(dspt, folder, number, rng)
        bad += bool(wrong)
        for line in wrong:
            print("cut %d: %s" % (number, line), flush=True)
    print("%s cuts, %d left a ledger that does not serve" % (trials, bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
