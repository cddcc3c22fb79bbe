# Runs PostgreSQL in a session of its own until standard input closes: that is when the application asks for the stop, and also
# when it dies in any way. Arguments: lock file, pid file, log of the start, then the command.
# The lock (descriptor 9) is inherited by every process of the engine, so it is free only when the last of them is gone.
set -u
lock=$1 pidfile=$2 log=$3
shift 3
exec 3<&0 9>"$lock"
flock --nonblock 9 || exit 75

"$@" </dev/null >"$log" 2>&1 3<&- &
engine=$!
echo "$engine" >"$pidfile"
exec 9>&-

stop_when_input_closes() {
    while read -r _; do :; done
    # SIGINT is the fast shutdown: sessions end, data is flushed. Then, in steps of 15 s, the immediate one and the kill.
    for signal in INT QUIT KILL; do
        kill -"$signal" "$engine" 2>/dev/null || return
        tenths=150
        while [ "$tenths" -gt 0 ]; do
            kill -0 "$engine" 2>/dev/null || return
            sleep 0.1
            tenths=$((tenths - 1))
        done
    done
}
stop_when_input_closes <&3 >/dev/null 2>&1 &
watcher=$!
exec 3<&-

wait "$engine"
status=$?
kill -9 "$watcher" 2>/dev/null
exit "$status"
