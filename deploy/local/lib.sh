# shellcheck shell=bash
# shellcheck disable=SC2034 # its variables are used by the scripts that source it
# What the scripts of this folder share: words to the user, the instance and its folder, its lock,
# its recorded state, its ports and its processes. Sourced, never run.
#
# Each of them sets `here` (this folder) first. An instance is a folder (DIR). Everything it owns lies in there (or, where that cannot be, under
# /var/tmp/wasl-<instance>, with a link); nothing else on the machine is written.

readonly START_SECONDS_MAX=90 ANSWER_SECONDS_MAX=20 STOP_SECONDS_MAX=30 LOCK_SECONDS_MAX=240

say() { printf '%s\n' "wasl local: $*" >&2; }
die() {
  say "$*"
  exit 1
}
usage() {
  printf 'usage: deploy/local/%s\n' "$*" >&2
  exit 2
}

# ---- programs

# Folder of the broker's own scripts. Those that Debian puts into /usr/sbin will not do: they
# change user, folder and environment.
rabbitmq_sbin() {
  local sbin
  for sbin in "${WASL_RABBITMQ_SBIN:-}" /usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin \
    /usr/local/lib/rabbitmq/lib/rabbitmq_server-*/sbin /opt/rabbitmq/sbin; do
    [[ -n $sbin && -x $sbin/rabbitmq-server ]] && printf '%s' "$sbin" && return 0
  done
  return 1
}

# Folder of the newest PostgreSQL that is 15 or later.
postgres_bin() {
  local bin best='' best_major=14 major
  for bin in "${WASL_POSTGRES_BIN:-}" /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/local/pgsql/bin /usr/bin; do
    [[ -n $bin && -x $bin/initdb && -x $bin/postgres && -x $bin/psql ]] || continue
    major=$(postgres_major "$bin")
    [[ $bin == "${WASL_POSTGRES_BIN:-}" ]] && printf '%s' "$bin" && return 0
    ((major > best_major)) && best=$bin best_major=$major
  done
  [[ -n $best ]] && printf '%s' "$best"
}

postgres_major() {
  local version
  version=$("$1/postgres" --version) && version=${version#*(PostgreSQL) } && printf '%s' "${version%%[!0-9]*}"
}

require_programs() {
  [[ -d /proc/self ]] || die "these scripts need Linux (/proc)"
  if ! SBIN=$(rabbitmq_sbin) || ! PGBIN=$(postgres_bin) || ! command -v curl >/dev/null; then
    "${here:?}/install" || exit
    SBIN=$(rabbitmq_sbin) || die "RabbitMQ is missing"
    PGBIN=$(postgres_bin) || die "PostgreSQL is missing"
  fi
}

random_hex() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }

# ---- the instance

# Sets DIR (absolute) and INSTANCE (a short name that is its own on this machine).
open_instance() {
  local root
  root=$(cd "$here/../.." && pwd)
  DIR=$(realpath -m -- "${1:-$root/target/local}")
  INSTANCE=$(printf '%s' "$DIR" | sha256sum | cut -c1-10)
  SIDE=/var/tmp/wasl-$INSTANCE
  STATE=$DIR/state
}

# Serialises the scripts on one instance. The lock goes away with the instance, so a lock won on a
# file that is no longer there counts for nothing.
lock_instance() {
  local inode
  while :; do
    (umask 022 && mkdir -p -- "$DIR") || die "cannot create $DIR"
    exec {LOCK_FD}>>"$DIR/lock" || die "cannot write in $DIR: it belongs to another user"
    flock -w "$LOCK_SECONDS_MAX" "$LOCK_FD" || die "another command has held $DIR for $LOCK_SECONDS_MAX seconds"
    inode=$(stat -c %i "$DIR/lock" 2>/dev/null) || inode=gone
    [[ $inode == "$(stat -L -c %i "/proc/$$/fd/$LOCK_FD")" ]] && return 0
    exec {LOCK_FD}>&-
  done
}

# Where the data of one server lives: DIR/<name>, unless its user cannot enter there (`user`, for
# the one that refuses to run as root) or the path has signs that its scripts cannot take.
place() {
  local name=$1 user=${2:-} home=$DIR/$1
  [[ -e $home ]] && realpath -- "$home" && return 0
  if [[ $home =~ ^[A-Za-z0-9_./@+-]+$ ]] && mkdir -m 0700 -- "$home" && own "$home" "$user"; then
    realpath -- "$home" && return 0
  fi
  rm -rf -- "$home"
  # In a folder that everyone may write to: take nobody else's.
  mkdir -m 0711 -- "$SIDE" 2>/dev/null || [[ ! -L $SIDE && -O $SIDE ]] || die "$SIDE belongs to another user"
  [[ -d $SIDE/$name ]] || mkdir -m 0700 -- "$SIDE/$name"
  own "$SIDE/$name" "$user" || die "$user cannot use $SIDE/$name"
  ln -s -- "$SIDE/$name" "$home"
  printf '%s' "$SIDE/$name"
}

own() {
  [[ -z $2 ]] && return 0
  chown "$2:" "$1" && setpriv --reuid="$2" --regid="$2" --clear-groups test -w "$1" 2>/dev/null
}

# ---- recorded state: ports and secrets, one KEY=value a line

readonly STATE_KEYS=(DIR_RECORDED AMQP_PORT MANAGEMENT_PORT DISTRIBUTION_PORT EPMD_PORT DATABASE_PORT
  BROKER_USER BROKER_PASSWORD DATABASE_PASSWORD)

load_state() {
  local key value
  [[ -s $STATE ]] || return 1
  while IFS='=' read -r key value; do
    [[ " ${STATE_KEYS[*]} " == *" $key "* ]] && printf -v "$key" '%s' "$value"
  done <"$STATE"
  [[ ${DIR_RECORDED:-} == "$DIR" ]] ||
    die "$DIR was made at $DIR_RECORDED and then moved or copied: remove it, or move it back"
}

save_state() {
  local key
  for key in "${STATE_KEYS[@]}"; do printf '%s=%s\n' "$key" "${!key}"; done | write_private "$STATE"
}

# Replaces a file in one step, readable by its owner only.
write_private() {
  (umask 077 && cat >"$1.new") && mv -f -- "$1.new" "$1"
}

# ---- ports

# The ports that anything listens on, as the kernel writes them (hexadecimal).
listening() { awk '$4 == "0A" { n = split($2, part, ":"); print part[n] }' /proc/net/tcp /proc/net/tcp6 2>/dev/null; }

ports_free() {
  local port taken
  taken=" $(listening | tr '\n' ' ')"
  for port in "$@"; do
    [[ $taken == *" $(printf '%04X' "$port") "* ]] && return 1
  done
  return 0
}

# Five neighbours below the range that outgoing connections use, so that they are still free after
# a stop. Where to look first depends on the instance, so that two seldom look at the same.
choose_ports() {
  local block attempt base
  block=$((16#${INSTANCE:0:6}))
  for ((attempt = 0; attempt < 1000; attempt++)); do
    base=$((20000 + (block + attempt) % 1000 * 10))
    if ports_free "$base" $((base + 1)) $((base + 2)) $((base + 3)) $((base + 4)); then
      AMQP_PORT=$base MANAGEMENT_PORT=$((base + 1)) DATABASE_PORT=$((base + 2))
      DISTRIBUTION_PORT=$((base + 3)) EPMD_PORT=$((base + 4))
      return 0
    fi
  done
  die "no free ports between 20000 and 29999"
}

# ---- processes

# Starts a server that outlives this script and holds nothing of its caller: own session, no
# descriptor but its log (a pipe or a lock that stayed open would hang whoever waits for it).
# spawn PID_FILE LOG COMMAND...
spawn() {
  local pid_file=$1 log=$2
  shift 2
  [[ -f $log && $(stat -c %s "$log") -gt 10000000 ]] && mv -f -- "$log" "$log.1"
  (
    cd /
    for fd in /proc/"$BASHPID"/fd/*; do
      fd=${fd##*/}
      if ((fd > 2 && fd != 255)); then exec {fd}>&-; fi
    done
    umask 077
    exec setsid "$@" </dev/null >>"$log" 2>&1
  ) &
  echo $! | write_private "$pid_file"
  disown $! # or bash would report its end
}

recorded_pid() {
  local pid=''
  { [[ -r $1 ]] && read -r pid <"$1" && [[ $pid =~ ^[0-9]+$ ]] && printf '%s' "$pid"; } || return 1
}

# What the kernel knows of a server that does not answer, on standard error: its state (T: stopped,
# D: waits for the disk), what its threads wait for, room on the disk and in memory.
diagnose() {
  local pid=$1
  {
    grep -E '^(State|Threads|VmRSS)' "/proc/$pid/status" 2>/dev/null || echo "process $pid has ended"
    for thread in /proc/"$pid"/task/*; do
      printf '%s %s\n' "$(cut -d')' -f2 "$thread/stat" 2>/dev/null | cut -c2)" "$(cat "$thread/wchan" 2>/dev/null)"
    done | sort | uniq -c
    df -h "$DIR" | tail -n 1
    free -m | head -n 2
    uptime
  } >&2
}

# wait_until SECONDS COMMAND...: asks every 100 ms; false when the time is over.
wait_until() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.1
  done
}

not() { ! "$@"; }
