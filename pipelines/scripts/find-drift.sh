#!/usr/bin/env bash
# Fails if a stack in Azure is not what its settings say. Changes nothing.
#
#   find-drift.sh FOLDER STACK
set -euo pipefail
. "$(dirname "$0")/path.sh"

folder=$1
stack=$2

pulumi stack select "$stack" --cwd "$folder" --non-interactive
# What Azure has, beside what the settings say.
pulumi preview --stack "$stack" --cwd "$folder" --non-interactive --refresh --expect-no-changes --diff
# What the last update left, beside what the settings say: it names what a next update would take away.
mlplatform preview "$stack" -C "$folder" --against stack
