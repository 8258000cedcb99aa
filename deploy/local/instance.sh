# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # DIR, ports and secrets come from lib.sh and the recorded state
# Both servers of an instance together, and what is written about them. Sourced after lib.sh.

# shellcheck source-path=SCRIPTDIR source=broker.sh
. "${here:?}/broker.sh"
# shellcheck source-path=SCRIPTDIR source=database.sh
. "$here/database.sh"

# Started by another user, root included, an instance would get files that its owner cannot use.
instance_require_owner() {
  [[ -O $STATE ]] || die "$DIR belongs to $(stat -c %U "$STATE"): run this as that user"
}

# Loads or makes the ports and secrets. While nothing runs, ports that another program has taken
# since are given up for others.
instance_prepare() {
  if load_state; then
    instance_require_owner
    if broker_is_gone && database_is_gone &&
      ! ports_free "$AMQP_PORT" "$MANAGEMENT_PORT" "$DATABASE_PORT" "$DISTRIBUTION_PORT" "$EPMD_PORT"; then
      choose_ports
      save_state
    fi
  else
    [[ ! -e $DIR/broker && ! -e $DIR/database ]] ||
      die "$DIR has data but not the passwords to it: remove it with 'down --wipe'"
    DIR_RECORDED=$DIR
    BROKER_USER=wasl_$(random_hex 4) BROKER_PASSWORD=$(random_hex 20) DATABASE_PASSWORD=$(random_hex 20)
    choose_ports
    save_state
  fi
  broker_write_netrc
}

# instance_start SERVER...: `broker`, `database` or both; they start side by side. If one fails,
# those that this call started are stopped again. One that runs but has stopped answering is told of
# and started anew with its data, as after a crash.
instance_start() {
  local server
  STARTED=()
  trap instance_abandon EXIT
  trap 'exit 130' INT TERM HUP
  for server in "$@"; do
    if ! "${server}_pid" >/dev/null || ! instance_server_answers "$server"; then
      STARTED+=("$server")
      "${server}_launch"
    fi
  done
  for server in "$@"; do "${server}_await"; done
  instance_describe
  STARTED=()
}

instance_server_answers() {
  wait_until "$ANSWER_SECONDS_MAX" "$1_answers" && return
  say "the $1 runs but has not answered for $ANSWER_SECONDS_MAX seconds: started anew with its data"
  "$1_ask_loudly" || true
  diagnose "$("$1_pid")"
  "$1_sweep"
  return 1
}

instance_abandon() {
  local server
  for server in "${STARTED[@]}"; do "${server}_stop"; done
}

# servers.json: only what the servers themselves answer, null for one that does not.
instance_describe() {
  local broker=null settings version=null fsync=null synchronous=null pid pids=''
  if broker=$(broker_version); then broker="\"$broker\""; else broker=null; fi
  if settings=$(database_query "select current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit')" 2>/dev/null); then
    IFS='|' read -r version fsync synchronous <<<"$settings"
    version="\"${version%% *}\"" synchronous="\"$synchronous\""
    if [[ $fsync == on ]]; then fsync=true; else fsync=false; fi
  fi
  for server in broker epmd database; do
    pid=$("${server}_pid") || pid=null
    pids+=", \"$server\": $pid"
  done
  write_private "$DIR/servers.json" <<JSON
{
  "amqp": "amqp://$BROKER_USER:$BROKER_PASSWORD@127.0.0.1:$AMQP_PORT/%2f",
  "amqp_management": "http://$BROKER_USER:$BROKER_PASSWORD@127.0.0.1:$MANAGEMENT_PORT",
  "database": "postgres://wasl_admin:$DATABASE_PASSWORD@127.0.0.1:$DATABASE_PORT/postgres",
  "broker_version": $broker,
  "postgres_version": $version,
  "fsync": $fsync,
  "synchronous_commit": $synchronous,
  "pids": {${pids#, }}
}
JSON
}

# For the commands that act on an instance that must exist.
instance_open_existing() {
  require_programs
  open_instance "${1:-}"
  [[ -s $STATE ]] || die "there is no instance in $DIR: start one with deploy/local/up"
  lock_instance
  load_state || die "there is no instance in $DIR any more"
  instance_require_owner
}

# Needs no recorded state: what runs is found by its marks.
instance_stop() {
  rm -f "$DIR/servers.json"
  database_stop &
  broker_stop
  wait $!
}

# Deletes what these scripts made and nothing else; the lock last.
instance_wipe() {
  rm -rf -- "$DIR/broker" "$DIR/database"
  if [[ -d $SIDE && ! -L $SIDE && -O $SIDE ]]; then rm -rf -- "$SIDE"; fi
  rm -f -- "$STATE" "$STATE.new" "$DIR"/{netrc,initdb.log,database.log,database.log.1,lock}
  rmdir --ignore-fail-on-non-empty -- "$DIR"
}
