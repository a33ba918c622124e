#!/usr/bin/env python3
"""tests/count.py - one line per test program of a meson test run, and how many tests they hold.

Test programs are counted by what they say themselves: cmocka's closing lines, or "N passed, N failed" as the
last line. One that says neither counts as one test. One that ended badly without naming a failed test (a crash,
a time-out, a sanitizer's report) has failed once.
"""

import json
import re
import sys

CMOCKA_PASSED = re.compile(r"^\[  PASSED  \] (\d+) test\(s\)", re.M)
CMOCKA_FAILED = re.compile(r"^\[  FAILED  \] (\d+) test\(s\)", re.M)
PLAIN = re.compile(r"^(\d+) passed, (\d+) failed", re.M)
GOOD = {"OK", "EXPECTEDFAIL"}


def count(result, output):
    passed = failed = 0
    plain = PLAIN.findall(output)
    if plain:
        passed, failed = int(plain[-1][0]), int(plain[-1][1])
    elif CMOCKA_PASSED.search(output):
        passed = sum(int(n) for n in CMOCKA_PASSED.findall(output))
        failed = sum(int(n) for n in CMOCKA_FAILED.findall(output))
    elif result in GOOD:
        passed = 1
    if result not in GOOD and failed == 0:
        failed = 1
    return passed, failed


def main(path):
    total_passed = total_failed = 0
    tests = []
    try:
        with open(path, encoding="utf-8", errors="replace") as log:
            tests = [json.loads(line) for line in log if line.strip()]
    except OSError as e:
        print(e)
    if not tests:
        print("no test ran")
        total_failed = 1
    for test in sorted(tests, key=lambda t: t["name"]):
        output = (test.get("stdout") or "") + "\n" + (test.get("stderr") or "")
        passed, failed = count(test["result"], output)
        total_passed += passed
        total_failed += failed
        if failed:
            print("\n".join(output.strip().splitlines()[-80:]))
        name = re.sub(r"^zmirror:", "", test["name"]).replace(" / ", ": ")
        how = "" if test["result"] in GOOD else f" ({test['result'].lower()})"
        for line in re.findall(r"^skipped .*", output, re.M):
            print(f"{name}: {line}")
        print(f"{name}: {passed} passed, {failed} failed in {test['duration']:.1f} s{how}")
    print(f"{total_passed} passed, {total_failed} failed")
    return 0 if total_failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
