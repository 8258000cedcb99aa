# wasl: the commands. Each does all its own set-up on a Debian machine with a Rust toolchain.
#
#   make demo [CHECK=1] [SEED=1] [FILES=1251] [SPEED=1] [DATE=2026-11-02]   one working day of the whole country
#   make test                                                              everything that is checked
#   make up | make down                                                    the local world without traffic
#   make sqlx                                                              check all queries, write .sqlx
#   make deny                                                              bans, licences and sources of dependencies

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help build demo judge test lint up down sqlx deny

CARGO := cargo
BIN := target/debug
SEED ?= 1
FILES ?= 1251
SPEED ?= 1
DATE ?= 2026-11-02
CHECK ?=

help:
	@sed -n 's/^#   /  /p' Makefile

build:
	$(CARGO) build --locked --workspace --bins

demo: build
	$(BIN)/wasl-demo --seed $(SEED) --files $(FILES) --speed $(SPEED) --date $(DATE) $(if $(CHECK),--check)

up: build
	@$(BIN)/wasl-world up

down:
	@if [ -x $(BIN)/wasl-world ]; then $(BIN)/wasl-world down; else echo "wasl: nothing was built, so nothing runs"; fi

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings

# One test binary after another; those that need servers start private ones below target/test.
test: lint build
	deploy/local/install
	deploy/local/install-tools
	$(CARGO) test --locked --workspace --lib --bins --tests --no-fail-fast 2>&1 | $(BIN)/wasl-junit target/test/junit.xml

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
	@[ -x target/tools/bin/cargo-deny ] || $(CARGO) install --locked --root target/tools cargo-deny
	target/tools/bin/cargo-deny check bans licenses sources
