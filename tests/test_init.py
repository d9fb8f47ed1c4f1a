import subprocess
import sys

import pytest

import azure_mlplatform


def test_what_is_public_is_named_once_and_can_be_had():
    assert sorted(azure_mlplatform.__all__) == sorted([*azure_mlplatform._HOMES, *azure_mlplatform._FORMER])
    for name in azure_mlplatform.__all__:
        assert getattr(azure_mlplatform, name).__name__ == azure_mlplatform._FORMER.get(name, name)
        assert name in dir(azure_mlplatform)


def test_a_name_that_there_is_not_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = azure_mlplatform.Nothing


@pytest.mark.slow
def test_the_import_loads_neither_the_sdk_nor_pydantic():
    code = "import sys, azure_mlplatform; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"pulumi", "pulumi_azure_native", "pydantic", "typer", "yaml"} & set(loaded)


@pytest.mark.slow
def test_settings_load_no_pulumi():
    code = "import sys, azure_mlplatform.settings, azure_mlplatform.foundation.naming"
    code += ", azure_mlplatform.foundation.built_in_roles"
    code += "; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"pulumi", "pulumi_azure_native", "pulumi_random", "typer"} & set(loaded)
