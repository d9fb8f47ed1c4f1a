"""The results as a JUnit file, which CI systems show."""

from xml.etree import ElementTree

from ...foundation.printable import printable
from .run import SmokeTest


def junit(test: SmokeTest, suite: str, unsent: tuple[str, ...] = ()) -> str:
    """The text of the file. `unsent` are the names of cases that were not sent, which count as errors."""
    failed = sum(not each.passed for each in test.results)
    seconds = sum(each.answered.ms for each in test.results if each.answered) / 1000
    counts = {
        "name": printable(suite),
        "tests": str(len(test.results) + len(unsent)),
        "failures": str(failed),
        "errors": str(len(unsent)),
        "time": f"{seconds:.3f}",
    }
    root = ElementTree.Element("testsuites", counts)
    inside = ElementTree.SubElement(root, "testsuite", {**counts, "skipped": "0"})
    for each in test.results:
        time = f"{(each.answered.ms if each.answered else 0) / 1000:.3f}"
        case = _case(inside, suite, each.case.name, time)
        if not each.passed:
            failure = ElementTree.SubElement(case, "failure", {"message": printable(each.failures[0])})
            failure.text = "\n".join(map(printable, each.failures))
    for name in unsent:
        error = ElementTree.SubElement(
            _case(inside, suite, name, "0.000"), "error", {"message": printable(test.unreachable)}
        )
        error.text = "not sent"
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _case(inside: ElementTree.Element, suite: str, name: str, time: str) -> ElementTree.Element:
    found = {"classname": printable(suite), "name": printable(name), "time": time}
    return ElementTree.SubElement(inside, "testcase", found)
