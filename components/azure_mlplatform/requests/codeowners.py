"""Who reviews what, written from the requests: .github/CODEOWNERS, a ruleset, and a file for each one's yes.

GitHub takes the approval of any one owner of a file, by its last pattern that fits (GitHub Docs, "About code owners",
read 2026-11-28). So what each has to agree to stands in a file of its own: the owner of a data product approves
`projects/<project>/reviews/reads/<product>.json`, who pays approves `projects/<project>/reviews/costs.json`, the
platform team everything else. Owners count as they stand in the branch that a pull request goes to: a product's pattern
is for all projects, so that a first request is caught too.
"""

import json
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path as FilePath
from typing import Any, Optional

from ..foundation.problems import Problem
from ..foundation.violations import Violation
from .platform import Platform
from .repository import Document, RepositoryRequests
from .request import APPROVALS, Request

FILE = ".github/CODEOWNERS"
RULESET = ".github/ruleset.json"
"""Where the ruleset stands: `gh api repos/<organisation>/<repository>/rulesets --input .github/ruleset.json`."""

_BEGIN = (
    "# BEGIN azure-mlplatform: `mlplatform request render` writes this block from requests/. Rules of yours go above."
)
_END = "# END azure-mlplatform"
_RENDER = "Write it with: mlplatform request render"


def review_files(found: RepositoryRequests, projects: Collection[str]) -> dict[str, Optional[str]]:
    """The files that say who reviews what: path from the repository's root → text; None if nobody has to agree to it
    any more. `projects` are those whose files are written. Empty if the platform team's answers cannot be read."""
    if found.platform is None:
        return {}
    platform = found.platform.content
    wanted: dict[str, Optional[str]] = {
        FILE: with_block(_text(found.root / FILE), codeowners(found)),
        RULESET: json.dumps(ruleset(found), indent=2) + "\n",
    }
    for name in sorted(set(projects) & set(found.requests)):
        request = found.requests[name].content
        there = (found.root / "projects" / name).glob("reviews/**/*.json")
        wanted |= dict.fromkeys(each.relative_to(found.root).as_posix() for each in there)
        if any(not each.retired for each in request.environments):
            wanted |= {path: json.dumps(data, indent=2) + "\n" for path, data in _agreements(request, platform)}
    return wanted


def codeowners(found: RepositoryRequests) -> str:
    """The generated block, without its first and last line."""
    assert found.platform is not None  # noqa: S101 - the caller looked
    platform = found.platform.content
    team = " ".join(platform.team.reviewers)
    lines = [f"# {sentence}" for sentence in _about(found)]
    lines += [f"{path} {team}" for path in (f"/{FILE}", f"/{RULESET}", "/requests/", "/projects/")]
    lines += (reads_line(each.name, each.reviewers) for each in platform.data_products)
    lines += (costs_line(each.content) for each in found.requests.values())
    return "\n".join(lines) + "\n"


def reads_line(product: str, reviewers: list[str]) -> str:
    """The rule of who agrees that a project reads a product."""
    return f"/projects/*/reviews/reads/{product}.json {' '.join(reviewers)}"


def costs_line(request: Request) -> str:
    """The rule of who agrees to what a project may cost."""
    return f"/projects/{request.project}/reviews/costs.json {request.who_pays.contact}"


def approvals_needed(found: RepositoryRequests) -> int:
    """The approvals of a pull request. GitHub counts them by branch, so the environment that needs most decides."""
    kinds = {each.environment for _, _, each in found.environments() if not each.retired}
    return max((APPROVALS[each] for each in kinds), default=1)


def _about(found: RepositoryRequests) -> Iterator[str]:
    counted = ", ".join(f"{kind.value} {number}" for kind, number in APPROVALS.items())
    yield f"Approvals that an environment needs: {counted}. {RULESET} asks for {approvals_needed(found)}."
    yield "Each file needs an owner's approval: of the platform team, of each data product that is read, of who pays."


def ruleset(found: RepositoryRequests) -> dict[str, Any]:
    """The rules of the default branch, as GitHub's REST API takes them ("Create a repository ruleset")."""
    return {
        "name": "Requests are reviewed",
        "target": "branch",
        "enforcement": "active",
        "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
        "rules": [
            {"type": "deletion"},
            {"type": "non_fast_forward"},
            {
                "type": "pull_request",
                "parameters": {
                    "required_approving_review_count": approvals_needed(found),
                    "require_code_owner_review": True,
                    "dismiss_stale_reviews_on_push": True,
                    "require_last_push_approval": True,
                    "required_review_thread_resolution": True,
                },
            },
        ],
    }


def _agreements(request: Request, platform: Platform) -> Iterator[tuple[str, dict[str, Any]]]:
    """What each one agrees to, by file."""
    folder = f"projects/{request.project}/reviews"
    living = [each for each in request.environments if not each.retired]
    for product in dict.fromkeys(each.product for each in request.reads):
        known = platform.data_product(product)
        stores = {each.name: known.store(each.environment) if known else None for each in living}
        yield (
            f"{folder}/reads/{product}.json",
            {
                "data_product": product,
                "project": request.project,
                "team": request.owner_team,
                "email": request.owner_email,
                "why": request.why,
                "reads": [
                    {"folder": each.folder, "access": each.access.value}
                    for each in request.reads
                    if each.product == product
                ],
                "environments": [
                    {
                        "environment": each.name,
                        "data": (store := stores[each.name]) and f"{store.storage_account_id}/{store.container}",
                        "data_scientists": list(each.groups.data_scientists),
                        "readers": list(each.groups.readers),
                    }
                    for each in living
                ],
            },
        )
    yield (
        f"{folder}/costs.json",
        {
            "project": request.project,
            "cost_center": request.who_pays.cost_center,
            "cost_code": request.who_pays.cost_code,
            "contact": request.who_pays.contact,
            "environments": [
                {"environment": each.name, "budget": each.budget.amount, "expires_on": each.expires_on}
                for each in living
            ],
        },
    )


def who_agrees(before: RepositoryRequests, after: RepositoryRequests, name: str) -> Iterator[tuple[str, str]]:
    """Each whose yes a change of a request takes, and why: owners as CODEOWNERS names them.

    They are those of now; of who is no longer asked, those of before.
    """
    found = after if after.platform is not None else before
    if found.platform is None:
        return
    yield " ".join(found.platform.content.team.reviewers), "the platform team"
    sides: list[dict[str, dict[str, Any]]] = []
    owners: dict[str, tuple[str, str]] = {}
    for side in (before, after):
        sides.append({})
        if side.platform is None or name not in side.requests:
            continue
        request, platform = side.requests[name].content, side.platform.content
        if all(each.retired for each in request.environments):
            continue
        sides[-1] = dict(_agreements(request, platform))
        owners[f"projects/{name}/reviews/costs.json"] = (request.who_pays.contact, "pays")
        for each in request.reads:
            if product := platform.data_product(each.product):
                path = f"projects/{name}/reviews/reads/{each.product}.json"
                owners[path] = (" ".join(product.reviewers), f"the owner of {each.product}, which it reads")
    for path in dict.fromkeys([*sides[0], *sides[1]]):
        if path in owners and sides[0].get(path) != sides[1].get(path):
            yield owners[path]


def with_block(text: str, block: str) -> str:
    """A CODEOWNERS with the block at its end, in place of the block that it had. What stands above stays."""
    above, _, _ = _parts(text)
    return f"{above.rstrip()}\n\n{_BEGIN}\n{block}{_END}\n".lstrip("\n")


def _parts(text: str) -> tuple[str, Optional[str], str]:
    """What stands above the block, the block, and what stands below it. None if there is no block."""
    lines = text.splitlines(keepends=True)
    begins = [number for number, line in enumerate(lines) if line.startswith("# BEGIN azure-mlplatform")]
    if not begins:
        return text, None, ""
    begin = begins[0]
    end = next((number for number in range(begin, len(lines)) if lines[number].rstrip() == _END), len(lines) - 1)
    below = "".join(lines[end + 1 :])
    return "".join(lines[:begin]) + below, "".join(lines[begin + 1 : end]), below


def review_problems(found: RepositoryRequests, rendered: Iterable[str]) -> Iterator[Problem]:
    """Problems of who reviews what: teams of other organisations, and reviewers that CODEOWNERS does not have.

    `rendered` are the projects that were rendered from their request. Before, there are no reviewers to look for.
    """
    if found.platform is None:
        return
    yield from found.platform.located(_other_organisations(found.platform.content))
    documents = [found.requests[each] for each in rendered if each in found.requests]
    if not documents:
        return
    _, block, below = _parts(_text(found.root / FILE))
    lines = set((block or "").splitlines())
    for document in documents:
        yield from document.located(_not_reviewed(document, found.platform.content, lines))
    for path, text in review_files(found, [each.content.project for each in documents]).items():
        if path != FILE and text != (_text(found.root / path) or None):
            what = "is older than requests/" if text is not None else "is no longer asked for"
            yield Problem((), what, _RENDER, path)
    rule = next((line for line in below.splitlines() if line.strip() and not line.startswith("#")), None)
    if rule is not None:
        fix = "Move it above the block: of several rules that fit a file, GitHub takes the last"
        yield Problem((), f"'{rule}' stands below the generated block", fix, FILE)


def _not_reviewed(document: Document[Request], platform: Platform, lines: set[str]) -> Iterator[Violation]:
    request = document.content
    if all(each.retired for each in request.environments):
        return
    for index, each in enumerate(request.reads):
        product = platform.data_product(each.product)
        if product and reads_line(product.name, product.reviewers) not in lines:
            what = f"its owner, {', '.join(product.reviewers)}, is not among the reviewers in {FILE}"
            yield Violation(("reads", index, "product"), each.product, what, _RENDER)
    if costs_line(request) not in lines:
        what = f"{request.who_pays.contact} is not among the reviewers in {FILE}"
        yield Violation(("who_pays", "contact"), request.who_pays.contact, what, _RENDER)


def _other_organisations(platform: Platform) -> Iterator[Violation]:
    """A team can own code of its own organisation only."""
    if platform.repository is None:
        return
    own = platform.repository.github.partition("/")[0]
    named = {("team", "reviewers"): platform.team.reviewers}
    named |= {("data_products", at, "reviewers"): each.reviewers for at, each in enumerate(platform.data_products)}
    for path, reviewers in named.items():
        for index, each in enumerate(reviewers):
            organisation, _, team = each.lstrip("@").partition("/")
            if team and organisation.lower() != own.lower():
                yield Violation(
                    (*path, index),
                    each,
                    f"'{each}' is a team of another organisation than {own}, and cannot own its code",
                    f"Give a team of {own}: @{own}/{team}",
                )


def _text(file: FilePath) -> str:
    return file.read_text(encoding="utf-8") if file.is_file() else ""
