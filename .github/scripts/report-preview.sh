#!/usr/bin/env bash
# Tells what a preview found: in the summary of the run, and in a comment of the pull request, one for each stack, which
# is edited in place.
#
#   report-preview.sh STACK FILE    FILE is what `npm run preview -- STACK --markdown=FILE` wrote, or missing
#
# COMMENT=false leaves the comment out, NO_BACKEND=true says that there was no state to compare with. The comment needs
# GH_TOKEN, REPOSITORY (owner/name) and PULL_REQUEST (its number).
set -euo pipefail

stack=$1
file=$2
# GitHub takes 65,536 characters. The Markdown keeps to it; the note and the sentence below need some, too.
limit=65000

MARKER="<!-- redis-on-docker: preview of ${stack} -->"
export MARKER
body=$(mktemp)
trap 'rm -f "$body"' EXIT

{
    printf '%s\n\n' "$MARKER"
    if [ "${NO_BACKEND:-false}" = true ]; then
        printf '> [!NOTE]\n> This run was given no Pulumi backend, so it started from an empty stack: below is what a first creation\n'
        printf '> would do, and not what would change.\n\n'
    fi
    if [ -s "$file" ]; then
        # It ends with 1 where there is nothing else.
        grep -vxF -- "$MARKER" "$file" || [ $? = 1 ]
    else
        printf "## Preview of \`%s\` failed\n\n**It could not be started, or took too long.** The log of the run says which.\n" "$stack"
    fi
} >"$body"

if [ "$(LC_ALL=C.UTF-8 wc -m <"$body")" -gt "$limit" ]; then
    cut=$(mktemp)
    # Whole lines only: half of one may be an open table or an open tag. Some awks count bytes, and leave less.
    LC_ALL=C.UTF-8 awk -v limit="$limit" '{ size += length($0) + 1; if (size > limit) exit; print }' "$body" >"$cut"
    # An open fold would swallow the sentence.
    printf '\n</details>\n\nThe rest is cut off, since a comment has no room for it; to see all: npm run preview -- %s\n' "$stack" >>"$cut"
    mv "$cut" "$body"
fi

cat "$body" >>"${GITHUB_STEP_SUMMARY:-/dev/stdout}"

if [ "${COMMENT:-true}" != true ]; then
    echo "No comment: this run may not write one. The preview is in the summary of the run."
    exit 0
fi

# Only what this workflow wrote itself is edited: anybody can write a comment that begins with the marker.
found=$(gh api --paginate "repos/${REPOSITORY}/issues/${PULL_REQUEST}/comments?per_page=100" \
    --jq '.[] | select(.user.login == "github-actions[bot]" and (.body | startswith(env.MARKER))) | .id' | sed -n 1p)

if [ -n "$found" ]; then
    gh api --silent --method PATCH "repos/${REPOSITORY}/issues/comments/${found}" -F "body=@${body}"
    echo "The comment on the preview of ${stack} is up to date."
else
    gh api --silent --method POST "repos/${REPOSITORY}/issues/${PULL_REQUEST}/comments" -F "body=@${body}"
    echo "The preview of ${stack} is a comment of the pull request now."
fi
