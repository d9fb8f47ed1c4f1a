#!/usr/bin/env bash
# Writes what a pull request changes, as Markdown for a comment. Needs no Azure, no Pulumi CLI and no rights.
#
#   describe-change.sh BASE FILE
#
# Ends with 1 if the check refuses or finds something, or if a stack cannot be previewed. A preview that takes something
# away that holds data is said, and does not fail: that is for the reviewers.
set -euo pipefail
. "$(dirname "$0")/path.sh"

base=$1
file=$2
most=60000 # A comment of GitHub takes 65,536 characters.
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

said() { # title, file, whether it is Markdown
    printf '### %s\n\n' "$1"
    if [ "$3" = markdown ]; then
        cat "$2"
    else
        printf '~~~~text\n'
        cat "$2"
        printf '~~~~\n'
    fi
    printf '\n'
}

{
    printf '## What this change does\n\n'
    code=0
    mlplatform check --no-cache > "$work/out" 2>&1 || code=$?
    if [ "$code" -eq 0 ]; then
        printf 'The check of all stacks finds nothing.\n\n'
    else
        failed=1
        grep --invert-match --extended-regexp '^(projects/.*: [0-9]+ resources|    (info|warning): )' "$work/out" \
            > "$work/found" || true
        said 'The check finds problems' "$work/found" text
    fi

    if [ -d requests ]; then
        code=0
        mlplatform request check --since "$base" --markdown > "$work/out" 2> "$work/error" || code=$?
        [ "$code" -eq 0 ] || failed=1
        if [ -s "$work/out" ]; then
            said 'Requests' "$work/out" markdown
        fi
        if [ -s "$work/error" ] && [ "$code" -ne 0 ]; then
            said 'The check of requests finds problems' "$work/error" text
        fi
    fi

    git diff --name-only -z "$base"...HEAD -- projects | while IFS= read -r -d '' path; do
        folder=$(dirname "$path")
        while [ "$folder" != . ] && [ ! -f "$folder/Pulumi.yaml" ]; do folder=$(dirname "$folder"); done
        [ "$folder" = . ] || printf '%s\n' "$folder"
    done | sort --unique > "$work/folders"

    while IFS= read -r folder; do
        code=0
        mlplatform preview -C "$folder" --since "$base" --markdown > "$work/out" 2> "$work/error" || code=$?
        if [ "$code" -le 1 ]; then
            said "$folder" "$work/out" markdown
        else
            failed=1
            said "$folder: no preview" "$work/error" text
        fi
    done < "$work/folders"
} > "$work/comment"

if [ "$(wc -c < "$work/comment")" -gt "$most" ]; then
    head --bytes "$most" "$work/comment" | iconv -f utf-8 -t utf-8 -c > "$file"
    printf '\n\n… and more: see the log of this run.\n' >> "$file"
    cat "$work/comment"
else
    cp "$work/comment" "$file"
fi
exit "$failed"
