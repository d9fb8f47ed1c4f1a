# Puts what set-up.sh installed on PATH. The other scripts read it.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
PATH="$root/.venv/bin:$root/.pulumi-cli:$PATH"
export PATH
