# shellcheck shell=bash
# shellcheck disable=SC2154 # DIR, ports and secrets come from lib.sh and the recorded state
# The private PostgreSQL of one instance. Sourced after lib.sh.

# PostgreSQL refuses to run as root: then it runs as the user that its package made.
database_user() { if ((EUID == 0)); then printf 'postgres'; fi; }

# Fills AS_DATABASE with the prefix that runs a command as that user, with a clean environment.
database_environment() {
  local user
  user=$(database_user)
  AS_DATABASE=()
  if [[ -n $user ]]; then
    id -u "$user" >/dev/null 2>&1 || die "PostgreSQL refuses to run as root, and there is no user $user"
    AS_DATABASE=(setpriv "--reuid=$user" "--regid=$user" --clear-groups --)
  fi
  AS_DATABASE+=(env -i "PATH=$PGBIN:/usr/bin:/bin" HOME=/ LANG=C.UTF-8 LC_ALL=C.UTF-8 TZ=UTC)
}

database_data() { printf '%s/data' "$(realpath -- "$DIR/database")"; }

# A recorded process id counts only if it is a server on this very data folder.
database_pid() {
  local pid data
  [[ -e $DIR/database ]] || return 1
  data=$(database_data)
  pid=$(recorded_pid "$data/postmaster.pid") || pid=$(recorded_pid "$DIR/database.pid") || return 1
  tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qxF -- "$data" && printf '%s' "$pid"
}

# Its backends and workers are titled "postgres: <cluster name>: …".
database_children() {
  local file
  while IFS= read -r file; do
    file=${file#/proc/}
    printf '%s\n' "${file%/cmdline}"
  done < <(grep -lsa "^postgres: wasl-$INSTANCE: " /proc/[0-9]*/cmdline)
}

database_is_gone() { ! database_pid >/dev/null && [[ -z $(database_children) ]]; }

# ---- start

database_initialise() {
  local base=$1
  local data=$base/data
  if [[ -s $data/PG_VERSION ]]; then
    [[ $(<"$data/PG_VERSION") == "$(postgres_major "$PGBIN")" ]] ||
      die "$data was made by PostgreSQL $(<"$data/PG_VERSION"), and $PGBIN is $(postgres_major "$PGBIN"): remove it with 'down --wipe', or set WASL_POSTGRES_BIN"
    return 0
  fi
  # Built aside and renamed when whole: a start that was interrupted leaves nothing to trip over.
  rm -rf -- "$data.new"
  # shellcheck disable=SC2016 # expanded by the inner shell
  (cd / && "${AS_DATABASE[@]}" sh -c 'umask 077; cat >"$1"' - "$base/password" <<<"$DATABASE_PASSWORD")
  (cd / && "${AS_DATABASE[@]}" initdb --pgdata="$data.new" --username=wasl_admin \
    --pwfile="$base/password" --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 \
    --data-checksums </dev/null >"$DIR/initdb.log" 2>&1) ||
    { cat "$DIR/initdb.log" >&2 && die "initdb failed"; }
  mv -- "$data.new" "$data"
  rm -f "$DIR/initdb.log" "$base/password"
}

# A page that is changed for the first time after a checkpoint is written whole to the log. Under load the built-in
# method of packing it took a tenth of all samples; a server without LZ4 falls back to it.
database_wal_compression() {
  if (cd / && "${AS_DATABASE[@]}" postgres -D "$1" -c wal_compression=lz4 -C wal_compression) >/dev/null 2>&1; then
    printf 'lz4'
  else
    printf 'on'
  fi
}

# Contents are replaced, so the files stay with the user that the server runs as.
database_write_files() {
  local data=$1
  cat >"$data/pg_hba.conf" <<'CONF'
# Written at every start by deploy/local: by password, from this machine, no socket file.
host all all 127.0.0.1/32 scram-sha-256
CONF
  cat >"$data/postgresql.conf" <<CONF
# Written at every start by deploy/local.
listen_addresses = '127.0.0.1'
port = $DATABASE_PORT
unix_socket_directories = ''
cluster_name = 'wasl-$INSTANCE'
password_encryption = scram-sha-256
max_connections = 200

# A commit that was answered is on the disk.
fsync = on
synchronous_commit = on
full_page_writes = on

shared_buffers = ${WASL_POSTGRES_BUFFERS_MB:-256}MB
work_mem = 8MB
maintenance_work_mem = 64MB
max_wal_size = 1GB
wal_compression = $(database_wal_compression "$data")
jit = off

timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C.UTF-8'
log_line_prefix = '%m [%p] %q%u@%d '
# The log carries no values of rows or parameters: they may be personal data.
log_statement = none
log_error_verbosity = terse
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
CONF
}

database_launch() {
  local base
  database_environment
  base=$(place database "$(database_user)")
  database_sweep
  wait_until "$STOP_SECONDS_MAX" ports_free "$DATABASE_PORT" || die "another program listens on the port of this database ($DATABASE_PORT)"
  database_initialise "$base"
  database_write_files "$base/data"
  spawn "$DIR/database.pid" "$DIR/database.log" "${AS_DATABASE[@]}" postgres -D "$base/data"
}

database_answers() { "$PGBIN/pg_isready" -q -t 2 -h 127.0.0.1 -p "$DATABASE_PORT" -d postgres; }

# The same question with its answer, for a person.
database_ask_loudly() { "$PGBIN/pg_isready" -t 2 -h 127.0.0.1 -p "$DATABASE_PORT" -d postgres >&2; }

database_answers_or_dies() { database_answers || ! kill -0 "$(recorded_pid "$DIR/database.pid")" 2>/dev/null; }

database_await() {
  if ! wait_until "$START_SECONDS_MAX" database_answers_or_dies || ! database_answers; then
    database_ask_loudly || true
    diagnose "$(recorded_pid "$DIR/database.pid")"
    tail -n 15 "$DIR/database.log" >&2 || true
    die "the database did not start; its log is above and in $DIR/database.log"
  fi
}

database_query() {
  PGPASSWORD=$DATABASE_PASSWORD PGCONNECT_TIMEOUT=5 "$PGBIN/psql" -XAtq -v ON_ERROR_STOP=1 \
    "host=127.0.0.1 port=$DATABASE_PORT user=wasl_admin dbname=postgres" -c "$1"
}

# ---- stop

# SIGINT is PostgreSQL's fast shutdown: sessions are rolled back, a checkpoint is written.
database_stop() {
  local pid
  if pid=$(database_pid); then
    kill -INT "$pid" 2>/dev/null || true
    wait_until "$STOP_SECONDS_MAX" database_is_gone ||
      say "the database did not stop within $STOP_SECONDS_MAX seconds: killed"
  fi
  database_sweep
}

# Kills this instance's server and its children, and forgets process ids that are not its own
# (PostgreSQL itself would take a reused one for a running server).
database_sweep() {
  local pid
  if pid=$(database_pid); then kill -KILL "$pid" 2>/dev/null || true; fi
  for pid in $(database_children); do kill -KILL "$pid" 2>/dev/null || true; done
  wait_until "$STOP_SECONDS_MAX" database_is_gone || die "processes of the database outlived SIGKILL"
  rm -f "$DIR/database.pid" "$DIR/database/data/postmaster.pid"
}
