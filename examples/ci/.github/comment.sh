#!/bin/sh
# Writes a report in Markdown as a comment on a pull request, or replaces the one that was written before: its first line,
# which GitHub does not show, says whose it is.
#
# usage: comment.sh FILE, with REPOSITORY (owner/name), NUMBER (of the pull request) and GH_TOKEN
set -eu
report=$1
comments="repos/$REPOSITORY/issues"
mark=$(head -n 1 "$report")
before=$(gh api --paginate "$comments/$NUMBER/comments" --jq \
  ".[] | select(.user.login == \"github-actions[bot]\" and (.body | startswith(\"$mark\"))) | .id" | head -n 1)
if [ -n "$before" ]; then
  gh api --method PATCH "$comments/comments/$before" --field "body=@$report" --silent
else
  gh api --method POST "$comments/$NUMBER/comments" --field "body=@$report" --silent
fi
