#!/usr/bin/env bash
# Updates one stack, as whoever is signed in.
#
#   update-stack.sh FOLDER STACK
#
# Stops before it changes anything if something goes that holds data or work, or if Azure, a lock or protection would
# refuse a step. Set ACCEPT_FINDINGS=true to go on, once somebody has read what it says.
set -euo pipefail
. "$(dirname "$0")/path.sh"

folder=$1
stack=$2

if ! pulumi stack select "$stack" --cwd "$folder" --non-interactive; then
    echo "There is no such stack. Make it once, and commit what that writes into $folder/Pulumi.$stack.yaml:" >&2
    echo "    pulumi stack init $stack --cwd $folder --secrets-provider azurekeyvault://<vault>.vault.azure.net/keys/<key>" >&2
    exit 1
fi

code=0
mlplatform preview "$stack" -C "$folder" --against stack || code=$?
if [ "$code" -eq 1 ] && [ "${ACCEPT_FINDINGS:-}" = true ]; then
    echo "The findings above are accepted by whoever started this run."
elif [ "$code" -ne 0 ]; then
    exit "$code"
fi

pulumi up --stack "$stack" --cwd "$folder" --non-interactive --yes --skip-preview
