"""The picture of docs/measure.md: a version that fails three times as often as soon as it has a quarter of the traffic.

`UPDATE_GOLDEN=1` draws it anew. It is not compared byte by byte: that would be a test of matplotlib's version.
"""

import os
import re
from pathlib import Path

from azure_mlplatform.measure.rollout.journal import Journal
from azure_mlplatform.measure.rollout.plan import Plan
from azure_mlplatform.measure.rollout.report import draw
from azure_mlplatform.measure.rollout.run import Answer, Rollout
from support.rollouts import Behaviour, Callers, CallersLog, SimulatedEndpoint

PICTURE = Path(__file__).parents[3] / "docs" / "pictures" / "rollout.svg"


def test_it_is_that_of_a_simulated_rollout(tmp_path):
    callers = Callers()

    def green(at):
        shares = [each for since, each, _ in callers.history if since <= at][-1]
        return Behaviour(failed=0.03 if shares.get("green", 0) >= 25 else 0.01)

    callers.behaviour["green"] = green
    made, plan = SimulatedEndpoint(callers), Plan(old="blue", new="green")
    with Journal(tmp_path / "journal.jsonl", made.id) as journal:
        outcome = Rollout(made, CallersLog(callers), plan, journal, callers.clock).run()
    assert outcome.answer is Answer.BACK
    assert {each.share for each in outcome.looks} == {10, 25}
    file = PICTURE if os.environ.get("UPDATE_GOLDEN") else tmp_path / "rollout.svg"
    draw(plan, outcome, file)
    drawn, kept = file.read_text(encoding="utf-8"), PICTURE.read_text(encoding="utf-8")
    words = [">minutes<", ">e-value<", ">alarm at 40<", "green: back<"]
    assert all(re.search(re.escape(each), text) for each in words for text in (drawn, kept))
