#!/bin/sh
# What a change to the policies must pass, for any CI; .github/workflows/policies.yml runs the same on GitHub.
# Reports are written to reports/.
set -eu
cd "$(dirname "$0")"

npx sallyport check policies --report junit=reports/check.xml --config sallyport.yaml
npx sallyport lint policies --report sarif=reports/lint.sarif
npx sallyport fmt policies --check
npx sallyport test policies --threshold 90 --report junit=reports/test.xml
npx sallyport build policies --output reports/bundle.tar.gz
