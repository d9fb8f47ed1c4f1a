"""What an editor shows: yaml-language-server itself, from npm, reads the committed schemas and our files."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from azure_mlplatform.catalogue.ai_kinds import AIServiceKind
from azure_mlplatform.catalogue.regions import REGIONS
from azure_mlplatform.catalogue.vm_sizes import size_names
from support.language_server import JUDGE, LanguageServer, installed, running

ROOT = Path(__file__).parents[2]
FILES = sorted([*ROOT.glob("Pulumi*.yaml"), *ROOT.glob("projects/*/Pulumi*.yaml")])
DEV = (ROOT / "Pulumi.dev.yaml").read_text()

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    program = installed(tmp_path_factory.mktemp("language server"))
    with running(program, ROOT) as server:
        yield server


def edited(editor: LanguageServer, old: str, new: str, stack: str = "eu"):
    """The reference project's dev, with a text replaced, as a file that is open and not saved."""
    assert DEV.count(old) == 1, old
    return editor.open(ROOT / f"Pulumi.{stack}.yaml", DEV.replace(old, new))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_our_files_have_no_problem(editor, file):
    assert editor.open(file, file.read_text()).problems() == []


CPU = "      - name: cpu\n        vm_size: Standard_D4ds_v4\n        max_nodes: 4\n"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("location: westeurope", "location: westeurop", ["4: Not a region's short name in the catalogue of"]),
        ("environment: dev", "environment: production", ["3: Allowed: sandbox, dev, test, prod"]),
        (
            "environment: dev",
            "environment: prod",
            [
                "29: Not allowed in test and prod: no individual has access",
                "43: Not allowed in test and prod: each belongs to a person; jobs run on clusters",
                "87: Not allowed in test and prod: give https, with a certificate",
            ],
        ),
        (
            "environment: dev",
            "environment: sandbox",
            [
                "2: azure-mlplatform:expires_on is needed in sandbox",
                "31: Not allowed in sandbox: nothing is released from it",
                "87: Not allowed in sandbox: its nodes run day and night, and nothing is promoted",
            ],
        ),
        ("  azure-mlplatform:location: westeurope\n", "", ['2: Missing property "azure-mlplatform:location".']),
        (
            "azure-mlplatform:budget:",
            "azure-mlplatform:budgets:",
            ["34: Unknown setting. Only an encrypted value (`pulumi config set --secret`) may have a name of its own"],
        ),
        (CPU, CPU.replace("max_nodes", "maxNodes"), ["41: Unknown key. Allowed: vm_size, unlisted_size_reason, name,"]),
        (CPU, CPU.replace("max_nodes: 4", "max_nodes: lots"), ["41: Expected a whole number"]),
        (CPU, CPU.replace("max_nodes: 4", "max_nodes: 0"), ["41: Value is below the minimum of 1."]),
        (CPU, CPU.replace("Standard_D4ds_v4", "D4ds_v4"), ["40: Not a VM size in the catalogue of"]),
        (CPU, CPU.replace("Standard_D4ds_v4", "Standard_D4ds_v44"), ["40: Not a VM size in the catalogue of"]),
        (CPU, CPU.replace("        vm_size: Standard_D4ds_v4\n", ""), ['39: Missing property "vm_size".']),
        ("kind: FormRecognizer", "kind: DocumentIntelligence", ["27: Allowed: OpenAI, AIServices, ComputerVision,"]),
        ('version: "1"', "version: 1", ["23: Expected a text."]),
        ("[10.20.0.0/22]", "[10.20.0.0/33]", ["8: Not a private range. Allowed: a range of RFC 1918 or 6598"]),
        ("[10.20.0.0/22]", "10.20.0.0/22", ["8: Expected a list: one item per line, starting with '- '"]),
        ("tenant_id: 00000000-0000-0000-0000-0000000000aa", "tenant_id: contoso", ["6: Not a GUID."]),
        ('start: "08:00"', "start: 8", ["48: Expected a text."]),
        (
            "  azure-mlplatform:budget:",
            "  azure-native:location: mars\n  azure-mlplatform:own_secret: {secure: v1:x}\n  azure-mlplatform:budget:",
            [],
        ),
        (CPU, CPU.replace("max_nodes: 4", 'max_nodes: "4"'), []),
        (CPU, f"{CPU}        unlisted_size_reason: New, NET-1234\n".replace("D4ds_v4", "D4ds_v44"), []),
    ],
)
def test_a_fault_is_said_where_it_is_in_words_that_help(editor, old, new, said):
    found = edited(editor, old, new).problems()
    assert len(found) == len(said), found
    for one, beginning in zip(found, said, strict=True):
        assert one.startswith(beginning)


@pytest.mark.parametrize(("stack", "problems"), [("prod", 1), ("staging", 1), ("dev", 0), ("eu", 0)])
def test_the_name_of_the_file_is_compared_with_the_environment(editor, stack, problems):
    found = edited(editor, "environment: dev", "environment:   dev", stack).problems()
    assert [each.startswith(f"3: The stack's name says {stack}") for each in found] == [True] * problems
    reason = "environment: dev\n  azure-mlplatform:stack_name_reason: A trial, ML-77"
    assert edited(editor, "environment: dev", reason, stack).problems() == []


def test_what_belongs_to_one_environment_is_refused_in_the_projects_file(editor):
    text = (ROOT / "Pulumi.yaml").read_text()
    found = editor.open(ROOT / "Pulumi.yaml", f"{text}  azure-mlplatform:location:\n    value: westeurope\n").problems()
    assert [each.partition(": ")[2] for each in found] == [
        "Belongs to one environment, or is unknown. Move it to Pulumi.<stack>.yaml"
    ]


@pytest.mark.parametrize(
    ("old", "new", "after", "offered"),
    [
        ("location: westeurope", "location: ", "location: ", set(REGIONS)),
        ("kind: FormRecognizer", "kind: ", "documents\n      kind: ", set(AIServiceKind)),
        (CPU, CPU.replace("Standard_D4ds_v4", ""), "cpu\n        vm_size: ", set(size_names())),
        ("environment: dev", "environment: ", "environment: ", {"sandbox", "dev", "test", "prod"}),
        (
            'model: gpt-5.4\n          version: "2026-03-05"',
            "model: ",
            "chat\n          model: ",
            {"gpt-5.4", "gpt-5.5"},
        ),
        ('version: "2026-03-05"', "version: ", "gpt-5.4\n          version: ", {"2026-03-05"}),
        ("kind: FormRecognizer", "kind: FormRecognizer\n      sku: ", "Recognizer\n      sku: ", {"S0", "F0"}),
        ("kind: FormRecognizer", "kind: FormRecognizer\n      restore: ", "restore: ", {"true", "false"}),
        (
            "time_zone: W. Europe Standard Time\n          start",
            "time_zone: \n          start",
            "schedule:\n          time_zone: ",
            {"UTC", "W. Europe Standard Time", "Tokyo Standard Time"},
        ),
        (
            CPU,
            CPU.replace("max_nodes: 4", ""),
            "vm_size: Standard_D4ds_v4\n        ",
            {"min_nodes", "max_nodes", "idle_seconds", "priority", "unlisted_size_reason"},
        ),
        (
            "  azure-mlplatform:budget:",
            "  \n  azure-mlplatform:budget:",
            "id'`\n  ",
            {"azure-mlplatform:tags", "azure-mlplatform:retire", "azure-mlplatform:stack_name_reason"},
        ),
    ],
    ids=lambda value: None,
)
def test_keys_and_values_are_offered(editor, old, new, after, offered):
    found = edited(editor, old, new).offered(after)
    assert len(found) == len(set(found))
    assert offered <= set(found)


def test_an_id_or_a_range_that_somebody_else_may_have_is_not_offered(editor):
    for old, new, after in (
        ("tenant_id: 00000000-0000-0000-0000-0000000000aa", "tenant_id: ", "tenant_id: "),
        (
            "    address_space: [10.20.0.0/22]\n",
            "    address_space:\n      - \n",
            "network:\n    address_space:\n      - ",
        ),
    ):
        assert edited(editor, old, new).offered(after) == []


@pytest.mark.parametrize(
    ("on", "said"),
    [
        ("azure-mlplatform:environment", ["`prod`: For production. No individual has access."]),
        ("kind: FormRecognizer", ["`FormRecognizer`: Document Intelligence."]),
        ("address_space: [10.20", ["private ranges", "Shape: `10.<number>.<number>.0/22`", "a change is refused"]),
        ("idle_seconds", ["Default: 120."]),
    ],
)
def test_help_says_what_a_setting_is(editor, on, said):
    shown = edited(editor, CPU, f"{CPU}        idle_seconds: 90\n").help(on)
    for each in said:
        assert each in shown


def test_the_judge_is_pinned_and_comes_from_no_address_of_its_own():
    lock = (JUDGE / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert re.search(r'"yaml-language-server": "\d+\.\d+\.\d+"', (JUDGE / "package.json").read_text())
