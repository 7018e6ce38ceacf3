"""JUnit XML as CI systems read it: one suite per folder of scenarios, one case per scenario."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from xml.etree import ElementTree as ET

from lab.scenario.expected import Judged
from lab.scenario.result import StepResult
from lab.scenario.verdict import Verdict

# Characters that XML 1.0 section 2.2 leaves out; command output may hold them.
_NOT_XML = re.compile(r"[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


def junit_xml(judged: Iterable[Judged]) -> bytes:
    """The report. Expected inconclusive ones are skipped, unexpected ones are failures."""
    ordered = sorted(judged, key=lambda item: _split(item.result.id))
    root = ET.Element("testsuites", name="dpulab")
    for area, group in groupby(ordered, key=lambda item: _split(item.result.id)[0]):
        root.append(_suite(area, list(group)))
    _count(root, [child for suite in root for child in suite])
    ET.indent(root)
    xml: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return xml


def _split(scenario_id: str) -> tuple[str, str]:
    area, _, name = scenario_id.rpartition("/")
    return area or "scenarios", name


def _suite(area: str, group: list[Judged]) -> ET.Element:
    suite = ET.Element("testsuite", name=_clean(area))
    for item in group:
        suite.append(_case(area, item))
    _count(suite, list(suite))
    return suite


def _count(element: ET.Element, cases: list[ET.Element]) -> None:
    element.set("tests", str(len(cases)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(attribute, str(sum(case.find(tag) is not None for case in cases)))
    element.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")


def _case(area: str, judged: Judged) -> ET.Element:
    result = judged.result
    case = ET.Element(
        "testcase",
        classname=_clean(area.replace("/", ".")),
        name=_clean(_split(result.id)[1]),
        time=f"{float(result.measured.get('seconds', 0.0)):.3f}",
    )
    properties = ET.SubElement(case, "properties")
    for name, value in (("verdict_hash", result.verdict_hash), ("seed", str(result.seed))):
        ET.SubElement(properties, "property", name=name, value=value)
    _outcome(case, judged)
    steps = "\n".join(_line(step) for step in (*result.steps, *result.cleanup))
    ET.SubElement(case, "system-out").text = _clean(steps)
    return case


def _outcome(case: ET.Element, judged: Judged) -> None:
    """The element that says how the case ended; none for one that passed as expected."""
    verdict, note = judged.result.verdict, _clean(judged.note)
    if judged.as_expected:
        if verdict is Verdict.INCONCLUSIVE:
            ET.SubElement(case, "skipped", message=_first_line(note))
        return
    tag = "error" if verdict is Verdict.ERROR else "failure"
    found = ET.SubElement(case, tag, type=str(verdict), message=_first_line(note))
    found.text = note


def _line(step: StepResult) -> str:
    line = f"{step.id} {step.verdict} {step.kind}: {step.name} ({step.place})"
    return f"{line}\n    {step.reason}" if step.reason else line


def _first_line(text: str) -> str:
    return text.partition("\n")[0]


def _clean(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
