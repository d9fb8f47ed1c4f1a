#!/usr/bin/env bash
# Installs this repository's library and, with --pulumi, the Pulumi CLI. The other scripts find both.
#
# The library takes the versions in constraints.txt. The CLI is that of the version below: the release's own list of
# checksums guards against a damaged download. Set PULUMI_SHA256 to the checksum that you read when you reviewed the
# version, and it also guards against a release that somebody changed later.
set -euo pipefail

version=3.260.0
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"

python3 -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .

if [ "${1:-}" != --pulumi ]; then
    exit 0
fi
archive="pulumi-v${version}-linux-x64.tar.gz"
release="https://github.com/pulumi/pulumi/releases/download/v${version}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
curl --fail --silent --show-error --location --retry 3 --remote-name "${release}/${archive}"
if [ -n "${PULUMI_SHA256:-}" ]; then
    printf '%s  %s\n' "$PULUMI_SHA256" "$archive" | sha256sum --check --quiet -
else
    curl --fail --silent --show-error --location --retry 3 --remote-name "${release}/pulumi-${version}-checksums.txt"
    grep --fixed-strings "  ${archive}" "pulumi-${version}-checksums.txt" | sha256sum --check --quiet -
fi
mkdir -p "$root/.pulumi-cli"
tar --extract --gzip --file "$archive" --directory "$root/.pulumi-cli" --strip-components=1
"$root/.pulumi-cli/pulumi" version
