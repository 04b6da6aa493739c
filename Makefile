# Nekomata. `make` alone tells what there is.

SHELL         := /bin/bash
.SHELLFLAGS   := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS     += --no-builtin-rules --no-print-directory
.DELETE_ON_ERROR:

# DuckDB hands over Arrow record batches only with this tag, and is linked
# statically through cgo. The version comes from git by hand, because Go's own
# stamp fails in a checkout that another user owns.
export CGO_ENABLED := 1
export GOFLAGS     := -trimpath -buildvcs=false -tags=duckdb_arrow
VERSION            ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS            := -s -w -X main.version=$(VERSION)

BIN      := bin/nekomata
CACHE    := $(CURDIR)/.cache
LINTER   := $(CACHE)/bin/golangci-lint
# Packages without the tests that need the built binary and other people's clients.
UNIT     = $$(go list ./... | grep -v -e /test/e2e -e /bench)
ARGS     ?=
FUZZTIME ?= 10s

##@ Run

.PHONY: run
run: build ## Build and start the gateway; SQL may read files under data/ (ARGS="--conf key=value ...")
	@exec $(BIN) serve --conf kyuubi.engine.duckdb.allowed.directories=$(CURDIR)/data $(ARGS)

.PHONY: build
build: toolchain ## Build bin/nekomata
	@go build -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/nekomata

.PHONY: data
data: ## Fetch the flights data set (336,776 flights, CC0) into data/
	@test/env/data.sh

##@ Test

.PHONY: test
test: build clients data ## Install what the tests need and run all of them
	@go test -race -shuffle=on -timeout 15m $(UNIT)
	@$(MAKE) e2e-run
	@tools/fuzz.sh 3s ./frontend/hs2

.PHONY: test-short
test-short: toolchain ## Run the tests that need nothing installed
	@go test -short -shuffle=on $(UNIT)

.PHONY: e2e
e2e: build clients data e2e-run ## Run real clients against the built binary (RUN=regexp picks some)

.PHONY: e2e-run
e2e-run:
	@NEKOMATA_BIN=$(CURDIR)/$(BIN) go test -count=1 -timeout 20m -run '$(or $(RUN),.)' ./test/e2e/...

.PHONY: e2e-yarn
e2e-yarn: build clients ## Run a batch of real Spark on a real YARN cluster (a minute)
	@E2E_YARN=1 $(MAKE) e2e-run RUN=TestSparkOnYARN

.PHONY: clients
clients: ## Install beeline, the JDBC drivers and the Python clients into .cache
	@test/env/apt.sh
	@test/env/java.sh
	@test/env/python.sh

.PHONY: chaos
chaos: build ## 2,000 batches (CHAOS=n) on three gateways that are killed and stopped all the time; prints the counts
	@test/env/apt.sh
	@NEKOMATA_CHAOS=$(or $(CHAOS),2000) NEKOMATA_BIN=$(CURDIR)/$(BIN) go test -count=1 -timeout 60m -v -run '^TestChaos$$' ./test/e2e

.PHONY: dbt
dbt: build ## dbt with every file format, strategy and way to follow a changed schema (two minutes)
	@test/env/python.sh dbt
	@E2E_FULL=dbt NEKOMATA_BIN=$(CURDIR)/$(BIN) go test -count=1 -v -timeout 20m -run 'TestDbt$$' ./test/e2e/

.PHONY: superset
superset: build ## Superset itself, from its installation to a canceled query (five minutes)
	@test/env/python.sh superset
	@E2E_FULL=superset NEKOMATA_BIN=$(CURDIR)/$(BIN) go test -count=1 -v -timeout 30m -run 'TestSupersetApplication' ./test/e2e/

.PHONY: fuzz
fuzz: toolchain ## Run every fuzz test for FUZZTIME each (10s)
	@tools/fuzz.sh $(FUZZTIME)

.PHONY: cover
cover: toolchain ## Coverage of the short tests, by function in .cache/cover.txt
	@mkdir -p $(CACHE)
	@go test -short -coverpkg=./... -coverprofile=$(CACHE)/cover.out $(UNIT)
	@go tool cover -func=$(CACHE)/cover.out > $(CACHE)/cover.txt
	@tail -1 $(CACHE)/cover.txt

.PHONY: bench
bench: build clients ## Go benchmarks, then side by side with Spark's Thrift server
	@test/env/apt.sh bench
	@go test -run '^$$' -bench . -benchmem $(UNIT)
	@NEKOMATA_BIN=$(CURDIR)/$(BIN) go run ./bench $(ARGS)
	@$(MAKE) bench-batches

.PHONY: bench-batches
bench-batches: build ## Batches through real gateways: accepted, duplicates, lists, take-over
	@test/env/apt.sh
	@NEKOMATA_BENCH=1 NEKOMATA_BIN=$(CURDIR)/$(BIN) go test -count=1 -timeout 60m -v -run '^TestBenchBatches$$' ./test/e2e

##@ Code

.PHONY: lint
lint: toolchain $(LINTER) ## Every check of code that is not a test
	@$(LINTER) run ./...
	@go vet ./...
	@go test -count=1 ./internal/arch
	@go mod tidy -diff
	@cd tools && go mod tidy -diff

.PHONY: fmt
fmt: $(LINTER) ## Format the code
	@$(LINTER) fmt ./...

.PHONY: gen
gen: toolchain ## Regenerate what is generated and committed
	@tools/thrift.sh
	@PATH=$(CACHE)/bin:$$PATH go generate ./...
	@$(MAKE) docs

.PHONY: docs
docs: toolchain ## Rewrite the generated pages of docs/
	@go test -count=1 ./config -run TestDocs -update
	@go test -count=1 ./frontend/rest -run TestDocument -update

.PHONY: clean
clean: ## Remove what was built; "rm -rf .cache data" removes what was fetched
	@rm -rf bin

.PHONY: toolchain
toolchain:
	@tools/toolchain.sh

$(LINTER): tools/go.mod tools/go.sum
	@echo "building golangci-lint (two minutes, once)"
	@cd tools && GOFLAGS=-trimpath go build -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	@touch $@

.PHONY: help
help: ## This list
	@awk 'BEGIN {FS = ":.*## "} \
	  /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z0-9-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
