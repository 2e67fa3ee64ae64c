#!/bin/sh
# The front door of the testbed: looks for the Debian packages of packages.txt, then hands over to
# harness/bed/run.py, which says more with --help.
set -eu
home=$(cd "$(dirname "$0")" && pwd)
if [ "${1:-}" = diff ]; then
	shift
	export PYTHONPATH="$home" PYTHONDONTWRITEBYTECODE=1
	exec /usr/bin/python3 -m harness.bed.check.diff "$@"
fi
cd "$home"
case ${1:-} in
doctor | attach)
	word=$1
	shift
	PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 -m "harness.bed.engine.$word" "$@"
	;;
esac

# Packages of the roles that building and testing need, without those that are installed.
missing_packages() {
	need=$(awk '$1 ~ /^(build|test|run)$/ { print $2 }' packages.txt)
	# The words of the list are package names: split on purpose.
	# shellcheck disable=SC2086
	have=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $need 2>/dev/null |
		sed -n 's/^installed //p')
	echo "$need" | grep -vxF "$have" | tr '\n' ' '
}

# install_packages PREFIX PACKAGES: by apt-get, with fresh lists where the old ones do not do.
install_packages() {
	echo "run-tests.sh: installing missing Debian packages: $2"
	get="$1 env DEBIAN_FRONTEND=noninteractive apt-get -qq"
	# shellcheck disable=SC2086
	$get install -y --no-install-recommends $2 >/dev/null 2>&1 || {
		$get update
		$get install -y --no-install-recommends $2
	}
}

missing=$(missing_packages || true)
if [ -n "$missing" ]; then
	if [ "$(id -u)" -eq 0 ]; then
		install_packages '' "$missing"
	elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
		install_packages sudo "$missing"
	else
		echo "run-tests.sh: Debian packages are missing: $missing" >&2
		echo "As root type: apt-get install --no-install-recommends $missing" >&2
		exit 2
	fi
fi
exec /usr/bin/python3 -m harness.bed.run "$@"
