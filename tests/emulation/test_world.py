import datetime
import json

import pytest

from azure_mlplatform.emulation.world import Fault, Held, SoftDeleted, World, WorldError

VAULT = Held("/subscriptions/s/resourceGroups/RG/providers/Microsoft.KeyVault/vaults/kv", "t", {"a": [1]}, {"b": 2})


def test_a_world_comes_back_as_it_was(tmp_path):
    world = World()
    world.resources[VAULT.id.lower()] = VAULT
    world.deleted["x"] = SoftDeleted(Held("X", "t", {}), "2999-01-01")
    world.made = {"x": 2}
    world.faults = [Fault("vault", "delete", 3, 409, "Conflict", half_way=True)]
    world.move_clock(world.today + datetime.timedelta(days=3))
    world.save(tmp_path / "world.json")
    again = World.load(tmp_path / "world.json")
    assert again.as_json() == world.as_json()
    assert again.get(VAULT.id.upper()) == VAULT
    assert again.today == world.today


def test_no_file_is_an_empty_world(tmp_path):
    assert World.load(tmp_path / "world.json").resources == {}


@pytest.mark.parametrize("text", ["", "[]", "{}", "no json"])
def test_another_file_is_no_world(tmp_path, text):
    (tmp_path / "world.json").write_text(text)
    with pytest.raises(WorldError, match="is not a world of the emulated Azure"):
        World.load(tmp_path / "world.json")


def test_a_world_of_another_version_is_refused_with_the_way_out(tmp_path):
    (tmp_path / "world.json").write_text(json.dumps({**World().as_json(), "version": 99}))
    with pytest.raises(WorldError, match=r"version 99, and this library reads version 1.*"):
        World.load(tmp_path / "world.json")


def test_a_clock_goes_forward_only():
    world = World()
    with pytest.raises(WorldError, match="goes forward only"):
        world.move_clock(world.today - datetime.timedelta(days=1))


def test_names_are_free_on_their_day():
    world = World()
    until = world.today + datetime.timedelta(days=2)
    world.deleted["x"] = SoftDeleted(VAULT, until.isoformat())
    world.move_clock(until - datetime.timedelta(days=1))
    assert set(world.deleted) == {"x"}
    world.move_clock(until)
    assert world.deleted == {}
