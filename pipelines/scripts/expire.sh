#!/usr/bin/env bash
# Warns of environments that expire, stops those that have expired, and retires them after their grace period.
# With DRY_RUN=true it shows each step and does nothing.
#
# Ends with 1 if something expires soon, failed or waits for a person: the run is then the message.
set -euo pipefail
. "$(dirname "$0")/path.sh"

if [ "${DRY_RUN:-}" = true ]; then
    mlplatform expire --dry-run
else
    mlplatform expire
fi
