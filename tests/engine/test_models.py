"""The life of a model that the service moves, on a real engine and an emulated Azure."""

import datetime

from support.engine.engine import engine

DEPLOYMENT = "forecast-data-product-assistant-model-chat"
CHAT = {"name": "chat", "model": "gpt-5.4", "version": "2026-03-05", "capacity": 5}
RETIRES = datetime.date(2027, 3, 5)


def test_what_the_service_moved_stands_until_a_person_raises_it(tmp_path):
    with engine(tmp_path / "a folder", "projects/forecast") as made:
        made.init("dev")
        service = {"name": "assistant", "kind": "OpenAI", "deployments": [CHAT]}
        made.change("dev", lambda s: (s.pop("inference"), s.update(ai_services=[service])))
        previewed = made.pulumi("preview", stack="dev", check=True)
        [shown] = [step for _, urn, step in previewed.steps() if urn.endswith(f"::{DEPLOYMENT}")]
        assert shown["new"]["inputs"]["properties"]["model"]["version"] == "2026-03-05"
        made.up("dev")

        def runs():
            return made.azure.world.resources[deployment].body["properties"]["model"]["version"]

        def change(**values):
            made.change("dev", lambda s: s["ai_services"][0]["deployments"][0].update(values))
            done = made.up("dev")
            return [each for each in done.operations() if each[1] != "default"], done.output

        [deployment] = [each for each in made.azure.world.resources if each.endswith("/deployments/chat")]
        made.azure.world.move_clock(RETIRES)
        moved = made.up("dev")
        assert moved.operations() == []
        assert "chat runs gpt-5.4 2027-03-05, which Azure moved it to. The settings' gpt-5.4 2026-03-05" in moved.output
        assert runs() == "2027-03-05"

        assert change(capacity=9)[0] == [("update", DEPLOYMENT)]
        assert runs() == "2027-03-05"

        operations, output = change(version="2027-06-01")
        assert operations == [("update", f"{DEPLOYMENT}-version"), ("update", DEPLOYMENT)]
        assert "which Azure moved it to" not in output
        assert runs() == "2027-06-01"

        operations, _ = change(model="gpt-5-mini", version="2026-08-07")
        assert ("replace", DEPLOYMENT) in operations
        assert runs() == "2026-08-07"
