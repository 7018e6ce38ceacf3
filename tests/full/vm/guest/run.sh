#!/bin/sh
# The job of the virtual machine: pytest on the files that ./files names, for at most ./limit seconds.
uname -r > results/release
# shellcheck disable=SC2046 # one word per file
timeout --kill-after=5 "$(cat limit)" python -m pytest -v --color=no -p no:cacheprovider \
    --junitxml=results/junit.xml $(cat files)
echo $? > results/code
