"""Says what `verify.py` finds in many damaged copies of one bundle, in one run.

    python3 damaged.py FOLDER POLICY NOW LIST

LIST holds one JSON value a line: [name, "flip", at, bit], [name, "cut", size], [name, "add"],
[name, "gone"] or [name, "new"]. For each, one line: the rule broken, or the answer.
"""

import json
import pathlib
import sys

import bundles as B
import test_verify as T


def damaged(files, name, what, *how):
    """The files after one damage."""
    data = files.get(name, b"")
    if what == "gone":
        return {each: data for each, data in files.items() if each != name}
    if what == "flip":
        at, bit = how
        data = data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]
    elif what == "cut":
        data = data[: how[0]]
    else:
        data += b"\n"
    return {**files, name: data}


def main(folder, policy, now, damages):
    """Prints a line for each damage."""
    root = pathlib.Path(folder)
    paths = [path for path in root.rglob("*") if path.is_file()]
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
    told = T.V.Options(B.V.moment(now), pathlib.Path(policy).read_bytes())
    T.setUpModule()
    print(T.answer(files, told))
    for line in pathlib.Path(damages).read_text("utf-8").splitlines():
        print(T.answer(damaged(files, *json.loads(line)), told))


if __name__ == "__main__":
    main(*sys.argv[1:])
