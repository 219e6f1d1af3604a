# SPDX-License-Identifier: BSD-3-Clause
"""Where the functions of a C++ file begin and how many lines they have; good enough for clang-formatted code."""

import re

TOKENS = re.compile(r'R"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)"' r"|//[^\n]*|/\*.*?\*/" r'|"(?:\\.|[^"\\\n])*"'
                    r"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'", re.S)
SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b")


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def opens_scope(header):
    """Is this the brace of a namespace, class or list, in which functions may stand?"""
    if SCOPE.search(header) and not re.search(r"\)\s*(const|noexcept|override|final|->.*)?\s*$", header):
        return True
    return ")" not in header and "[" not in header


def function_lengths(text):
    """Yields (name, first line, number of lines) of each function, lambdas at namespace scope included."""
    code = re.sub(r"^[ \t]*#.*?(?<!\\)$", blank, TOKENS.sub(blank, text), flags=re.M | re.S)
    depth_of_function, depth, begin = None, 0, 0
    start = name = None
    for match in re.finditer(r"[{};]", code):
        char, at = match.group(), match.start()
        if char == "{":
            header = code[begin:at]
            if depth_of_function is None and not opens_scope(header):
                depth_of_function = depth
                start = begin + len(header) - len(header.lstrip())
                found = re.search(r"([~\w:]+|operator\s*\S+)\s*\(", header)
                name = found.group(1) if found else header.strip()[:40]
            depth += 1
        elif char == "}":
            depth -= 1
            if depth == depth_of_function:
                depth_of_function = None
                yield name, code.count("\n", 0, start) + 1, code.count("\n", start, at) + 1
        if depth_of_function is None:
            begin = at + 1
