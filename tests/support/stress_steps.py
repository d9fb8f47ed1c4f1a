"""Steps of a stress test that are written down, not measured."""

from azure_mlplatform.measure.stress.steps import Part, Step


def step(offered, achieved=None, *, response=0.02, errors=0.0, late=False, died=False, sent=500, instances=None):
    return Step(
        part=Part.RAMP, run=0, start=0.0, seconds=10.0, rate=offered, sent=sent, offered=offered,
        achieved=offered if achieved is None else achieved, response=response, p50=response, p95=response,
        p99=response, errors=errors, kinds=(), lateness=0.0, unsent=0, instances=instances, late=late, died=died,
    )  # fmt: skip
