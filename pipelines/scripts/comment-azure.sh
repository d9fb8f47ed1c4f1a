#!/usr/bin/env bash
# Writes a file as a comment of a pull request in Azure Repos, or edits the one that it wrote before.
#
#   comment-azure.sh FILE
#
# Needs SYSTEM_ACCESSTOKEN, and for the pipeline's build service the right "Contribute to pull requests". The calls are
# "Pull Request Threads" and "Pull Request Thread Comments" of the REST API 7.1 (learn.microsoft.com/rest/api/azure/devops).
set -euo pipefail

file=$1
threads="${SYSTEM_COLLECTIONURI}${SYSTEM_TEAMPROJECTID}/_apis/git/repositories/${BUILD_REPOSITORY_ID}"
threads="${threads}/pullRequests/${SYSTEM_PULLREQUEST_PULLREQUESTID}/threads"
first=$(head --lines 1 "$file")

call() { # method, address; the body comes from standard input
    # The token is read from a file that is none: it stands in no list of processes.
    curl --fail --silent --show-error --request "$1" --header @<(printf 'Authorization: Bearer %s' "$SYSTEM_ACCESSTOKEN") \
        --header 'Content-Type: application/json' --data-binary @- "$2?api-version=7.1"
}

found=$(curl --fail --silent --show-error --header @<(printf 'Authorization: Bearer %s' "$SYSTEM_ACCESSTOKEN") \
    "$threads?api-version=7.1" | jq --raw-output --arg first "$first" \
    '[.value[] | select(.comments[0].content // "" | startswith($first)) | "\(.id)/comments/\(.comments[0].id)"][0] // ""')
if [ -n "$found" ]; then
    jq --null-input --rawfile content "$file" '{content: $content}' | call PATCH "$threads/$found" > /dev/null
else
    jq --null-input --rawfile content "$file" \
        '{comments: [{parentCommentId: 0, content: $content, commentType: 1}], status: "closed"}' |
        call POST "$threads" > /dev/null
fi
