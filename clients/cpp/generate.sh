#!/bin/sh
# Generates the C++ sources of every proto into the folder $1/generated; builds nothing else.
# Needs what CMakeLists.txt needs; `make proto` runs it where these are pinned.
set -eu
cmake -S "$(dirname "$0")" -B "$1" -G Ninja
cmake --build "$1" --target opi_sources
