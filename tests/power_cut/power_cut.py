#!/usr/bin/env python3
"""Cuts the power under a recording ledger, many times, on a real ext4, and asks it afterwards.

    sudo python3 tests/power_cut/power_cut.py DSPT [TRIALS] [SEED]

Needs Linux, the administrator's rights and e2fsprogs. A file with an ext4 in it is mounted; a ledger
there records piece after piece. At a random moment, while a command runs or within eight seconds
after the last one, everything is held still and the file is copied as it stands: what the kernel had
not yet handed to the disk is lost, as when the power fails. The copy is mounted, which replays the
file system's journal, and must hold a ledger that answers, verifies, has every entry that was
acknowledged, and takes the next recording at once. Every fourth cut falls on `init`: then the same
`init` again must make a ledger that its owner can sign, or the one that was made must be there whole.

Prints a line a trial that fails and a summary; ends with 1 where one failed.
"""

import json
import os
import pathlib
import random
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
        self.keys = ["--keys", str(root / "d/keys"), "--key", "demo-contributor"]
        self.keys += ["--passphrase-file", str(root.parent / "words")]
        self.list = root.parent / "list.csv"
        self.env = {**os.environ, "HOME": str(root.parent), "DSPT_STATE": str(state)}

    def start(self, *words):
        return subprocess.Popen([*self.base, *words], env=self.env, **QUIET)

    def ask(self, *words):
        child = self.start(*words)
        out, err = child.communicate()
        return child.returncode, out.decode(), err.decode()

    def record(self, number):
        text, kind = "piece %d" % number, number % 3
        if kind == 0:
            words = ["record", "answer", "1.1.6", "--text", text, "--on", "2026-06-01"]
        elif kind == 1:
            words = ["record", "evidence", text, "--item", "1.1.2", "--for", "2026-06-01"]
        else:
            rows = ["%s-%d,1.1.2,2026-06-01" % (text, row) for row in range(40)]
            self.list.write_text("\n".join(["title,items,proves_on", *rows, ""]), "utf-8")
            words = ["import", "evidence", str(self.list)]
        return [*words, *self.keys]


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


def opening(dspt, folder, rng):
    """Cuts the power while or after a ledger is made; returns what is wrong afterwards."""
    disk = Disk(folder / "disk", folder / "m")
    words = ["-q", "init", "d", "--org", "Invented Ltd", "--type", "it-supplier", "--holder"]
    words += ["Ann", "--unit", "x=X", "--keys", "k", "--passphrase-file", str(folder / "words")]
    env = {**os.environ, "HOME": str(folder), "DSPT_STATE": str(folder / "s")}
    child = subprocess.Popen([dspt, *words], cwd=folder / "m", env=env, **QUIET)
    try:
        made = hold(child, rng.random() * 2)
        if made:
            time.sleep(rng.random() * 8)
        (folder / "after").write_bytes((folder / "disk").read_bytes())
    finally:
        end(child)
        disk.close()
    cut = Disk(folder / "after", folder / "n", fresh=False)
    try:
        env["DSPT_STATE"] = str(folder / "t")
        again = subprocess.run([dspt, *words], cwd=folder / "n", env=env, check=False, **QUIET)
        if again.returncode and not made:
            return ["init again: %s" % again.stderr.decode().split("\n")[0]]
        signs = ["--ledger", "d", "import", "framework", "iso27001:2022", "--keys", "k", "--key"]
        signs += ["ann", "--passphrase-file", str(folder / "words")]
        for rest in (["--ledger", "d", "verify"], signs):
            done = subprocess.run([dspt, "-q", *rest], cwd=folder / "n", env=env, check=False, **QUIET)
            if done.returncode:
                return ["%s: %s" % (rest[2], done.stderr.decode().split("\n")[0])]
        return []
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
            if number % 4 == 3:
                wrong = opening(dspt, folder, rng)
            else:
                wrong = recording(dspt, folder, number, rng)
        bad += bool(wrong)
        for line in wrong:
            print("cut %d: %s" % (number, line), flush=True)
    print("%s cuts, %d left a ledger that does not serve" % (trials, bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
