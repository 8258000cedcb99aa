# shellcheck shell=bash
# shellcheck disable=SC2154 # DIR, ports and secrets come from lib.sh and the recorded state
# The private RabbitMQ of one instance. Sourced after lib.sh.

readonly BROKER_MARK="WASL_LOCAL_INSTANCE"

# Every process of this broker (node, its helpers, port mapper) carries the instance in its
# environment: a recorded process id that was given to another program is told apart by it.
broker_owns() { grep -qzxF "$BROKER_MARK=$INSTANCE" "/proc/$1/environ" 2>/dev/null; }

broker_pid() {
  local pid
  pid=$(recorded_pid "$DIR/broker.pid") && broker_owns "$pid" && printf '%s' "$pid"
}

epmd_pid() {
  local pid
  pid=$(recorded_pid "$DIR/epmd.pid") && broker_owns "$pid" && printf '%s' "$pid"
}

# All processes with the mark, recorded or not.
broker_processes() {
  local file
  while IFS= read -r file; do
    file=${file#/proc/}
    printf '%s\n' "${file%/environ}"
  done < <(grep -lszxF "$BROKER_MARK=$INSTANCE" /proc/[0-9]*/environ)
}

broker_is_down() { ! broker_pid >/dev/null; }
broker_is_gone() { [[ -z $(broker_processes) ]]; }

# ---- configuration

broker_write_files() {
  local base=$1 cookie=$1/home/.erlang.cookie
  mkdir -p "$base/home" "$base/log" "$base/data"
  if [[ ! -s $cookie ]]; then
    (umask 077 && random_hex 24 >"$cookie.new" && chmod 0400 "$cookie.new" && mv "$cookie.new" "$cookie")
  fi
  echo '[rabbitmq_management].' >"$base/enabled_plugins"
  # Present and empty, so that those of the system are not read.
  : >"$base/env.conf"
  echo '[].' >"$base/advanced.config"
  write_private "$base/rabbitmq.conf" <<CONF
# Written at every start by deploy/local.
listeners.tcp.local = 127.0.0.1:$AMQP_PORT
management.tcp.ip = 127.0.0.1
management.tcp.port = $MANAGEMENT_PORT
management.rates_mode = basic

# The only user, made at the first start in place of the well-known guest.
default_user = $BROKER_USER
default_pass = $BROKER_PASSWORD
loopback_users.$BROKER_USER = true

# Absolute limits: a share of the memory or of the disk would differ from laptop to laptop.
vm_memory_high_watermark.absolute = 2GB
disk_free_limit.absolute = 1GB

log.file = $base/log/broker.log
log.file.level = info
log.file.rotation.size = 10485760
log.file.rotation.count = 2
log.console = false
CONF
}

# Fills BROKER_ENV with the whole environment of the node: nothing of the caller's leaks in.
broker_environment() {
  local base=$1
  BROKER_ENV=(env -i
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    "HOME=$base/home" LANG=C.UTF-8 LC_ALL=C.UTF-8 TZ=UTC
    "$BROKER_MARK=$INSTANCE"
    "ERL_EPMD_PORT=$EPMD_PORT" ERL_EPMD_ADDRESS=127.0.0.1
    "ERL_AFLAGS=-kernel inet_dist_use_interface {127,0,0,1}"
    ERL_CRASH_DUMP_SECONDS=0
    "RABBITMQ_NODENAME=wasl-$INSTANCE@localhost"
    "RABBITMQ_DIST_PORT=$DISTRIBUTION_PORT"
    "RABBITMQ_CONF_ENV_FILE=$base/env.conf"
    "RABBITMQ_CONFIG_FILE=$base/rabbitmq.conf"
    "RABBITMQ_ADVANCED_CONFIG_FILE=$base/advanced.config"
    "RABBITMQ_GENERATED_CONFIG_DIR=$base/generated"
    "RABBITMQ_SCHEMA_DIR=$base/schema"
    "RABBITMQ_ENABLED_PLUGINS_FILE=$base/enabled_plugins"
    "RABBITMQ_MNESIA_BASE=$base/data"
    "RABBITMQ_MNESIA_DIR=$base/data/node"
    "RABBITMQ_LOG_BASE=$base/log"
    "RABBITMQ_PID_FILE=$base/node.pid"
    # Idle schedulers sleep instead of spinning, and are not tied to a core that others need too.
    "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=+sbwt none +sbwtdcpu none +sbwtdio none"
    RABBITMQ_SCHEDULER_BIND_TYPE=u
    # The script then becomes the node, rather than a shell that waits for it.
    RUNNING_UNDER_SYSTEMD=true)
}

# ---- start

broker_launch() {
  local base
  base=$(place broker)
  broker_sweep
  # The first thread of a killed process is gone before the last one lets go of its ports.
  wait_until "$STOP_SECONDS_MAX" ports_free "$AMQP_PORT" "$MANAGEMENT_PORT" "$DISTRIBUTION_PORT" "$EPMD_PORT" ||
    die "another program listens on a port of this broker ($AMQP_PORT, $MANAGEMENT_PORT, $DISTRIBUTION_PORT or $EPMD_PORT)"
  broker_write_files "$base"
  broker_environment "$base"
  spawn "$DIR/epmd.pid" "$base/log/epmd.log" "${BROKER_ENV[@]}" \
    epmd -port "$EPMD_PORT" -address 127.0.0.1
  spawn "$DIR/broker.pid" "$base/log/console.log" "${BROKER_ENV[@]}" "$SBIN/rabbitmq-server"
}

# Asks the management API; its answer goes to standard output.
broker_ask() {
  curl -sf --max-time 5 --noproxy '*' --netrc-file "$DIR/netrc" "http://127.0.0.1:$MANAGEMENT_PORT/api/$1"
}

broker_write_netrc() {
  write_private "$DIR/netrc" <<<"machine 127.0.0.1 login $BROKER_USER password $BROKER_PASSWORD"
}

# Listening on its AMQP port, and every virtual host up.
broker_answers() {
  { broker_ask "health/checks/port-listener/$AMQP_PORT" && broker_ask health/checks/virtual-hosts; } >/dev/null
}

# The same question with its answer, for a person.
broker_ask_loudly() {
  curl -sS --max-time 5 --noproxy '*' --netrc-file "$DIR/netrc" -w '\nHTTP %{http_code} after %{time_total} s\n' \
    "http://127.0.0.1:$MANAGEMENT_PORT/api/health/checks/"{"port-listener/$AMQP_PORT",virtual-hosts} >&2
}

broker_answers_or_dies() { broker_answers || ! kill -0 "$(recorded_pid "$DIR/broker.pid")" 2>/dev/null; }

broker_await() {
  if ! wait_until "$START_SECONDS_MAX" broker_answers_or_dies || ! broker_answers; then
    broker_ask_loudly || true
    diagnose "$(recorded_pid "$DIR/broker.pid")"
    tail -n 15 "$DIR"/broker/log/console.log "$DIR"/broker/log/broker.log >&2 2>/dev/null || true
    die "the broker did not start; its log is above and in $DIR/broker/log"
  fi
}

broker_version() {
  local overview
  overview=$(broker_ask 'overview?columns=rabbitmq_version') || return 1
  [[ $overview =~ \"rabbitmq_version\":\"([^\"]+)\" ]] && printf '%s' "${BASH_REMATCH[1]}"
}

# ---- stop

# On SIGTERM the node closes its queues and stops in order, as `rabbitmqctl stop` has it do.
broker_stop() {
  local pid
  if pid=$(broker_pid); then
    kill -TERM "$pid" 2>/dev/null || true
    wait_until "$STOP_SECONDS_MAX" broker_is_down ||
      say "the broker did not stop within $STOP_SECONDS_MAX seconds: killed"
  fi
  broker_sweep
}

# The crash that tests ask for: the node and its helpers at once, no chance to write anything.
# The port mapper is another program and stays.
broker_kill() {
  local keep pid
  keep=$(epmd_pid) || keep=none
  for pid in $(broker_processes); do
    [[ $pid == "$keep" ]] || kill -KILL "$pid" 2>/dev/null || true
  done
  wait_until "$STOP_SECONDS_MAX" broker_is_down || die "the broker outlived SIGKILL"
}

# Ends whatever is left of this instance's broker: helpers, the port mapper.
broker_sweep() {
  local pid
  for pid in $(broker_processes); do kill -KILL "$pid" 2>/dev/null || true; done
  wait_until "$STOP_SECONDS_MAX" broker_is_gone || die "processes of the broker outlived SIGKILL"
  rm -f "$DIR/broker.pid" "$DIR/epmd.pid"
}
