#!/bin/sh
# Make the environment: system packages that Qt needs (when missing, and when we may), then Python's.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
venv=${VENV:-.venv}

missing=""
for package in $(grep -v '^#' "$here/debian-packages.txt"); do
    if command -v dpkg-query >/dev/null 2>&1 &&
        ! dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed'; then
        missing="$missing $package"
    fi
done
# Debian's own Python comes without what makes an environment; other Pythons bring it
if ! "$python" -c "import ensurepip" >/dev/null 2>&1; then
    missing="$missing python3-venv"
fi
if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        apt-get update -qq
        # shellcheck disable=SC2086
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
    else
        echo "These system packages are missing; without them the environment may not be made, or the window not open:$missing" >&2
        echo "Install them with: sudo apt-get install$missing" >&2
    fi
fi

"$python" -m venv "$venv"
pip="$venv/bin/python -m pip --disable-pip-version-check"
$pip install -q --upgrade "pip>=25.1"
# torch by its exact version, before anything could ask for another build of it
$pip install -q "$(grep '^torch==' "$here/constraints.txt")"
$pip install -q -c "$here/constraints.txt" --group dev -e "$here/..[napari,figures,segmentation,spatialdata,analysis,slices]"
