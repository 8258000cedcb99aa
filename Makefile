# wasl: the commands. Each does all its own set-up on a Debian machine with a Rust toolchain.
#
#   make demo [CHECK=1] [SEED=1] [FILES=1251] [SPEED=1] [DATE=2026-11-02]   one working day of the whole country
#   make test                                                              everything that is checked
#   make chaos [SEED=1] [FILES=20000] [KILLS=100]                          the day with everything broken on purpose, judged
#   make long [SEED=1] [FILES=100000] [KILLS=500]                          chaos, every crash point, the catalogue of faults, planted mistakes
#   make up | make down                                                    the local world without traffic
#   make bench                                                             bench-floor, bench-clock and bench-timers
#   make bench-floor [FILES=3000] [ROUNDS=3]                               wasl beside the least that its job costs: target/bench/report.json
#   make bench-clock                                                       lives of files a minute: target/bench/clock.json
#   make bench-timers                                                      10,000 timers at once: target/bench/timers.json
#   make bench-instructions [WASL_UPDATE=1]                                instructions of the pure parts against those kept
#   make bench-neighbours                                                  the others' p99 while an agency hangs: target/bench/neighbours.json
#   make bench-growth [SIZES=10000,100000,1000000]                         cost with many open files, every route at the largest: target/bench/growth.json
#   make bench-sideways                                                    1, 2, 4 processes of each, a standby that takes over: target/bench/sideways.json
#   make bench-overload [SECONDS=300]                                      ten times the load that is carried: target/bench/overload.json
#   make sqlx                                                              check all queries, write .sqlx
#   make deny                                                              bans, licences and sources of dependencies

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help build shipped demo judge test lint up down faulty chaos long bench bench-floor bench-clock bench-timers bench-neighbours bench-growth bench-sideways bench-overload bench-instructions sqlx deny

CARGO := cargo
BIN := target/debug
SEED ?= 1
FILES ?= 1251
SPEED ?= 1
DATE ?= 2026-11-02
CHECK ?=
KILLS ?= 100

help:
	@sed -n 's/^#   /  /p' Makefile

build:
	$(CARGO) build --locked --workspace --bins

demo: build
	$(BIN)/wasl-demo --seed $(SEED) --files $(FILES) --speed $(SPEED) --date $(DATE) $(if $(CHECK),--check)

# The program with crash points and planted mistakes. With the whole workspace, so that dependencies are not built anew;
# `wasl` itself is never built with them.
faulty:
	$(CARGO) build --locked --workspace --bin wasl-faulty --features wasl/faults

# The gateway as it is shipped, and what plays the country and breaks things likewise.
shipped:
	$(CARGO) build --locked --release -p wasl -p wasl-tests --bin wasl --bin wasl-chaos --bin wasl-sandbox

chaos: FILES = 20000
chaos: shipped
	deploy/local/install
	target/release/wasl-chaos random --seed $(SEED) --files $(FILES) --kills $(KILLS)

# Everything is run, whatever fails before.
long: FILES = 100000
long: KILLS = 500
long: build faulty shipped
	deploy/local/install-tools
	@status=0; \
	$(CARGO) clippy --locked --workspace --all-targets --features wasl/faults -- -D warnings || status=$$?; \
	$(BIN)/wasl-chaos points --seed $(SEED) --folder long/points || status=$$?; \
	$(BIN)/wasl-chaos plants --seed $(SEED) --folder long/plants || status=$$?; \
	FAULTS_BACKLOG=100000 $(CARGO) test --locked -p wasl-tests --test faults || status=$$?; \
	target/release/wasl-chaos random --seed $(SEED) --files $(FILES) --kills $(KILLS) || status=$$?; \
	exit $$status

up: build
	@$(BIN)/wasl-world up

down:
	@if [ -x $(BIN)/wasl-world ]; then $(BIN)/wasl-world down; else echo "wasl: nothing was built, so nothing runs"; fi

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings

# One test binary after another; those that need servers start private ones below target/test, and they are
# removed at the end.
test: lint build faulty
	deploy/local/install
	deploy/local/install-tools
	@status=0; \
	$(CARGO) test --locked --workspace --lib --bins --tests --no-fail-fast 2>&1 \
		| $(BIN)/wasl-junit target/test/junit.xml || status=$$?; \
	for servers in target/test/servers*; do [ ! -d $$servers ] || deploy/local/down --wipe $$servers; done; \
	exit $$status

bench: bench-floor bench-clock bench-timers

# Counts, not seconds: they tell also on a machine that others use. All are counted, whatever the first say.
bench-instructions:
	@command -v valgrind >/dev/null || deploy/local/install valgrind
	$(CARGO) bench --locked -p wasl-core -p wasl-adapters --bench instructions --no-fail-fast

# Both sides are built for release; the tests' own programs are as they are.
bench-floor: build
	deploy/local/install
	$(CARGO) build --locked --release -p wasl --bin wasl
	$(CARGO) bench --locked -p wasl-tests --bench floor

bench-clock:
	$(CARGO) bench --locked -p wasl-core --bench lives

# The core as it is shipped; what drives and watches it is built with the tests.
bench-timers: build
	deploy/local/install
	$(CARGO) build --locked --release -p wasl --bin wasl
	$(CARGO) test --locked -p wasl-tests --bench timers

# The gateway as it is shipped, with one agency that hangs in every second round.
bench-neighbours: build
	deploy/local/install
	$(CARGO) build --locked --release -p wasl --bin wasl
	$(CARGO) test --locked -p wasl-tests --bench neighbours

# The three of them: the gateway as it is shipped on private servers.
# Ten gigabytes of files: the database has memory for their rows and indexes, as one of that size is given.
bench-growth: build
	deploy/local/install
	$(CARGO) build --locked --release -p wasl --bin wasl
	WASL_POSTGRES_BUFFERS_MB=10240 $(CARGO) bench --locked -p wasl-tests --bench growth

bench-sideways: build
	deploy/local/install
	$(CARGO) build --locked --release -p wasl --bin wasl
	$(CARGO) bench --locked -p wasl-tests --bench sideways

# A hundred thousand files come in: the database has memory for them, or it is measured how it reads its disk.
bench-overload: build
	deploy/local/install
	$(CARGO) build --locked --release -p wasl --bin wasl
	WASL_POSTGRES_BUFFERS_MB=2048 $(CARGO) bench --locked -p wasl-tests --bench overload

# Queries are checked at compile time against what `.sqlx` says of the database; this asks a real one.
sqlx:
	deploy/local/up target/sqlx
	@set -e; admin=$$(sed -n 's/.*"database": "\(postgres:[^"]*\)".*/\1/p' target/sqlx/servers.json); \
	psql -q "$$admin" -c 'DROP DATABASE IF EXISTS wasl_sqlx WITH (FORCE)' -c 'CREATE DATABASE wasl_sqlx'; \
	url="$${admin%/postgres}/wasl_sqlx"; \
	for file in gateway/server/migrations/*.sql; do psql -q -v ON_ERROR_STOP=1 "$$url" -f "$$file"; done; \
	rm -rf .sqlx; mkdir .sqlx; touch gateway/server/src/lib.rs; \
	DATABASE_URL="$$url" SQLX_OFFLINE=false SQLX_OFFLINE_DIR="$$PWD/.sqlx" $(CARGO) check --locked -p wasl
	deploy/local/down --wipe target/sqlx

deny:
	@[ -x target/tools/bin/cargo-deny ] || $(CARGO) install --locked --root target/tools --version 0.20.2 cargo-deny
	target/tools/bin/cargo-deny check bans licenses sources
