# SPDX-License-Identifier: GPL-2.0-only
"""Counts results in KTAP or TAP text, nested in any of the usual ways.

Sub-tests may be indented by spaces or, as the kselftest runner does it,
prefixed with "# ". A result that sums up sub-tests is not counted itself. A
plan that is not kept counts as a failure, so that a program which dies in the
middle never passes.
"""

import re

_LINE = re.compile(r'^((?:# ?|  )*)(?:'
                   r'(?P<not>not )?ok (?P<number>\d+)(?P<text>.*)'
                   r'|1\.\.(?P<plan>\d+)(?P<rest>.*))$')


class Level:
    """Results seen at one depth since the enclosing result."""

    def __init__(self):
        self.plan = None
        self.results = 0
        self.failed_children = False


class Count:
    """The outcome of one program: .passed, .failed, .skipped, .problems."""

    def __init__(self, text):
        self.passed = self.failed = self.skipped = 0
        self.problems = []
        self._levels = [Level()]
        for line in text.splitlines():
            match = _LINE.match(line.rstrip('\r'))
            if match:
                self._take(match)
        while self._levels:
            self._close()

    def __bool__(self):
        return bool(self.passed + self.failed + self.skipped)

    def _take(self, match):
        depth = len(match[1].replace('# ', '  ').replace('#', '  ')) // 2
        while len(self._levels) <= depth:
            self._levels.append(Level())
        children = len(self._levels) > depth + 1
        nested_failed = False
        while len(self._levels) > depth + 1:
            nested_failed |= self._close()
        level = self._levels[depth]
        if match['plan'] is not None:
            if level.plan is not None:
                self._check_plan(level)
                self._levels[depth] = level = Level()
            level.plan = int(match['plan'])
            if level.plan == 0 and 'SKIP' in match['rest'].upper():
                self.skipped += 1
            return
        level.results += 1
        self._result(level, match, children, nested_failed)

    def _result(self, level, match, sums_up, nested_failed):
        text = match['text']
        bad = bool(match['not']) and not re.search(r'# (TODO|XFAIL)\b', text)
        if bad:
            level.failed_children = True
        if sums_up:
            if bad and not nested_failed:
                self._fail(f'not ok {match["number"]}{text}')
        elif re.search(r'# SKIP\b', text, re.IGNORECASE):
            self.skipped += 1
        elif bad:
            self._fail(f'not ok {match["number"]}{text}')
        else:
            self.passed += 1

    def _fail(self, problem):
        self.failed += 1
        self.problems.append(problem)

    def _check_plan(self, level):
        if level.plan is None or level.plan == level.results:
            return False
        self._fail(f'{level.plan} results promised, {level.results} came')
        return True

    def _close(self):
        """Leave the deepest level; did anything in it fail?"""
        level = self._levels.pop()
        return self._check_plan(level) or level.failed_children
