"""The shell's commands in the documents, as somebody copies them."""

import re

from support.stacks import ROOT


def shell_blocks(document: str, *headings: str) -> list[str]:
    """The blocks of a document for a shell; with headings, those below them."""
    text = (ROOT / document).read_text(encoding="utf-8")
    if headings:
        sections = re.split(r"^## ", text, flags=re.MULTILINE)
        found = {each.partition("\n")[0]: each for each in sections}
        text = "".join(found[each] for each in headings)
    return re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
