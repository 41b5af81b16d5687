#!/usr/bin/env bash
# Refuses to deploy without a Pulumi backend: the state would lie in the work folder of the runner, which is emptied
# before the next run, and nobody would know any more what was created.
set -euo pipefail

if [ -z "${PULUMI_BACKEND_URL:-}" ] && [ -z "${PULUMI_ACCESS_TOKEN:-}" ]; then
    echo "::error::There is no Pulumi backend, so nothing is deployed. Set the secret PULUMI_BACKEND_URL or PULUMI_ACCESS_TOKEN of the environment; docs/pull-requests.md says how."
    exit 1
fi
