#!/bin/sh
# The front door of the testbed: looks for the Debian packages of packages.txt, then hands over to
# harness/bed/run.py, which says more with --help.
set -eu
home=$(cd "$(dirname "$0")" && pwd)
case ${1:-} in
diff | facts)
	word=$1
	shift
	export PYTHONPATH="$home" PYTHONDONTWRITEBYTECODE=1
	exec /usr/bin/python3 -m "harness.bed.check.$word" "$@"
	;;
esac
# Relative to where it was typed; everything below may be typed from anywhere.
if [ -n "${BUILD:-}" ]; then
	mkdir -p "$BUILD" 2>/dev/null || {
		echo "run-tests.sh: BUILD=$BUILD cannot be made: name another folder" >&2
		exit 2
	}
	BUILD=$(cd "$BUILD" && pwd)
	BUILD=${BUILD#"$home"/} # by one name only: make knows a file's headers by it
	export BUILD
fi
cd "$home"
case ${1:-} in
elsewhere)
	shift
	exec harness/elsewhere/run "$@"
	;;
doctor | attach)
	word=$1
	shift
	PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 -m "harness.bed.engine.$word" "$@"
	;;
esac

harness/packages install build test run || exit 2
if [ "${1:-}" = compare ]; then
	shift
	PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 -m harness.bed.report.compare "$@"
fi
exec /usr/bin/python3 -m harness.bed "$@"
