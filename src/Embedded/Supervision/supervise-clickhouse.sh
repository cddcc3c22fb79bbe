# Becomes the ClickHouse host, which stops by itself when its standard input closes. Arguments: lock file, pid file, log of the start,
# then the command. The lock (descriptor 9) stays open in the engine, so it is free only when the engine is gone.
set -u
lock=$1 pidfile=$2 log=$3
shift 3
exec 9>"$lock"
flock --nonblock 9 || exit 75
echo "$$" >"$pidfile"
exec "$@" >"$log" 2>&1
