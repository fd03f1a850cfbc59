"""Says what `verify.py` finds in many damaged copies of one bundle, in one run.

    python3 damaged.py FOLDER POLICY NOW LIST OUT

LIST holds one JSON value a line: [name, "flip", at, bit], [name, "cut", size], [name, "add"],
[name, "gone"], [name, "new"] or [name, "swap", other]; with a `+` after the word the list of the
bundle is made to fit again. For the bundle as it is and then for each damage OUT gets one line: the
rule broken, or the answer.
"""

import json
import pathlib
import sys

import bundles as B
import test_verify as T


def damaged(files, name, what, *how):
    """The files after one damage."""
    data = files.get(name, b"")
    change = what.rstrip("+")
    if change == "gone":
        return {each: data for each, data in files.items() if each != name}
    changed = {}
    if change == "flip":
        at, bit = how
        data = data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]
    elif change == "cut":
        data = data[: how[0]]
    elif change == "swap":
        changed[how[0]], data = data, files[how[0]]
    else:
        data += b"\n"
    changed = {**files, **changed, name: data}
    return B.relisted(changed) if what.endswith("+") else changed


def main(folder, policy, now, damages, out):
    """Writes a line for each damage."""
    root = pathlib.Path(folder)
    paths = [path for path in root.rglob("*") if path.is_file()]
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
    told = T.V.Options(B.V.moment(now), pathlib.Path(policy).read_bytes())
    T.setUpModule()
    with open(out, "w", encoding="ascii") as lines:
        for line in ["", *pathlib.Path(damages).read_text("utf-8").splitlines()]:
            copy = damaged(files, *json.loads(line)) if line else files
            lines.write(T.answer(copy, told) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
